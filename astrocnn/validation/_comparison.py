"""Two classifiers on the same targets."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ._auc import auc, delong_components
from ._checked import checked
from ._estimate import Estimate, check_confidence

__all__ = ["Comparison", "delong_test"]

#: Components are multiples of half of one over the number of targets: less is rounding.
_ROUNDING = 1e-10


@dataclass(frozen=True)
class Comparison:
    """Areas under two ROC curves of the same targets, and their difference.

    Parameters
    ----------
    auc_a, auc_b : Estimate
        The areas, each with its own interval.
    difference : Estimate
        ``auc_a - auc_b`` with its paired interval.
    p_value : float
        Probability of a difference at least as large, of either sign, between equal classifiers;
        NaN where it is not defined.

    Examples
    --------
    >>> from astrocnn.validation import delong_test
    >>> truth = [False, False, False, True, True, True]
    >>> print(delong_test(truth, [0.1, 0.2, 0.3, 0.7, 0.8, 0.2], [0.1, 0.9, 0.3, 0.7, 0.2, 0.2]))
    AUC 0.833 - 0.444 = 0.389 [-0.166, 0.944], p = 0.17
    """

    auc_a: Estimate
    auc_b: Estimate
    difference: Estimate
    p_value: float

    def __str__(self) -> str:
        if not self.difference.defined:
            return f"no comparison ({self.difference.reason})"
        areas = f"AUC {self.auc_a.value:.3f} - {self.auc_b.value:.3f}"
        return f"{areas} = {self.difference}, p = {self.p_value:.2g}"


def delong_test(
    truth: np.ndarray, score_a: np.ndarray, score_b: np.ndarray, confidence: float = 0.95
) -> Comparison:
    """Compare the ROC curves of two classifiers that judged the same targets.

    Their areas go up and down together with the luck of the sample, so the difference is known
    better than either area: intervals that overlap do not mean that two classifiers are equal.

    Parameters
    ----------
    truth : array_like of bool, shape (n,)
        True for a cluster.
    score_a, score_b : array_like of float, shape (n,)
        Scores of the two; larger means more like a cluster.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    Comparison
        Undefined, with the reason, where a class has fewer than two targets, or every target
        shows the same difference.

    Raises
    ------
    InvalidParameterError
        If the shapes differ, a value is masked, a score is not finite, or the truth is neither
        bool nor 0 and 1.

    Notes
    -----
    The interval and the two-sided p value are those of a normal distribution with DeLong's
    covariance of the two areas, by mid-ranks. Rankings without any difference have p = 1.
    Where every target shows the same difference, as of a perfect ranking and its reverse, that
    variance is zero, and says nothing of the error: the difference and p are undefined, however
    few or many targets there are.

    References
    ----------
    DeLong et al. 1988, Biometrics 44, 837; Sun & Xu 2014, IEEE Signal Process. Lett. 21, 1389.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.validation import delong_test
    >>> rng = np.random.default_rng(0)
    >>> truth = np.arange(400) % 2 == 0
    >>> good = truth + rng.normal(size=400)
    >>> found = delong_test(truth, good, good + rng.normal(size=400))
    >>> found.difference.low > 0, found.p_value < 0.01
    (True, True)
    """
    check_confidence(confidence)
    truth, *scores = checked(truth, score_a, score_b)
    areas = [auc(truth, score, confidence) for score in scores]
    if min(truth.sum(), (~truth).sum()) < 2:
        reason = "needs two clusters and two non-clusters at least"
        return Comparison(*areas, Estimate.undefined(reason), np.nan)
    of_a, of_b = (delong_components(truth, score) for score in scores)
    # The variance of a mean of differences holds the covariance of the two areas.
    parts = [first - second for first, second in zip(of_a, of_b, strict=True)]
    value = float(parts[0].mean())
    if value != 0 and max(np.ptp(part) for part in parts) < _ROUNDING:
        # As where one ranking is perfect and the other constant: no error can be had from that.
        reason = "the areas differ alike for every target, so the difference has no known error"
        return Comparison(*areas, Estimate.undefined(reason), np.nan)
    error = np.sqrt(sum(part.var(ddof=1) / part.size for part in parts))
    half = stats.norm.isf((1 - confidence) / 2) * error
    p_value = float(2 * stats.norm.sf(abs(value) / error)) if error > 0 else 1.0
    return Comparison(*areas, Estimate(value, float(value - half), float(value + half)), p_value)
