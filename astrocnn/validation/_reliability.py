"""Do probabilities mean what they say?"""

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidParameterError
from ._checked import check_count, checked
from ._estimate import check_confidence, proportion

__all__ = ["expected_calibration_error", "reliability"]


def expected_calibration_error(truth: np.ndarray, proba: np.ndarray, bins: int = 15) -> float:
    """Return the mean distance between probability and frequency.

    Parameters
    ----------
    truth : array_like of bool, shape (n,)
        True for a cluster.
    proba : array_like of float, shape (n,)
        Probability of a cluster.
    bins : int
        Bins of equal width from 0 to 1.

    Returns
    -------
    float
        Mean over the targets of the distance, in their bin, between the mean probability and the
        fraction of clusters (0..1). Chance alone makes it about ``0.31 * (bins / n) ** 0.5`` for n
        targets whose probabilities are right, and spread evenly.

    Raises
    ------
    InvalidParameterError
        If the shapes differ, there is no target, a value is masked, a probability is not between 0
        and 1, the truth is neither bool nor 0 and 1, or ``bins`` is no whole number above 0.

    References
    ----------
    Naeini, Cooper & Hauskrecht 2015, AAAI, 2901.

    Examples
    --------
    >>> from astrocnn.validation import expected_calibration_error
    >>> round(expected_calibration_error([True, False, True, True], [0.9, 0.9, 0.9, 0.9]), 3)
    0.15
    """
    truth, proba, which = _binned(truth, proba, bins)
    off = np.bincount(which, proba - truth, minlength=bins)
    return float(np.abs(off).sum() / len(truth))


def reliability(
    truth: np.ndarray, proba: np.ndarray, bins: int = 10, confidence: float = 0.95
) -> Table:
    """Compare probabilities with frequencies, bin by bin.

    Parameters
    ----------
    truth : array_like of bool, shape (n,)
        True for a cluster.
    proba : array_like of float, shape (n,)
        Probability of a cluster; leave out rows without a prediction.
    bins : int
        Bins of equal width from 0 to 1.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    `~astropy.table.Table`
        One row per bin that has targets: ``low``, ``high`` (its edges), ``n``, ``proba`` (mean
        probability), ``fraction`` (fraction of clusters), and ``fraction_low``, ``fraction_high``
        (Wilson's interval). ``meta`` holds ``n`` and ``expected_calibration_error``.

    Raises
    ------
    InvalidParameterError
        As `expected_calibration_error`.

    Examples
    --------
    >>> from astrocnn.validation import reliability
    >>> table = reliability([False, False, True, True], [0.1, 0.1, 0.7, 0.9], bins=2)
    >>> print(table["n", "proba", "fraction"])
     n  proba fraction
    --- ----- --------
      2 0.100    0.000
      2 0.800    1.000
    """
    check_confidence(confidence)
    truth, proba, which = _binned(truth, proba, bins)
    rows = []
    for i in np.unique(which):
        inside = which == i
        found = proportion(int(truth[inside].sum()), int(inside.sum()), confidence)
        mean = float(proba[inside].mean())
        rows.append(
            (i / bins, (i + 1) / bins, found.trials, mean, found.value, found.low, found.high)
        )
    names = ["low", "high", "n", "proba", "fraction", "fraction_low", "fraction_high"]
    table = Table(rows=rows, names=names)
    for name in set(names) - {"n"}:
        table[name].info.format = ".3f"
    error = expected_calibration_error(truth, proba)
    table.meta.update(n=len(truth), expected_calibration_error=error, confidence=confidence)
    return table


def _binned(truth, proba, bins):
    """Truth, probability and bin of each target."""
    bins = check_count(bins, "bins")
    truth, proba = checked(truth, proba)
    if truth.size == 0:
        raise InvalidParameterError("truth and proba need one target at least")
    if not ((proba >= 0) & (proba <= 1)).all():
        raise InvalidParameterError(
            "probabilities lie between 0 and 1; leave out rows without a prediction"
        )
    return truth, proba, np.minimum((proba * bins).astype(int), bins - 1)
