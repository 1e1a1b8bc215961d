"""Two classifiers at their thresholds, on the same targets."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from ..exceptions import InvalidParameterError
from ._checked import checked
from ._estimate import Estimate, check_confidence, proportion

__all__ = ["VerdictComparison", "mcnemar_test"]

#: With fewer discordant targets the p value is that of the binomial distribution.
_EXACT_BELOW = 25


@dataclass(frozen=True)
class VerdictComparison:
    """Fractions of right verdicts of two classifiers on the same targets, and their difference.

    Parameters
    ----------
    accuracy_a, accuracy_b : Estimate
        Fractions of right verdicts, each with its own interval.
    difference : Estimate
        ``accuracy_a - accuracy_b`` with its paired interval.
    p_value : float
        Probability of a split of the discordant targets at least as uneven, of either sign,
        between equally good classifiers; NaN where it is not defined.
    only_a, only_b : int
        Discordant targets: only the first, only the second is right.

    Examples
    --------
    >>> from astrocnn.validation import mcnemar_test
    >>> truth = [True, True, True, False, False, False]
    >>> print(mcnemar_test(truth, truth, [True, False, False, False, False, True]))
    accuracy 1.000 - 0.500 = 0.500 [-0.086, 0.812], p = 0.25 (3 and 0 right alone)
    """

    accuracy_a: Estimate
    accuracy_b: Estimate
    difference: Estimate
    p_value: float
    only_a: int
    only_b: int

    def __str__(self) -> str:
        if not self.difference.defined:
            return f"no comparison ({self.difference.reason})"
        shares = f"accuracy {self.accuracy_a.value:.3f} - {self.accuracy_b.value:.3f}"
        alone = f"({self.only_a} and {self.only_b} right alone)"
        return f"{shares} = {self.difference}, p = {self.p_value:.2g} {alone}"


def mcnemar_test(
    truth: np.ndarray, verdict_a: np.ndarray, verdict_b: np.ndarray, confidence: float = 0.95
) -> VerdictComparison:
    """Compare the verdicts of two classifiers that judged the same targets.

    Only the targets count on which exactly one of the two is right. To compare the rankings, at
    all thresholds, see `delong_test`. Give only the clusters to compare completeness, only the
    non-clusters to compare the false-positive rate.

    Parameters
    ----------
    truth : array_like of bool, shape (n,)
        True for a cluster.
    verdict_a, verdict_b : array_like of bool, shape (n,)
        True for what is called a cluster, e.g. ``result["label"] == "cluster"``.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    VerdictComparison
        Undefined, with the reason, without targets.

    Raises
    ------
    InvalidParameterError
        If the shapes differ, a value is masked, or one is neither bool nor 0 and 1.

    Notes
    -----
    The p value is that of the binomial distribution with fewer than 25 discordant targets, else of
    McNemar's chi-square without correction. The interval of the difference is Tango's score
    interval, which belongs to that chi-square and holds for few targets too.

    References
    ----------
    McNemar 1947, Psychometrika 12, 153; Tango 1998, Stat. Med. 17, 891.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.validation import mcnemar_test
    >>> rng = np.random.default_rng(0)
    >>> truth = np.arange(400) % 2 == 0
    >>> good, fair = (truth ^ (rng.random(400) < wrong) for wrong in (0.1, 0.2))
    >>> print(mcnemar_test(truth, good, fair))
    accuracy 0.895 - 0.807 = 0.087 [0.038, 0.138], p = 0.00064 (70 and 35 right alone)
    """
    check_confidence(confidence)
    truth, *verdicts = checked(truth, verdict_a, verdict_b)
    for verdict in verdicts:
        if not np.isin(verdict, (0, 1)).all():
            raise InvalidParameterError(
                "verdicts are True or False for each target; make them of a probability by "
                "proba >= threshold"
            )
    right_a, right_b = (verdict == truth for verdict in verdicts)
    n = truth.size
    accuracies = [
        proportion(int(right.sum()), n, confidence, "no target") for right in (right_a, right_b)
    ]
    only_a, only_b = int(np.sum(right_a & ~right_b)), int(np.sum(right_b & ~right_a))
    if n == 0:
        return VerdictComparison(*accuracies, Estimate.undefined("no target"), np.nan, 0, 0)
    z = stats.norm.isf((1 - confidence) / 2)
    difference = Estimate((only_a - only_b) / n, *_tango(only_a, only_b, n, z))
    return VerdictComparison(*accuracies, difference, _p_value(only_a, only_b), only_a, only_b)


def _p_value(only_a: int, only_b: int) -> float:
    """Two-sided p value of the split of the discordant targets."""
    discordant = only_a + only_b
    if discordant == 0:
        return 1.0
    if discordant < _EXACT_BELOW:
        return float(stats.binomtest(only_a, discordant).pvalue)
    return float(stats.chi2.sf((only_a - only_b) ** 2 / discordant, 1))


def _tango(only_a: int, only_b: int, n: int, z: float) -> tuple[float, float]:
    """Ends of Tango's interval: the differences whose score is z away from what was found."""

    def excess(difference):
        # Tango's eqs. 7 to 9: the likeliest fraction of "only b" at this difference.
        linear = (2 * n - only_a + only_b) * difference - only_a - only_b
        constant = -only_b * difference * (1 - difference)
        share = (np.sqrt(max(linear**2 - 8 * n * constant, 0.0)) - linear) / (4 * n)
        variance = n * (2 * share + difference * (1 - difference))
        distance = abs(only_a - only_b - n * difference)
        return distance - z * np.sqrt(max(variance, 0.0))

    value = (only_a - only_b) / n
    # Just inside of -1 and 1 the score is infinite unless that is what was found.
    low = optimize.brentq(excess, -1 + 1e-9, value) if value > -1 else -1.0
    high = optimize.brentq(excess, value, 1 - 1e-9) if value < 1 else 1.0
    return float(low), float(high)
