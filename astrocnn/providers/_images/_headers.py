"""Sanity of foreign headers, and the celestial WCS that they hold.

wcslib trusts what it is told: an axis number of 65536 ends the process, an order of a million takes
all memory. What no header of an image of the sky says is refused before it is asked.
"""

import re

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_area

from ...exceptions import ProviderError

__all__ = ["SIP_NOTE", "check_header", "check_packed", "leftover_sip", "sky_wcs"]

#: Axes that a header may speak of, order of SIP polynomials (the convention ends at 9).
_MOST_AXES, _MOST_ORDER = 32, 9
#: Largest size of a number: reference pixels of tiles of the whole sky are below it.
_LARGEST = 1e12
_AXES = re.compile(r"(?:WCSAXES[A-Z]?|Z?NAXIS)")
_ORDERS = re.compile(r"(?:A|B|AP|BP)_ORDER")
_NUMBERED = re.compile(
    r"(?:CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|CRDER|CSYER|CNAME|CPDIS|CQDIS|D2IMDIS)(\d+)[A-Z]?"
)
_PAIRED = re.compile(r"(?:PC|CD|PV|PS)(\d+)_(\d+)[A-Z]?")
#: Numbers that wcslib calculates with.
_NUMBERS = re.compile(
    r"(?:CRVAL|CRPIX|CDELT|CROTA)\d+[A-Z]?|(?:PC|CD|PV)\d+_\d+[A-Z]?|(?:LON|LAT)POLE[A-Z]?"
    r"|(?:A|B|AP|BP)_\d+_\d+"
)
_SIP_TERM = re.compile(r"(?:A|B|AP|BP)_(?:ORDER|DMAX|\d+_\d+)")
#: Numbers of a tile-compressed image that its decoder takes as they are: least and largest.
_PACKED = {"ZBITPIX": (-64, 64), "ZNAXIS": (1, 9), "ZTILE": (1, 2**31), "BLOCKSIZE": (1, 2**16),
           "BYTEPIX": (1, 8)}  # fmt: skip

#: An equinox as a text: ``B1950``, ``2000.0``, ``J2000 (FK5)``.
_YEAR = re.compile(r"[JB]?\s*(\d{4}(?:\.\d*)?)\s*(?:[(/].*)?", re.IGNORECASE)
#: What states no equinox.
_NO_YEARS = frozenset((
    "ICRS", "FK5", "MEAN", "N/A", "NA", "NAN", "NONE", "NULL", "UNDEFINED", "UNKNOWN", "-",
))  # fmt: skip
#: Other names of frames.
_FRAMES = {"J2000": "FK5", "J2000.0": "FK5", "FK5/J2000": "FK5", "FK5 J2000": "FK5",
           "B1950": "FK4", "FK4/B1950": "FK4", "ICRF": "ICRS", "ICRS/J2000": "ICRS"}  # fmt: skip
#: What is said of an image whose header has distortion terms that its CTYPE does not name.
SIP_NOTE = (
    "{name} has SIP distortion terms (A_ORDER) but no -SIP in CTYPE: they are not used, as the "
    "convention says. If they belong to the image, write -SIP at the end of CTYPE1 and CTYPE2"
)


def check_header(header: fits.Header, name: str) -> None:
    """Raise unless the numbers of a header are such as an image of the sky may have.

    Parameters
    ----------
    header : `~astropy.io.fits.Header`
        Of anybody.
    name : str
        What it is, for messages.

    Raises
    ------
    ProviderError
        If it has absurd numbers of axes or orders, or coordinates that are not finite.

    Examples
    --------
    >>> from astropy.io import fits
    >>> from astrocnn.providers._images._headers import check_header
    >>> check_header(fits.Header({"WCSAXES": 65536}), "a.fits")
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.ProviderError: a.fits has a damaged header: WCSAXES = 65536
    """
    for card in header.cards:
        if not _is_sane(card.keyword, card.value):
            raise ProviderError(f"{name} has a damaged header: {card.keyword} = {card.value!r:.40}")


def _is_sane(key, value) -> bool:
    """Whether a keyword may have a value."""
    if _AXES.fullmatch(key):
        return _is_whole(value) and 0 <= value <= _MOST_AXES
    if _ORDERS.fullmatch(key):
        return _is_whole(value) and 0 <= value <= _MOST_ORDER
    numbered = _NUMBERED.fullmatch(key)
    if numbered and not 1 <= int(numbered[1]) <= _MOST_AXES:
        return False
    paired = _PAIRED.fullmatch(key)
    if paired and not (1 <= int(paired[1]) <= _MOST_AXES and int(paired[2]) <= 999):
        return False
    if paired and key[:2] in ("PC", "CD") and not 1 <= int(paired[2]) <= _MOST_AXES:
        return False
    if _NUMBERS.fullmatch(key) and isinstance(value, str):
        return False  # wcslib would take another number for it
    if _NUMBERS.fullmatch(key) and isinstance(value, (int, float)):
        return bool(np.isfinite(float(value))) and abs(value) <= _LARGEST
    return True


def _is_whole(value) -> bool:
    return isinstance(value, (int, float)) and value == int(value)


def check_packed(header: fits.Header, name: str) -> None:
    """Raise unless the numbers of a table that holds a tile-compressed image can be true.

    Raises
    ------
    ProviderError
        If a tile has no pixels, or more than any image.
    """
    area = 1.0
    for key, value in header.items():
        tile = "ZTILE" if key.startswith("ZTILE") else key
        low, high = _PACKED.get(tile, (None, None))
        if key.startswith("ZVAL"):
            low, high = _PACKED.get(str(header.get(f"ZNAME{key[4:]}", "")).strip(), (None, None))
        if low is not None and not (_is_whole(value) and low <= value <= high):
            raise ProviderError(f"{name} has a damaged header: {key} = {value!r:.40}")
        if tile == "ZTILE":
            area *= value
    if area > 2**31:
        raise ProviderError(f"{name} has a damaged header: tiles of {area:.0f} pixels")


def sky_wcs(header: fits.Header, name: str, hdus=None) -> WCS | None:
    """Return the celestial WCS of a header, of two axes; None where it has none.

    SIP terms that the ``CTYPE`` does not name are left out, as wcslib and AST do (astropy would use
    them): they are left over of another solution.

    Parameters
    ----------
    header : `~astropy.io.fits.Header`
        Of an image.
    name : str
        What it is, for messages.
    hdus : `~astropy.io.fits.HDUList`, optional
        For distortion tables.

    Raises
    ------
    ProviderError
        If the header is damaged, or is of no equatorial or Galactic coordinates along both axes of
        the image.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers._images._headers import sky_wcs
    >>> field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 60)
    >>> sky_wcs(field.wcs.to_header(), "a.fits").wcs.ctype[0]
    'RA---TAN'
    """
    check_header(header, name)
    header = _with_usual_words(header, name)
    if leftover_sip(header):
        header = header.copy()
        for key in [key for key in header if _SIP_TERM.fullmatch(key)]:
            header.remove(key, ignore_missing=True, remove_all=True)
    try:
        wcs = WCS(header, hdus)
    except KeyError:  # only one with a letter (CTYPE1A), which is not that of the image
        return None
    if not wcs.has_celestial:
        return None
    if {wcs.wcs.lng, wcs.wcs.lat} != {0, 1}:
        raise ProviderError(
            f"{name} has its sky coordinates along the axes {wcs.wcs.lng + 1} and "
            f"{wcs.wcs.lat + 1}, not 1 and 2: bring them to the front (numpy.moveaxis)"
        )
    if wcs.naxis > 2:
        wcs = wcs.celestial
    axis = wcs.wcs.ctype[wcs.wcs.lng]
    if axis[:4].rstrip("-") not in ("RA", "GLON"):
        raise ProviderError(
            f"{name} has coordinates {axis}; equatorial and Galactic ones are understood"
        )
    if not 0 < proj_plane_pixel_area(wcs) < np.inf:
        raise ProviderError(f"{name} has pixels without an area; its WCS is damaged")
    return wcs


def _with_usual_words(header, name):
    """A header whose axes and frame are in the words of the standard: in capitals, ``FK5``."""
    equatorial = any("RA" in str(header.get(key, "")).upper() for key in ("CTYPE1", "CTYPE2"))
    frames = ("RADESYS", "RADECSYS") if equatorial else ()
    changes = _projections(header) | (_equinoxes(header, name) if equatorial else {})
    for key in ("CTYPE1", "CTYPE2", *frames):
        value = header.get(key)
        if isinstance(value, str) and value.strip() != "":
            word = value.strip().upper()
            word = _FRAMES.get(word, word) if key.startswith("RAD") else word
            if key.startswith("RAD") and word not in ("ICRS", "FK5", "FK4", "FK4-NO-E"):
                raise ProviderError(
                    f"{name} has coordinates of the frame {value!r} ({key}), which is none of "
                    "ICRS, FK5 and FK4: write into its header which it is"
                )
            if word != value.strip() and key not in changes:
                changes[key] = word
    if changes:
        header = header.copy()
        header.update({key: word for key, word in changes.items() if word is not None})
        for key in (key for key, word in changes.items() if word is None):
            header.remove(key, remove_all=True)
    return header


def _projections(header) -> dict[str, str]:
    """Axes of SCAMP: ``TAN`` whose declination has polynomials, which only ``TPV`` has."""
    types = {key: str(header.get(key, "")).strip().upper() for key in ("CTYPE1", "CTYPE2")}
    # PV1_1 and PV1_2 of TAN itself are the native longitude and latitude; linear terms are near 1.
    linear = all(0.5 <= header.get(f"PV{axis}_1", 0) <= 2 for axis in (1, 2))
    if not linear or set(types.values()) != {"RA---TAN", "DEC--TAN"}:
        return {}
    return {key: text.replace("-TAN", "-TPV") for key, text in types.items()}


def _equinoxes(header, name) -> dict:
    """The equinox as a number where it is a text (``B1950``, ``2000.0``); 0 states none.

    ICRS has none, whatever the header says.
    """
    key = "EQUINOX" if str(header.get("EQUINOX", "")).strip() else "EPOCH"
    value = header.get(key, "")
    if isinstance(value, str) and value.strip():
        frame = str(header.get("RADESYS", header.get("RADECSYS", ""))).strip().upper()
        if _FRAMES.get(frame, frame) == "ICRS" or value.strip().upper() in _NO_YEARS:
            return {key: None}
        year = _year(value.strip())
        if year is not None:
            return {key: year or None}
        if key == "EPOCH":
            return {key: None}  # of the observation
        raise ProviderError(
            f"{name} has coordinates of the equinox {value!r} ({key}), which is no year: write "
            "into its header which it is"
        )
    return {key: None} if isinstance(value, (int, float)) and value == 0 else {}


def _year(text) -> float | None:
    """Year of an equinox; 0 states none, None is no year."""
    match = _YEAR.fullmatch(text)
    try:
        year = float(match[1] if match else text)
    except ValueError:
        return None
    return year if year == 0 or 1000 <= year < 3000 else None


def leftover_sip(header: fits.Header) -> bool:
    """Whether a header has SIP terms that its ``CTYPE`` does not name."""
    types = [str(header.get(f"CTYPE{axis}", "")) for axis in (1, 2)]
    named = any(text.strip().endswith("-SIP") for text in types)
    return not named and ("A_ORDER" in header or "B_ORDER" in header)
