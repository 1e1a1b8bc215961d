"""Redshifts that galaxies cannot have been measured to share."""

import warnings
from collections.abc import Iterable

import numpy as np

from ..exceptions import AstrocnnWarning
from ..tables._redshifts import known_redshifts
from ._radius import LEAST_Z
from ._velocities import LIGHT

__all__ = ["measured_redshifts", "repeated_redshifts"]

#: So many equal redshifts were not all measured if most of those within so much (km/s) are equal.
_EQUAL, _BESIDE = 5, 1500.0


def measured_redshifts(values, fields: "Iterable[np.ndarray]" = (slice(None),)) -> np.ndarray:
    """Redshifts of galaxies as numbers; NaN where unknown, or repeated in a field.

    Parameters
    ----------
    values : array_like of shape (n,)
        Redshifts as the user has them.
    fields : iterable of ndarray of int
        Rows of the galaxies that lie together; by default all do.

    Returns
    -------
    ndarray of shape (n,)

    Warns
    -----
    AstrocnnWarning
        With the number of redshifts that are none, such as -99, and of those repeated.
    """
    z = known_redshifts(values, "z_spec")
    repeated = np.zeros(len(z), dtype=bool)
    for rows in fields:
        repeated[rows] |= repeated_redshifts(z[rows])
    if repeated.any():
        few = ", ".join(f"{value:g}" for value in np.unique(z[repeated])[:3])
        warnings.warn(
            f"{repeated.sum()} of {len(z)} galaxies share a redshift to the last digit ({few}): so "
            "many are not measured alike, and they count as unknown; give each galaxy its own",
            AstrocnnWarning,
            stacklevel=4,
        )
    return np.where(repeated, np.nan, z)


def repeated_redshifts(z: np.ndarray) -> np.ndarray:
    """Say which redshifts stand for something else: five or more, and most beside them, are equal.

    Parameters
    ----------
    z : ndarray of shape (n,)
        NaN where unknown.

    Returns
    -------
    ndarray of shape (n,), bool

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.matching._repeated import repeated_redshifts
    >>> repeated_redshifts(np.array([0.25, 0.251, 0.252] + [9.999] * 5)).tolist()
    [False, False, False, True, True, True, True, True]
    """
    values, counts = np.unique(z[z >= LEAST_Z], return_counts=True)
    total = np.r_[0, np.cumsum(counts)]
    width = _BESIDE / LIGHT * (1 + values)
    first = np.searchsorted(values, values - width)
    last = np.searchsorted(values, values + width, side="right")
    return np.isin(z, values[(counts >= _EQUAL) & (2 * counts > total[last] - total[first])])
