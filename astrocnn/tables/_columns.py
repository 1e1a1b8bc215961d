"""Find the sky columns of a table and turn them into degrees."""

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle, SkyCoord
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ._flags import text

__all__ = ["id_column", "id_name", "sky_columns", "to_degrees"]

#: Usual names of right ascension and declination, in the order they are looked for (any case).
_EQUATORIAL = (
    ("ra", "dec"),
    ("raj2000", "dej2000"),
    ("_raj2000", "_dej2000"),
    ("ra_icrs", "de_icrs"),
    ("_ra_icrs", "_de_icrs"),
    ("ra_icrs", "dec_icrs"),
    ("_ra", "_de"),
    ("radeg", "dedeg"),
    ("radeg", "decdeg"),
    ("ra_deg", "dec_deg"),
    ("alpha_j2000", "delta_j2000"),
    ("ra_j2000", "dec_j2000"),
    ("raj2000", "decj2000"),
    ("ra_s", "dec_s"),
    ("right_ascension", "declination"),
)
_GALACTIC = (("glon", "glat"), ("_glon", "_glat"))
_UCD_MAIN = (
    ("pos.eq.ra;meta.main", "pos.eq.dec;meta.main"),
    ("pos_eq_ra_main", "pos_eq_dec_main"),
)
_IDS = (
    "target_id", "id", "name", "source_id", "source", "source_name", "iauname", "designation",
    "main_id", "objid", "obj_id", "object", "detid",
)  # fmt: skip


def sky_columns(table: Table) -> tuple[str, str, str]:
    """Find the columns with the position.

    Names go first (equatorial before Galactic), then the UCD of the main position, unless the
    column is of another equinox (``RAB1950``).

    Parameters
    ----------
    table : `~astropy.table.Table`
        See `read_targets` for the names that are known.

    Returns
    -------
    lon, lat : str
        Names of the longitude and latitude columns.
    frame : {'icrs', 'galactic'}

    Raises
    ------
    InvalidTargetError
        If there are none; the message lists the columns.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.tables import sky_columns
    >>> sky_columns(Table(names=["Name", "RAJ2000", "DEJ2000", "GLON", "GLAT"]))
    ('RAJ2000', 'DEJ2000', 'icrs')
    """
    names = {name.lower(): name for name in reversed(table.colnames)}
    for frame, pairs in (("icrs", _EQUATORIAL), ("galactic", _GALACTIC)):
        for lon, lat in pairs:
            if lon in names and lat in names:
                return names[lon], names[lat], frame
    if "l" in table.colnames and "b" in table.colnames:  # L and B are luminosity and magnitude
        return "l", "b", "galactic"
    ucds = {
        str(table[name].info.meta.get("ucd", "")).lower(): name
        for name in reversed(table.colnames)
        if table[name].info.meta and "19" not in name and "18" not in name
    }
    for lon, lat in _UCD_MAIN:
        if lon in ucds and lat in ucds:
            return ucds[lon], ucds[lat], "icrs"
    raise InvalidTargetError(
        "no sky columns found: rename two columns to 'ra' and 'dec', or give a SkyCoord column; "
        f"the table has: {', '.join(table.colnames) or 'no columns'}"
    )


def coordinate_column(table: Table) -> SkyCoord | None:
    """Return the `SkyCoord` column of a table, or None; more than one is an error."""
    names = [name for name in table.colnames if isinstance(table[name], SkyCoord)]
    if len(names) > 1:
        raise InvalidTargetError(
            f"the table has several SkyCoord columns ({', '.join(names)}): give the one to use, "
            f"e.g. table[{names[0]!r}]"
        )
    return table[names[0]] if names else None


def id_name(table: Table) -> str | None:
    """Return the name of the column that identifies a table's rows, or None.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.tables._columns import id_name
    >>> id_name(Table({"Name": ["A1835"], "TARGET_ID": [1], "ra": [210.26]}))
    'TARGET_ID'
    """
    names = {name.lower(): name for name in reversed(table.colnames)}
    return next((names[n] for n in _IDS if n in names and table[names[n]].ndim == 1), None)


def id_column(table: Table):
    """Return the identifiers of a table's rows, or None where no column has a usual name."""
    name = id_name(table)
    if name is None:
        return None
    column = table[name]
    return text(column) if column.dtype.kind in "SO" else column


def to_degrees(column, sexagesimal: u.UnitBase = u.deg) -> np.ndarray:
    """Return an angle column in degrees; what is masked or cannot be read is NaN.

    Parameters
    ----------
    column : column or quantity of shape (n,)
        Numbers with an angle unit, numbers without unit (degrees), or strings of either kind.
    sexagesimal : `~astropy.units.Unit`
        Unit of sexagesimal strings that do not say it themselves. Plain numbers among those of
        hours are NaN: they could be hours or degrees.

    Raises
    ------
    InvalidTargetError
        If the unit is not an angle or the column has more than one dimension.
    """
    name = getattr(column.info, "name", None)
    if column.ndim != 1:
        raise InvalidTargetError(f"column {name!r} must hold one number per row")
    unit = _angle_unit(name, column)
    if column.dtype.kind in "SUO":
        return _text_degrees(text(column), unit, sexagesimal)
    if column.dtype.kind in "iuf":
        numbers = np.ma.asarray(getattr(column, "value", column), dtype=float).filled(np.nan)
        return (numbers * (unit or u.deg)).to_value(u.deg)
    raise InvalidTargetError(f"column {name!r} holds {column.dtype}, not angles")


def _angle_unit(name, column) -> u.UnitBase | None:
    """Unit of a column, None where it has none; strings may carry a unit such as 'h:m:s'."""
    unit = column.unit if hasattr(column, "unit") else None
    if unit is None or unit == u.dimensionless_unscaled:
        return None
    if not isinstance(unit, u.UnrecognizedUnit) and unit.is_equivalent(u.deg):
        return unit
    if str(unit).lower().startswith("deg"):  # 'degrees', 'DEG': common in FITS, not standard
        return u.deg
    if column.dtype.kind in "SUO":
        return None
    raise InvalidTargetError(
        f"column {name!r} has the unit '{unit}', which is not an angle: set it to 'deg' "
        "(or 'hourangle' for right ascension in hours)"
    )


def _text_degrees(strings, unit: u.UnitBase | None, sexagesimal: u.UnitBase) -> np.ndarray:
    """Text in degrees; plain numbers are degrees as in columns of numbers.

    One word such as ``N/A`` makes text of a whole column. It must not make hours of its numbers.
    Beside sexagesimal hours a number could be either: it is NaN.
    """
    numbers, plain = _plain_numbers(strings)
    degrees = (numbers * (unit or u.deg)).to_value(u.deg)
    if plain.all():
        return degrees
    degrees[~plain] = _parse(strings[~plain], unit or sexagesimal)
    if unit is None and sexagesimal != u.deg and np.isfinite(degrees[~plain]).any():
        degrees[plain] = np.nan
    return degrees


def _plain_numbers(strings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of strings, '' is NaN; and which are such numbers. Of the others it is NaN too."""
    strings = np.where(np.char.strip(strings) == "", "nan", strings)
    try:
        return strings.astype(float), np.ones(len(strings), dtype=bool)
    except ValueError:
        numbers = [_number(string) for string in strings.tolist()]
    plain = np.array([number is not None for number in numbers])
    return np.array([np.nan if number is None else number for number in numbers]), plain


def _number(string: str) -> float | None:
    try:
        return float(string)
    except ValueError:
        return None


def _parse(strings: np.ndarray, unit: u.UnitBase) -> np.ndarray:
    """Sexagesimal strings in degrees, NaN where one cannot be read."""
    try:
        return Angle(strings, unit).deg
    except (ValueError, TypeError, u.UnitsError):
        if len(strings) == 1:
            return np.array([np.nan])
    return np.concatenate([_parse(strings[i : i + 1], unit) for i in range(len(strings))])
