"""Units of exposure maps: all become seconds."""

import re

import numpy as np
from astropy import units as u

from ...exceptions import ProviderError

__all__ = ["exposure_seconds", "in_seconds"]

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
    if _UNCLEAR.search(unit.strip()) or isinstance(parsed, u.function.FunctionUnitBase):
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
