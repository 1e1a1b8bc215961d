"""Checks of the arguments that kinds of matches share."""

from numbers import Integral, Real

import numpy as np
from astropy import units as u
from astropy.cosmology import FLRW, FlatLambdaCDM
from astropy.table import Column, Table

from ..exceptions import InvalidTargetError
from ._attributes import plain_numbers

__all__ = [
    "as_quantity", "check_new_columns", "check_prefix", "checked_cosmology", "checked_radius",
    "generator", "one_number", "whole_number",
]  # fmt: skip


def whole_number(name: str, value, least: int) -> int:
    """Return a whole number that is large enough.

    Examples
    --------
    >>> from astrocnn.matching._settings import whole_number
    >>> whole_number("n_shifts", 8.0, 2)
    8
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    is_whole = is_number and (isinstance(value, Integral) or float(value).is_integer())
    if not is_whole or value < least:
        raise InvalidTargetError(
            f"{name} must be a whole number of at least {least}, not {value!r}"
        )
    return int(value)


def one_number(name: str, value, least: float = 0.0) -> float:
    """Return a finite number that is large enough."""
    is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    if not is_number or not least <= value < np.inf:
        raise InvalidTargetError(f"{name} must be one number of at least {least:g}, not {value!r}")
    return float(value)


def generator(random_state) -> np.random.Generator:
    """Return the source of randomness of a seed."""
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        raise InvalidTargetError(
            f"random_state must be a whole number of at least 0, not {random_state!r}"
        ) from error


def checked_cosmology(cosmology: FLRW | None) -> FLRW:
    """Return a cosmology; by default that of most catalogs: flat, H0 = 70 km/s/Mpc, Om0 = 0.3."""
    if cosmology is None:
        return FlatLambdaCDM(H0=70, Om0=0.3)
    if not isinstance(cosmology, FLRW):
        raise InvalidTargetError(
            "cosmology must be one of astropy.cosmology such as FlatLambdaCDM(H0=70, Om0=0.3) or "
            f"Planck18, not {cosmology!r:.80}"
        )
    return cosmology


def as_quantity(value):
    """Return a column with a unit as a quantity, NaN where masked; anything else as it is."""
    if isinstance(value, Column) and value.unit is not None and value.dtype.kind in "iuf":
        return plain_numbers(value) * u.Unit(value.unit)
    return value


def checked_radius(name: str, radius: u.Quantity, unit: u.Unit) -> float:
    """Return one positive radius as a number."""
    if not isinstance(radius, u.Quantity) or not radius.unit.is_equivalent(unit):
        what = "an angle" if unit.is_equivalent(u.rad) else "a length"
        raise InvalidTargetError(f"{name} must be {what} such as 1 * u.{unit}, not {radius!r}")
    value = radius.to_value(unit)
    if np.ndim(value) or not 0 < value < np.inf:
        raise InvalidTargetError(f"{name} must be one positive radius, not {radius}")
    return float(value)


def check_prefix(prefix) -> str:
    """Return a prefix of columns, which is text."""
    if not isinstance(prefix, str):
        raise InvalidTargetError(f"prefix must be text such as 'psz2_', not {prefix!r}")
    return prefix


def check_new_columns(table: Table, prefix: str, columns) -> None:
    """Refuse to overwrite columns of the targets.

    Parameters
    ----------
    table : `~astropy.table.Table`
    prefix : str
        Put before the names.
    columns : iterable of tuple
        New columns; the first item of each is its name.
    """
    check_prefix(prefix)
    taken = [prefix + name for name, *_ in columns if prefix + name in table.colnames]
    if taken:
        raise InvalidTargetError(
            f"the targets already have the column {taken[0]!r}: give a prefix (prefix='psz2_', "
            "--prefix psz2_), or rename it"
        )
