"""Area under the ROC curve with its interval."""

import numpy as np
from scipy import optimize, stats

from ..exceptions import InvalidParameterError
from ._checked import checked
from ._estimate import Estimate, check_confidence

__all__ = ["auc"]


def auc(truth: np.ndarray, score: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Return the area under the ROC curve with its interval.

    Parameters
    ----------
    truth : array_like of bool, shape (n,)
        True for a cluster.
    score : array_like of float, shape (n,)
        Larger means more like a cluster.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    Estimate
        Undefined, with the reason, where the truth has one class only.

    Raises
    ------
    InvalidParameterError
        If the shapes differ, a value is masked, a score is not finite, or the truth is neither
        bool nor 0 and 1.

    Notes
    -----
    The variance is DeLong's, by mid-ranks; the interval is symmetric in the logit of the area, so
    it stays between 0 and 1. Where that variance is zero (perfect separation) or cannot be had
    (one object in a class) the interval is Newcombe's score interval.

    References
    ----------
    DeLong et al. 1988, Biometrics 44, 837; Sun & Xu 2014, IEEE Signal Process. Lett. 21, 1389;
    Newcombe 2006, Stat. Med. 25, 559 (method 5).

    Examples
    --------
    >>> from astrocnn.validation import auc
    >>> print(auc([False, False, True, True, True], [0.1, 0.4, 0.35, 0.8, 0.9]))
    0.833 [0.152, 0.993]
    """
    check_confidence(confidence)
    truth, score = checked(truth, score)
    if not np.all(np.isfinite(score)):
        raise InvalidParameterError("scores must be finite; leave out rows without a prediction")
    if truth.all() or not truth.any():
        missing = "non-cluster" if truth.any() else "cluster"
        return Estimate.undefined(f"no {missing} in the truth")
    of_clusters, of_others = delong_components(truth, score)
    value = float(of_clusters.mean())
    n_clusters, n_others = of_clusters.size, of_others.size
    variance = 0.0
    if min(n_clusters, n_others) > 1:
        variance = of_clusters.var(ddof=1) / n_clusters + of_others.var(ddof=1) / n_others
    z = stats.norm.isf((1 - confidence) / 2)
    if variance <= 1e-15 or not 0 < value < 1:
        return Estimate(value, *_newcombe(value, n_clusters, n_others, z))
    half = z * np.sqrt(variance) / (value * (1 - value))
    logit = np.log(value / (1 - value))
    low, high = 1 / (1 + np.exp(-(logit + np.array([-half, half]))))
    return Estimate(value, float(low), float(high))


def delong_components(truth: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return DeLong's structural components, one per cluster and one per non-cluster.

    A cluster's component is the fraction of non-clusters that it outranks, a non-cluster's the
    fraction of clusters that outrank it; ties count one half. The mean of either is the area.
    """
    clusters, others = score[truth], score[~truth]
    ranks = stats.rankdata(np.concatenate([clusters, others]))
    of_clusters = (ranks[: clusters.size] - stats.rankdata(clusters)) / others.size
    of_others = 1 - (ranks[clusters.size :] - stats.rankdata(others)) / clusters.size
    return of_clusters, of_others


def _newcombe(value: float, n_clusters: int, n_others: int, z: float) -> tuple[float, float]:
    """Ends of Newcombe's score interval: |area - value| equals z times its standard error."""
    spread = (n_clusters + n_others) / 2 - 1

    def excess(area):
        factor = 1 + spread * ((1 - area) / (2 - area) + area / (1 + area))
        return abs(area - value) - z * np.sqrt(area * (1 - area) * factor / (n_clusters * n_others))

    # At 0 and 1 the standard error vanishes, which is a root of its own: start just beside it.
    low = optimize.brentq(excess, 0, value - 1e-9) if value > 0 else 0.0
    high = optimize.brentq(excess, value + 1e-9, 1) if value < 1 else 1.0
    return float(low), float(high)
