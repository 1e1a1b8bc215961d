"""Which numbers are redshifts, and which stand for a missing one."""

import warnings

import numpy as np
from astropy import units as u

from ..exceptions import AstrocnnWarning, InvalidTargetError
from ._numbers import to_numbers

__all__ = ["Z_LIMITS", "known_redshifts"]

#: Redshifts outside are no redshifts: no galaxy comes nearer at more than 3000 km/s, and the most
#: distant ones known lie below 15; -1, -99, 99 and the like stand for "missing".
Z_LIMITS = (-0.01, 20.0)


def known_redshifts(values, name: str = "", warn: bool = True) -> np.ndarray:
    """Redshifts as plain numbers, NaN where there is none.

    Parameters
    ----------
    values : array_like, column or Quantity
        Redshifts as the user has them, masked or not, numbers or text.
    name : str
        What they are called, for messages.
    warn : bool
        Whether to say how many numbers are no redshifts.

    Returns
    -------
    ndarray of the same shape, float
        NaN where masked, not finite, a word for "missing", or not within `Z_LIMITS`.

    Raises
    ------
    InvalidTargetError
        If they have a unit, or are text that is no number.

    Warns
    -----
    AstrocnnWarning
        With the number of those that are outside of the limits.

    Examples
    --------
    >>> from astrocnn.tables._redshifts import known_redshifts
    >>> known_redshifts(["0.3", "N/A", "-0.001"])
    array([ 0.3  ,    nan, -0.001])
    >>> known_redshifts([0.3, -99, 99], warn=False)
    array([0.3, nan, nan])
    """
    unit = getattr(values, "unit", None)
    if unit is not None and unit != u.dimensionless_unscaled:
        raise InvalidTargetError(
            f"{name or 'a redshift'} has the unit '{unit}', so it holds no redshifts: convert it"
        )
    try:
        z = to_numbers(values)
    except (TypeError, ValueError) as err:
        raise InvalidTargetError(f"{name or 'this'} holds text, no redshifts ({err})") from None
    low, high = Z_LIMITS
    with np.errstate(invalid="ignore"):
        outside = (z <= low) | (z >= high)
    if warn and outside.any():
        few = ", ".join(f"{value:g}" for value in np.unique(z[outside])[:3])
        warnings.warn(
            f"{np.sum(outside)} of {z.size} redshifts{f' ({name})' if name else ''} are not from "
            f"{low:g} to {high:g}, such as {few}: they count as unknown",
            AstrocnnWarning,
            stacklevel=4,
        )
    return np.where(np.isfinite(z) & ~outside, z, np.nan)
