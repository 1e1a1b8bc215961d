"""Columns of redshifts by their names, units and UCDs: spectroscopic, photometric, or either."""

import re
import warnings
from collections.abc import Collection, Mapping

import numpy as np
from astropy import units as u
from astropy.table import Table

from ..exceptions import AstrocnnWarning
from ..tables._redshifts import is_velocity, is_velocity_name
from ._kinds import has_kinds, truth_values
from ._simbad import is_simbad_velocity, rvz_types

__all__ = ["by_ucd", "redshift_names", "tell_unnamed"]

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
#: The same, and outcomes of codes (``Z_PEAK``, ``Z_ML``, ``ZRED``).
_PHOTOMETRIC_OF = re.compile(
    r"(?:z|redshift)phot(?:o|ometric)?(?:mean|median|best)?|phot(?:o|ometric)?(?:z|redshift)"
    r"|z(?:ph|red|peak|pdf|ml|mc|bpz)"
)
_REDSHIFT = ("redshift", "zcl", "z_cl", "z_value", "zhelio", "zcmb", "z")
_OBJECT = (
    r"(?:clu|cl|cluster|bcg|cg|host|group|lens|abs|ned|simbad|lit|literature|helio|hel|cmb|obs|sys"
    r"|value|adopted|final)"
)
#: The same of an object, or with a source: ``Z_CLUSTER``, ``REDSHIFT_BCG``, ``NED_Z``.
_REDSHIFT_OF = re.compile(rf"(?:{_OBJECT})?(?:z|redshift)|(?:z|redshift){_OBJECT}")
#: Names of the best of several redshifts, which is spectroscopic for some rows only.
_BEST = ("z_best", "best_z", "zbest", "bestz", "redshift_best", "best_redshift")
#: Spectroscopic and photometric, where a table has both.
_PAIR = (("z_s", "z_p"), ("zs", "zp"))
#: What may be called a redshift otherwise, and what of it is none.
_MAYBE = re.compile(r"redshift|red_shift|(?:^|[^a-z])(?:z|v)(?:[^a-z]|$)|^z[a-z]{0,3}$|^1\+z$")
_NONE = re.compile(
    r"err|unc|sig|dispersion|flag|qual|type|mag|flux|snr|(?:^|[^a-z])(?:[enfqrlu]|min|max|lo|hi|low"
    r"|high|ref|method|source|psf|kron|aper)(?:[^a-z]|$)"
)


def redshift_names(table: Table, mere: str) -> list[tuple[str, str | None]]:
    """Return canonical names and the columns that may hold them, the likeliest first.

    Parameters
    ----------
    table : `~astropy.table.Table`
        A catalog as it was read.
    mere : {'z_spec', 'z_phot', 'z_best'}
        What a column is that is only called a redshift.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.catalogs._redshift_names import redshift_names
    >>> table = Table({"Z_CLUSTER": [0.1], "PHOTO_Z": [0.1]})
    >>> [pair for pair in redshift_names(table, "z_spec") if pair[1]]
    [('z_phot', 'PHOTO_Z'), ('z_phot', 'PHOTO_Z'), ('z_spec', 'Z_CLUSTER')]
    """
    lowered = {column.lower(): column for column in reversed(table.colnames)}
    measured = {k: c for k, c in lowered.items() if truth_values(table[c]) is None}
    maybe = {k: c for k, c in lowered.items() if _may_be_redshift(table, c)}
    return [
        ("z_spec", _first(measured, _SPECTROSCOPIC)),
        *_best(table, _first(lowered, _BEST), mere),
        ("z_spec", _plainest(measured, _SPECTROSCOPIC_OF)),
        ("z_phot", _first(measured, _PHOTOMETRIC)),
        ("z_phot", by_ucd(table, "src.redshift.phot")),
        ("z_phot", _plainest(measured, _PHOTOMETRIC_OF)),
        *_pair(maybe),
        (mere, by_ucd(table, "src.redshift")),
        (mere, _first(maybe, _REDSHIFT)),
        (mere, _plainest(maybe, _REDSHIFT_OF)),
        ("z_spec", _velocity(table)),
    ]


def tell_unnamed(table: Table, taken: Collection[str]) -> None:
    """Warn of columns whose names look like redshifts, where none was recognized.

    Parameters
    ----------
    table : `~astropy.table.Table`
        A catalog without redshifts.
    taken : collection of str
        Columns that are something else.

    Warns
    -----
    AstrocnnWarning
        With their names.
    """
    found = [
        name
        for name in table.colnames
        if name not in taken
        and _MAYBE.search(name.lower())
        and not _NONE.search(name.lower())
        and table[name].ndim == 1
        and table[name].dtype.kind == "f"
        and (name.lower() != "z" or _may_be_redshift(table, name) or _is_share(table[name]))
    ]
    if found:
        named = ", ".join(map(repr, found[:3])) + (" ..." if len(found) > 3 else "")
        warnings.warn(
            f"no column is known to hold redshifts: all are unknown; if {named} holds some, say "
            f"columns={{'z_spec': {found[0]!r}}}, or 'z_phot'",
            AstrocnnWarning,
            stacklevel=5,
        )


def by_ucd(table: Table, ucd: str) -> str | None:
    """Return the first column of a UCD, or None."""
    return next((column for column in table.colnames if _ucd(table, column) == ucd), None)


def _ucd(table: Table, column: str) -> str:
    return str((table[column].info.meta or {}).get("ucd", "")).lower()


def _first(lowered: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The first of the names that exists."""
    return next((lowered[name] for name in names if name in lowered), None)


def _best(table: Table, column: str | None, mere: str) -> tuple[tuple[str, str], ...]:
    """What a column of best redshifts is: ``z_best``, or plain ones where rows have their kind."""
    if column is None:
        return ()
    return ((mere if has_kinds(table, column) else "z_best", column),)


def _pair(lowered: Mapping[str, str]) -> list[tuple[str, str]]:
    """Columns that are spectroscopic and photometric beside one another."""
    both = next(((s, p) for s, p in _PAIR if s in lowered and p in lowered), ())
    return [(key, lowered[name]) for key, name in zip(("z_spec", "z_phot"), both, strict=False)]


def _plainest(lowered: Mapping[str, str], pattern: re.Pattern) -> str | None:
    """The shortest name of those whose letters a pattern knows."""
    letters = {column: re.sub("[^a-z0-9]", "", key) for key, column in lowered.items()}
    named = [column for column, key in letters.items() if pattern.fullmatch(key)]
    return min(named, key=len, default=None)


def _velocity(table: Table) -> str | None:
    """The first column of velocities, c z, by name; a dispersion or an error is none."""
    names = [name for name in table.colnames if is_velocity_name(name)]
    mixed = rvz_types(table) is not None
    return next(
        (n for n in names if is_velocity(n, table[n]) or (mixed and is_simbad_velocity(n))), None
    )


def _is_share(column) -> bool:
    """Whether a column has a unit without dimension, as percent is."""
    unit = column.info.unit
    return unit is not None and u.Unit(unit, parse_strict="silent").is_equivalent(u.one)


def _may_be_redshift(table: Table, column: str) -> bool:
    """Whether a column called ``z`` or the like can be a redshift, not magnitude or coordinate."""
    values = table[column]
    unit = values.info.unit
    if unit is not None and unit != u.dimensionless_unscaled:
        return is_velocity(column, values)
    if _ucd(table, column).startswith(("phot.", "em.", "pos.", "src.redshift.phot")):
        return False
    if column.lower() == "z":
        others = {name.lower() for name in table.colnames}
        return not ({"r", "i"} <= others or {"x", "y"} <= others)
    return np.ndim(values) == 1 and truth_values(values) is None
