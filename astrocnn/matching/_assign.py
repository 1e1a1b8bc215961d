"""One to one: the assignment of least total separation."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ._pairs import Pairs

__all__ = ["one_to_one"]


def one_to_one(pairs: Pairs, limit: np.ndarray) -> Pairs:
    """Choose pairs so that each target and each entry is in one at most.

    As many pairs as near as possible: the sum over all targets of their separation is the least
    there is, where a target that is left alone counts its radius. Taking the nearest pair first,
    then the next, is not that.

    Parameters
    ----------
    pairs : Pairs
        All pairs within the radius.
    limit : ndarray of shape (n_pairs,)
        Radius of each pair, in radians.

    Returns
    -------
    Pairs
        Some of them.

    Notes
    -----
    Targets and entries fall into groups that no pair connects. Most are one pair; each of the
    others is solved by itself (Crouse 2016, IEEE TAES 52, 1679).

    Examples
    --------
    Two targets in a row with two entries: the nearest pair is not part of the best assignment.

    >>> import numpy as np
    >>> from astrocnn.matching._assign import one_to_one
    >>> from astrocnn.matching._pairs import Pairs
    >>> pairs = Pairs(np.array([0, 1, 1]), np.array([1, 1, 0]), np.array([2.0, 1.0, 2.5]))
    >>> best = one_to_one(pairs, np.full(3, 5.0))
    >>> best.target.tolist(), best.entry.tolist()
    ([0, 1], [1, 0])
    """
    if not len(pairs):
        return pairs
    gain = limit - pairs.separation + 1e-12  # on the circle is inside
    group = _groups(pairs)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])
    chosen = []
    for rows in np.split(order, starts[1:]):
        chosen.extend(rows if len(rows) == 1 else rows[_solved(pairs, rows, gain)])
    chosen = np.sort(chosen)
    return Pairs(pairs.target[chosen], pairs.entry[chosen], pairs.separation[chosen])


def _groups(pairs: Pairs) -> np.ndarray:
    """Number of the group of each pair."""
    _, target = np.unique(pairs.target, return_inverse=True)
    _, entry = np.unique(pairs.entry, return_inverse=True)
    n = target.max() + 1
    size = n + entry.max() + 1
    graph = coo_array((np.ones(len(pairs), dtype=bool), (target, n + entry)), shape=(size, size))
    return connected_components(graph, directed=False)[1][target]


def _solved(pairs, rows, gain):
    """Which pairs of one group are in its best assignment."""
    targets, row = np.unique(pairs.target[rows], return_inverse=True)
    entries, column = np.unique(pairs.entry[rows], return_inverse=True)
    # Pairs that do not exist gain nothing, and are taken for "alone".
    gains = np.full((len(targets), len(entries)), -1.0)
    gains[row, column] = gain[rows]
    alone = np.zeros((len(targets), len(targets)))
    first, second = linear_sum_assignment(np.hstack([gains, alone]), maximize=True)
    taken = set(zip(first.tolist(), second.tolist(), strict=True))
    return np.array([
        i for i, pair in enumerate(zip(row.tolist(), column.tolist(), strict=True)) if pair in taken
    ], dtype=int)  # fmt: skip
