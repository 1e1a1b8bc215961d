"""Which numbers are redshifts, and which stand for a missing one."""

import re
import warnings

import numpy as np
from astropy import units as u

from ..exceptions import AstrocnnWarning, InvalidTargetError
from ._measured import measured_numbers
from ._numbers import to_numbers

__all__ = ["Z_LIMITS", "is_velocity", "is_velocity_name", "known_redshifts"]

#: Redshifts outside are no redshifts: no galaxy comes nearer at more than 3000 km/s, and the most
#: distant ones known lie below 15; -1, -99, 99 and the like stand for "missing".
Z_LIMITS = (-0.01, 20.0)
#: Numbers within the limits that stand for "missing" all the same.
_SENTINELS = (9.9, 9.99, 9.999, 9.9999)
#: Usual names of columns of c z, in lower case and without underscores.
_VELOCITIES = frozenset((
    "cz", "czhel", "czhelio", "czcmb", "hrv", "rv", "rvel", "vel", "velocity", "vh", "vhel",
    "vhelio", "vr", "vrad", "vsys", "vlsr", "vgsr", "vcmb", "radvel", "radialvelocity",
    "rvzradvel", "heliocentricvelocity",
))  # fmt: skip
#: Faster than this (km/s) is no redshift, whatever its name.
_FAST = 20.0


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
        NaN where masked, not finite, a word for "missing", not within `Z_LIMITS`, or 9.99 and the
        like. Velocities (see `is_velocity`) are divided by the speed of light.

    Raises
    ------
    InvalidTargetError
        If they have a unit that is no velocity, or are text that is no number.

    Warns
    -----
    AstrocnnWarning
        With the number of those that are outside of the limits.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astrocnn.tables._redshifts import known_redshifts
    >>> known_redshifts(["0.3", "N/A", "-0.001"])
    array([ 0.3  ,    nan, -0.001])
    >>> known_redshifts([0.3, -99, 99], warn=False)
    array([0.3, nan, nan])
    >>> known_redshifts([74948.1145, -999] * u.km / u.s, warn=False)
    array([0.25,  nan])
    """
    unit = getattr(values, "unit", None)
    fast = _has_velocity_unit(unit)
    if unit is not None and unit != u.dimensionless_unscaled and not fast:
        raise InvalidTargetError(
            f"{name or 'a redshift'} has the unit '{unit}', so it holds no redshifts: convert it"
        )
    try:
        z = measured_numbers(values, name)
    except (TypeError, ValueError) as err:
        if isinstance(err, InvalidTargetError):
            raise
        raise InvalidTargetError(f"{name or 'this'} holds no redshifts ({err})") from None
    if fast or _is_fast(name, z):
        z = _from_velocities(z, unit if fast else u.km / u.s)
    low, high = Z_LIMITS
    with np.errstate(invalid="ignore"):
        outside = (z <= low) | (z >= high) | np.isin(z, _SENTINELS)
    if warn and outside.any():
        few = ", ".join(f"{value:g}" for value in np.unique(z[outside])[:3])
        warnings.warn(
            f"{np.sum(outside)} of {z.size} redshifts{f' ({name})' if name else ''} are not from "
            f"{low:g} to {high:g}, such as {few}: they count as unknown",
            AstrocnnWarning,
            stacklevel=4,
        )
    return np.where(np.isfinite(z) & ~outside, z, np.nan)


def is_velocity(name: str, values) -> bool:
    """Whether a column holds velocities, c z: by its unit, or by a usual name and its numbers.

    Parameters
    ----------
    name : str
        Name of the column, such as ``cz``, ``RV``, ``HRV``.
    values : column or array_like
        Without a unit, numbers of such a name are km/s, if half of them are above 20.

    Examples
    --------
    >>> from astropy.table import Column
    >>> from astrocnn.tables._redshifts import is_velocity
    >>> is_velocity("HRV", [7500.0, 21000.0]), is_velocity("RV", [3.1, 3.2])
    (True, False)
    >>> is_velocity("z", Column([7500.0], unit="km/s"))
    True
    """
    unit = getattr(values, "unit", None)
    if unit is not None and unit != u.dimensionless_unscaled:
        return _has_velocity_unit(unit)
    try:
        return _is_fast(name, to_numbers(values))
    except (TypeError, ValueError):
        return False


def is_velocity_name(name: str) -> bool:
    """Whether a column of this name usually holds velocities: ``cz``, ``V_hel`` ..."""
    letters = "".join(filter(str.isalnum, name.lower()))
    bare = re.sub(r"(?<=.)km(?:s1?|sec1?|persec)$", "", letters)  # "cz [km/s]", "cz_kms"
    return bare in _VELOCITIES or (bare != letters and bare in ("v", "z", "redshift"))


def _has_velocity_unit(unit) -> bool:
    """Whether a unit is one of velocity."""
    if unit is None or isinstance(unit, u.UnrecognizedUnit):
        return False
    return u.Unit(unit).is_equivalent(u.km / u.s)


def _is_fast(name: str, numbers: np.ndarray) -> bool:
    """Whether numbers without a unit are km/s."""
    if not is_velocity_name(name):
        return False
    speeds = np.abs(numbers[np.isfinite(numbers)])
    return bool(speeds.size and np.median(speeds) > _FAST)


def _from_velocities(numbers: np.ndarray, unit) -> np.ndarray:
    """Redshifts of c z; what is written for "missing" (-999, 99999 ...) is NaN."""
    from astropy.constants import c

    digits = np.isin(np.abs(numbers), (99, 999, 9999, 99999, 999999))
    return np.where(digits, np.nan, numbers * (1 * unit / c).to_value(u.one))
