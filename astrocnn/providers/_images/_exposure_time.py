"""Units of exposure maps: all become seconds."""

import re

import numpy as np
from astropy import units as u

from ...exceptions import ProviderError

__all__ = ["exposure_seconds", "in_seconds", "is_relative", "unit_doubt"]

#: Longest exposure (s) of a map that is likely one: of images, and of all of a mission.
_USUAL = (100.0, 1e8)

#: Logarithms, fractions of the longest exposure, and units within a sentence.
_UNCLEAR = re.compile(r"\b(?:log|ln|dex)|norm|relative|fraction|percent|^%|\bin k?s", re.IGNORECASE)
#: Words for units of time, as headers have them.
_WORDS = (
    (r"k(?:ilo)?s(?:ec(?:ond)?s?)?", "ks"), (r"s(?:ec(?:ond)?s?)?", "s"),
    (r"min(?:ute)?s?", "min"), (r"h(?:(?:ou)?rs?)?", "h"), (r"d(?:ays?)?", "d"),
)  # fmt: skip


def exposure_seconds(unit: str, name: str) -> float:
    """Return how many seconds the unit of an exposure map is.

    Parameters
    ----------
    unit : str
        ``BUNIT``. What is no unit (``Primary Array``), or nothing, means seconds.
    name : str
        Name of the map, for the message.

    Raises
    ------
    ProviderError
        If it is a unit of something else, such as a time multiplied by an effective area.

    Examples
    --------
    >>> from astrocnn.providers._images._exposure_time import exposure_seconds
    >>> exposure_seconds("ks", "e.fits"), exposure_seconds("", "e.fits")
    (1000.0, 1.0)
    >>> exposure_seconds("cm**2 s", "e.fits")
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.ProviderError: e.fits has the unit 'cm**2 s', a time multiplied by ...
    """
    parsed = _parse(unit)
    scale = getattr(parsed, "scale", 1.0)
    odd = isinstance(scale, complex) or not 1e-30 < scale < 1e30  # as of "1e999 s"
    if odd or _UNCLEAR.search(unit.strip()) or isinstance(parsed, u.function.FunctionUnitBase):
        raise ProviderError(
            f"{name} has the unit {unit!r}, which is no plain time: give a map in seconds, and say "
            "so in its header (BUNIT = 's'), or the image without a map"
        )
    if parsed is None or parsed == u.dimensionless_unscaled:
        return 1.0
    if parsed.is_equivalent(u.s):
        return float(parsed.to(u.s))
    what = "no time"
    if parsed.is_equivalent(u.s * u.m**2) or parsed.is_equivalent(u.s * u.m**2 * u.ct / u.ph):
        what = "a time multiplied by an effective area"
    raise ProviderError(
        f"{name} has the unit {unit!r}, {what}: give a map in seconds, and say so in its header "
        "(BUNIT = 's'), or the image without a map"
    )


def is_relative(unit: str, longest: float) -> bool:
    """Say whether a map without a unit is of fractions of the longest exposure, which end at 1.

    Examples
    --------
    >>> from astrocnn.providers._images._exposure_time import is_relative
    >>> is_relative("", 1.0), is_relative("s", 1.0), is_relative("", 2e4)
    (True, False, False)
    """
    return _says_nothing(unit) and longest <= 1 + 1e-6


def unit_doubt(unit: str, longest: float, name: str) -> str:
    """Return what a user should know of a map without a unit; empty if its numbers may be seconds.

    Parameters
    ----------
    unit : str
        ``BUNIT``.
    longest : float
        Largest value of the map.
    name : str
        What it is called.

    Examples
    --------
    >>> from astrocnn.providers._images._exposure_time import unit_doubt
    >>> unit_doubt("", 28.3, "e.fits")
    "e.fits states no unit and its largest value is 28.3: it is taken for seconds; if it is not...
    >>> unit_doubt("ks", 28.3, "e.fits"), unit_doubt("", 28300.0, "e.fits")
    ('', '')
    """
    if not _says_nothing(unit) or _USUAL[0] <= longest <= _USUAL[1]:
        return ""
    taken = "seconds"
    if is_relative(unit, longest):
        taken = "fractions of an exposure that is not known, which only tell what is valid"
    return (
        f"{name} states no unit and its largest value is {longest:.3g}: it is taken for {taken}; "
        "if it is not, say what it is in its header, such as BUNIT = 's' or 'ks'"
    )


def _says_nothing(unit) -> bool:
    return _parse(unit) in (None, u.dimensionless_unscaled)


def in_seconds(exposure):
    """Return an exposure map without its unit, if it has one, in seconds."""
    if isinstance(exposure, u.Quantity):
        scale = exposure_seconds(str(exposure.unit), "the exposure map")
        return exposure.value if scale == 1 else exposure.value * np.float64(scale)
    return exposure


def _parse(text):
    """Unit of a text; None where it is none."""
    text = re.sub(r" ?(/|per) ?pix(el)?$", "", text.strip())
    if not text or text.lower() in ("none", "unknown", "n/a"):
        return None
    simple = text.lower() if text.isupper() and text != "MS" else text.replace("MS", "Ms")
    for word, unit in _WORDS:
        # Whole words, with an exponent or another unit beside them.
        simple = re.sub(rf"(?<![A-Za-z]){word}(?![A-Za-z])", unit, simple)
    simple = re.sub(r"(?<![A-Za-z])(cts?|cnts?|counts?)(?![A-Za-z])", "ct", simple)
    simple = re.sub(r"(?<![A-Za-z])photons?(?![A-Za-z])", "ph", simple)
    for form in ("generic", "ogip", "fits"):
        try:
            return u.Unit(simple, format=None if form == "generic" else form)
        except (ValueError, TypeError, u.UnitsError):
            continue
    return None
