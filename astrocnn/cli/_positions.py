"""Positions on the command line: a file of them, or one in words."""

import math
import re
from pathlib import Path

from .._paths import path_exists, user_path

__all__ = ["parse_positions"]

_POSITION = 'a position such as "14h01m02s +02d52m42s" or "210.26 2.88" (degrees)'
_LIKE_ONE = re.compile(r"[-+\d.:,\shmsde°'\"\u2032\u2033]+", re.I)
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(d|deg|°)?", re.I)
#: A designation that holds the whole position; astropy reads it.
_DESIGNATION = re.compile(r".*\bJ\d{6}\S*", re.I)
#: Two coordinates, the second of which has a sign that is no exponent's.
_SIGNED = re.compile(r"([-+]?[^-+]+?)\s*(?<!\de)([-+][^-+]+(?:e[-+]\d+)?)", re.I)


def parse_positions(target: str | None, positions: list[str] | None):
    """Return the path of a target list, or coordinates.

    Numbers are degrees; a right ascension is hours where it is sexagesimal or says ``h``. A number
    beside a sexagesimal declination could be either: it is refused, and so are hours above 24 and
    commas in numbers.

    Parameters
    ----------
    target : str, optional
        A file, or one position.
    positions : list of str, optional
        Positions, instead of it.

    Returns
    -------
    path, or list of `~astropy.coordinates.SkyCoord`

    Raises
    ------
    InvalidTargetError
        If a text is neither a file nor a position.

    Examples
    --------
    >>> from astrocnn.cli._positions import parse_positions
    >>> [coord] = parse_positions("14:01:02 +02:52:42", None)
    >>> coord.to_string()
    '210.258 2.87833'
    """
    if positions is None and target and path_exists(user_path(target)):
        return Path(target)
    return [_coordinate(text) for text in positions or [target]]


def _coordinate(text: str):
    """Coordinate of ``14h01m02s +02d52m42s``, ``14:01:02 +02:52:42`` or ``210.26 2.88``."""
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    from ..exceptions import InvalidTargetError

    plain = _plain(text)
    try:
        if _DESIGNATION.fullmatch(plain):
            return SkyCoord(plain, unit=("hourangle", "deg"))
        ra, dec = _two(plain)
        right_ascension = _right_ascension(ra, dec)
        if not -180 <= right_ascension <= 360:
            raise ValueError(f"right ascension is from 0 to 360 degrees, not {right_ascension:g}")
        return SkyCoord(right_ascension, _angle(dec, u.deg), unit="deg")
    except (ValueError, TypeError, OverflowError) as error:
        reason = f": {error}" if _LIKE_ONE.fullmatch(plain) else ""
        raise InvalidTargetError(f"{text!r} is neither a file nor {_POSITION}{reason}") from error


def _plain(text: str) -> str:
    """A text with plain signs, as tables read them, each beside its number."""
    import numpy as np

    from ..tables._columns import plain_minus

    signs = str(plain_minus(np.array([text]))[0])
    return re.sub(r"(?<!\de)([-+])\s+(?=[\d.])", r" \1", signs).strip()


def _two(text: str) -> tuple[str, str]:
    """Words of right ascension and declination."""
    ra, comma, dec = (word.strip() for word in text.partition(","))
    if "," in dec or (comma and " " in ra + dec and _NUMBER.fullmatch(ra)):
        raise ValueError("write decimals with a point, and at most one comma between coordinates")
    if comma:
        return ra, dec
    words = text.split()
    if len(words) == 2:
        return words[0], words[1]
    signed = _SIGNED.fullmatch(text)
    if signed:
        return signed[1], signed[2]
    marked = any(re.search("[a-z:°'\"]", word, re.I) for word in words)
    if len(words) != 6 and not (len(words) == 4 and marked):
        raise ValueError("it has not two coordinates: degrees, or hours and degrees")
    half = len(words) // 2
    return " ".join(words[:half]), " ".join(words[half:])


def _right_ascension(ra: str, dec: str) -> float:
    """Right ascension in degrees: hours where it is sexagesimal, but for numbers."""
    from astropy import units as u

    number, other = _NUMBER.fullmatch(ra), _NUMBER.fullmatch(dec)
    if number and (number[2] or other):
        return float(number[1])
    if number:
        raise ValueError(f"is {ra} hours or degrees? write {ra}h or {ra}d")
    degrees = _angle(ra, u.hourangle)
    if not re.search("d|°", ra, re.I) and degrees > 360:
        raise ValueError(f"{ra} is above 24 hours: mark degrees by a d, as in 210d15m36s")
    return degrees


def _angle(text: str, unit) -> float:
    """An angle in words in degrees."""
    from astropy import units as u
    from astropy.coordinates import Angle

    number = _NUMBER.fullmatch(text)
    degrees = float(number[1]) if number and unit == u.deg else Angle(text, unit).deg
    if not math.isfinite(degrees):
        raise ValueError(f"{text!r} is no angle")
    if unit == u.deg and re.search("h", text, re.I):
        raise ValueError("declination is in degrees, not in hours")
    return degrees
