"""Values of pixels: those that stand for none become NaN, asinh magnitudes become linear."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

__all__ = ["UNSEEN", "Scaling", "finite_number", "stated_blanks", "with_gaps"]

#: Keywords by which headers, of images with fractions too, state the value of missing pixels.
_BLANKS = ("BLANK", "BAD_DATA", "BADDATA", "BADVAL", "BADPIX", "MISSING", "NODATA", "NULLVAL",
           "FILLVAL", "FILLVALUE", "_FILLVALUE", "FILL_VALUE", "MISSING_VALUE", "UNDEF", "UNSEEN",
           "HIPS_BLANK", "HIPS_PIXEL_BLANK")  # fmt: skip
#: What healpy writes for no value.
UNSEEN = -1.6375e30
#: Values that stand for no pixel where a header says nothing, among fractions only; and the size
#: from which on no pixel has a value.
_USUAL_BLANKS, _NO_VALUE = (-999.0, -9999.0, -99999.0), 1e30
#: From asinh magnitudes of Pan-STARRS to their exponent: 2.5 log10(e).
_POGSON = 2.5 / np.log(10)


@dataclass(frozen=True)
class Scaling:
    """What makes physical values of those that astropy returns.

    Parameters
    ----------
    blanks : tuple of float
        Physical values that stand for no pixel.
    offset, soften : float, optional
        ``BOFFSET`` and ``BSOFTEN`` of images that are stored as asinh magnitudes (Pan-STARRS).

    References
    ----------
    Lupton, Gunn & Szalay 1999, AJ 118, 1406; Waters et al. 2020, ApJS 251, 4, section 3.7.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.providers._images._pixel_values import Scaling
    >>> Scaling((-9999.0,)).applied(np.array([[1.0, -9999.0]]))
    array([[ 1., nan]])
    """

    blanks: tuple[float, ...] = ()
    offset: float | None = None
    soften: float | None = None

    @classmethod
    def from_header(cls, header: Mapping) -> "Scaling":
        """Read what a header says."""
        scale, zero = finite_number(header, "BSCALE", 1.0), finite_number(header, "BZERO", 0.0)
        whole = finite_number(header, "BITPIX", -32) > 0
        blanks = stated_blanks(header)
        if whole and "BLANK" in header:  # a stored value; astropy knows it if it is an integer
            stored = finite_number(header, "BLANK")
            blanks = [v for v in blanks if v != stored]
            if stored is not None:
                blanks.append(stored * scale + zero)
        soften = finite_number(header, "BSOFTEN")
        if soften is None or soften <= 0:
            return cls(tuple(blanks))
        return cls(tuple(blanks), finite_number(header, "BOFFSET", 0.0), soften)

    def applied(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels in linear units, NaN where there are none; a copy where they change."""
        missing = np.zeros(pixels.shape, dtype=bool)
        for blank in self.blanks:
            missing |= _equal(pixels, blank)
        if missing.any():
            pixels = np.where(missing, np.nan, pixels)
        if self.soften is None:
            return pixels
        linear = 2 * self.soften * np.sinh(np.asarray(pixels, dtype=np.float64) / _POGSON)
        return (self.offset + linear).astype(np.float32)


def stated_blanks(header: Mapping) -> list[float]:
    """Return the values that a header states to stand for no pixel; 0 is too common to be one.

    Examples
    --------
    >>> from astrocnn.providers._images._pixel_values import stated_blanks
    >>> stated_blanks({"BAD_DATA": -9999, "BLANK": "none"})
    [-9999.0]
    """
    found = [finite_number(header, key) for key in _BLANKS]
    return [value for value in found if value]


def finite_number(header: Mapping, key: str, default: float | None = None) -> float | None:
    """Return a number of a header, or something else where it is none or not finite."""
    with suppress(TypeError, ValueError, KeyError):
        value = float(header[key])
        if np.isfinite(value):
            return value
    return default


def _equal(pixels, value):
    """Where pixels are a value: integers exactly, others as far as float32 tells."""
    if pixels.dtype.kind == "f":
        return np.abs(pixels - value) <= 4 * np.finfo(np.float32).eps * abs(value)
    return pixels == value


def with_gaps(pixels: np.ndarray) -> np.ndarray:
    """Return fractions, NaN where they are no values, whatever the header says.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.providers._images._pixel_values import with_gaps
    >>> with_gaps(np.array([7.0, -9999.0, np.inf]))
    array([ 7., nan, nan])
    """
    if pixels.dtype.kind == "f" and (np.abs(pixels) >= -max(_USUAL_BLANKS)).any():
        missing = np.isin(pixels, _USUAL_BLANKS) | (np.abs(pixels) >= _NO_VALUE)
        return np.where(missing, pixels.dtype.type(np.nan), pixels) if missing.any() else pixels
    return pixels
