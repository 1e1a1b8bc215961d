"""Which column of a catalog is which."""

from collections.abc import Mapping

from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from .._registry import Registry
from ..exceptions import InvalidTargetError
from ..tables._columns import sky_columns

__all__ = ["CANONICAL", "find_columns"]

#: Columns that every catalog has after reading.
CANONICAL = ("source_id", "ra", "dec", "z_spec")

#: Usual names of identifiers, in the order they are looked for (any case).
_IDS = (
    "source_id", "name", "main_id", "iauname", "designation", "source_name", "source",
    "objid", "obj_id", "id", "object", "target_id",
)  # fmt: skip
#: Names that mean a spectroscopic redshift, and names that only mean a redshift.
_SPECTROSCOPIC = (
    "z_spec", "zspec", "z_sp", "zsp", "spec_z", "specz", "redshift_spec", "spectroscopic_redshift",
    "rvz_redshift",
)  # fmt: skip
_REDSHIFT = ("redshift", "zcl", "z_cl", "z_value", "zhelio", "zcmb", "z")


def find_columns(
    table: Table, name: str = "", columns: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the names of the columns that hold the canonical ones, as far as they exist.

    Parameters
    ----------
    table : `~astropy.table.Table`
        A catalog as it was read.
    name : str
        Name of the catalog; a column of that name (``MCXC``) holds its identifiers.
    columns : dict of str to str, optional
        Canonical name -> column name, where the choice is not to be left to the names.

    Raises
    ------
    UnknownNameError
        If ``columns`` names something that does not exist.
    InvalidTargetError
        If there are no sky columns.
    """
    given = _check(table, columns or {})
    found = dict(given)
    if "ra" not in found and not any(isinstance(table[c], SkyCoord) for c in table.colnames):
        lon, lat, frame = sky_columns(table)
        if frame == "icrs":
            found |= {"ra": lon, "dec": lat}
    lowered = {column.lower(): column for column in reversed(table.colnames)}
    if "source_id" not in found:
        by_name = _first(lowered, (name.lower(), *_IDS))
        found["source_id"] = _by_ucd(table, "meta.id;meta.main") or by_name
    if "z_spec" not in found:
        found["z_spec"] = (
            _first(lowered, _SPECTROSCOPIC)
            or _by_ucd(table, "src.redshift")
            or _first({k: c for k, c in lowered.items() if _may_be_redshift(table, c)}, _REDSHIFT)
        )
    return {canonical: found[canonical] for canonical in CANONICAL if found.get(canonical)}


def _check(table: Table, columns: Mapping[str, str]) -> Mapping[str, str]:
    """The ``columns`` argument, if it makes sense."""
    canonical, existing = (
        Registry(kind, {n: n for n in names})
        for kind, names in (("canonical column", CANONICAL), ("column", table.colnames))
    )
    for key, value in columns.items():
        canonical[key], existing[value]
    if ("ra" in columns) != ("dec" in columns):
        raise InvalidTargetError("columns= must name both 'ra' and 'dec', or neither")
    return columns


def _first(lowered: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The first of the names that exists."""
    return next((lowered[name] for name in names if name in lowered), None)


def _ucd(table: Table, column: str) -> str:
    return str((table[column].info.meta or {}).get("ucd", "")).lower()


def _by_ucd(table: Table, ucd: str) -> str | None:
    """The first column of a UCD."""
    return next((column for column in table.colnames if _ucd(table, column) == ucd), None)


def _may_be_redshift(table: Table, column: str) -> bool:
    """Whether a column called ``z`` or the like can be a redshift, not a magnitude."""
    unit = table[column].info.unit
    if unit is not None and unit != u.dimensionless_unscaled:
        return False
    if _ucd(table, column).startswith(("phot.", "em.", "src.redshift.phot")):
        return False
    others = {name.lower() for name in table.colnames}
    return column.lower() != "z" or not {"r", "i"} <= others
