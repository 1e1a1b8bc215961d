"""Numbers of axes and columns in FITS headers: absurd ones keep astropy busy for hours."""

import re
from math import prod

__all__ = ["check_counts"]

#: The FITS standard 4.0 has at most so many axes (section 4.4.1) and columns (section 7.2.1).
_MOST = 999
_START, _BLOCK, _CARD = b"SIMPLE", 2880, 80
#: Longest header that is looked at (blocks).
_HEADER_BLOCKS = 4000
_NUMBER = re.compile(rb"(Z?NAXIS\d{0,3}|TFIELDS|BITPIX|[PG]COUNT) *= +([-+]?\d+[.\dEeDd+]*)")


def check_counts(file, first: bool = False) -> None:
    """Raise unless the headers of a FITS file have as many axes and columns as FITS allows.

    Parameters
    ----------
    file : binary file
        Open at its beginning, and unpacked as it is read; afterwards it stands anywhere.
    first : bool
        Whether the first header alone is looked at.

    Raises
    ------
    OSError
        If a header has more, or a size below zero, or the file begins otherwise than FITS files do:
        packed ones would be read over and over.

    Examples
    --------
    >>> import io
    >>> from astrocnn._fits_counts import check_counts
    >>> check_counts(io.BytesIO(b"SIMPLE  =" + b" " * 71 + b"NAXIS   =  65536".ljust(2800)))
    Traceback (most recent call last):
        ...
    OSError: NAXIS = 65536, of which FITS has at most 999: the header is damaged
    """
    start = file.read(len(_START))
    if start and start != _START and not start.startswith(b"PK"):  # astropy unpacks zip itself
        raise OSError("it is no FITS file")
    file.seek(0)
    while numbers := _numbers(file):
        for key in ("NAXIS", "ZNAXIS", "TFIELDS"):
            if numbers.get(key, 0) > _MOST:
                raise OSError(
                    f"{key} = {numbers[key]:.0f}, of which FITS has at most {_MOST}: the header "
                    "is damaged"
                )
        axes = [numbers.get(f"NAXIS{i + 1}", 0) for i in range(int(numbers.get("NAXIS", 0)))]
        values = numbers.get("GCOUNT", 1) * (numbers.get("PCOUNT", 0) + (prod(axes) if axes else 0))
        size = abs(numbers.get("BITPIX", 8)) / 8 * values
        if size < 0:  # astropy would come back to the same header, over and over
            key = min(numbers, key=lambda name: numbers[name] if name != "BITPIX" else 0)
            raise OSError(f"{key} = {numbers[key]:.0f}: the header is damaged")
        if not size < 2**62:
            return
        if first:
            return
        file.seek(-(-int(size) // _BLOCK) * _BLOCK, 1)


def _numbers(file) -> dict[str, float]:
    """The largest number of each of the cards that matter in the next header."""
    numbers = {}
    for k in range(_HEADER_BLOCKS):
        block = file.read(_BLOCK)
        if not k and not block.startswith((b"SIMPLE", b"XTENSION")):
            break
        for start in range(0, len(block), _CARD):
            card = block[start : start + _CARD]
            if card.startswith(b"END     "):
                return numbers
            if found := _NUMBER.match(card):
                key, value = found[1].decode(), found[2].upper().replace(b"D", b"E")
                try:
                    numbers[key] = max(numbers.get(key, 0), float(value), key=abs)
                except ValueError:
                    continue  # no number at all
        if len(block) < _BLOCK:
            break
    return numbers
