"""Checksums of the pixels of kept cut-outs: what is damaged, or gone, is never read as pixels."""

import zlib
from pathlib import Path

import numpy as np

from ..exceptions import StoreError
from ..storage import DAMAGE, cannot_read

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


def check_rows(array, checksums: np.ndarray, store: Path):
    """Return pixels as an array of Dask, which compares each chunk with its checksums.

    Parameters
    ----------
    array : zarr.Array of shape (n_targets, n_bands, ny, nx)
        The pixels.
    checksums : ndarray of shape (n_targets, n_bands), int64
        See `row_checksums`; ``UNKNOWN`` where there is none.
    store : `~pathlib.Path`
        Where they are, for messages.

    Returns
    -------
    `dask.array.Array`
        Computing it raises a StoreError where a row is damaged or cannot be read.
    """
    import dask.array

    rows, bands = np.ogrid[: array.shape[0], : array.shape[1]]
    # Each block learns where it is from blocks of these.
    blocks = [
        dask.array.from_array(
            values[..., np.newaxis, np.newaxis],
            tuple(min(one, most) for one, most in zip(values.shape, array.chunks[:2], strict=True))
            + (1, 1),
        )
        for values in (checksums, rows, bands)
    ]
    chunks = dask.array.core.normalize_chunks(array.chunks, array.shape)
    return dask.array.map_blocks(
        _read_block, *blocks, source=_Pixels(array, store),
        dtype=array.dtype, chunks=chunks, meta=np.empty((0,) * 4, array.dtype),
    )  # fmt: skip


class _Pixels:
    """An array of a store, which is the same for Dask however often it is opened."""

    def __init__(self, array, store: Path):
        self.array, self.store = array, store

    def __dask_tokenize__(self):
        return str(self.store), self.array.path

    def read(self, rows: slice, bands: slice) -> np.ndarray:
        """Return some pixels as they are on the disk."""
        try:
            return np.asarray(self.array[rows, bands])
        except PermissionError as error:
            raise cannot_read(self.store, error) from error
        except DAMAGE as error:
            raise self.damaged(str(error) or type(error).__name__) from error

    def damaged(self, reason: str) -> StoreError:
        """What pixels that are not what was written become."""
        return StoreError(
            f"'{self.store}': pixels of {self.array.basename} are damaged or missing ({reason}): "
            "call write_cutouts again with the same arguments, which makes anew what is lost"
        )


def _read_block(checksums, rows, bands, source: _Pixels) -> np.ndarray:
    """Pixels of a chunk, if they are what was written."""
    rows, bands = rows.ravel(), bands.ravel()
    values = source.read(slice(rows[0], rows[-1] + 1), slice(bands[0], bands[-1] + 1))
    if damaged_rows(values, checksums[..., 0, 0]).any():
        raise source.damaged("wrong checksum")
    return values
