"""Tiles in memory: read once, the oldest leave, faults are remembered."""

import numpy as np
import pytest

from astrocnn.exceptions import ProviderError
from astrocnn.providers._tiles._tile_pool import TilePool

MEMORY = 16 * 4 * 64**2 / 2**20  # of 16 tiles


@pytest.fixture
def reads():
    return []


@pytest.fixture
def pool(reads):
    def read(order, number):
        reads.append(number)
        if number % 10 == 7:
            raise ProviderError(f"tile {number} is broken")
        return None if number % 10 == 3 else np.full((64, 64), number, dtype="float32")

    return TilePool(read, 64, MEMORY)


def values(pool, slots):
    return [float(pool.array[slot, 0, 0]) if slot >= 0 else int(slot) for slot in slots]


def test_held_absent_and_broken(pool, reads):
    for _ in range(2):
        assert values(pool, pool.hold(5, [1, 3, 7, 8])) == [1.0, -1, -2, 8.0]
    assert reads == [1, 3, 7, 8, 7]  # a broken tile may be mended
    assert str(pool.faults[5, 7]) == "tile 7 is broken"
    assert values(pool, pool.hold(6, [1])) == [1.0]
    assert len(reads) == 6


def test_the_oldest_leave(pool, reads):
    tiles = [n for n in range(40) if n % 10 not in (3, 7)]
    pool.hold(5, tiles[:16])
    pool.hold(5, tiles[:4])
    pool.hold(5, tiles[16:28])
    assert values(pool, pool.hold(5, tiles[:4] + tiles[16:28])) == tiles[:4] + tiles[16:28]
    assert len(reads) == 28
    pool.hold(5, tiles[4:5])
    assert len(reads) == 29


def test_slots_of_absent_tiles_are_used(pool):
    pool.hold(5, [n for n in range(200) if n % 10 in (3, 7)])
    assert pool.capacity == 40
    tiles = [n for n in range(50) if n % 10 not in (3, 7)]
    assert values(pool, pool.hold(5, tiles)) == tiles
    assert len(pool._slots) == 40


def test_tiles_that_are_filled_are_not_read(reads):
    def read(order, number):
        reads.append(number)
        return np.full((64, 64), number, dtype="float32")

    def fill(order, number, tile):
        tile[:] = -number
        return number % 2 == 0

    pool = TilePool(read, 64, MEMORY, fill)
    assert values(pool, pool.hold(5, [1, 2, 3, 4])) == [1.0, -2.0, 3.0, -4.0]
    assert reads == [1, 3]


def test_it_grows_for_what_is_needed_at_once(pool):
    tiles = [n for n in range(100) if n % 10 not in (3, 7)]
    assert values(pool, pool.hold(5, tiles)) == tiles
    assert pool.capacity == 80
