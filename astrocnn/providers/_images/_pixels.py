"""Pixels of one HDU of a file, whole or in sections."""

import os
from pathlib import Path

import numpy as np
from astropy.io import fits

from ...exceptions import ProviderError
from ._checksums import sum_that_fails
from ._fits_open import opened
from ._headers import check_packed
from ._pixel_values import Scaling, finite_number, with_gaps

__all__ = ["STORED_TYPES", "FilePixels", "file_pixels", "hdu_pixels"]

#: Largest image (bytes) that is read whole, and from which on sections are read where they can be.
LARGEST, SECTIONS_FROM = 8 * 2**30, 32 * 2**20
#: Rows that are read at one time where all are needed.
_ROWS = 1024
#: Types of stored pixels by ``BITPIX``.
STORED_TYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


def hdu_pixels(hdu, name: str, plane: int | None = None) -> np.ndarray:
    """Return the pixels, shape (ny, nx), of an HDU that is open, in this machine's byte order.

    Raises
    ------
    ProviderError
        If there are too many of them, or they do not agree with the HDU's checksums.
    """
    size = np.prod(hdu.shape, dtype=float) * abs(hdu.header["BITPIX"]) / 8
    if size > LARGEST:
        raise ProviderError(
            f"{name} has {size / 2**30:.0f} GiB of pixels; cut it into images of at most "
            f"{LARGEST // 2**30} GiB"
        )
    scaling = Scaling.from_header(hdu.header)
    _check_bytes(hdu, name)
    data = np.asarray(hdu.data)
    data = data.reshape(-1, *data.shape[-2:])
    data = data[plane or 0 if len(data) > 1 else 0]
    return scaling.applied(with_gaps(data.astype(data.dtype.newbyteorder("="), copy=False)))


def _check_bytes(hdu, name) -> None:
    """Raise unless an HDU of a file agrees with its checksums, and its packing can be true."""
    where = hdu.fileinfo()
    if where is None or where.get("file") is None:
        return  # made in memory
    header = _read_header(hdu, name)
    if b"DATASUM" not in header and b"CHECKSUM" not in header:
        return
    failed = sum_that_fails(header, where["file"].read(where["datSpan"]))
    if failed:
        raise ProviderError(
            f"{name} is damaged: its bytes do not agree with its {failed}; get the file again"
        )


def _read_header(hdu, name) -> bytes:
    """Cards of an HDU of a file as they are stored; raise unless its packing can be true."""
    where = hdu.fileinfo()
    where["file"].seek(where["hdrLoc"])
    header = where["file"].read(where["datLoc"] - where["hdrLoc"])
    if isinstance(hdu, fits.CompImageHDU):
        check_packed(fits.Header.fromstring(header), name)
    return header


class FilePixels:
    """Pixels of a large image in a file, of which the parts that are asked for are read.

    It is indexed by rows, or by rows and columns, like an array of shape (ny, nx). Of a file that
    is not packed the part alone is read, of a tile-compressed image the tiles that it touches.
    The checksums of an HDU are those of all its pixels, and are not looked at.

    Parameters
    ----------
    path : path
        The file.
    index : int
        Number of the HDU.
    plane : int
        Plane of a cube.
    hdu : HDU
        The HDU, open.
    """

    #: Bytes of pixels that are in memory.
    nbytes = 0

    def __init__(self, path, index: int, plane: int, hdu):
        header, self.path, self.index, self.plane = hdu.header, Path(path), index, plane
        self.shape, self._planes = tuple(hdu.shape[-2:]), hdu.shape[:-2]
        self._stored = np.dtype(STORED_TYPES[header["BITPIX"]])
        self._scale = finite_number(header, "BSCALE", 1.0)
        self._zero = finite_number(header, "BZERO", 0.0)
        self._scaling = Scaling.from_header(header)
        where = hdu.fileinfo()
        self._largest = None
        self._start = None if isinstance(hdu, fits.CompImageHDU) else where["datLoc"]
        lacking = where["datLoc"] + _size(hdu, where) - os.stat(path).st_size
        if lacking > 0:
            raise ProviderError(f"{self.path.name} is truncated: {lacking} bytes are missing")

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def dtype(self) -> np.dtype:
        """Integers where they are stored as such, else float32."""
        whole = self._stored.kind in "iu" and self._scale == 1 and self._scaling.soften is None
        return np.dtype(np.int64 if whole and self._zero % 1 == 0 else np.float32)

    @property
    def packed(self) -> bool:
        """Whether the image is tile-compressed."""
        return self._start is None

    def __getitem__(self, part) -> np.ndarray:
        """Pixels of a part, in this machine's byte order."""
        rows, columns = part if isinstance(part, tuple) else (part, slice(None))
        if self.packed:
            return self._unpacked(rows, columns)
        n_planes = int(np.prod(self._planes, dtype=np.int64))
        stored = np.memmap(self.path, self._stored, "r", self._start, (n_planes, *self.shape))
        values = np.array(stored[self.plane, rows, columns])
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        if (self._scale, self._zero) != (1, 0):
            values = values * self._scale + self._zero
        return self._scaling.applied(with_gaps(values))

    def largest(self) -> float:
        """Largest finite value; 0 where none is finite and above zero. All pixels are read once."""
        if self._largest is None:
            parts = (self[row : row + _ROWS] for row in range(0, len(self), _ROWS))
            self._largest = max(
                float(np.max(part, where=np.isfinite(part), initial=0)) for part in parts
            )
        return self._largest

    def _unpacked(self, rows, columns):
        """Pixels of a part of a tile-compressed image."""
        with opened(self.path, memmap=True) as (hdus, _):
            planes = np.unravel_index(self.plane, self._planes) if self._planes else ()
            values = np.array(hdus[self.index].section[(*map(int, planes), rows, columns)])
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        return self._scaling.applied(with_gaps(values))


def _size(hdu, where) -> int:
    """Bytes that the data unit of an HDU takes at least."""
    if isinstance(hdu, fits.CompImageHDU):
        return where["datSpan"] - 2879
    return int(np.prod(hdu.shape, dtype=object)) * abs(hdu.header["BITPIX"]) // 8


def file_pixels(path, index: int, hdus, plane: int | None = None) -> "np.ndarray | FilePixels":
    """Return the pixels of an HDU of a file, or, of a large image, what reads parts of them.

    Parameters
    ----------
    path : path
        The file.
    index : int
        Number of the HDU.
    hdus : `~astropy.io.fits.HDUList`
        The file, open.
    plane : int, optional
        Plane of a cube.

    Raises
    ------
    ProviderError
        If the pixels are truncated or damaged.
    """
    hdu = hdus[index]
    area = int(np.prod(hdu.shape[-2:], dtype=object))
    planes = int(np.prod(hdu.shape[:-2], dtype=object))
    size = area * planes * abs(hdu.header["BITPIX"]) // 8
    if size <= SECTIONS_FROM or _is_packed_whole(path):
        return hdu_pixels(hdu, Path(path).name, plane)
    _read_header(hdu, Path(path).name)
    return FilePixels(path, index, plane or 0 if planes > 1 else 0, hdu)


def _is_packed_whole(path) -> bool:
    """Whether the file is packed as a whole (gzip, compress ...): there are no sections of it."""
    with open(path, "rb") as file:
        return file.read(6) != b"SIMPLE"
