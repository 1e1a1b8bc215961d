"""Columns of numbers in the tables of services."""

import numpy as np
from astropy import units as u
from astropy.table import MaskedColumn, Table

from ..exceptions import CatalogError
from ..tables._numbers import to_numbers

__all__ = ["set_numbers", "unreadable"]


def set_numbers(
    table: Table, names: tuple[str, ...], who: str, unit: "u.UnitBase | None" = None
) -> Table:
    """Turn columns that must hold numbers into floats, masked where missing.

    Parameters
    ----------
    table : `~astropy.table.Table`
        Table of a service; changed in place.
    names : tuple of str
        Its columns, before any row is left out.
    who : str
        Name of the service, for messages.
    unit : `~astropy.units.UnitBase`, optional
        What a unit of theirs must be equivalent to; any unit without.

    Raises
    ------
    CatalogError
        If one holds text that is no number, truth values or anything else, or has another unit.
    KeyError
        If there is no such column.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.catalogs._numbers import set_numbers
    >>> print(set_numbers(Table({"z": ["0.25", "N/A"]}), ("z",), "NED"))
     z
    ----
    0.25
      --
    >>> set_numbers(Table({"z": ["near", "far"]}), ("z",), "NED")
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.CatalogError: the table of NED cannot be read: column 'z' holds no ...
    """
    for name in names:
        column = table[name]
        try:
            if column.ndim != 1 or column.dtype.kind not in "iufSUO":
                raise ValueError(f"{column.ndim}-dimensional {column.dtype}")
            numbers = to_numbers(column)
        except (TypeError, ValueError) as error:
            reason = ValueError(f"column {name!r} holds no numbers ({error})")
            raise unreadable(who, reason) from error
        if unit is not None and column.unit is not None and not column.unit.is_equivalent(unit):
            raise unreadable(who, ValueError(f"column {name!r} has the unit '{column.unit}'"))
        table[name] = MaskedColumn(
            np.ma.masked_invalid(numbers), unit=column.unit, meta=column.meta,
            description=column.description,
        )  # fmt: skip
    return table


def unreadable(who: str, error: Exception) -> CatalogError:
    """Return the error of a table that a service has changed.

    Examples
    --------
    >>> from astrocnn.catalogs._numbers import unreadable
    >>> unreadable("NED", ValueError("no sky columns"))
    CatalogError("the table of NED cannot be read: no sky columns; if it still is like that ...
    """
    return CatalogError(
        f"the table of {who} cannot be read: {error}; if it still is like that with "
        "cache='update', the service has changed: read a file of it with "
        "astrocnn.catalogs.read_catalog"
    )
