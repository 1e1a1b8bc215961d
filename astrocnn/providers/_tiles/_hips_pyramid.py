"""The shallower orders of a HiPS: each pixel the mean of the four below it."""

from collections.abc import Sequence

import numpy as np
from astropy.io import fits

from ._hips_map import tile_path
from ._hips_tile import write_tile

__all__ = ["make_pyramid", "read_tile"]


def make_pyramid(path, order: int, numbers: Sequence[int], lowest: int) -> None:
    """Write the orders above the deepest one.

    Parameters
    ----------
    path : path
        Folder of the HiPS.
    order, lowest : int
        Deepest order, whose tiles exist, and shallowest one to make.
    numbers : sequence of int
        Tiles of the deepest order.

    Notes
    -----
    Pixels that do not exist are left out of the mean.
    """
    for parent_order in range(order - 1, lowest - 1, -1):
        numbers = sorted({number // 4 for number in numbers})
        for number in numbers:
            write_tile(path, parent_order, number, _mean_of_children(path, parent_order, number))


def read_tile(path, order: int, number: int) -> np.ndarray:
    """Pixels of a tile as they lie in its file."""
    with fits.open(tile_path(path, order, number), memmap=False) as hdus:
        return np.asarray(hdus[0].data, dtype=np.float32)


def _mean_of_children(path, order, number) -> np.ndarray:
    """Pixels of a tile: the mean of those of the four below that exist."""
    tile = None
    for k in range(4):
        if not tile_path(path, order + 1, 4 * number + k).is_file():
            continue
        child = read_tile(path, order + 1, 4 * number + k)
        width = child.shape[0]
        if tile is None:
            tile = np.full((width, width), np.nan, dtype=np.float32)
        parts = child.reshape(width // 2, 2, width // 2, 2)
        exists = np.isfinite(parts)
        n = exists.sum(axis=(1, 3))
        total = np.where(exists, parts, 0).sum(axis=(1, 3), dtype=float)
        # Even bits of a nested number count down the rows of a tile, odd bits along its columns.
        row, column = (0 if k & 1 else width // 2), (width // 2 if k & 2 else 0)
        tile[row : row + width // 2, column : column + width // 2] = np.where(
            n > 0, total / np.maximum(n, 1), np.nan
        )
    return tile
