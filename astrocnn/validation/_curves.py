"""ROC and precision-recall curves."""

from typing import NamedTuple

import numpy as np
from sklearn.metrics import roc_curve

from ..exceptions import InvalidParameterError
from ._checked import checked
from ._estimate import check_prevalence, purity_of

__all__ = ["PrecisionRecallCurve", "RocCurve", "precision_recall"]


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


class PrecisionRecallCurve(NamedTuple):
    """Points of a precision-recall curve, from the strictest threshold to the loosest.

    Attributes
    ----------
    purity, completeness, threshold : ndarray of shape (k,)
        Precision, recall, and the score at or above which a target is called a cluster. Empty
        where the truth has no cluster.
    """

    purity: np.ndarray
    completeness: np.ndarray
    threshold: np.ndarray


def roc_points(truth: np.ndarray, score: np.ndarray) -> RocCurve:
    """Return the ROC curve; empty where the truth has one class only."""
    if truth.size == 0 or truth.all() or not truth.any():
        return RocCurve(np.empty(0), np.empty(0), np.empty(0))
    return RocCurve(*roc_curve(truth, score, drop_intermediate=False))


def precision_recall(
    truth: np.ndarray, score: np.ndarray, prevalence: float | None = None
) -> PrecisionRecallCurve:
    """Return purity against completeness for every threshold.

    Parameters
    ----------
    truth : array_like of bool, shape (n,)
        True for a cluster.
    score : array_like of float, shape (n,)
        Larger means more like a cluster.
    prevalence : float, optional
        Fraction of clusters among your candidates. By default that of ``truth``: the curve then
        holds for this sample only, since more clusters in a sample lift it.

    Returns
    -------
    PrecisionRecallCurve
        One point per different score.

    Raises
    ------
    InvalidParameterError
        If the shapes differ, a value is masked, a score is not finite, the truth is neither bool
        nor 0 and 1, or ``prevalence`` is not between 0 and 1, or is given and there is no
        non-cluster.

    Examples
    --------
    >>> from astrocnn.validation import precision_recall
    >>> curve = precision_recall([True, False, True, False], [0.9, 0.8, 0.3, 0.1])
    >>> curve.completeness, curve.purity.round(2)
    (array([0.5, 0.5, 1. , 1. ]), array([1.  , 0.5 , 0.67, 0.5 ]))
    """
    truth, score = finite_scores(truth, score)
    prevalence = prevalence_of(truth, prevalence)
    if not truth.any():
        return PrecisionRecallCurve(np.empty(0), np.empty(0), np.empty(0))
    threshold, group = np.unique(-score, return_inverse=True)
    tp = np.cumsum(np.bincount(group[truth], minlength=threshold.size))
    fp = np.cumsum(np.bincount(group[~truth], minlength=threshold.size))
    completeness = tp / tp[-1]
    purity = purity_of(completeness, fp / max(fp[-1], 1), prevalence)
    return PrecisionRecallCurve(purity, completeness, -threshold)


def finite_scores(truth, score) -> list[np.ndarray]:
    """Truth and score as `checked` gives them; an error where a score is not finite."""
    truth, score = checked(truth, score)
    if not np.isfinite(score).all():
        raise InvalidParameterError("scores must be finite; leave out rows without a prediction")
    return [truth, score]


def prevalence_of(truth: np.ndarray, prevalence: float | None) -> float:
    """The prevalence that is wanted, or that of the truth; an error where it makes no sense."""
    if prevalence is None:
        return float(truth.mean()) if truth.size else np.nan
    check_prevalence(prevalence)
    if truth.all():
        raise InvalidParameterError("the purity at a prevalence needs non-clusters in the truth")
    return prevalence
