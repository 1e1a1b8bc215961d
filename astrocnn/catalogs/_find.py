"""Which column of a catalog is which."""

import re
from collections.abc import Mapping

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from .._registry import Registry
from ..exceptions import InvalidTargetError
from ..tables._columns import sky_names
from ..tables._identifiers import id_name
from ..tables._redshifts import is_velocity, is_velocity_name
from ..tables._sky_names import find_sky_names
from ._kinds import has_kinds, truth_values
from ._simbad import is_simbad_velocity, rvz_types

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
#: Names that mean a spectroscopic redshift, and names that only mean a redshift.
_SPECTROSCOPIC = (
    "z_spec", "zspec", "z_sp", "zsp", "spec_z", "specz", "redshift_spec", "spectroscopic_redshift",
    "rvz_redshift",
)  # fmt: skip
#: The same of an object, as CLUZSPEC, BCG_SPEC_Z, SPEC_Z_BOOT; without case and signs.
_SPECTROSCOPIC_OF = re.compile(
    r"(?:clu|cl|cluster|bcg|cg|gal|mean|median|host)?"
    r"(?:(?:z|redshift)spec(?:troscopic)?|spec(?:troscopic)?(?:z|redshift))"
    r"(?:clu|cl|cluster|bcg|cg|mean|median|boot|bwt|best)?"
)
_PHOTOMETRIC = (
    "z_phot", "zphot", "z_photo", "zph", "photoz", "photo_z", "phot_z", "photz", "redshift_phot",
    "photometric_redshift", "zlambda", "z_lambda",
)  # fmt: skip
_PHOTOMETRIC_OF = re.compile(
    r"(?:z|redshift)phot(?:o|ometric)?(?:mean|median|best)?|phot(?:o|ometric)?(?:z|redshift)"
)
_REDSHIFT = ("redshift", "zcl", "z_cl", "z_value", "zhelio", "zcmb", "z")
#: Names of the best of several redshifts, which is spectroscopic for some rows only.
_BEST = ("z_best", "best_z", "zbest", "bestz", "redshift_best", "best_redshift")


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
    given = _check(table, columns or {})
    found = dict(given)
    if "ra" not in found and not any(isinstance(table[c], SkyCoord) for c in table.colnames):
        sky = sky_names(table)
        if sky.frame == "icrs" and sky.is_pair:
            found |= {"ra": sky.lon[0], "dec": sky.lat[0]}
    lowered = {column.lower(): column for column in reversed(table.colnames)}
    mere = Registry("kind of redshift", REDSHIFTS)[redshift]
    spectroscopic = {k: c for k, c in lowered.items() if truth_values(table[c]) is None}
    maybe = {k: c for k, c in lowered.items() if _may_be_redshift(table, c)}
    for canonical, column in (
        ("z_spec", _first(spectroscopic, _SPECTROSCOPIC)),
        *_best(table, _first(lowered, _BEST), mere),
        ("z_spec", _plainest(spectroscopic, _SPECTROSCOPIC_OF)),
        ("z_phot", _first(lowered, _PHOTOMETRIC)),
        ("z_phot", _by_ucd(table, "src.redshift.phot")),
        ("z_phot", _plainest(lowered, _PHOTOMETRIC_OF)),
        (mere, _by_ucd(table, "src.redshift")),
        (mere, _first(maybe, _REDSHIFT)),
        ("z_spec", _velocity(table)),
    ):
        if column and canonical not in found and column not in found.values():
            found[canonical] = column
    if "source_id" not in found:
        found["source_id"] = (
            _by_ucd(table, "meta.id;meta.main")
            or _own_name(table, lowered.get(name.lower()), found)
            or id_name(table, _IDS)
            or _own_name(table, lowered.get("cluster"), found)
        )
    return {key: found[key] for key in (*CANONICAL, *OPTIONAL) if found.get(key)}


def _check(table: Table, columns: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """The ``columns`` argument, if it makes sense."""
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


def _first(lowered: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The first of the names that exists."""
    return next((lowered[name] for name in names if name in lowered), None)


def _best(table: Table, column: str | None, mere: str) -> tuple[tuple[str, str], ...]:
    """What a column of best redshifts is: ``z_best``, or plain ones where rows have their kind."""
    if column is None:
        return ()
    return ((mere if has_kinds(table, column) else "z_best", column),)


def _plainest(lowered: Mapping[str, str], pattern: re.Pattern) -> str | None:
    """The shortest name of those whose letters a pattern knows."""
    letters = {column: re.sub("[^a-z0-9]", "", key) for key, column in lowered.items()}
    named = [column for column, key in letters.items() if pattern.fullmatch(key)]
    return min(named, key=len, default=None)


def _ucd(table: Table, column: str) -> str:
    return str((table[column].info.meta or {}).get("ucd", "")).lower()


def _by_ucd(table: Table, ucd: str) -> str | None:
    """The first column of a UCD."""
    return next((column for column in table.colnames if _ucd(table, column) == ucd), None)


def _velocity(table: Table) -> str | None:
    """The first column of velocities, c z, by name; a dispersion or an error is none."""
    names = [name for name in table.colnames if is_velocity_name(name)]
    mixed = rvz_types(table) is not None
    return next(
        (n for n in names if is_velocity(n, table[n]) or (mixed and is_simbad_velocity(n))), None
    )


def _may_be_redshift(table: Table, column: str) -> bool:
    """Whether a column called ``z`` or the like can be a redshift, not magnitude or coordinate."""
    unit = table[column].info.unit
    if unit is not None and unit != u.dimensionless_unscaled:
        return is_velocity(column, table[column])
    if _ucd(table, column).startswith(("phot.", "em.", "pos.", "src.redshift.phot")):
        return False
    others = {name.lower() for name in table.colnames}
    return column.lower() != "z" or not ({"r", "i"} <= others or {"x", "y"} <= others)
