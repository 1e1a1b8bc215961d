"""What the pixels of an image are, counts or not: its unit first, then the pixels themselves."""

import re

import numpy as np

from ...exceptions import ProviderError
from ...surveys import Band

__all__ = ["common_quantity", "tell_quantity"]

#: Rows that are looked at at one time: large images are not in memory.
_ROWS = 1024
_COUNT = r"(?:ct|cts|cnts?|counts?|ph|photons?)"
_COUNTS = re.compile(rf"{_COUNT}( ?(/|per) ?pix(el)?| pix(el)?(\*\*|\^)?-1)?")
#: A division by seconds, in any of the notations that are in use.
_SECOND = r"(?<![a-z])k?s(?:ec(?:onds?|s)?)?"
_WORDS = {"counts": "counts", "rate": "a rate", "intensity": "an intensity"}
_PER_TIME = re.compile(rf"(/|per ).*{_SECOND}\b|{_SECOND} ?(\*\*|\^)?\(?-1")


def tell_quantity(data: np.ndarray, unit: str, band: Band) -> str | None:
    """Tell what kind of quantity the pixels of an image are.

    Parameters
    ----------
    data : ndarray of shape (ny, nx)
        Pixels.
    unit : str
        ``BUNIT`` of the header, or nothing.
    band : Band
        Images of bands that are not X-ray are what the band says: plates and CCD frames are whole
        numbers too, and their unit is often ``counts``.

    Returns
    -------
    {'counts', 'rate', 'intensity'} or None
        Whole numbers, of integer or float type, are counts if no unit says otherwise; other
        numbers are what the band says. None where all pixels are zero or NaN: they tell nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.providers._images._quantity import tell_quantity
    >>> from astrocnn.surveys import get_band
    >>> pixels = np.array([[0.0, 2.0]])
    >>> [tell_quantity(pixels, unit, get_band("xmm")) for unit in ("", "count", "count / s")]
    ['counts', 'counts', 'rate']
    """
    if band.waveband != "xray":
        return band.quantity
    unit = unit.lower()
    if _PER_TIME.search(unit):
        return "rate" if band.quantity == "counts" else band.quantity
    if _COUNTS.fullmatch(unit) or np.issubdtype(data.dtype, np.integer):
        return "counts"
    told = False
    for row in range(0, len(data), _ROWS):
        part = data[row : row + _ROWS]
        finite = part[np.isfinite(part)]
        told = told or bool(finite.any())
        if not np.all(finite == np.round(finite)):
            return band.quantity
    return "counts" if told else None


def common_quantity(name: str, found: str | None, others: str | None, band: Band) -> str | None:
    """Return the quantity of an image and of others of the same place.

    Parameters
    ----------
    name : str
        Name of the image, for the message.
    found, others : str or None
        What it holds, and what they hold; None: not known.
    band : Band
        Band of all.

    Raises
    ------
    ProviderError
        If they hold different ones: these can be neither added nor chosen from.

    Examples
    --------
    >>> from astrocnn.providers._images._quantity import common_quantity
    >>> from astrocnn.surveys import get_band
    >>> common_quantity("a.fits", None, "counts", get_band("xmm"))
    'counts'
    """
    if None not in (found, others) and found != others:
        raise ProviderError(
            f"{name} holds {_WORDS[found]}, by its unit or its pixels, and others of the same "
            f"place {_WORDS[others]}: give images of one kind, or say what they are, "
            f"FitsProvider(..., quantity={band.quantity!r} or 'counts')"
        )
    return others or found
