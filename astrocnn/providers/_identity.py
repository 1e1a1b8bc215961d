"""What tells images from others: files by their state, pixels in memory by a digest."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from astropy.wcs import WCS

__all__ = ["file_state", "fingerprint", "wcs_text"]


def file_state(path) -> str:
    """Return name, size and time of the last change of a file, which is not read.

    Not its folder: files may be moved, or copied with their times (``cp -p``, ``rsync -t``).

    Examples
    --------
    >>> import os
    >>> from pathlib import Path
    >>> from astrocnn.providers._identity import file_state
    >>> _ = Path("a.txt").write_text("pixels")
    >>> os.utime("a.txt", ns=(0, 5))
    >>> file_state("a.txt")
    'a.txt 6 5'
    """
    try:
        found = os.stat(path)
    except OSError:
        return f"{Path(path).name} missing"
    return f"{Path(path).name} {found.st_size} {found.st_mtime_ns}"


def fingerprint(parts: Iterable) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of arrays, and of the text of anything else.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.providers._identity import fingerprint
    >>> fingerprint([np.zeros(3), "counts", None])
    'b608c8b2dbdea126'
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            # In one order of bytes; an array that is masked also has values under its mask.
            array = np.ma.filled(part.astype(part.dtype.newbyteorder("<"), copy=False))
            array = np.ascontiguousarray(array)
            digest.update(f"{array.dtype.str} {array.shape}".encode())
            digest.update(array.view(np.uint8) if array.size else b"")
        else:
            digest.update(str(part).encode())
        digest.update(b"\n")
    return digest.hexdigest()[:16]


def wcs_text(wcs: WCS) -> str:
    """Return the header of a WCS, with its distortions, and the shape of its image."""
    return f"{wcs.to_header(relax=True).tostring()} {wcs.array_shape}"
