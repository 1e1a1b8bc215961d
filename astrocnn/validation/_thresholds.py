"""The threshold that a wanted purity needs, and the completeness that it costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from sklearn.metrics import roc_curve

from ..exceptions import InvalidParameterError
from ..tables._numbers import as_floats
from ._checked import check_count, checked
from ._estimate import (
    Confusion,
    check_confidence,
    check_prevalence,
    proportion,
    purity_at_prevalence,
)

__all__ = ["OperatingPoints", "purity_thresholds"]


@dataclass(frozen=True, eq=False)
class OperatingPoints:
    """What each of some hundred thresholds lets pass; small enough to travel with weights.

    Attributes
    ----------
    threshold : ndarray of shape (k,)
        Probabilities, falling; each lies between those of two targets.
    tp, fp : ndarray of int, shape (k,)
        Clusters and non-clusters at or above it.
    n_clusters, n_non_clusters : int
        Targets that were judged.

    Examples
    --------
    >>> from astrocnn.validation import OperatingPoints
    >>> points = OperatingPoints.measure([False, True, False, True], [0.1, 0.3, 0.4, 0.9])
    >>> points.threshold.round(2), points.tp, points.fp
    (array([0.65, 0.2 , 0.05]), array([1, 2, 2]), array([0, 1, 2]))
    """

    threshold: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    n_clusters: int
    n_non_clusters: int

    @classmethod
    def measure(
        cls, truth: np.ndarray, proba: np.ndarray, most: int | None = None
    ) -> "OperatingPoints":
        """Count clusters and non-clusters above every threshold that matters.

        Parameters
        ----------
        truth : array_like of bool, shape (n,)
            True for a cluster.
        proba : array_like of float, shape (n,)
            Probability of a cluster.
        most : int, optional
            Keep about as many thresholds, densest where few non-clusters pass.

        Raises
        ------
        InvalidParameterError
            If the shapes differ, a value is masked, a probability is not between 0 and 1, there is
            one class only, or the truth is neither bool nor 0 and 1.
        """
        if most is not None:
            most = check_count(most, "most")
        truth, proba = checked(truth, proba)
        if not (np.abs(proba - 0.5) <= 0.5 + 1e-6).all():  # rounding may pass
            raise InvalidParameterError(
                "probabilities must be finite, from 0 to 1; leave out rows without a prediction"
            )
        n_clusters, n_others = int(truth.sum()), int((~truth).sum())
        if min(n_clusters, n_others) == 0:
            raise InvalidParameterError("thresholds need clusters and non-clusters in the truth")
        fpr, tpr, score = (part[1:] for part in roc_curve(truth, proba, drop_intermediate=False))
        tp, fp = np.rint(tpr * n_clusters).astype(int), np.rint(fpr * n_others).astype(int)
        # Halfway to the next score: the last digit of a probability must not decide.
        below = np.append(score[1:], 0.0)
        threshold = (score + below) / 2
        # Of neighbors among the numbers the middle is one of them: the lower one must not pass.
        threshold = np.where(threshold > below, threshold, score)
        # Of equally many non-clusters, the threshold that lets most clusters pass.
        kept = np.flatnonzero(np.append(np.diff(fp) > 0, True))
        if most is not None and len(kept) > most:
            spread = np.geomspace(1, fp[-1] + 1, most) - 1
            rows = np.unique(np.searchsorted(fp[kept], spread))
            kept = kept[np.minimum(rows, len(kept) - 1)]
        return cls(threshold[kept], tp[kept], fp[kept], n_clusters, n_others)

    def thresholds(
        self,
        purity: float | Sequence[float] = (0.9, 0.95, 0.99),
        prevalence: float = 0.5,
        confidence: float = 0.95,
    ) -> Table:
        """Return the threshold for each purity; see `purity_thresholds`."""
        check_confidence(confidence)
        check_prevalence(prevalence)
        purity = np.atleast_1d(as_floats(purity, "purity"))
        if purity.ndim > 1 or not ((purity > 0) & (purity < 1)).all():
            raise InvalidParameterError("purity is a fraction between 0 and 1, e.g. 0.9, or a list")
        true = prevalence * self.tp / self.n_clusters
        false = (1 - prevalence) * self.fp / self.n_non_clusters
        with np.errstate(invalid="ignore"):
            reached = true / (true + false)
        rows = [self._row(wanted, reached, prevalence, confidence) for wanted in purity.tolist()]
        names = ["purity", "prevalence", "threshold"]
        names += [f"{n}{end}" for n in ("completeness", "reached") for end in ("", "_low", "_high")]
        table = Table(np.ma.masked_invalid(np.array(rows)), names=names, masked=True)
        for name in names:
            table[name].info.format = ".3g" if name in names[:2] else ".3f"
        table.meta.update(
            n_clusters=self.n_clusters, n_non_clusters=self.n_non_clusters, confidence=confidence
        )
        return table

    def _row(self, wanted, reached, prevalence, confidence) -> list[float]:
        """One row of `thresholds`, NaN where there is none."""
        good = np.flatnonzero(reached >= wanted)
        if len(good) == 0:
            return [wanted, prevalence, *[np.nan] * 7]
        tp, fp = int(self.tp[good[-1]]), int(self.fp[good[-1]])
        counts = Confusion(tp, fp, self.n_non_clusters - fp, self.n_clusters - tp)
        found = (
            proportion(tp, self.n_clusters, confidence),
            purity_at_prevalence(counts, prevalence, confidence),
        )
        numbers = [value for e in found for value in (e.value, e.low, e.high)]
        return [wanted, prevalence, float(self.threshold[good[-1]]), *numbers]

    def to_config(self) -> dict:
        """Return plain data (JSON)."""
        return {name: np.asarray(value).tolist() for name, value in vars(self).items()}

    @classmethod
    def from_config(cls, config: dict) -> "OperatingPoints":
        """Build from what `to_config` returned."""
        arrays = {name: np.asarray(config[name]) for name in ("threshold", "tp", "fp")}
        return cls(**arrays, **{name: config[name] for name in ("n_clusters", "n_non_clusters")})


def purity_thresholds(
    truth: np.ndarray,
    proba: np.ndarray,
    purity: float | Sequence[float] = (0.9, 0.95, 0.99),
    prevalence: float = 0.5,
    confidence: float = 0.95,
) -> Table:
    """Return the threshold that each purity needs, and the completeness that is left.

    Parameters
    ----------
    truth : array_like of bool, shape (n,)
        True for a cluster.
    proba : array_like of float, shape (n,)
        Probability of a cluster.
    purity : float or sequence of float
        Wanted fractions of clusters among what is called a cluster.
    prevalence : float
        Fraction of clusters among the candidates of interest; that of ``truth`` does not matter.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    `~astropy.table.Table`
        One row per purity: ``purity``, ``prevalence``, ``threshold`` (the lowest that reaches it),
        ``completeness`` and ``reached`` (the purity there) with their ends ``_low``, ``_high``.
        Masked where no threshold reaches the purity.

    Raises
    ------
    InvalidParameterError
        As `OperatingPoints.measure`; or if a purity or the prevalence is not between 0 and 1.

    Notes
    -----
    Where the purity was reached but ``reached_low`` is far below, the truth has too few
    non-clusters to show it: a purity of 0.99 at a prevalence of 0.05 needs a false-positive rate
    below 0.0005, which 500 non-clusters cannot tell from 0.005. Choose the threshold on other
    targets than those that you report.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.validation import purity_thresholds
    >>> rng = np.random.default_rng(0)
    >>> truth = np.arange(4000) % 2 == 0
    >>> proba = 1 / (1 + np.exp(-rng.normal(np.where(truth, 2, -2), 1.5)))
    >>> table = purity_thresholds(truth, proba, prevalence=0.2)
    >>> print(table["purity", "threshold", "completeness"])
    purity threshold completeness
    ------ --------- ------------
       0.9     0.765        0.690
      0.95     0.850        0.557
      0.99     0.931        0.344
    """
    return OperatingPoints.measure(truth, proba).thresholds(purity, prevalence, confidence)
