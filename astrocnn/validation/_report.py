"""Verdicts against truth: the report."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from astropy.table import Table
from sklearn.metrics import roc_curve

from ..exceptions import InvalidTargetError
from ._align import align_truth
from ._auc import auc
from ._estimate import (
    Confusion,
    Estimate,
    check_confidence,
    confusion_counts,
    proportion,
    purity_at_prevalence,
)

__all__ = ["RocCurve", "ValidationReport", "validate"]


class RocCurve(NamedTuple):
    """Points of a ROC curve, from the strictest threshold to the loosest.

    Attributes
    ----------
    fpr, tpr, threshold : ndarray of shape (k,)
        False-positive rate, true-positive rate (completeness), and the probability at or above
        which a target is called a cluster; the first threshold is infinite. Empty where the
        truth has one class only.
    """

    fpr: np.ndarray
    tpr: np.ndarray
    threshold: np.ndarray


@dataclass(frozen=True, eq=False)
class ValidationReport:
    """What a classifier did on targets whose nature is known.

    Made by `validate`; ``print(report)`` shows it, `to_table` returns it as a table.

    Attributes
    ----------
    name : str
        Name of the classifier, for figures and tables.
    confusion : Confusion
        Counts of the targets with a verdict.
    n_no_verdict_clusters, n_no_verdict_others : int
        Targets without a verdict that are clusters, and that are not.
    n_no_truth : int
        Targets that were left out because their truth is unknown.
    completeness, false_positive_rate, purity, accuracy : Estimate
        Fractions among the targets with a verdict, with Wilson intervals. The purity is that of
        the sample's own share of clusters; see `purity_at`.
    completeness_of_all : Estimate
        Completeness when clusters without a verdict count as missed.
    auc : Estimate
        Area under the ROC curve.
    roc : RocCurve
        The curve.
    confidence : float
        Coverage of all intervals.
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
    confidence: float
    prevalence: float | None = None

    @property
    def n_no_verdict(self) -> int:
        """Targets with a truth but without a verdict."""
        return self.n_no_verdict_clusters + self.n_no_verdict_others

    def purity_at(self, prevalence: float) -> Estimate:
        """Return the purity at another share of clusters; see `purity_at_prevalence`."""
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
        return table

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
            notes.append("No target has a verdict, so there is nothing to measure.")
        if self.n_no_truth:
            notes.append(f"{self.n_no_truth} targets were left out: their truth is unknown.")
        return notes


def validate(
    result: Table,
    truth: "Table | np.ndarray",
    *,
    threshold: float | None = None,
    prevalence: float | None = None,
    confidence: float = 0.95,
    name: str = "",
) -> ValidationReport:
    """Compare the verdicts of a result table with the truth.

    Parameters
    ----------
    result : `~astropy.table.QTable` with n rows
        Result of ``predict``: column ``proba_cluster``, masked where there is no verdict, and
        ``label``.
    truth : table or array_like of shape (n,)
        As `align_truth` reads it: a table with ``is_cluster``, or booleans or labels per target.
    threshold : float, optional
        Call a cluster what has at least this probability. By default the column ``label`` is taken,
        or 0.5 where the table has none.
    prevalence : float, optional
        Share of clusters among your own targets; the report then shows the purity there too.
    confidence : float
        Coverage of the intervals.
    name : str
        Name of the classifier, for figures and tables.

    Returns
    -------
    ValidationReport
        Estimates that the sample cannot give (no cluster, no non-cluster, no verdict) are undefined
        and say why.

    Raises
    ------
    InvalidTargetError
        If result and truth do not fit together.

    Examples
    --------
    >>> from astropy.table import QTable
    >>> from astrocnn.validation import validate
    >>> result = QTable({"proba_cluster": [0.9, 0.8, 0.3, 0.1]})
    >>> report = validate(result, [True, False, True, False])
    >>> print(report.completeness, "|", report.auc.value)
    0.500 [0.095, 0.905] | 0.75
    """
    check_confidence(confidence)
    known = align_truth(result, truth)
    proba, verdict, decided = _verdicts(result, threshold)
    has_truth = ~np.ma.getmaskarray(known)
    truth = known.filled(False)
    scored = decided & has_truth
    silent = ~decided & has_truth
    counts = confusion_counts(truth[scored], verdict[scored])
    silent_clusters = int(np.sum(silent & truth))
    return ValidationReport(
        name=name,
        confusion=counts,
        n_no_verdict_clusters=silent_clusters,
        n_no_verdict_others=int(np.sum(silent & ~truth)),
        n_no_truth=int(np.sum(~has_truth)),
        **_fractions(counts, silent_clusters, confidence),
        auc=_auc(truth[scored], proba[scored], confidence),
        roc=_roc(truth[scored], proba[scored]),
        confidence=confidence,
        prevalence=prevalence,
    )


def _verdicts(result: Table, threshold: float | None) -> tuple[np.ndarray, ...]:
    """Probability, verdict and whether there is one, per row."""
    if "proba_cluster" not in result.colnames:
        raise InvalidTargetError(
            "the result has no column 'proba_cluster'; give the table that predict returns"
        )
    column = np.ma.array(result["proba_cluster"], dtype=float)
    proba = column.filled(np.nan)
    decided = np.isfinite(proba)
    if threshold is None and "label" in result.colnames:
        labels = np.ma.array(result["label"])
        decided &= ~np.ma.getmaskarray(labels)
        return proba, labels.data == "cluster", decided
    with np.errstate(invalid="ignore"):
        return proba, proba >= (0.5 if threshold is None else threshold), decided


def _fractions(counts: Confusion, silent_clusters: int, confidence: float) -> dict[str, Estimate]:
    """The fractions of a report by field name."""
    verdictless = "no target has a verdict"
    no_cluster = verdictless if counts.total == 0 else "no true cluster with a verdict"
    no_other = verdictless if counts.total == 0 else "no true non-cluster with a verdict"
    none_called = verdictless if counts.total == 0 else "nothing was called a cluster"
    return {
        "completeness": proportion(counts.tp, counts.n_clusters, confidence, no_cluster),
        "completeness_of_all": proportion(
            counts.tp, counts.n_clusters + silent_clusters, confidence, no_cluster
        ),
        "false_positive_rate": proportion(counts.fp, counts.n_non_clusters, confidence, no_other),
        "purity": proportion(counts.tp, counts.tp + counts.fp, confidence, none_called),
        "accuracy": proportion(counts.tp + counts.tn, counts.total, confidence, verdictless),
    }


def _auc(truth: np.ndarray, score: np.ndarray, confidence: float) -> Estimate:
    if truth.size == 0:
        return Estimate.undefined("no target has a verdict")
    return auc(truth, score, confidence)


def _roc(truth: np.ndarray, score: np.ndarray) -> RocCurve:
    if truth.size == 0 or truth.all() or not truth.any():
        return RocCurve(np.empty(0), np.empty(0), np.empty(0))
    return RocCurve(*roc_curve(truth, score, drop_intermediate=False))


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
