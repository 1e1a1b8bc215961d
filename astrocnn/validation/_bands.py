"""How far chance moves a ROC or precision-recall curve."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..exceptions import InvalidParameterError
from ..tables._numbers import as_floats
from ._checked import check_count, generator
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
    InvalidParameterError
        As `auc`; or if ``x`` leaves 0 to 1, ``n_boot`` is no whole number above 0, or
        ``random_state`` no seed.

    Notes
    -----
    A Bayesian bootstrap of clusters and of non-clusters, each for themselves (stratified): in each
    sample a target counts with an exponential weight, and the band lies between percentiles of the
    curves. Half a target more of each class, above all scores and below all, makes the fraction of
    a class above any threshold follow Jeffreys' posterior of its counts. The ordinary bootstrap has
    no width where a count is 0, and there, at the purest end, it is wrong.

    References
    ----------
    Rubin 1981, Ann. Stat. 9, 130; Gu, Ghosal & Roy 2008, Stat. Med. 27, 5407 (ROC curves); Brown,
    Cai & DasGupta 2001, Stat. Sci. 16, 101 (Jeffreys' interval).

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
        Completenesses above 0; by default 199 from 0.005 to 0.995.

    Returns
    -------
    CurveBand

    Raises
    ------
    InvalidParameterError
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
    x = _grid(x, np.linspace(0, 1, 201)[1:-1])
    if (x == 0).any():
        raise InvalidParameterError(
            "nothing is called a cluster at a completeness of 0: leave it out of x"
        )

    def purity_at(tpr, fpr, x):
        return _purity_at(tpr, fpr, x, prevalence)

    return _band(truth, score, x, purity_at, confidence, n_boot, random_state)


def _grid(x, default: np.ndarray) -> np.ndarray:
    x = default if x is None else as_floats(x, "x")
    if x.ndim != 1 or not ((x >= 0) & (x <= 1)).all():
        raise InvalidParameterError("x must be a list of rates between 0 and 1")
    return x


def _band(truth, score, x, curve_at, confidence, n_boot, random_state) -> CurveBand:
    """Percentiles of ``curve_at(tpr, fpr, x)`` over the drawn samples."""
    check_confidence(confidence)
    truth, score = finite_scores(truth, score)
    n_boot = check_count(n_boot, "n_boot")
    rng = generator(random_state)
    if truth.all() or not truth.any():
        return CurveBand(np.empty(0), np.empty(0), np.empty(0))
    drawn = [curve_at(tpr, fpr, x) for tpr, fpr in _draw(truth, score, int(n_boot), rng)]
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    return CurveBand(x, *np.quantile(np.concatenate(drawn), ends, axis=0))


def _draw(truth, score, n_boot: int, rng) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Completeness and false-positive rate at each threshold, strictest first, in drawn samples.

    Yields arrays of shape (samples, k + 3) that rise from 0 to 1.
    """
    values, group = np.unique(-score, return_inverse=True)
    ends = [
        np.cumsum(np.bincount(group[members], minlength=values.size)) for members in (truth, ~truth)
    ]
    step = max(1, _AT_ONCE // truth.size)
    for start in range(0, n_boot, step):
        yield tuple(_rates(end, min(step, n_boot - start), rng) for end in ends)


def _rates(ends: np.ndarray, size: int, rng) -> np.ndarray:
    """Fraction of the weight of a class at or above each threshold.

    ``ends`` are its members there. Before and after them comes half a member, whose weight is a
    gamma variate as theirs is (a whole one's is the exponential).
    """
    weight = np.empty((size, ends[-1] + 2))
    weight[:, 1:-1] = rng.standard_exponential((size, ends[-1]))
    weight[:, [0, -1]] = rng.standard_gamma(0.5, (size, 2))
    np.cumsum(weight, axis=1, out=weight)
    shares = weight[:, np.concatenate([[0], ends, [-1]])] / weight[:, -1:]
    return np.concatenate([np.zeros((size, 1)), shares], axis=1)


def _completeness_at(tpr: np.ndarray, fpr: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Completeness of each sample at false-positive rates, shape (samples, k)."""
    before = np.minimum(_search(fpr, x, "right"), fpr.shape[1] - 1) - 1
    return _between(fpr, tpr, before, before + 1, x)


def _purity_at(tpr, fpr, x, prevalence) -> np.ndarray:
    """Purity of each sample at completenesses above 0, shape (samples, k)."""
    after = np.minimum(_search(tpr, x, "left"), tpr.shape[1] - 1)
    return purity_of(x, _between(tpr, fpr, after - 1, after, x), prevalence)


def _search(rising: np.ndarray, x: np.ndarray, side: str) -> np.ndarray:
    """`numpy.searchsorted` in each row of numbers from 0 to 1."""
    rows = np.arange(len(rising))[:, np.newaxis]
    # Two apart, the rows, one after the other, rise too.
    found = np.searchsorted((rising + 2 * rows).ravel(), (x + 2 * rows).ravel(), side)
    return found.reshape(len(rising), -1) - rows * rising.shape[1]


def _between(x, y, before, after, wanted) -> np.ndarray:
    """Linear interpolation of y where x is as wanted, between two columns of each row."""
    x_0, x_1, y_0, y_1 = (np.take_along_axis(a, i, axis=1) for a in (x, y) for i in (before, after))
    width = x_1 - x_0
    share = np.where(width > 0, (wanted - x_0) / np.where(width > 0, width, 1), 1.0)
    return y_0 + np.clip(share, 0, 1) * (y_1 - y_0)
