"""Two classifiers on the same targets."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ._auc import auc, delong_components
from ._estimate import Estimate, check_confidence

__all__ = ["Comparison", "delong_test"]


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
        Undefined, with the reason, where a class has fewer than two targets.

    Raises
    ------
    ValueError
        If the shapes differ or a score is not finite.

    Notes
    -----
    The interval and the two-sided p value are those of a normal distribution with DeLong's
    covariance of the two areas, by mid-ranks. Rankings without any difference have p = 1.

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
    truth = np.asarray(truth, dtype=bool)
    scores = [np.asarray(score, dtype=float) for score in (score_a, score_b)]
    areas = [auc(truth, score, confidence) for score in scores]
    if min(truth.sum(), (~truth).sum()) < 2:
        reason = "needs two clusters and two non-clusters at least"
        return Comparison(*areas, Estimate.undefined(reason), np.nan)
    of_a, of_b = (delong_components(truth, score) for score in scores)
    # The variance of a mean of differences holds the covariance of the two areas.
    parts = [first - second for first, second in zip(of_a, of_b, strict=True)]
    error = np.sqrt(sum(part.var(ddof=1) / part.size for part in parts))
    value = float(parts[0].mean())
    half = stats.norm.isf((1 - confidence) / 2) * error
    if error > 0:
        p_value = float(2 * stats.norm.sf(abs(value) / error))
    else:
        p_value = 1.0 if value == 0 else 0.0
    return Comparison(*areas, Estimate(value, float(value - half), float(value + half)), p_value)
