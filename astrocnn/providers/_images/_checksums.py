"""Checksums of FITS HDUs (``CHECKSUM``, ``DATASUM``): what does not agree with them is damaged.

References
----------
FITS standard 4.0, section 4.4.2.7 and appendix J: Pence et al. 2010, A&A 524, A42.
"""

import re

import numpy as np

__all__ = ["ones_sum", "sum_that_fails"]

#: The 16 letters and digits of a ``CHECKSUM``.
_CHECKSUM = re.compile(r"[0-9A-Za-z]{16}")
_ALL_ONES = 0xFFFFFFFF


def sum_that_fails(header: bytes, pixels: bytes) -> str | None:
    """Return which checksum of an HDU does not agree with its bytes; None where all do.

    Parameters
    ----------
    header : bytes
        Whole blocks of cards.
    pixels : bytes
        Data unit; padding that is missing at its end is taken as zeros.

    Returns
    -------
    {'DATASUM', 'CHECKSUM'} or None
        None too where the header has none, or they are left blank.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from astropy.io import fits
    >>> from astrocnn.providers._images._checksums import sum_that_fails
    >>> file = io.BytesIO()
    >>> fits.PrimaryHDU(np.arange(6, dtype="int16")).writeto(file, checksum=True)
    >>> raw = bytearray(file.getvalue())
    >>> sum_that_fails(raw[:2880], raw[2880:])
    >>> raw[2881] = 7
    >>> sum_that_fails(raw[:2880], raw[2880:])
    'DATASUM'
    """
    stated = _stated(header)
    if not stated:
        return None
    of_pixels = ones_sum(pixels)
    if stated.get("DATASUM", "").isdecimal() and int(stated["DATASUM"]) != of_pixels:
        return "DATASUM"
    if _CHECKSUM.fullmatch(stated.get("CHECKSUM", "")):
        total = ones_sum(header) + of_pixels
        if (total & _ALL_ONES) + (total >> 32) != _ALL_ONES:
            return "CHECKSUM"
    return None


def ones_sum(raw: bytes) -> int:
    """Return the 32-bit ones' complement sum of big-endian words; zeros are added at the end."""
    whole = len(raw) // 4 * 4
    total = int(np.frombuffer(raw, ">u4", whole // 4).sum(dtype=np.uint64))
    total += int.from_bytes(bytes(raw[whole:]).ljust(4, b"\0"), "big")
    while total >> 32:
        total = (total & _ALL_ONES) + (total >> 32)
    return total


def _stated(header) -> dict[str, str]:
    """Checksums that a header states."""
    found = {}
    for key in (b"DATASUM = ", b"CHECKSUM= "):
        at = header.find(key)
        while at > 0 and at % 80:
            at = header.find(key, at + 1)
        if at > 0:
            value = bytes(header[at + 10 : at + 80]).partition(b"/")[0]
            found[key[:8].decode().rstrip()] = value.decode("ascii", "replace").strip(" '")
    return found
