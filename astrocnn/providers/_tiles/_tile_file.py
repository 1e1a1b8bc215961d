"""Files of a HiPS that came from elsewhere: read with a bound, and only what lies inside."""

import io
import os
import stat
import warnings
import zlib
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

from ..._fits_counts import check_counts
from ...exceptions import ProviderError
from .._images._decode import decode_image, plain_start
from .._images._fits_open import BROKEN, LOCK, SILENCED
from .._images._pixels import hdu_pixels

__all__ = ["TILE_ENDINGS", "fill_from_plain_tile", "read_bounded", "read_tile_image"]

#: How the names of FITS tiles end.
TILE_ENDINGS = (".fits", ".fits.gz", ".fits.fz")

_ADVICE = "get the tile again"
#: What headers may take beside the pixels (bytes).
_HEADERS = 2**20
#: Bytes that hold the header of a plain tile.
_FIRST = 4 * 2880


def read_bounded(path: Path, root: str, most: int) -> bytes:
    """Return the content of a file inside a folder, unpacked where it is gzip.

    Parameters
    ----------
    path : path
        The file.
    root : str
        Real path of the folder.
    most : int
        Largest content that is accepted (bytes).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ProviderError
        If it leads out of the folder, is no regular file, is too large or damaged.
    """
    real = _real_path(path, root)
    try:
        status = os.stat(real)
        if not stat.S_ISREG(status.st_mode):
            raise ProviderError(f"{path} is no regular file; {_ADVICE}")
        with open(real, "rb", buffering=0) as file:
            raw = file.read(min(status.st_size, most + 1))
        if raw.startswith(b"\x1f\x8b"):
            unpacker = zlib.decompressobj(wbits=31)
            raw = unpacker.decompress(raw, most + 1)
            if not unpacker.eof and len(raw) <= most:
                raise EOFError("it ends early")
    except FileNotFoundError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        raise ProviderError(f"{path} cannot be read: {error}; {_ADVICE}") from error
    if len(raw) > most:
        raise ProviderError(f"{path} holds more than {most} bytes, far too many; {_ADVICE}")
    return raw


def _real_path(path, root) -> str:
    """Path of a file inside a folder, without links."""
    real = os.path.realpath(path)
    if os.path.commonpath([real, root]) != root:
        raise ProviderError(f"{path} leads out of its HiPS, to {real}; put the file itself there")
    return real


def fill_from_plain_tile(path: Path, root: str, tile: np.ndarray) -> bool:
    """Read the pixels of a tile straight to their place, if it is as plain as most are.

    Parameters
    ----------
    path, root
        See `read_bounded`.
    tile : ndarray of shape (width, width), float32
        To fill.

    Returns
    -------
    bool
        Whether it is filled. If not, `read_tile_image` may read it, or say what is wrong with it.

    Raises
    ------
    ProviderError
        If the file leads out of the folder.
    """
    from ._tile_bytes import to_native

    real = _real_path(path, root)
    try:
        status = os.stat(real)
        if not stat.S_ISREG(status.st_mode) or status.st_size > 8 * tile.size + _HEADERS:
            return False
        with open(real, "rb", buffering=0) as file:
            start = plain_start(file.read(_FIRST), tile.shape)
            if start is None:
                return False
            file.seek(start)
            if file.readinto(memoryview(tile).cast("B")) < tile.nbytes:
                return False
    except OSError:
        return False
    to_native(tile.view(np.uint32).reshape(-1))
    return True


def read_tile_image(path: Path, root: str, width: int) -> np.ndarray | None:
    """Return the pixels of a tile, packed or not; None where there is no file.

    Parameters
    ----------
    path, root
        See `read_bounded`; with the ending ``.fits``.
    width : int
        Pixels along the side that the tile should have.

    Returns
    -------
    ndarray of shape (width, width), float32

    Raises
    ------
    ProviderError
        See `read_bounded`; or if it is no FITS image of that shape.
    """
    raw = None
    for ending in TILE_ENDINGS:
        try:
            raw = read_bounded(path.with_suffix(ending), root, 8 * width**2 + _HEADERS)
            break
        except FileNotFoundError:
            continue
    if raw is None:
        return None
    packed = b"XTENSION= 'BINTABLE'" in raw[: 64 * 2880]
    tile = _unpacked(raw, path, width) if packed else decode_image(raw, str(path), native=False)
    _check_shape(tile.shape, path, width)
    return tile


def _check_shape(shape, path, width):
    if shape != (width, width):
        found = " x ".join(map(str, reversed(shape)))
        raise ProviderError(
            f"{path} has {found} pixels, but the properties of the HiPS say {width}; {_ADVICE}"
        )


def _unpacked(raw: bytes, path: Path, width: int) -> np.ndarray:
    """Pixels of a tile-compressed image (fpack), in the first extension of a file."""
    try:
        with LOCK, warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=AstropyWarning, module=SILENCED)
            check_counts(io.BytesIO(raw))
            with fits.open(io.BytesIO(raw), memmap=False) as hdus:
                hdu = next(h for h in hdus if isinstance(h, fits.CompImageHDU))
                _check_shape(hdu.shape, path, width)  # before anything is unpacked
                return hdu_pixels(hdu, str(path)).astype(np.float32)
    except ProviderError:
        raise
    except (StopIteration, *BROKEN) as error:
        reason = str(error) or "no image in it"
        raise ProviderError(f"{path} cannot be unpacked: {reason}; {_ADVICE}") from error
