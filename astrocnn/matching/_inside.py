"""Which positions lie in which of many regions."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from ._pairs import sky_pairs
from ._region_sources import unit_vectors
from ._shapes import Circle, Shape

__all__ = ["in_any", "in_moc", "memberships"]

#: Shapes that reach farther (rad), or that are few, are asked about every position.
_WIDE, _FEW = np.radians(2), 16
#: Positions are asked about so many pairs with shapes at a time, but not fewer positions: all of
#: the shapes may lie on each other.
_PAIRS, _LEAST = 5_000_000, 16384


def in_any(shapes: Sequence[Shape], moc, coords: SkyCoord) -> np.ndarray:
    """Whether positions are in one of the shapes, or in the MOC."""
    inside = np.zeros(len(coords), dtype=bool)
    if not len(coords):
        return inside
    if moc is not None:
        inside |= in_moc(moc, coords)
    for _, rows in memberships(shapes, coords):
        inside[rows] = True
    return inside


def in_moc(moc, coords: SkyCoord) -> np.ndarray:
    """Whether valid positions are in a MOC."""
    if not len(coords):
        return np.zeros(0, dtype=bool)
    return np.asarray(moc.contains_lonlat(coords.ra, coords.dec), dtype=bool)


def memberships(shapes: Sequence[Shape], coords: SkyCoord) -> Iterator[tuple]:
    """Yield which shapes hold which positions.

    Yields
    ------
    shape : int or ndarray of int
        Number of the shape, or one per row.
    rows : ndarray of int
        Positions that it holds.
    """
    small = [i for i, s in enumerate(shapes) if s.reach < _WIDE] if len(shapes) > _FEW else []
    xyz = unit_vectors(coords)
    for i in sorted({*range(len(shapes))} - {*small}):
        yield i, np.flatnonzero(shapes[i].contains(xyz))
    if not small:
        return
    centers = SkyCoord(*np.array([shapes[i].center for i in small]).T,
                       representation_type="cartesian")  # fmt: skip
    centers.representation_type = "unitspherical"
    step = max(_PAIRS // len(small), _LEAST)
    for first in range(0, len(coords), step):
        found = _in_small(shapes, np.array(small), centers, coords[first : first + step])
        for numbers, rows in found:
            yield numbers, first + rows


def _in_small(shapes, small, centers, coords) -> Iterator[tuple]:
    """As `memberships`, for shapes that are looked for about their centers."""
    reach, xyz = np.array([shapes[i].reach for i in small]), unit_vectors(coords)
    pairs = sky_pairs(centers, coords, (reach + 1e-12) * u.rad)
    numbers = small[pairs.target]
    circles = np.array([isinstance(shapes[i], Circle) for i in small])[pairs.target]
    exact = circles & (pairs.separation <= reach[pairs.target])
    yield numbers[exact], pairs.entry[exact]
    numbers, rows = numbers[~circles], pairs.entry[~circles]
    starts = np.flatnonzero(np.r_[True, np.diff(numbers) != 0][: len(numbers)])
    for start, end in pairwise([*starts, len(numbers)]):
        number, near = numbers[start], rows[start:end]
        yield int(number), near[shapes[number].contains(xyz[near])]
