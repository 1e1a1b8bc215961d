"""Velocities of SIMBAD, which are no c z."""

import numpy as np
from astropy import constants
from astropy import units as u
from astropy.table import Table

from ..tables._numbers import to_numbers

__all__ = ["is_simbad_velocity", "rvz_types", "simbad_redshifts"]

_C = constants.c.to_value(u.km / u.s)
#: More than this is no redshift, whatever its type.
_FAST = 20.0


def is_simbad_velocity(name: str) -> bool:
    """Whether a column has SIMBAD's name of radial velocities."""
    return _letters(name) == "rvzradvel"


def rvz_types(table: Table) -> np.ndarray | None:
    """Kinds of SIMBAD's velocities: 'v', 'z' or 'c'; None where the table does not say them.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.catalogs._simbad import rvz_types
    >>> rvz_types(Table({"rvz_radvel": [0.25], "rvz_type": ["Z"]})).tolist()
    ['z']
    """
    name = next((name for name in table.colnames if _letters(name) == "rvztype"), None)
    if name is None or table[name].dtype.kind not in "SUO":
        return None
    words = np.ma.array(np.ma.asarray(table[name]).astype(str)).filled("")
    return np.char.lower(np.char.strip(words.astype(str)))


def simbad_redshifts(values, types: np.ndarray | None) -> np.ndarray:
    """Redshifts of SIMBAD's ``rvz_radvel``, NaN where missing.

    Parameters
    ----------
    values : column of shape (n,)
        Relativistic velocities in km/s, as SIMBAD has them; redshifts where the type is ``z`` and
        the number is small, as its older tables have them.
    types : ndarray of shape (n,), str, or None
        As `rvz_types`; ``c`` is c z.

    Examples
    --------
    >>> from astrocnn.catalogs._simbad import simbad_redshifts
    >>> simbad_redshifts([65806.76, 0.25, 74948.11], ["v", "z", "c"]).round(4)
    array([0.25, 0.25, 0.25])
    """
    numbers = to_numbers(values)
    types = np.full(len(numbers), "v") if types is None else np.asarray(types)
    beta = numbers / _C
    with np.errstate(invalid="ignore", divide="ignore"):
        relativistic = np.sqrt((1 + beta) / (1 - beta)) - 1
        plain = (types == "z") & (np.abs(numbers) <= _FAST)
    return np.where(plain, numbers, np.where(types == "c", beta, relativistic))


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
