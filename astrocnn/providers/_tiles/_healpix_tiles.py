"""Cut-outs from HEALPix tiles: which tiles, in which order, and the kernel that samples them."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from threading import Lock

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from ..._compiled import cores
from ...config import conf
from ...exceptions import ProviderError
from ...grid import CutoutGrids
from ._tile_pool import TilePool

__all__ = ["HealpixTiles", "on_all_cores"]

#: Tiles that one target may need.
_MOST = 1024


class HealpixTiles:
    """HEALPix pixels in square tiles, sampled on tangent planes.

    Parameters
    ----------
    read : callable
        See `TilePool`; row 0 of a tile is the one with the largest ``u``, as in HiPS files.
    width : int
        Pixels along the side of a tile, a power of two.
    frame : {'icrs', 'galactic'}
        Frame of the pixels.
    name : str
        What it is, for messages.
    fill : callable, optional
        See `TilePool`.
    """

    def __init__(self, read: Callable, width: int, frame: str, name: str, fill=None):
        self.width, self.frame, self.name = width, frame, name
        self._pool = TilePool(read, width, conf.tile_memory, fill)
        self._lock = Lock()

    def sample(
        self,
        grids: CutoutGrids,
        order: int,
        interpolation: str = "bilinear",
        executor: Executor | None = None,
        into: np.ndarray | None = None,
    ) -> list[np.ndarray | ProviderError]:
        """Return the values at the pixel centers of grids.

        Parameters
        ----------
        grids : CutoutGrids
            The targets' grids.
        order : int
            Order of the tiles.
        interpolation : {'bilinear', 'nearest', 'area'}
            Bilinear takes four HEALPix pixels, whatever tile or base face they are on; area
            shares counts by overlapping area, so that they are per pixel of the grid.
        executor : `concurrent.futures.Executor`, optional
            Threads.
        into : ndarray of shape (n, ny, nx), float32, optional
            Where the values may be written.

        Returns
        -------
        list of ndarray of shape (ny, nx), float32
            NaN where a HEALPix pixel that is needed does not exist; the error of a tile
            that is needed but cannot be read.
        """
        from ._tile_kernel import SPACING, node_places, node_tiles

        axes, step = self._axes(grids), grids.pixel_scale.to_value(u.rad)
        n, bits = self.width << order, self.width.bit_length() - 1
        spacing = SPACING
        if interpolation == "area":  # at least three nodes on a tile
            spacing = int(np.clip(np.sqrt(np.pi / 3) / (2**order * step) / 3, 1, SPACING))

        def touched(i):
            places = node_places(axes[i], step, grids.pixels, n, spacing)
            return places, node_tiles(places, n, bits)

        places, tiles = [], []
        for place, numbers in on_all_cores(touched, range(len(grids)), executor):
            places.append(place)
            tiles.append(numbers)
        job = _Job(axes, step, places, grids.pixels, n, bits, interpolation, spacing, tiles, into)
        found: list = [None] * len(grids)
        with self._lock:
            for group in self._groups(tiles):
                self._sample_group(group, tiles, order, job, executor, found)
        return found

    def _axes(self, grids) -> np.ndarray:
        """Centers and axes of the targets in the frame of the tiles."""
        axes = grids.axes()
        if self.frame == "icrs":
            return axes
        basis = SkyCoord([0, 90, 0], [0, 0, 90], unit="deg").transform_to(self.frame)
        # Rotation without the last rounding errors of three transformations.
        left, _, right = np.linalg.svd(basis.cartesian.xyz.value)
        return axes @ (left @ right).T

    def _groups(self, tiles) -> list[list[int]]:
        """Targets that are done together: neighbors, as many as their tiles fit into memory."""
        groups: list = []
        needed: set = set()
        for target in sorted(range(len(tiles)), key=lambda t: tiles[t][0]):
            more = needed.union(tiles[target].tolist())
            if not groups or len(more) > self._pool.capacity:
                groups.append([])
                more = set(tiles[target].tolist())
            needed = more
            groups[-1].append(target)
        return groups

    def _sample_group(self, group, tiles, order, job, executor, found) -> None:
        """Sample targets whose tiles are held together; again where a tile was overlooked."""
        while group:
            numbers = np.unique(np.concatenate([tiles[t] for t in group]))
            if len(numbers) > max(_MOST, self._pool.capacity):
                for target in group:
                    found[target] = ProviderError(
                        f"the field needs {len(numbers)} tiles of {self.name} at order {order}; "
                        "choose a smaller field, or images with larger pixels"
                    )
                return
            slots = self._pool.hold(order, numbers, executor)
            good = slots > -2
            run = partial(job, numbers[good], slots[good], self._pool.array)
            results = on_all_cores(run, group, executor)
            again = []
            for target, (image, wanted) in zip(group, results, strict=True):
                found[target] = image
                faults = [self._pool.faults.get((order, int(number))) for number in wanted]
                broken = next((fault for fault in faults if fault is not None), None)
                if broken is not None:
                    found[target] = broken
                elif len(wanted):
                    tiles[target] = np.union1d(tiles[target], wanted)
                    again.append(target)
            group = again


def on_all_cores(function: Callable, items: Sequence, executor: Executor | None) -> list:
    """Call a function with each item, in one thread per core; return what it returns.

    For compiled code: more threads would only push each other's data out of the caches.

    Examples
    --------
    >>> from astrocnn.providers._tiles._healpix_tiles import on_all_cores
    >>> on_all_cores(lambda number: number**2, range(6), None)
    [0, 1, 4, 9, 16, 25]
    """
    if executor is None:
        return [function(item) for item in items]
    results, todo = [None] * len(items), deque(range(len(items)))

    def work(_):
        while True:
            try:
                i = todo.popleft()
            except IndexError:
                return
            results[i] = function(items[i])

    list(executor.map(work, range(min(cores(), len(items)))))
    return results


class _Job:
    """The kernel with all that the targets of a chunk have in common."""

    def __init__(self, axes, step, places, pixels, n, bits, interpolation, spacing, tiles, into):
        self.axes, self.step, self.places, self.pixels = axes, step, places, pixels
        self.n, self.bits, self.interpolation = n, bits, interpolation
        self.spacing, self.tiles = spacing, tiles
        # One block: the system gives memory in fewer, larger pieces.
        shape = len(axes), pixels, pixels
        self.images = np.empty(shape, dtype=np.float32) if into is None else into
        if interpolation == "area":
            tiles[:] = map(self._all_tiles, range(len(tiles)))

    def _all_tiles(self, target):
        """Tiles that a target overlaps, those included that have no node."""
        from ._tile_counts import tiles_with_a_corner

        found = self.tiles[target]
        extra = tiles_with_a_corner(
            self.axes[target], self.step, self.pixels, self.n, self.bits, found
        )
        return np.union1d(found, extra)

    def __call__(self, numbers, slots, array, target):
        """Image of a target, and the tiles that are still wanted."""
        from ._tile_kernel import sample_tiles

        image, wanted = self.images[target], np.empty(2**12, dtype=np.int64)
        count = sample_tiles(
            self.axes[target], self.step, self.places[target], self.n, self.bits, numbers, slots,
            array, self.interpolation != "bilinear", image, wanted, self.spacing,
        )  # fmt: skip
        if self.interpolation == "area" and not count:
            self._share(target, numbers, slots, array, image)
        return image, np.unique(wanted[:count]) if count else wanted[:0]

    def _share(self, target, numbers, slots, array, image):
        """Replace the image by counts shared by area; NaN where less than half is covered."""
        from .._images._image_kernel import covered_counts
        from ._tile_counts import share_tile

        counts, area = np.zeros((2, *image.shape))
        for number, slot in zip(numbers, slots, strict=True):
            if slot >= 0 and number in self.tiles[target]:
                share_tile(
                    self.axes[target], self.step, self.n, self.bits, number, array[slot],
                    counts, area,
                )  # fmt: skip
        image[:] = covered_counts(counts, area)
