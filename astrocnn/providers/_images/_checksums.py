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
_ALL_ONES, _MODULUS = 0xFFFFFFFF, 1 << 32


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

    Notes
    -----
    Many programs copy the checksums of the image that they change. Where neither the pixels nor the
    header are those that the sums were made of, a program has written both, and the sums tell
    nothing; damage changes one of them.

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
    found, wanted = ones_sum(pixels), stated.get("DATASUM", "")
    wanted = int(wanted) % _MODULUS if wanted.isdecimal() else None
    if not _CHECKSUM.fullmatch(stated.get("CHECKSUM", "")):
        return None if wanted in (None, found) else "DATASUM"
    of_header = ones_sum(header)
    whole = _folded(of_header + found) % _ALL_ONES == 0
    if wanted in (None, found):
        return None if whole else "CHECKSUM"
    intact_header = _folded(of_header + wanted) % _ALL_ONES == 0
    return "DATASUM" if intact_header or whole else None


def ones_sum(raw: bytes) -> int:
    """Return the 32-bit ones' complement sum of big-endian words; zeros are added at the end."""
    whole = len(raw) // 4 * 4
    total = int(np.frombuffer(raw, ">u4", whole // 4).sum(dtype=np.uint64))
    total += int.from_bytes(bytes(raw[whole:]).ljust(4, b"\0"), "big")
    return _folded(total)


def _folded(total) -> int:
    """Sum whose carries are added at its end."""
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
