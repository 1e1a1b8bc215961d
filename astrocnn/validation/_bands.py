"""How far chance moves a ROC or precision-recall curve."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ._curves import finite_scores, prevalence_of
from ._estimate import check_confidence, purity_of

__all__ = ["CurveBand", "precision_recall_band", "roc_band"]

#: Most numbers that are drawn at once (some tens of megabytes).
_AT_ONCE = 1_000_000


class CurveBand(NamedTuple):
    """Band around a curve, point by point.

    Attributes
    ----------
    x : ndarray of shape (k,)
        False-positive rate (`roc_band`) or completeness (`precision_recall_band`).
    low, high : ndarray of shape (k,)
        Ends of the interval of completeness, or of purity, there. Empty, as ``x``, where a class
        has no target.
    """

    x: np.ndarray
    low: np.ndarray
    high: np.ndarray


def roc_band(
    truth: np.ndarray,
    score: np.ndarray,
    *,
    confidence: float = 0.95,
    n_boot: int = 1000,
    x: np.ndarray | None = None,
    random_state: "int | np.random.Generator | None" = None,
) -> CurveBand:
    """Return the bootstrap band of a ROC curve: completeness at each false-positive rate.

    Parameters
    ----------
    truth : array_like of bool, shape (n,)
        True for a cluster.
    score : array_like of float, shape (n,)
        Larger means more like a cluster.
    confidence : float
        Coverage of the interval at each point (not of the whole curve at once).
    n_boot : int
        Samples drawn.
    x : array_like of shape (k,), optional
        False-positive rates; by default 201 from 0 to 1.
    random_state : int, `~numpy.random.Generator`, or None
        Where the random numbers come from.

    Returns
    -------
    CurveBand

    Raises
    ------
    ValueError
        As `auc`; or if ``x`` leaves 0 to 1, or ``n_boot`` is below 1.

    Notes
    -----
    Clusters and non-clusters are drawn with replacement, each as many as there are (stratified
    bootstrap); the band lies between percentiles of the curves. Where all drawn curves are at 0 or
    at 1, as of perfectly separated classes, the band has no width and says nothing: the intervals
    of `validate` hold there too.

    References
    ----------
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13; Fawcett 2006, Pattern
    Recognit. Lett. 27, 861, sec. 8.1 (average at fixed false-positive rate).

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.validation import roc_band
    >>> truth = np.arange(200) % 2 == 0
    >>> score = truth + np.random.default_rng(0).normal(size=200)
    >>> band = roc_band(truth, score, x=[0.1, 0.5], random_state=0)
    >>> bool((band.low < band.high).all())
    True
    """
    x = _grid(x, np.linspace(0, 1, 201))
    return _band(truth, score, x, _completeness_at, confidence, n_boot, random_state)


def precision_recall_band(
    truth: np.ndarray,
    score: np.ndarray,
    prevalence: float | None = None,
    *,
    confidence: float = 0.95,
    n_boot: int = 1000,
    x: np.ndarray | None = None,
    random_state: "int | np.random.Generator | None" = None,
) -> CurveBand:
    """Return the bootstrap band of a precision-recall curve: purity at each completeness.

    Parameters
    ----------
    truth, score, prevalence
        As in `precision_recall`.
    confidence, n_boot, random_state
        As in `roc_band`.
    x : array_like of shape (k,), optional
        Completenesses above 0; by default 200 from 0.005 to 1.

    Returns
    -------
    CurveBand

    Raises
    ------
    ValueError
        As `precision_recall` and `roc_band`.

    Notes
    -----
    As `roc_band`. Among targets of equal score the false positives rise in step with the true
    ones, so the purity between two thresholds is not a straight line.

    References
    ----------
    Davis & Goadrich 2006, Proc. 23rd ICML, 233, sec. 4 (between two thresholds).

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.validation import precision_recall_band
    >>> truth = np.arange(200) % 2 == 0
    >>> score = truth + np.random.default_rng(0).normal(size=200)
    >>> band = precision_recall_band(truth, score, prevalence=0.1, x=[0.2, 0.8], random_state=0)
    >>> bool(band.high[0] > band.high[1])
    True
    """
    truth, score = finite_scores(truth, score)
    prevalence = prevalence_of(truth, prevalence)
    x = _grid(x, np.linspace(0, 1, 201)[1:])
    if (x == 0).any():
        raise ValueError("nothing is called a cluster at a completeness of 0: leave it out of x")

    def purity_at(tp, fp, x):
        return _purity_at(tp, fp, x, prevalence)

    return _band(truth, score, x, purity_at, confidence, n_boot, random_state)


def _grid(x, default: np.ndarray) -> np.ndarray:
    x = default if x is None else np.asarray(x, dtype=float)
    if x.ndim != 1 or not ((x >= 0) & (x <= 1)).all():
        raise ValueError("x must be a list of rates between 0 and 1")
    return x


def _band(truth, score, x, curve_at, confidence, n_boot, random_state) -> CurveBand:
    """Percentiles of ``curve_at(tp, fp, x)`` over the drawn samples."""
    check_confidence(confidence)
    truth, score = finite_scores(truth, score)
    if n_boot < 1:
        raise ValueError(f"n_boot must be a whole number of at least 1, not {n_boot!r}")
    if truth.all() or not truth.any():
        return CurveBand(np.empty(0), np.empty(0), np.empty(0))
    rng = np.random.default_rng(random_state)
    drawn = [curve_at(tp, fp, x) for tp, fp in _draw(truth, score, int(n_boot), rng)]
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    return CurveBand(x, *np.quantile(np.concatenate(drawn), ends, axis=0))


def _draw(truth, score, n_boot: int, rng) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Clusters and non-clusters at or above each threshold, strictest first, in drawn samples.

    Yields arrays of shape (samples, k + 1); the first column is 0.
    """
    values, group = np.unique(-score, return_inverse=True)
    step = max(1, _AT_ONCE // truth.size)
    for start in range(0, n_boot, step):
        size = min(step, n_boot - start)
        yield tuple(
            _drawn_counts(group[members], values.size, size, rng) for members in (truth, ~truth)
        )


def _drawn_counts(group: np.ndarray, n_groups: int, size: int, rng) -> np.ndarray:
    """Cumulative counts of members drawn with replacement, by group of equal score."""
    drawn = group[rng.integers(group.size, size=(size, group.size))]
    # Column 0 stays empty: there nothing is called a cluster.
    cells = drawn + 1 + (n_groups + 1) * np.arange(size)[:, np.newaxis]
    counts = np.bincount(cells.ravel(), minlength=size * (n_groups + 1))
    return np.cumsum(counts.reshape(size, n_groups + 1), axis=1)


def _completeness_at(tp: np.ndarray, fp: np.ndarray, fpr: np.ndarray) -> np.ndarray:
    """Completeness of each sample at false-positive rates, shape (samples, k)."""
    wanted = _whole(fpr * fp[0, -1])
    before = _search(fp, wanted, "right") - 1
    after = np.minimum(before + 1, fp.shape[1] - 1)
    return _between(fp, tp, before, after, wanted) / tp[0, -1]


def _purity_at(tp, fp, completeness, prevalence) -> np.ndarray:
    """Purity of each sample at completenesses above 0, shape (samples, k)."""
    wanted = _whole(completeness * tp[0, -1])
    after = _search(tp, wanted, "left")
    passed = _between(tp, fp, after - 1, after, wanted)
    return purity_of(completeness, passed / fp[0, -1], prevalence)


def _whole(counts: np.ndarray) -> np.ndarray:
    """Counts without the last digits of a product, so that 0.1 x 50 is 5."""
    return np.round(counts, 9)


def _search(rising: np.ndarray, wanted: np.ndarray, side: str) -> np.ndarray:
    """`numpy.searchsorted` in each row; all rows end at the same count."""
    rows = np.arange(len(rising))[:, np.newaxis]
    offset = rows * (rising[0, -1] + 1)  # the rows, one after the other, rise too
    found = np.searchsorted((rising + offset).ravel(), (wanted + offset).ravel(), side)
    return found.reshape(len(rising), -1) - rows * rising.shape[1]


def _between(x, y, before, after, wanted) -> np.ndarray:
    """Linear interpolation of y where x is as wanted, between two columns of each row."""
    x_0, x_1, y_0, y_1 = (np.take_along_axis(a, i, axis=1) for a in (x, y) for i in (before, after))
    share = (wanted - x_0) / np.maximum(x_1 - x_0, 1)
    return y_0 + share * (y_1 - y_0)
