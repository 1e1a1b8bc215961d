"""Tiles in memory: each is read once while targets near it are at work."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Executor

import numpy as np

from ...exceptions import ProviderError

__all__ = ["TilePool"]


class TilePool:
    """The tiles used last, in one array.

    Parameters
    ----------
    read : callable
        Returns the tile, shape (width, width), of an order and a number; None where the survey
        has none. Its `ProviderError` is kept.
    width : int
        Pixels along the side of a tile.
    memory : float
        MiB to use. What is needed at one time is held in any case.
    fill : callable, optional
        Is asked first: writes the tile of an order and a number into an array, and returns True; or
        returns False.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.providers._tiles._tile_pool import TilePool
    >>> pool = TilePool(lambda order, number: np.full((2, 2), number, "float32"), 2, memory=1)
    >>> slots = pool.hold(3, [70, 5])
    >>> pool.array[slots[1], 0, 0]
    np.float32(5.0)
    """

    def __init__(self, read: Callable, width: int, memory: float, fill: Callable | None = None):
        self._read, self._fill = read, fill
        self._width = width
        self.capacity = max(int(memory * 2**20 / (4 * width**2)), 16)
        # Memory is taken when a slot is first written.
        self.array = np.empty((self.capacity, width, width), dtype=np.float32)
        self._slots: OrderedDict = OrderedDict()
        #: Slots that have been used, and those among them that hold nothing.
        self._touched, self._empty = 0, []
        self._absent: set = set()
        self.faults: dict = {}

    def hold(self, order: int, numbers: Iterable[int], executor: Executor | None = None):
        """Read tiles that are not here, in place of those used longest ago.

        Parameters
        ----------
        order : int
            HiPS order.
        numbers : iterable of int
            Tiles that are needed at one time, each once.
        executor : `concurrent.futures.Executor`, optional
            Threads that read.

        Returns
        -------
        ndarray of shape (n_tiles,), int64
            Places in ``array``; -1 where the survey has no tile, -2 where it could not be read:
            ``faults`` says why.
        """
        keys = [(order, int(number)) for number in numbers]
        self._make_room(len(keys))
        missing = []
        for key in keys:
            if key in self._slots:
                self._slots.move_to_end(key)
            elif key not in self._absent:
                missing.append(key)
        free = self._free(len(missing))
        for key, slot, state in (executor.map if executor else map)(self._fetch, missing, free):
            if state == "held":
                self._slots[key] = slot
                continue
            self._empty.append(slot)
            if state == "absent":
                self._absent.add(key)
            else:
                self.faults[key] = state
        return np.array([self._slots.get(k, -1 if k in self._absent else -2) for k in keys])

    def _make_room(self, n: int) -> None:
        """Grow where more tiles are needed at one time than there are slots."""
        if n > self.capacity:
            self.capacity = n
            self.array = np.empty((n, self._width, self._width), dtype=np.float32)
            self._slots.clear()
            self._touched, self._empty = 0, []

    def _free(self, n: int) -> list[int]:
        """Slots to use: empty ones, then those of the tiles used longest ago."""
        free = [self._empty.pop() for _ in range(min(n, len(self._empty)))]
        while len(free) < n and self._touched < self.capacity:
            free.append(self._touched)
            self._touched += 1
        while len(free) < n:
            free.append(self._slots.popitem(last=False)[1])
        return free

    def _fetch(self, key, slot):
        """Read one tile into a slot."""
        try:
            if self._fill is not None and self._fill(*key, self.array[slot]):
                return key, slot, "held"
            tile = self._read(*key)
        except ProviderError as error:
            return key, slot, error
        if tile is None:
            return key, slot, "absent"
        self.array[slot] = tile
        return key, slot, "held"
