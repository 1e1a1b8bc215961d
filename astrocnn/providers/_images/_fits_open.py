"""Opening of FITS files, packed or not: what is wrong with one becomes `ProviderError`."""

import bz2
import gzip
import lzma
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

from ...exceptions import ProviderError

__all__ = ["BROKEN", "LOCK", "SILENCED", "opened"]

#: Silencing warnings is not thread-safe: one file at a time, and only the modules that complain of
#: trifles in FITS files, so that a mix-up with other threads can never hide anything else.
LOCK = Lock()
SILENCED = rf"astropy\.(io\.fits|wcs)\.|{re.escape(__package__)}\._(fits_image|headers|hdus|pixels)"
#: How packed files begin, and what unpacks them.
_PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
#: Longest header (blocks of 2880 bytes) that is read.
_HEADER_BLOCKS = 4000
#: What broken files make astropy, and the decoders that it uses, raise: anything.
BROKEN = (Exception,)


@contextmanager
def opened(source, memmap: bool = False) -> Iterator[tuple[fits.HDUList, str]]:
    """HDUs of a source and its name; faults of the file become `ProviderError`."""
    is_file = isinstance(source, (str, Path))
    name = Path(source).name if is_file else "the given HDU"
    try:
        with LOCK, warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=AstropyWarning, module=SILENCED)
            if is_file:
                _check_start(source, name)
                # Opened here: astropy leaves a file open when it cannot read it.
                with open(source, "rb") as file, fits.open(file, memmap=memmap) as hdus:
                    yield hdus, name
            else:
                yield source if isinstance(source, fits.HDUList) else [source], name
    except ProviderError:
        raise
    except BROKEN as error:
        reason = "it is truncated" if "cannot reshape" in str(error) else error
        reason = str(reason) or type(error).__name__
        raise ProviderError(f"{name} cannot be read as a FITS image: {reason}") from error


def _check_start(path, name):
    """Raise unless the file begins with a header that ends: astropy would unpack all of it."""
    with open(path, "rb") as file:
        magic = file.read(6)
        file.seek(0)
        unpack = next((u for start, u in _PACKED.items() if magic.startswith(start)), None)
        if unpack is None and not magic.startswith(b"SIMPLE"):
            return  # astropy says what it is
        content = file if unpack is None else unpack(file)
        for _ in range(_HEADER_BLOCKS):
            block = content.read(2880)
            ends = any(block[i : i + 8] == b"END     " for i in range(0, len(block), 80))
            if ends or len(block) < 2880:
                return
    raise ProviderError(f"{name} cannot be read as a FITS image: its header does not end")
