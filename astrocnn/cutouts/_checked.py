"""Checksums of the pixels of kept cut-outs: what is damaged, or gone, is never read as pixels."""

import zlib

import numpy as np
import xarray as xr

__all__ = ["UNKNOWN", "check_rows", "damaged_rows", "row_checksums"]

#: In place of a checksum: none was kept.
UNKNOWN = -1


def row_checksums(values: np.ndarray) -> np.ndarray:
    """Return the CRC-32 of the pixels of each target and band.

    Parameters
    ----------
    values : ndarray of shape (n_targets, n_bands, ny, nx)
        Pixels; those that are NaN all have the same bits.

    Returns
    -------
    ndarray of shape (n_targets, n_bands), int64

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.cutouts._checked import row_checksums
    >>> row_checksums(np.zeros((1, 1, 2, 2), np.uint8))
    array([[558161692]])
    """
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    found = np.empty(values.shape[:2], dtype=np.int64)
    for index in np.ndindex(found.shape):
        found[index] = zlib.crc32(little[index])
    return found


def damaged_rows(values: np.ndarray, checksums: np.ndarray) -> np.ndarray:
    """Return which targets and bands are not what they were, shape (n_targets, n_bands), bool."""
    known = checksums != UNKNOWN
    return known & (row_checksums(values) != checksums) if known.any() else ~known & known


def check_rows(array: xr.DataArray, checksums: np.ndarray) -> xr.DataArray:
    """Return the same array of Dask; reading a chunk with a damaged row raises OSError.

    Parameters
    ----------
    array : `~xarray.DataArray` of dims (target, band, y, x)
        Backed by Dask.
    checksums : ndarray of shape (n_targets, n_bands), int64
        See `row_checksums`; ``UNKNOWN`` where there is none.
    """
    import dask.array

    chunks = array.chunks
    wanted = dask.array.from_array(checksums[..., np.newaxis, np.newaxis], (*chunks[:2], 1, 1))
    data = dask.array.map_blocks(
        _check_block, array.data, wanted, array.name,
        dtype=array.dtype, chunks=chunks, meta=np.empty((0,) * 4, array.dtype),
    )  # fmt: skip
    return array.copy(data=data)


def _check_block(values: np.ndarray, checksums: np.ndarray, name: str) -> np.ndarray:
    """Pixels of a chunk, if they are what was written."""
    if damaged_rows(values, checksums[..., 0, 0]).any():
        raise OSError(f"pixels of {name} are damaged or missing")
    return values
