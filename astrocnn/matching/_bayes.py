"""Equations of matching with probability, one function each, on plain arrays and radians.

The numbers of the equations are those of the page "Matching with probability" of the user guide.
"""

from numbers import Real

import numpy as np
from astropy import units as u
from scipy.special import expit

from ..exceptions import InvalidTargetError
from ._settings import as_quantity

__all__ = ["axis_error"]

#: Smallest error of a position (radians; 2e-5 arcsec): identical positions stay finite.
_LEAST_ERROR = 1e-10
#: When the fraction of targets with a counterpart has settled, and how many steps it may take.
_SETTLED, _MAX_STEPS = 1e-7, 10_000


def axis_error(radius: u.Quantity, share: float = 0.68) -> u.Quantity:
    """Turn the radius of a circle that holds a fraction of positions into the error of one axis.

    Parameters
    ----------
    radius : `~astropy.units.Quantity`
        Radius of the circle.
    share : float
        Fraction of the measured positions that lie within it, between 0 and 1.

    Returns
    -------
    `~astropy.units.Quantity`
        Standard deviation along one axis, as `match_probability` wants it; equation 3 of the user
        guide, solved for it.

    Raises
    ------
    InvalidTargetError
        If the fraction is not between 0 and 1, or the radius is no angle or negative.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astrocnn.matching import axis_error
    >>> axis_error(3 * u.arcsec, 0.9)
    <Quantity 1.39797836 arcsec>
    """
    if not isinstance(share, Real) or not 0 < share < 1:
        raise InvalidTargetError(f"share must be between 0 and 1 (e.g. 0.68), not {share!r}")
    radius = as_quantity(radius)
    if not isinstance(radius, u.Quantity) or not radius.unit.is_equivalent(u.rad):
        raise InvalidTargetError(f"radius must be an angle such as 3 * u.arcsec, not {radius!r}")
    if np.any(radius.value < 0):
        raise InvalidTargetError(f"radius must not be negative, not {radius}")
    return radius / np.sqrt(-2 * np.log1p(-share))


def log_bayes_factor(separation, first, second):
    """Equation 1: one position on the sky against two, each measured with Fisher's law.

    Parameters
    ----------
    separation, first, second : ndarray
        Distance of the positions, and their errors along one axis (radians).

    Returns
    -------
    ndarray
        Natural logarithm of the Bayes factor.

    Notes
    -----
    At errors of an arc second, sinh w overflows and w - w1 - w2 loses its digits; neither is
    computed as it stands. The limit of small errors is equation 16 of Budavari & Szalay.
    """
    w1, w2 = (1 / np.maximum(sigma, _LEAST_ERROR) ** 2 for sigma in (first, second))
    lost = 4 * w1 * w2 * np.sin(separation / 2) ** 2  # (w1 + w2)^2 - w^2
    w = np.sqrt(np.maximum((w1 + w2) ** 2 - lost, 0))
    return -lost / (w1 + w2 + w) + _log_sinhc(w) - _log_sinhc(w1) - _log_sinhc(w2)


def _log_sinhc(w):
    """Logarithm of sinh(w) / w, less w."""
    w = np.maximum(w, 1e-300)
    return np.log(-np.expm1(-2 * w) / (2 * w))


def share_within(radius, sigma):
    """Equation 3: fraction of the counterparts within a radius, by Fisher's law of one width."""
    w = 1 / np.maximum(sigma, _LEAST_ERROR) ** 2
    return np.expm1(-2 * w * np.sin(np.minimum(radius, np.pi) / 2) ** 2) / np.expm1(-2 * w)


def log_sum(values, target, n):
    """Logarithm of the sum of exponentials per target; pairs are sorted by target.

    Parameters
    ----------
    values : ndarray of shape (k,)
    target : ndarray of shape (k,), int
    n : int
        Number of targets.

    Returns
    -------
    ndarray of shape (n,)
        -inf without pairs.
    """
    total = np.full(n, -np.inf)
    if len(values):
        starts = np.flatnonzero(np.r_[True, np.diff(target) > 0])
        rows = target[starts]
        top = np.zeros(n)
        top[rows] = np.nan_to_num(np.maximum.reduceat(values, starts), neginf=0.0)
        with np.errstate(divide="ignore"):
            total[rows] = top[rows] + np.log(np.add.reduceat(np.exp(values - top[target]), starts))
    return total


def log_weight(log_bayes, log_ratio, density):
    """Equation 4: how much more probable an entry is as the counterpart than as field."""
    return log_bayes + log_ratio - np.log(4 * np.pi * density)


def any_probability(log_sums, completeness, within):
    """Equation 5: probability that one of the entries found is the counterpart."""
    return expit(log_sums + np.log(completeness) - np.log1p(-completeness * within))


def relative_probability(log_weights, log_sums, target):
    """Equation 6: probability of each entry, given that one of them is the counterpart."""
    sums = log_sums[target]
    return np.exp(log_weights - np.where(np.isfinite(sums), sums, np.inf))


def has_counterpart(log_sums, completeness, within):
    """Probability that there is a counterpart, among the entries found or beyond the radius."""
    found = any_probability(log_sums, completeness, within)
    return found + (1 - found) * completeness * (1 - within) / (1 - completeness * within)


def fit_completeness(log_sums, within, start=0.5):
    """Equation 7: fraction of targets that have a counterpart, by expectation and maximization.

    Parameters
    ----------
    log_sums, within : ndarray of shape (n,)
        Of equations 4 and 3.
    start : float
        Where it begins.

    Returns
    -------
    completeness, error : float
        The error is that of the curvature of the likelihood.
    """
    share = start
    for _ in range(_MAX_STEPS):
        before = share
        # Laplace's rule: one more target with a counterpart, one more without.
        share = (np.sum(has_counterpart(log_sums, share, within)) + 1) / (len(log_sums) + 2)
        if abs(share - before) < _SETTLED:
            break
    # d ln L / dc of a target is (S - F) / (1 - c F + c S), with S the sum and F the fraction
    # within.
    found = any_probability(log_sums, share, within)
    slope = found / share - (1 - found) * within / (1 - share * within)
    curvature = np.sum(slope**2) + 1 / share**2 + 1 / (1 - share) ** 2
    return float(share), float(1 / np.sqrt(curvature))


def flag_pairs(relative, target, similar):
    """Return 1 for the best entry of each target, 2 for those nearly as good, 0 for others.

    Parameters
    ----------
    relative : ndarray of shape (k,)
        Equation 6; pairs sorted by target, then by separation.
    target : ndarray of shape (k,), int
    similar : float
        Nearly as good: at least this times the probability of the best.

    Returns
    -------
    ndarray of shape (k,), int
    """
    flags = np.zeros(len(relative), dtype=np.int8)
    if len(relative):
        starts = np.flatnonzero(np.r_[True, np.diff(target) > 0])
        counts = np.diff(np.r_[starts, len(target)])
        best = np.repeat(np.maximum.reduceat(relative, starts), counts)
        flags[relative >= similar * best] = 2
        # The first of the best: the nearest, should several be equal.
        is_best = np.flatnonzero(relative == best)
        flags[is_best[np.unique(target[is_best], return_index=True)[1]]] = 1
    return flags


def false_probability(any_entry, relative):
    """Equation 9: probability that an entry is not the counterpart."""
    return 1 - any_entry * relative
