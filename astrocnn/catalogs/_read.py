"""Read a catalog from a table or a file."""

import os
import warnings
from collections.abc import Mapping

import numpy as np
from astropy import units as u
from astropy.table import Column, MaskedColumn, QTable, Table
from astropy.utils.exceptions import AstropyUserWarning

from .._paths import path_exists, user_path
from ..exceptions import InvalidTargetError
from ..tables import as_table
from ..tables._files import read_file
from ..tables._flags import text
from ..tables._identifiers import check_identifiers
from ..tables._measured import measured_numbers
from ..tables._positions import SYSTEM, table_degrees
from ..tables._redshifts import is_velocity, known_redshifts
from ..tables._sky_names import SkyNames
from ._find import OPTIONAL, find_columns
from ._flags import flag_rows
from ._kinds import move_photometric, photometric_rows
from ._quality import mask_doubtful
from ._simbad import is_simbad_velocity, rvz_types, simbad_redshifts

__all__ = ["read_catalog"]

#: What a canonical column must be, if it has a unit at all.
_UNITS = {
    "mass": (u.Msun,),
    "r500": (u.kpc, u.deg),
    "position_error": (u.deg,),
    "richness": (u.dimensionless_unscaled,),
    "contamination": (u.dimensionless_unscaled,),
}
#: Above this no column is one of redshifts, unless it is a word for "missing".
_VELOCITY = 100.0


def read_catalog(
    source: "Table | str | os.PathLike",
    name: str | None = None,
    columns: Mapping[str, str | None] | None = None,
    redshift: str = "spec",
    format: str | None = None,  # noqa: A002 -- as astropy calls it
) -> QTable:
    """Read a reference catalog into canonical columns.

    Parameters
    ----------
    source : table, str or path
        A table of any library (see `~astrocnn.tables.read_targets`), or a file, which
        `~astrocnn.tables.read_file` reads.
    name : str, optional
        Name of the catalog, for messages and figures; by default that of the table or file.
    columns : dict of str to str or None, optional
        Which column is which, where it is not to be guessed: canonical name -> name in the file,
        e.g. ``{"z_spec": "REDSHIFT", "ra": "RA_BCG", "dec": "DEC_BCG"}``; None where the catalog
        has none. Only so are found: ``z_type``, ``object_type``, ``mass``, ``r500``, ``richness``,
        ``contamination`` and ``position_error``.
    redshift : {'spec', 'phot', 'mixed'}
        What a column that is only called ``redshift`` or ``z`` holds: it becomes ``z_spec``,
        ``z_phot`` or ``z_best``.
    format : str, optional
        Of the file, where it is not to be guessed: a format of `astropy.table.Table.read`.

    Returns
    -------
    `~astropy.table.QTable`
        ``source_id`` (row numbers where the catalog has no identifiers), ``ra`` and ``dec`` (ICRS,
        deg; NaN where missing), ``z_spec`` (masked where missing; all of it where the catalog has
        no redshifts); where the catalog has them ``z_phot``, ``z_best`` and the columns named
        above; then all other columns of the source but for those of these names. A last column
        ``row_flag`` is there if a row needs one: ``invalid_position``, or ``duplicate_id`` where an
        earlier row has the same identifier. ``meta`` has ``name``, ``columns`` (which column of the
        source was taken for which) and ``flagged`` (number of rows by flag).

    Raises
    ------
    InvalidTargetError
        If the file cannot be read, there are no sky columns, the redshifts are no numbers or look
        like velocities, or a column has a unit that it cannot have.
    UnknownNameError
        If ``columns`` names a column that does not exist.
    FileNotFoundError
        If there is no such file.

    Notes
    -----
    Columns are found by ``columns``, then by usual names and by UCD (``pos.eq.ra;meta.main``,
    ``meta.id;meta.main``, ``src.redshift``, ``src.redshift.phot``). A column that is only called
    ``redshift`` or ``z`` is taken as ``z_spec`` though it may hold photometric redshifts: look at
    ``meta["columns"]`` and at the catalog's description, and say ``redshift="phot"`` if it does. A
    ``z`` beside ``r`` and ``i``, or in magnitudes, is none, nor is one beside ``x`` and ``y``: say
    ``columns={"z_spec": "z"}`` where it is.

    No row is dropped: `~astrocnn.matching.match_sky` passes over those without a position.

    Redshifts are masked where they are masked, not finite, zero, below -0.01 or above 20, or 9.99
    and the like: that covers the usual words for "missing" (-1, -9, -99, 99) and spares nearby
    galaxies with blueshifts. Velocities, by their unit or by a name such as ``cz``, ``RV``,
    ``HRV`` or ``Vel``, are divided by the speed of light, as c z; SIMBAD's ``rvz_radvel`` is
    relativistic. Where a column such as ``n_z``, ``REDSHIFT_TYPE``, ``z_status`` or a truth value
    ``SPECZ`` calls a redshift photometric, it is in ``z_phot``, not in ``z_spec``. Redshifts that
    ``ZWARN``, ``NQ``, ``QOP``, ``ZQUALITY`` or ``q_cz`` call doubtful are masked, with a warning.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.catalogs import read_catalog
    >>> table = Table({"NAME": ["A1835", "A0000"], "RAJ2000": [210.258, 10.0],
    ...                "DEJ2000": [2.879, -5.0], "Z": [0.2506, -99.0], "M500": [8.5, 1.0]})
    >>> catalog = read_catalog(table, name="mine")
    >>> print(catalog)
    source_id     ra        dec    z_spec M500
                 deg        deg
    --------- ---------- --------- ------ ----
        A1835 210.258000  2.879000 0.2506  8.5
        A0000  10.000000 -5.000000     --  1.0
    """
    table, stem = _table(source, format)
    name = str(name or table.meta.get("name", "") or stem)
    used = find_columns(table, name, columns, redshift)
    ra, dec = _positions(table, used)
    catalog = QTable()
    catalog["source_id"] = _identifiers(table, used.get("source_id"))
    catalog["ra"], catalog["dec"] = ra * u.deg, dec * u.deg
    for key in ("z_spec", "z_phot", "z_best"):
        if key in used or key == "z_spec":
            catalog[key] = _redshifts(table, used.get(key), key)
    if "z_spec" in used:
        move_photometric(catalog, photometric_rows(table, used["z_spec"], used.get("z_type")))
        mask_doubtful(catalog, table, used["z_spec"])
    _copy_rest(catalog, table, used)
    _describe(catalog)
    flagged = flag_rows(catalog, "source_id" in used)
    meta = {key: value for key, value in table.meta.items() if str(key).upper() not in SYSTEM}
    catalog.meta = {**meta, "name": name, "columns": used, "flagged": flagged}
    return catalog


def _positions(table: Table, used: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Right ascension and declination (ICRS, deg); NaN where missing."""
    if "ra" not in used:
        return table_degrees(table)
    lon, lat = used["ra"], used["dec"]
    try:
        return table_degrees(table, SkyNames((lon,), (lat,)))
    except InvalidTargetError as err:
        if (lon, lat) == ("ra", "dec"):
            raise
        raise InvalidTargetError(f"{err} (here 'ra' is {lon!r} and 'dec' is {lat!r})") from err


def _copy_rest(catalog: QTable, table: Table, used: Mapping[str, str]) -> None:
    """Add the other columns, canonical ones first and by their canonical names."""
    named = {key: used[key] for key in OPTIONAL if key in used and key not in catalog.colnames}
    taken = {*used.values(), *catalog.colnames, *named, "row_flag"}
    others = {c: c for c in table.colnames if c not in taken}
    with warnings.catch_warnings():  # units that astropy does not know stay as they are
        warnings.simplefilter("ignore", AstropyUserWarning)
        for key, column in {**named, **others}.items():
            _check_unit(key, table[column])
            catalog[key] = table[column]


def _check_unit(key: str, column) -> None:
    """Raise InvalidTargetError if a canonical column has a unit that it cannot have."""
    unit, possible = column.info.unit, _UNITS.get(key)
    if not possible or unit is None or isinstance(unit, u.UnrecognizedUnit):
        return
    if not any(unit.is_equivalent(other) for other in possible):
        raise InvalidTargetError(
            f"column {column.info.name!r} has the unit '{unit}', so it is no {key}: name another "
            f"one with columns={{{key!r}: ...}}"
        )


def _table(source, form: str | None) -> tuple[Table, str]:
    """The source as a table, and a name to fall back on."""
    source = as_table(source)
    if isinstance(source, Table):
        return source, "catalog"
    if not isinstance(source, str | os.PathLike):
        raise InvalidTargetError(
            f"a catalog is a Table or the path of a file, not {type(source).__name__}"
        )
    path = user_path(source)
    if "://" not in str(source) and not path_exists(path):
        raise FileNotFoundError(f"there is no catalog '{path}'")
    try:
        return read_file(source, form), path.name.partition(".")[0]
    except InvalidTargetError as err:
        reason = str(err).partition(f"'{path}': ")[2] or str(err)
        raise InvalidTargetError(f"cannot read the catalog '{path}': {reason}") from err


def _identifiers(table: Table, column: str | None):
    """Identifiers, or row numbers."""
    if column is None:
        return Column(np.arange(len(table)))
    data = np.ma.array(check_identifiers(table[column], column))
    if data.dtype.kind == "S":
        data = np.ma.array(text(data), mask=np.ma.getmaskarray(data))
    return MaskedColumn(data) if np.any(np.ma.getmaskarray(data)) else Column(data.data)


def _redshifts(table: Table, column: str | None, key: str) -> MaskedColumn:
    """Redshifts, masked where missing."""
    if column is None:
        return MaskedColumn(np.zeros(len(table)), mask=True)
    values = table[column]
    if is_simbad_velocity(column):
        values = Column(simbad_redshifts(values, rvz_types(table)), name="z")
        column = "z"
    unit = values.info.unit
    advice = f"convert it, or name another one with columns={{{key!r}: ...}}"
    fast = is_velocity(column, values)
    if unit is not None and unit != u.dimensionless_unscaled and not fast:
        raise InvalidTargetError(
            f"column {column!r} has the unit '{unit}', so it holds no redshifts: {advice}"
        )
    numbers = measured_numbers(
        values, f"column {column!r}", f"name another one with columns={{{key!r}: ...}}"
    )
    large = numbers[np.abs(numbers) > _VELOCITY]
    # -999 and the like repeat; velocities do not
    if not fast and 2 * len(np.unique(large)) > np.sum(np.isfinite(numbers)) > 1:
        raise InvalidTargetError(
            f"column {column!r} goes to {np.max(large):g}, so it holds velocities or something "
            f"else, no redshifts: {advice}; velocities need the unit km/s"
        )
    known = known_redshifts(values if fast else numbers, column, warn=False)
    missing = np.isnan(known) | (known == 0)  # no cluster or galaxy is measured at exactly 0
    return MaskedColumn(np.where(missing, 0.0, known), mask=missing)


def _describe(catalog: QTable) -> None:
    """Description, UCD and print format of the canonical columns."""
    for column, ucd, form, description in (
        ("source_id", "meta.id;meta.main", None, "Identifier in the catalog"),
        ("ra", "pos.eq.ra;meta.main", ".6f", "Right ascension (ICRS)"),
        ("dec", "pos.eq.dec;meta.main", ".6f", "Declination (ICRS)"),
        ("z_spec", "src.redshift", None, "Redshift; masked where missing"),
        ("z_phot", "src.redshift.phot", None, "Photometric redshift; masked where missing"),
        ("z_best", "src.redshift", None, "Spectroscopic or photometric redshift"),
        ("z_type", "meta.code;src.redshift", None, "Kind of redshift, in the catalog's own words"),
        ("object_type", "src.class", None, "Type of object, in the catalog's own words"),
        ("mass", "phys.mass", None, "Mass, as the catalog defines it"),
        ("r500", "phys.size.radius", None, "Radius of 500 times the critical density"),
        ("richness", "meta.number", None, "Richness, as the catalog defines it"),
        ("contamination", "stat.probability", None, "Probability that it is no cluster"),
        ("position_error", "stat.error;pos.eq", None, "Error of the position"),
    ):
        if column in catalog.colnames:
            info = catalog[column].info
            info.description, info.meta = description, {**(info.meta or {}), "ucd": ucd}
            info.format = form or info.format
