"""Verdicts against truth: the report."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.table import Table

from ..exceptions import UnknownNameError
from ..storage import write_whole
from ..tables import check_output_path, write_result
from ._curves import RocCurve
from ._estimate import Confusion, Estimate, purity_at_prevalence
from ._files import to_json

__all__ = ["ValidationReport"]

#: What `ValidationReport.write` writes.
_SUFFIXES = (".ecsv", ".fits", ".csv", ".json")


@dataclass(frozen=True, eq=False)
class ValidationReport:
    """What a classifier did on targets whose nature is known.

    Made by `validate`; ``print(report)`` shows it, `to_table` returns it as a table.

    Attributes
    ----------
    name : str
        Name of the classifier, for figures and tables.
    confusion : Confusion
        Counts of the targets with a prediction.
    n_no_verdict_clusters, n_no_verdict_others : int
        Targets without a prediction that are clusters, and that are not.
    n_no_truth : int
        Targets that were left out because their truth is unknown.
    completeness, false_positive_rate, purity, accuracy : Estimate
        Fractions among the targets with a prediction, with Wilson intervals. The purity is that of
        the sample's own fraction of clusters; see `purity_at`.
    completeness_of_all : Estimate
        Completeness when clusters without a prediction count as missed.
    auc : Estimate
        Area under the ROC curve.
    roc : RocCurve
        The curve.
    truth : ndarray of bool, shape (n,)
        Truth of the targets with a prediction.
    proba : ndarray of float, shape (n,)
        Their probabilities.
    confidence : float
        Coverage of all intervals.
    prevalence : float or None
        Fraction of clusters among your own targets.
    matches : tuple of str
        One sentence per catalog that the targets were matched with, with the chance rate.
    """

    name: str
    confusion: Confusion
    n_no_verdict_clusters: int
    n_no_verdict_others: int
    n_no_truth: int
    completeness: Estimate
    completeness_of_all: Estimate
    false_positive_rate: Estimate
    purity: Estimate
    accuracy: Estimate
    auc: Estimate
    roc: RocCurve
    truth: np.ndarray
    proba: np.ndarray
    confidence: float
    prevalence: float | None = None
    matches: tuple[str, ...] = ()

    @property
    def n_no_verdict(self) -> int:
        """Targets with a truth but without a prediction."""
        return self.n_no_verdict_clusters + self.n_no_verdict_others

    def purity_at(self, prevalence: float) -> Estimate:
        """Return the purity at another fraction of clusters; see `purity_at_prevalence`."""
        return purity_at_prevalence(self.confusion, prevalence, self.confidence)

    def estimates(self) -> dict[str, Estimate]:
        """Return the estimates by name, in the order of the printed report."""
        found = {"completeness": self.completeness}
        if self.n_no_verdict:
            found["completeness of all"] = self.completeness_of_all
        found["false-positive rate"] = self.false_positive_rate
        found["purity of this sample"] = self.purity
        if self.prevalence is not None:
            found[f"purity at {_percent(self.prevalence)} clusters"] = self.purity_at(
                self.prevalence
            )
        return found | {"accuracy": self.accuracy, "AUC": self.auc}

    def to_table(self) -> Table:
        """Return one row per estimate.

        Returns
        -------
        table : `~astropy.table.Table`
            Columns ``metric, value, low, high, successes, trials, reason``; undefined numbers and
            counts that do not apply are masked; the counts are in ``meta``.
        """
        rows = self.estimates()
        table = Table({"metric": list(rows)}, masked=True)
        for field in ("value", "low", "high"):
            numbers = np.array([getattr(e, field) for e in rows.values()], dtype=float)
            table[field] = np.ma.masked_invalid(numbers)
            table[field].info.format = ".3f"
        for field in ("successes", "trials"):
            counts = [getattr(e, field) for e in rows.values()]
            table[field] = np.ma.array(
                [c or 0 for c in counts], mask=[c is None for c in counts], dtype=int
            )
        table["reason"] = [e.reason for e in rows.values()]
        counts = self.confusion
        table.meta.update(
            name=self.name,
            confidence=self.confidence,
            n_no_truth=self.n_no_truth,
            true_positives=counts.tp,
            false_positives=counts.fp,
            true_negatives=counts.tn,
            false_negatives=counts.fn,
            n_no_verdict_clusters=self.n_no_verdict_clusters,
            n_no_verdict_others=self.n_no_verdict_others,
        )
        if self.matches:
            table.meta["matches"] = list(self.matches)
        return table

    def write(self, path: str | os.PathLike, overwrite: bool = False) -> Path:
        """Write the report to a file.

        Parameters
        ----------
        path : str or path
            Its suffix is the format: ``.ecsv``, ``.fits`` and ``.csv`` hold `to_table` (see
            `~astrocnn.tables.write_result`); ``.json`` holds all, and `read_report` reads it back.
            For a page to read, see `astrocnn.plotting.write_report`.
        overwrite : bool
            Whether a file of that name is replaced.

        Returns
        -------
        `~pathlib.Path`
            The file.

        Raises
        ------
        UnknownNameError, FileExistsError, FileNotFoundError, OSError
            As `~astrocnn.tables.write_result`.

        Examples
        --------
        >>> from astropy.table import QTable
        >>> from astrocnn.validation import read_report, validate
        >>> report = validate(QTable({"proba_cluster": [0.9, 0.2, 0.6]}), [True, False, False])
        >>> str(read_report(report.write("report.json"))) == str(report)
        True
        """
        if Path(path).suffix.lower() == ".html":
            raise UnknownNameError(
                f"'{path}': a page is written by astrocnn.plotting.write_report(report, path)"
            )
        path = check_output_path(path, overwrite, _SUFFIXES)
        if path.suffix.lower() == ".json":
            text = json.dumps(to_json(self), allow_nan=False, indent=1) + "\n"
            return write_whole(path, text, replace=overwrite)
        return write_result(self.to_table(), path, overwrite)

    def __str__(self) -> str:
        counts = self.confusion
        title = f"Validation of {self.name}" if self.name else "Validation"
        lines = [f"{title}: {counts.total + self.n_no_verdict} targets with known truth", ""]
        lines.append(f"{'':24}{'true cluster':>14}{'true non-cluster':>18}")
        for label, first, second in (
            ("called cluster", counts.tp, counts.fp),
            ("called non-cluster", counts.fn, counts.tn),
            ("no verdict", self.n_no_verdict_clusters, self.n_no_verdict_others),
        ):
            lines.append(f"{label:24}{first:>14}{second:>18}")
        lines.append("")
        for label, estimate in self.estimates().items():
            of = "" if estimate.trials is None else f"   {estimate.successes} of {estimate.trials}"
            lines.append(f"{label:28}{estimate}{of}")
        return "\n".join(lines + ["", *self._notes()])

    def _notes(self) -> list[str]:
        """Sentences below the printed table."""
        counts = self.confusion
        notes = [f"Intervals: {_percent(self.confidence)}; Wilson for fractions, DeLong for AUC."]
        if counts.total:
            share = counts.n_clusters / counts.total
            notes.append(
                f"The purity holds for this sample, {_percent(share)} of it clusters; "
                "purity_at(prevalence) gives it for yours."
            )
        else:
            notes.append(
                "No target has a prediction and a known truth, so there is nothing to measure."
            )
        if self.n_no_truth:
            notes.append(f"{self.n_no_truth} targets were left out: their truth is unknown.")
        return [*notes, *(f"{sentence}." for sentence in self.matches)]


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
