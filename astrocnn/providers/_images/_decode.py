"""Bytes of a FITS image to an array, without the side effects of a full FITS reader.

HiPS tiles in the wild break the letter of the standard: those of CDS state ``BLANK = -32768.0`` (a
float, which `astropy.io.fits` ignores with a warning) and are not padded to 2880 bytes (which it
takes for truncation). Silencing warnings is not thread-safe, and tiles are read in threads; the
few header cards that matter here are numbers, so they are read directly.
"""

from contextlib import nullcontext, suppress

import numpy as np

from ...exceptions import ProviderError
from ._checksums import sum_that_fails
from ._pixel_values import Scaling
from ._pixels import STORED_TYPES

__all__ = ["decode_image", "plain_start"]

_NEEDED = {"BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BSCALE", "BZERO"}
#: What may be no number at all, and is passed over then.
_OTHERS = {"BLANK", "BAD_DATA", "BSOFTEN", "BOFFSET"}
_BLOCK, _CARD = 2880, 80


def decode_image(raw: bytes, name: str, native: bool = True) -> np.ndarray:
    """Return the two-dimensional primary image of a FITS file.

    Parameters
    ----------
    raw : bytes
        The file, not compressed. Padding at its end may be missing; pixels may not.
    name : str
        What it is, for messages.
    native : bool
        Whether pixels are copied to the byte order of this machine where nothing else is done to
        them; otherwise they may be a view of ``raw``.

    Returns
    -------
    ndarray of shape (NAXIS2, NAXIS1), float32
        Physical values (``BSCALE``, ``BZERO``, asinh undone), NaN where ``BLANK`` or ``BAD_DATA``;
        row 0 is the bottom.

    Raises
    ------
    ProviderError
        If this is not a FITS image, pixels are missing, or its checksums fail.

    References
    ----------
    FITS standard 4.0, sections 3.3 and 4.4: Pence et al. 2010, A&A 524, A42.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from astropy.io import fits
    >>> from astrocnn.providers._images._decode import decode_image
    >>> file = io.BytesIO()
    >>> fits.PrimaryHDU(np.arange(6, dtype="int16").reshape(2, 3)).writeto(file)
    >>> decode_image(file.getvalue(), "a tile")
    array([[0., 1., 2.],
           [3., 4., 5.]], dtype=float32)
    """
    if not raw.startswith(b"SIMPLE  ="):
        raise ProviderError(
            f"{name} is not a FITS file ({len(raw)} bytes that start with {raw[:60]!r})"
        )
    try:
        header, start = _read_header(raw)
        shape = int(header["NAXIS2"]), int(header["NAXIS1"])
        dtype = np.dtype(STORED_TYPES[int(header["BITPIX"])])
        if int(header["NAXIS"]) != 2 or min(shape) < 1:
            raise ValueError(f"NAXIS = {header['NAXIS']:g}, shape {shape}")
    except (KeyError, ValueError, OverflowError) as error:
        raise ProviderError(f"{name} has no readable two-dimensional image: {error}") from error
    wanted = shape[0] * shape[1] * dtype.itemsize
    if len(raw) - start < wanted:
        raise ProviderError(
            f"{name} is truncated: {max(len(raw) - start, 0)} of {wanted} bytes of pixels"
        )
    padded = memoryview(raw)[start : start - (-wanted // _BLOCK) * _BLOCK]
    if failed := sum_that_fails(raw[:start], padded):
        raise ProviderError(f"{name} is damaged: its bytes do not agree with its {failed}")
    stored = np.frombuffer(raw, dtype, shape[0] * shape[1], start).reshape(shape)
    scale, zero = header.get("BSCALE", 1.0), header.get("BZERO", 0.0)
    whole = dtype.kind in "iu"
    scaling = Scaling.from_header({k: v for k, v in header.items() if not (whole and k == "BLANK")})
    as_it_is = (scale, zero) == (1, 0) and scaling == Scaling()
    if not native and dtype == np.dtype(">f4") and as_it_is:
        return stored
    image = stored if (scale, zero) == (1, 0) else stored * np.float64(scale) + zero
    image = image.astype(np.float32)
    if "BLANK" in header and whole:
        image[stored == header["BLANK"]] = np.nan
    return scaling.applied(image)


def plain_start(first: bytes, shape: tuple[int, int]) -> int | None:
    """Return where the pixels of a FITS image start that are float32 and not scaled.

    Parameters
    ----------
    first : bytes
        Beginning of the file.
    shape : tuple of int
        Shape that the image should have.

    Returns
    -------
    int or None
        None if it is another file, its header is longer than that, or has checksums.
    """
    if not first.startswith(b"SIMPLE  ="):
        return None
    try:
        header, start = _read_header(first)
    except ValueError:
        return None
    if b"DATASUM = " in first[:start] or b"CHECKSUM= " in first[:start]:
        return None
    plain = {"BITPIX": -32, "NAXIS": 2, "NAXIS1": shape[1], "NAXIS2": shape[0]}
    wanted = {"BSCALE": 1, "BZERO": 0, **plain}
    found = {"BSCALE": 1, "BZERO": 0, **header}
    if Scaling.from_header(header) != Scaling():
        return None
    return start if all(found.get(key) == value for key, value in wanted.items()) else None


def _read_header(raw):
    """Numbers of the primary header that describe the image, and where its pixels start."""
    header = {}
    for start in range(0, len(raw) - _CARD + 1, _CARD):
        card = raw[start : start + _CARD]
        key = card[:8].decode("ascii", "replace").rstrip()
        if key == "END":
            return header, -(-(start + _CARD) // _BLOCK) * _BLOCK
        if key in _NEEDED | _OTHERS and card[8:10] == b"= ":
            value = card[10:].split(b"/")[0].decode("ascii", "replace")
            with suppress(ValueError) if key in _OTHERS else nullcontext():
                header[key] = float(value.strip().replace("D", "E"))
    raise ValueError("its header has no END")
