"""Positions of the rows of a table, in whatever columns they stand, as ICRS degrees."""

import re
import warnings
from collections.abc import Mapping

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from ..exceptions import AstrocnnWarning, InvalidTargetError, InvalidTargetWarning
from ._columns import coordinate_column, plain_minus, plain_numbers, sky_names, to_degrees
from ._coords import icrs_degrees
from ._flags import text
from ._numbers import MISSING, to_numbers
from ._sky_names import SkyNames, says_degrees
from ._votable import frame_of

__all__ = ["SYSTEM", "sky_system", "table_degrees"]

#: Keywords of a FITS header that say the system of its coordinates.
SYSTEM = ("RADESYS", "RADECSYS", "EQUINOX")

#: Longitudes beyond are no angles that went once more around.
_TURNS = (-360.0, 720.0)
#: Hours mistaken for degrees lie all over the first 24 of them, and in declination too.
_HOURS, _SPREAD = 24.0, 12.0
#: The blank between two coordinates in one text: before a sign, or in the middle.
_SIGN = re.compile(r"(?<=[\d\ssmh'\"])\s*[,;/]?\s*(?=[+-]\d)")


def table_degrees(table: Table, names: SkyNames | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return right ascension and declination (ICRS, deg) of the rows of a table.

    Parameters
    ----------
    table : `~astropy.table.Table`
        With a `SkyCoord` column or with sky columns.
    names : SkyNames, optional
        Which columns are to be taken, where they are not to be found.

    Returns
    -------
    ra, dec : ndarray of shape (n,)
        NaN where missing or out of range.

    Raises
    ------
    InvalidTargetError
        If there are no sky columns, or most positions are out of range.

    Warns
    -----
    InvalidTargetWarning
        If right ascensions look like hours.
    """
    coords = coordinate_column(table) if names is None else None
    if coords is not None:
        return icrs_degrees(coords)
    names = names or sky_names(table)
    if names.is_pair:
        lon, lat = _pair(table, names)
    elif names.lat:
        lon, lat = _components(table, names)
    else:
        lon, lat = _from_text(table, names.lon[0])
    lon, lat = _in_range(lon, lat, names)
    system = _system(table, names)
    if system != {"frame": "icrs"}:
        lon, lat = icrs_degrees(SkyCoord(lon, lat, unit="deg", **system))
    lon = lon % 360.0
    return np.where(lon == 360.0, 0.0, lon), lat


def sky_system(table: Table) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return the sky columns of another system than their names say, and that system.

    Parameters
    ----------
    table : `~astropy.table.Table`

    Returns
    -------
    names : tuple of str
        Empty where the names say it, or there are no sky columns.
    system : mapping of str to str
        ``frame`` and ``equinox``.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.tables._positions import sky_system
    >>> sky_system(Table({"ra": [10.0], "dec": [2.0]}, meta={"EQUINOX": 1950.0}))
    (('ra', 'dec'), {'frame': 'fk4', 'equinox': 'B1950'})
    """
    try:
        if coordinate_column(table) is not None:
            return (), {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstrocnnWarning)  # whoever reads positions says it
            names = sky_names(table)
        system = _system(table, names)
    except InvalidTargetError:
        return (), {}
    if system == {"frame": names.frame}:
        return (), {}
    return tuple(name for name in (*names.lon, *names.lat) if name), system


def _pair(table: Table, names: SkyNames) -> tuple[np.ndarray, np.ndarray]:
    """One column for each coordinate."""
    (lon_name,), (lat_name,) = names.lon, names.lat
    sexagesimal = u.hourangle if names.frame in ("icrs", "fk4") else u.deg
    lon, lat = to_degrees(table[lon_name], sexagesimal), to_degrees(table[lat_name])
    if names.frame == "icrs" and _is_bare(table[lon_name], lon_name) and _like_hours(lon, lat):
        warnings.warn(
            f"all {lon_name!r} are from 0 to 24 and all over that range: they are taken as "
            "degrees; if they are hours, set the column's unit to 'hourangle'",
            InvalidTargetWarning,
            stacklevel=5,
        )
    return lon, lat


def _is_bare(column, name: str) -> bool:
    """Whether numbers say nowhere that they are degrees."""
    return getattr(column, "unit", None) is None and not says_degrees(name)


def _like_hours(lon: np.ndarray, lat: np.ndarray) -> bool:
    good = np.isfinite(lon) & np.isfinite(lat)
    lon, lat = lon[good], lat[good]
    if len(lon) < 3 or lon.min() < 0 or lon.max() > _HOURS:
        return False
    return np.ptp(lon) > _SPREAD and np.ptp(lat) > _SPREAD


def _components(table: Table, names: SkyNames) -> tuple[np.ndarray, np.ndarray]:
    """Hours, minutes and seconds in columns of their own; what is missing at the end is zero."""
    sign, *parts = names.lat
    lat = _sum(table, parts)
    south = np.zeros(len(table), dtype=bool)
    for name in (sign, parts[0]):
        if name and table[name].dtype.kind in "USO":  # "-0" is no negative number
            starts = [word[:1] for word in np.char.strip(plain_minus(text(table[name])))]
            south |= np.isin(np.array(starts, dtype="U1"), ("-", "S", "s"))
        elif name:  # nor is that of floats, but it keeps its sign
            south |= np.signbit(_number(table, name))
    return 15 * _sum(table, names.lon), np.where(south, -lat, lat)


def _sum(table: Table, parts) -> np.ndarray:
    """Whole, minutes and seconds together, without sign; NaN where the first is missing."""
    total = 0.0
    for place, name in enumerate(parts):
        value = np.abs(_number(table, name))
        if place:
            value = np.where(value < 60.0001, value, np.where(np.isnan(value), 0.0, np.nan))
        total = total + value / 60.0**place
    return total


def _number(table: Table, name: str) -> np.ndarray:
    """Numbers of a column, NaN where missing, infinite where a word is none."""
    column = table[name]
    if column.dtype.kind in "USO":
        words = plain_minus(np.char.strip(text(column)))
        missing = np.isin(np.char.lower(words), (*MISSING, "+"))
        numbers, _ = plain_numbers(words)
        return np.where(missing, np.nan, np.where(np.isnan(numbers), np.inf, numbers))
    return to_numbers(np.ma.asarray(getattr(column, "value", column)))


def _from_text(table: Table, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Both coordinates in one column of text, as ``14 01 02.1 +02 52 42``."""
    column = table[name]
    if column.dtype.kind not in "USO":
        raise InvalidTargetError(
            f"column {name!r} holds no text with both coordinates, and no other sky columns are "
            "there: rename two columns to 'ra' and 'dec'"
        )
    halves = [_halves(string) for string in text(column)]
    both = Table([[lon for lon, _ in halves], [lat for _, lat in halves]], names=["ra", "dec"])
    return to_degrees(both["ra"], u.hourangle), to_degrees(both["dec"])


def _halves(string: str) -> tuple[str, str]:
    """The two coordinates of a text; ('', '') where they cannot be told apart."""
    string = string.strip().strip("()[]").replace("\u2212", "-")
    for parts in (_SIGN.split(string), re.split(r"[,;/]", string), string.split()):
        parts = [part.strip(" ,;") for part in parts if part.strip(" ,;")]
        if len(parts) == 2:
            return parts[0], parts[1]
    words = string.split()
    half = len(words) // 2
    return ("", "") if len(words) % 2 else (" ".join(words[:half]), " ".join(words[half:]))


def _in_range(lon, lat, names: SkyNames) -> tuple[np.ndarray, np.ndarray]:
    """Positions with NaN for those that are none; a longitude may go once more around."""
    finite = np.isfinite(lon) & np.isfinite(lat)
    outside = finite & ((np.abs(lat) > 90) | (lon < _TURNS[0]) | (lon >= _TURNS[1]))
    if 2 * outside.sum() > finite.sum():
        raise InvalidTargetError(
            f"{outside.sum()} of {len(lon)} positions are out of range (latitude beyond +-90 or "
            f"longitude outside {_TURNS[0]:g} to {_TURNS[1]:g} degrees): check the order and the "
            f"units of the columns {names.lon[0]!r} and {names.lat[-1] if names.lat else ''!r}"
        )
    unusable = outside | ~finite
    return np.where(unusable, np.nan, lon), np.where(unusable, np.nan, lat)


def _system(table: Table, names: SkyNames) -> Mapping:
    """Frame and equinox by the column, else by the keywords of a FITS file."""
    said = (table[names.lon[0]].info.meta or {}).get("coosys")
    if said:
        return said
    frame = {"frame": names.frame}
    if names.frame != "icrs" or re.search(r"2000|icrs", names.lon[0].lower()):
        return frame
    meta = {str(key).upper(): value for key, value in table.meta.items()}
    system = meta.get("RADESYS", meta.get("RADECSYS"))
    return frame_of(system, meta.get("EQUINOX")) or frame
