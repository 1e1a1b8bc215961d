"""Find the sky columns of a table and turn them into degrees."""

import re
import warnings

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle, SkyCoord
from astropy.table import Table

from ..exceptions import AstrocnnWarning, InvalidTargetError
from ._flags import text
from ._sky_names import SkyNames, find_sky_names, name_unit
from ._tabular import checked_table

__all__ = [
    "coordinate_column", "plain_minus", "plain_numbers", "sky_columns", "sky_names", "to_degrees",
]  # fmt: skip

_UCD_MAIN = (
    ("pos.eq.ra;meta.main", "pos.eq.dec;meta.main"),
    ("pos_eq_ra_main", "pos_eq_dec_main"),
    ("pos.eq.ra", "pos.eq.dec"),
    ("pos_eq_ra", "pos_eq_dec"),
)
#: Degrees or hours, minutes and perhaps seconds, between colons or blanks; other words (letters)
#: are left to astropy, which takes a fifth of a millisecond for each.
_SEXAGESIMAL = re.compile(
    r"\s*([+-]?)\s*(\d+)\s*[:\s]\s*(\d+(?:\.\d*)?)(?:\s*[:\s]\s*(\d+(?:\.\d*)?))?\s*", re.ASCII
)
#: What papers and programs write for a minus: the true one, dashes and hyphens.
_MINUS = re.compile("[\u2212\u2010-\u2014\ufe63\uff0d]")
#: Names of columns of other equinoxes.
_OLD = re.compile(r"19\d\d|18\d\d")


def sky_columns(table: Table) -> tuple[str, str, str]:
    """Find the two columns with the position.

    Names go first, by pattern (equatorial before Galactic and ecliptic), then the UCD of the
    position, unless the column is of another equinox (``RAB1950``).

    Parameters
    ----------
    table : `~astropy.table.Table`
        See `read_targets` for the names that are known.

    Returns
    -------
    lon, lat : str
        Names of the longitude and latitude columns.
    frame : {'icrs', 'galactic', 'barycentricmeanecliptic', 'supergalactic', 'fk4'}

    Raises
    ------
    InvalidTargetError
        If there are none, or more than two hold the position (hours, minutes, seconds ...), which
        `target_coords` reads all the same; the message lists the columns.

    Warns
    -----
    AstrocnnWarning
        If other columns could be the position just as well.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.tables import sky_columns
    >>> sky_columns(Table(names=["Name", "RAJ2000", "DEJ2000", "GLON", "GLAT"]))
    ('RAJ2000', 'DEJ2000', 'icrs')
    """
    table = checked_table(table, "what has sky columns")
    found = sky_names(table)
    if not found.is_pair:
        raise _no_columns(table, f"two columns (there are {', '.join(found.lon + found.lat)})")
    return found.lon[0], found.lat[0], found.frame


def sky_names(table: Table) -> SkyNames:
    """Return the columns with the position, one or several for each coordinate.

    Raises
    ------
    InvalidTargetError
        If there are none.
    """
    found = find_sky_names(table.colnames)
    if found is None or found.frame != "icrs" or not found.is_pair:
        found = _by_ucd(table) or found
    if found is None:
        raise _no_columns(table, "sky columns")
    if found.others:
        others = ", ".join(f"{lon!r} and {lat!r}" for lon, lat in found.others[:3])
        warnings.warn(
            f"the table has several positions: {found.lon[0]!r} and {found.lat[0]!r} are taken, "
            f"not {others}; call the columns to use 'ra' and 'dec'",
            AstrocnnWarning,
            stacklevel=5,
        )
    return found


def _no_columns(table: Table, what: str) -> InvalidTargetError:
    return InvalidTargetError(
        f"no {what} found: rename two columns to 'ra' and 'dec', or give a SkyCoord column; "
        f"the table has: {', '.join(table.colnames) or 'no columns'}"
    )


def _by_ucd(table: Table) -> SkyNames | None:
    """Columns by the UCD of a position, where no other column of J2000 has it."""
    ucds = {}
    for name in table.colnames:
        ucd = str((table[name].info.meta or {}).get("ucd", "")).lower()
        if ucd and not _OLD.search(name):
            ucds.setdefault(ucd, []).append(name)
    for lon, lat in _UCD_MAIN:
        if lon in ucds and lat in ucds and ("main" in lon or len(ucds[lon]) == 1):
            return SkyNames((ucds[lon][0],), (ucds[lat][0],))
    return None


def coordinate_column(table: Table) -> SkyCoord | None:
    """Return the `SkyCoord` column of a table, or None; more than one is an error."""
    names = [name for name in table.colnames if isinstance(table[name], SkyCoord)]
    if len(names) > 1:
        raise InvalidTargetError(
            f"the table has several SkyCoord columns ({', '.join(names)}): give the one to use, "
            f"e.g. table[{names[0]!r}]"
        )
    return table[names[0]] if names else None


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
        numbers = np.ma.asarray(getattr(column, "value", column)).astype(float).filled(np.nan)
        return (numbers * (unit or u.deg)).to_value(u.deg)
    raise InvalidTargetError(f"column {name!r} holds {column.dtype}, not angles")


def _angle_unit(name, column) -> u.UnitBase | None:
    """Unit of a column, None where it has none; strings may carry a unit such as 'h:m:s'."""
    unit = column.unit if hasattr(column, "unit") else None
    if unit is None or unit == u.dimensionless_unscaled:
        said = name_unit(str(name or ""))
        return None if said is None else u.Unit(said)
    if not isinstance(unit, u.UnrecognizedUnit) and unit.is_equivalent(u.deg):
        return unit
    if str(unit).lower().startswith("deg"):  # 'degrees', 'DEG': common in FITS, not standard
        return u.deg
    if str(unit).lower().rstrip("s.") in ("h", "hr", "hour"):
        return u.hourangle
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
    strings = plain_minus(strings)
    numbers, plain = plain_numbers(strings)
    degrees = (numbers * (unit or u.deg)).to_value(u.deg)
    if plain.all():
        return degrees
    degrees[~plain] = _parse(strings[~plain], unit or sexagesimal)
    if unit is None and sexagesimal != u.deg and np.isfinite(degrees[~plain]).any():
        degrees[plain] = np.nan
    return degrees


def plain_minus(strings: np.ndarray) -> np.ndarray:
    """Return strings with a plain sign for the minus of papers, and without the $ of LaTeX."""
    if not len(strings) or all(word.isascii() and "$" not in word for word in strings.tolist()):
        return strings
    return np.array([_MINUS.sub("-", word).replace("$", "").strip() for word in strings.tolist()])


def plain_numbers(strings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
    matches = [_SEXAGESIMAL.fullmatch(string) for string in strings.tolist()]
    angles = np.array([np.nan if match is None else _angle(*match.groups()) for match in matches])
    if unit == u.hourangle:
        angles[np.abs(angles) > 24] = np.nan
    degrees = (angles * unit).to_value(u.deg)
    others = np.array([match is None for match in matches])
    degrees[others] = _parse_any(strings[others], unit)
    return degrees


def _angle(sign: str, whole: str, minutes: str, seconds: str | None) -> float:
    """A sexagesimal number, NaN where minutes or seconds are 60 or more."""
    parts = float(minutes), float(seconds or 0)
    angle = float(whole) + parts[0] / 60 + parts[1] / 3600
    return (-angle if sign == "-" else angle) if max(parts) <= 60 else np.nan


def _parse_any(strings: np.ndarray, unit: u.UnitBase) -> np.ndarray:
    """Strings in whatever words astropy knows in degrees, NaN where one cannot be read."""
    if not len(strings):
        return np.empty(0)
    try:
        return Angle(strings, unit).deg
    except (ValueError, TypeError, OverflowError, u.UnitsError):
        if len(strings) == 1:
            return np.array([np.nan])
    return np.concatenate([_parse_any(strings[i : i + 1], unit) for i in range(len(strings))])
