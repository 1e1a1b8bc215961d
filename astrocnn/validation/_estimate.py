"""A measured fraction with its interval, and the confusion counts it comes from."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from astropy.stats import binom_conf_interval
from scipy import stats

from ..exceptions import InvalidParameterError
from ._checked import checked

__all__ = ["Confusion", "Estimate", "confusion_counts", "proportion", "purity_at_prevalence"]


@dataclass(frozen=True)
class Estimate:
    """A number, mostly a share between 0 and 1, with its confidence interval.

    Parameters
    ----------
    value, low, high : float
        The estimate and the ends of its interval; NaN where it is not defined.
    reason : str, optional
        Why it is not defined.
    successes, trials : int, optional
        Counts behind a fraction.

    Examples
    --------
    >>> from astrocnn.validation import proportion
    >>> print(proportion(153, 170))
    0.900 [0.846, 0.937]
    """

    value: float
    low: float
    high: float
    reason: str = ""
    successes: int | None = None
    trials: int | None = None

    @classmethod
    def undefined(cls, reason: str) -> "Estimate":
        """Return an estimate that does not exist, with the reason."""
        return cls(np.nan, np.nan, np.nan, reason)

    @property
    def defined(self) -> bool:
        """Whether there is a value."""
        return bool(np.isfinite(self.value))

    def __str__(self) -> str:
        if not self.defined:
            return f"undefined ({self.reason})"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Confusion:
    """Verdicts against truth: true and false positives, true and false negatives.

    Examples
    --------
    >>> from astrocnn.validation import Confusion
    >>> Confusion(tp=77, fp=8, tn=77, fn=8).n_clusters
    85
    """

    tp: int
    fp: int
    tn: int
    fn: int

    @property
    def n_clusters(self) -> int:
        """True clusters."""
        return self.tp + self.fn

    @property
    def n_non_clusters(self) -> int:
        """True non-clusters."""
        return self.fp + self.tn

    @property
    def total(self) -> int:
        """All counted targets."""
        return self.n_clusters + self.n_non_clusters


def confusion_counts(truth: np.ndarray, verdict: np.ndarray) -> Confusion:
    """Count verdicts against truth.

    Parameters
    ----------
    truth, verdict : array_like of bool, shape (n,)
        True for a cluster.

    Raises
    ------
    InvalidParameterError
        If the shapes differ, a value is masked, or the truth is neither bool nor 0 and 1.

    Examples
    --------
    >>> from astrocnn.validation import confusion_counts
    >>> confusion_counts([True, True, False], [True, False, False])
    Confusion(tp=1, fp=0, tn=1, fn=1)
    """
    truth, verdict = checked(truth, verdict)
    verdict = verdict.astype(bool)
    return Confusion(
        tp=int(np.sum(truth & verdict)),
        fp=int(np.sum(~truth & verdict)),
        tn=int(np.sum(~truth & ~verdict)),
        fn=int(np.sum(truth & ~verdict)),
    )


def proportion(
    successes: int, trials: int, confidence: float = 0.95, reason: str = "nothing to count"
) -> Estimate:
    """Return a fraction with its Wilson score interval.

    Parameters
    ----------
    successes, trials : int
        Counts; the fraction is their ratio.
    confidence : float
        Coverage of the interval, between 0 and 1.
    reason : str
        What the estimate says where ``trials`` is zero.

    Raises
    ------
    InvalidParameterError
        If the counts or the confidence make no sense.

    References
    ----------
    Wilson 1927, J. Am. Stat. Assoc. 22, 209; Brown, Cai & DasGupta 2001, Stat. Sci. 16, 101;
    computed by `astropy.stats.binom_conf_interval`.

    Examples
    --------
    >>> from astrocnn.validation import proportion
    >>> print(proportion(10, 10))
    1.000 [0.722, 1.000]
    >>> print(proportion(0, 0, reason="no cluster in the truth"))
    undefined (no cluster in the truth)
    """
    check_confidence(confidence)
    whole = all(isinstance(count, Integral) for count in (successes, trials))
    if not whole or not 0 <= successes <= trials:
        raise InvalidParameterError(
            f"successes and trials are whole numbers, and no more of the former, not {successes!r} "
            f"and {trials!r}"
        )
    if trials == 0:
        return Estimate.undefined(reason)
    low, high = binom_conf_interval(successes, trials, confidence, interval="wilson")
    value = successes / trials
    # At 0 and 1 the ends are off by rounding, and an error bar must not be negative.
    low, high = min(float(low), value), max(float(high), value)
    return Estimate(value, low, high, "", int(successes), int(trials))


def purity_at_prevalence(
    confusion: Confusion, prevalence: float, confidence: float = 0.95
) -> Estimate:
    """Return the purity that a sample with another fraction of clusters would have.

    Parameters
    ----------
    confusion : Confusion
        Counts on the validation sample.
    prevalence : float
        Fraction of clusters among the targets of interest, between 0 and 1.
    confidence : float
        Coverage of the interval.

    Notes
    -----
    Bayes: ``p TPR / (p TPR + (1 - p) FPR)``. The interval is that of the same expression over the
    Jeffreys posteriors of TPR and FPR (both beta distributions), taken on a grid of quantiles
    of the two, so it needs no random numbers; the estimate itself is always inside it.

    Raises
    ------
    InvalidParameterError
        If ``prevalence`` is not between 0 and 1, or ``confusion`` holds no counts.

    Examples
    --------
    >>> from astrocnn.validation import Confusion, purity_at_prevalence
    >>> counts = Confusion(tp=90, fp=10, tn=90, fn=10)
    >>> [round(purity_at_prevalence(counts, p).value, 2) for p in (0.5, 0.2, 0.05)]
    [0.9, 0.69, 0.32]
    """
    check_confidence(confidence)
    check_prevalence(prevalence)
    if not isinstance(confusion, Confusion):
        raise InvalidParameterError(
            f"confusion is what confusion_counts returns, not {type(confusion).__name__}"
        )
    if confusion.n_clusters == 0 or confusion.n_non_clusters == 0:
        return Estimate.undefined("needs clusters and non-clusters in the truth")
    if confusion.tp + confusion.fp == 0:
        return Estimate.undefined("nothing was called a cluster")
    value = purity_of(
        confusion.tp / confusion.n_clusters, confusion.fp / confusion.n_non_clusters, prevalence
    )
    quantiles = (np.arange(400) + 0.5) / 400
    tpr = stats.beta.ppf(quantiles, confusion.tp + 0.5, confusion.fn + 0.5)
    fpr = stats.beta.ppf(quantiles, confusion.fp + 0.5, confusion.tn + 0.5)
    low, high = np.quantile(
        purity_of(tpr[:, np.newaxis], fpr[np.newaxis, :], prevalence),
        [(1 - confidence) / 2, (1 + confidence) / 2],
    )
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))


def purity_of(tpr, fpr, prevalence):
    """Return the purity by Bayes' rule, from both rates and the fraction of clusters.

    Parameters
    ----------
    tpr, fpr : float or ndarray
        True- and false-positive rate, 0..1; shapes that go together.
    prevalence : float
        Fraction of clusters, 0..1.

    Returns
    -------
    float or ndarray
        NaN where nothing is called a cluster.
    """
    return prevalence * tpr / (prevalence * tpr + (1 - prevalence) * fpr)


def check_confidence(confidence: float) -> None:
    """Raise `InvalidParameterError` unless a confidence level lies between 0 and 1."""
    if not isinstance(confidence, Real) or not 0 < confidence < 1:
        raise InvalidParameterError(
            f"confidence lies between 0 and 1 (e.g. 0.95), not {confidence!r}"
        )


def check_prevalence(prevalence: float) -> None:
    """Raise `InvalidParameterError` unless a prevalence lies between 0 and 1."""
    if not isinstance(prevalence, Real) or not 0 < prevalence < 1:
        raise InvalidParameterError(f"prevalence is a fraction between 0 and 1, not {prevalence!r}")
