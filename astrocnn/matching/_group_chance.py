"""Groups of several catalogs that chance alone would make."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from ._chance import shifted
from ._pairs import sky_pairs

__all__ = ["chance_groups", "links", "met_by_chance"]


def links(
    left: list[SkyCoord], right: list[SkyCoord], radius: u.Quantity, which: list[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray]:
    """Entries of different catalogs that lie together, counted through all catalogs in a row.

    Parameters
    ----------
    left, right : list of `~astropy.coordinates.SkyCoord`
        Positions by catalog, or of their moved copy.
    radius : `~astropy.units.Quantity`
    which : list of (int, int)
        Which catalog on the left to link with which on the right.
    """
    starts = np.cumsum([0, *(len(coords) for coords in left)])
    one, other = [np.zeros(0, dtype=int)], [np.zeros(0, dtype=int)]
    for i, j in which:
        pairs = sky_pairs(left[i], right[j], radius)
        one.append(starts[i] + pairs.target)
        other.append(starts[j] + pairs.entry)
    return np.concatenate(one), np.concatenate(other)


def met_by_chance(
    positions: list[SkyCoord], group: np.ndarray, radius: u.Quantity, shift: u.Quantity, turn: float
) -> np.ndarray:
    """Two groups each, of which one lies on the other once it is moved.

    Parameters
    ----------
    positions : list of `~astropy.coordinates.SkyCoord`
        Entries by catalog.
    group : ndarray of shape (n,), int
        Group of each entry, all catalogs in a row.
    radius, shift : `~astropy.units.Quantity`
    turn : float
        Direction of the shift; see `astrocnn.matching._chance.shifted`.

    Returns
    -------
    ndarray of shape (2, p), int
        Each pair of groups once: the later one is moved. All directions together see every pair
        from both sides.
    """
    moved = [shifted(coords, shift, turn) for coords in positions]
    n = len(positions)
    different = [(i, j) for i in range(n) for j in range(n) if i != j]
    one, other = links(positions, moved, radius, different)
    pairs = np.array([group[one], group[other]], dtype=int)
    return np.unique(pairs[:, pairs[0] < pairs[1]], axis=1)


def chance_groups(has: np.ndarray, met: list[np.ndarray], size: int) -> tuple[int, ...]:
    """Groups of so many catalogs or more that chance makes, per shift.

    Parameters
    ----------
    has : ndarray of shape (groups, catalogs), bool
        Which catalogs each group is in.
    met : list of ndarray of shape (2, p), int
        Result of `met_by_chance` for each shift.
    size : int

    Notes
    -----
    Of a kind, that is of the groups in the same catalogs, n are left after e have been lost to
    chance groups. So each that is left stands for 1 + e/n.
    """
    few = has.sum(axis=1) < size
    made = []
    for pairs in met:
        together = has[pairs].any(axis=0).sum(axis=1)
        made.append(pairs[:, few[pairs].all(axis=0) & (together >= size)])
    kinds, kind = np.unique(has, axis=0, return_inverse=True)
    kind = kind.ravel()
    lost = np.bincount(kind[np.concatenate(made, axis=1).ravel()], minlength=len(kinds)) / len(met)
    weight = 1 + lost / np.maximum(np.bincount(kind, minlength=len(kinds)), 1)
    return tuple(int(np.rint(weight[kind[pairs]].prod(axis=0).sum())) for pairs in made)
