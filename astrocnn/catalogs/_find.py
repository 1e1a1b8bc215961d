"""Which column of a catalog is which."""

from collections.abc import Mapping

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table

from .._registry import Registry
from ..exceptions import InvalidTargetError
from ..tables._columns import sky_names
from ..tables._flags import text
from ..tables._identifiers import id_name
from ..tables._sky_names import find_sky_names
from ._redshift_names import by_ucd, redshift_names, tell_unnamed

__all__ = ["CANONICAL", "OPTIONAL", "REDSHIFTS", "find_columns"]

#: Columns that every catalog has after reading.
CANONICAL = ("source_id", "ra", "dec", "z_spec")
#: Columns that it may have besides.
OPTIONAL = (
    "z_phot", "z_best", "z_type", "object_type", "mass", "r500", "richness", "contamination",
    "position_error",
)  # fmt: skip
#: Kind of the redshifts of a catalog -> the column for what is only called a redshift.
REDSHIFTS = {"spec": "z_spec", "phot": "z_phot", "mixed": "z_best"}

#: Names of identifiers that go before others in a catalog, without case and signs.
_IDS = (
    "sourceid", "name", "mainid", "iauname", "designation", "sourcename", "source", "objid", "id",
)  # fmt: skip


def find_columns(
    table: Table,
    name: str = "",
    columns: Mapping[str, str | None] | None = None,
    redshift: str = "spec",
) -> dict[str, str]:
    """Return the names of the columns that hold the canonical ones, as far as they exist.

    Parameters
    ----------
    table : `~astropy.table.Table`
        A catalog as it was read.
    name : str
        Name of the catalog; a column of that name (``MCXC``) holds its identifiers, if it is text
        (or whole numbers, where no other column identifies the rows) and no position or redshift.
    columns : dict of str to str or None, optional
        Canonical name -> column name, where the choice is not to be left to the names; None where
        the catalog has no such column.
    redshift : {'spec', 'phot', 'mixed'}
        What a column that is only called a redshift holds.

    Raises
    ------
    UnknownNameError
        If ``columns`` or ``redshift`` names something that does not exist.
    InvalidTargetError
        If there are no sky columns.
    """
    given = _check(table, {} if columns is None else columns)
    found = dict(given)
    if "ra" not in found and not any(isinstance(table[c], SkyCoord) for c in table.colnames):
        sky = sky_names(table)
        if sky.frame == "icrs" and sky.is_pair:
            found |= {"ra": sky.lon[0], "dec": sky.lat[0]}
    mere = Registry("kind of redshift", REDSHIFTS)[redshift]
    for canonical, column in redshift_names(table, mere):
        if column and canonical not in found and column not in found.values():
            found[canonical] = column
    if not any(key.startswith("z_") for key in found):
        tell_unnamed(table, found.values())
    if "source_id" not in found:
        lowered = {column.lower(): column for column in reversed(table.colnames)}
        named = [
            by_ucd(table, "meta.id;meta.main"),
            _own_name(table, lowered.get(name.lower()), found),
            id_name(table, _IDS),
            _own_name(table, lowered.get("cluster"), found),
        ]
        named = [column for column in named if column]
        # A name that some rows lack is that of something else, such as an earlier catalog's.
        whole = [column for column in named if _tells_apart(table[column])]
        found["source_id"] = next(iter([*whole, *named]), None)
    return {key: found[key] for key in (*CANONICAL, *OPTIONAL) if found.get(key)}


def _check(table: Table, columns: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """The ``columns`` argument, if it makes sense."""
    if not isinstance(columns, Mapping):
        raise InvalidTargetError(
            f"columns must be a dict such as {{'z_spec': 'REDSHIFT'}}, not {columns!r:.80}"
        )
    canonical, existing = (
        Registry(kind, {n: n for n in names})
        for kind, names in (
            ("canonical column", (*CANONICAL, *OPTIONAL)),
            ("column", table.colnames),
        )
    )
    for key, value in columns.items():
        canonical[key]
        if value is not None:
            existing[value]
    if not bool(columns.get("ra")) == bool(columns.get("dec")):
        raise InvalidTargetError("columns= must name both 'ra' and 'dec', or neither")
    return {k: v for k, v in columns.items() if v is not None or k not in ("ra", "dec")}


def _tells_apart(column) -> bool:
    """Whether all rows have a value, hardly any two the same."""
    values = np.ma.array(column)
    if values.ndim != 1 or np.ma.getmaskarray(values).any() or values.dtype.kind not in "SUOiu":
        return False
    words = text(values) if values.dtype.kind in "SU" else values.data.astype(str)
    words = np.char.strip(words)
    return bool(np.char.str_len(words).all()) and len(np.unique(words)) >= 0.9 * len(words)


def _own_name(table: Table, column: str | None, found: Mapping[str, str]) -> str | None:
    """The column that is called like the catalog, as ``MCXC`` is, if it can identify rows."""
    if column is None or column in found.values() or find_sky_names([column, "dec", "de"]):
        return None
    values = np.ma.array(table[column])
    if values.ndim != 1 or values.dtype.kind not in "USOiu":
        return None
    if values.dtype.kind in "iu" and id_name(table) is not None:
        return None
    named = [str(value).strip() for value in values.compressed().tolist()]
    named = [value for value in named if value]
    return column if 10 * len({*named}) >= 9 * len(named) > 0 or not len(values) else None
