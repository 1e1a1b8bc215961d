"""Opening of FITS files, packed or not: what is wrong with one becomes `ProviderError`."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

from ..._fits_counts import check_counts
from ...exceptions import ProviderError
from ._packed_files import readable, stream

__all__ = ["BROKEN", "LOCK", "SILENCED", "opened"]

#: Silencing warnings is not thread-safe: one file at a time, and only the modules that complain of
#: trifles in FITS files, so that a mix-up with other threads can never hide anything else.
LOCK = Lock()
SILENCED = rf"astropy\.(io\.fits|wcs)\.|{re.escape(__package__)}\._(fits_image|headers|hdus|pixels)"
#: Longest header (blocks of 2880 bytes) that is read.
_HEADER_BLOCKS = 4000
#: What broken files make astropy, and the decoders that it uses, raise: anything.
BROKEN = (Exception,)
#: What astropy says, whose advice would not help here, and what is said instead.
_NO_FITS = "it is no FITS file"
_TOLD = {"No SIMPLE card found": _NO_FITS, "Empty or corrupt FITS file": "it is empty"}


@contextmanager
def opened(source, memmap: bool = False) -> Iterator[tuple[fits.HDUList, str]]:
    """HDUs of a source and its name; faults of the file become `ProviderError`."""
    is_file = isinstance(source, (str, Path))
    name = Path(source).name if is_file else "the given HDU"
    try:
        with LOCK, warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=AstropyWarning, module=SILENCED)
            if is_file:
                # Opened here: astropy leaves a file open when it cannot read it.
                with _checked(source, name) as file, fits.open(file, memmap=memmap) as hdus:
                    yield hdus, name
            else:
                yield source if isinstance(source, fits.HDUList) else [source], name
    except ProviderError:
        raise
    except BROKEN as error:
        reason = _TOLD.get(str(error).partition(",")[0], str(error) or type(error).__name__)
        reason = "it is truncated" if "cannot reshape" in reason else reason
        # wcslib reports each function on the way: what was wrong stands behind the last of them.
        reason = re.split(r"ERROR \d+ in .*:\n", reason)[-1].strip() or reason
        reason = _what_it_is(source) if is_file and reason == _NO_FITS else reason
        raise ProviderError(f"{name} cannot be read as a FITS image: {reason}") from error


#: How files begin that are often in place of FITS files.
_BEGINNINGS = (
    (rb"version https://git-lfs", "it is a pointer of Git LFS: get the file (git lfs pull)"),
    (rb"\s*<(!doctype|html|\?xml)", "it is a web page or an answer of a service, not the file"),
    (rb"\x89HDF", "it is an HDF5 file"), (rb"%PDF|\x89PNG|\xff\xd8\xff|GIF8", "it is a picture"),
    (rb".{257}ustar", "it is a tar archive: unpack it"),
)  # fmt: skip


def _what_it_is(path) -> str:
    """What a file is that is no FITS file."""
    with suppress(Exception), stream(path) as content:
        start = content.read(512)
        for beginning, words in _BEGINNINGS:
            if re.match(beginning, start, re.IGNORECASE | re.DOTALL):
                return words
    return _NO_FITS


def _checked(path, name):
    """The open file; raise unless its header ends: astropy would unpack all of it."""
    file = readable(path)
    if not isinstance(file, (str, Path)):
        return file
    with stream(path) as content:
        # Later headers of packed files are unpacked only if astropy needs them.
        check_counts(content, first=not isinstance(content, io.BufferedReader))
        content.seek(0)
        for k in range(_HEADER_BLOCKS):
            block = content.read(2880)
            if k == 0 and not block.startswith(b"SIMPLE"):
                return open(path, "rb")  # astropy says what it is
            ends = any(block[i : i + 8] == b"END     " for i in range(0, len(block), 80))
            if ends or len(block) < 2880:
                return open(path, "rb")
    raise ProviderError(f"{name} cannot be read as a FITS image: its header does not end")
