"""Exact medians without sorting: counting is what processors do fastest."""

import numpy as np

from .._compiled import compiled

__all__ = ["median"]

#: So few values are sorted; of more, the range is narrowed down first.
_FEW = 48
#: Values that are looked at together for the few that are left.
_BLOCK = 128
#: Key of infinity.
_INF_KEY = np.int32(0x7F800000)


@compiled
def median(values, n, keys):
    """Return the median of the ``n`` finite ones of some values; the others are +inf.

    Parameters
    ----------
    values : ndarray of float32
        Without NaN.
    n : int
        At least one.
    keys : ndarray of int32
        Scratch space of the same length, at least two.

    Notes
    -----
    Floats are compared as integers of the same order. The range that holds the median is cut into
    five again and again; each time one pass counts what is below the cuts: five to ten passes
    without a branch.
    """
    bits = values.view(np.int32)
    for p in range(len(bits)):
        keys[p] = np.int32(bits[p] ^ np.int32((bits[p] >> 31) & 0x7FFFFFFF))
    k = (n - 1) // 2
    low = _kth(keys, k)
    high = low if n % 2 else _next(keys, low, k)
    keys[0] = low ^ np.int32((low >> 31) & 0x7FFFFFFF)
    keys[1] = high ^ np.int32((high >> 31) & 0x7FFFFFFF)
    floats = keys.view(np.float32)
    # Halves first: the sum of two may be beyond single precision.
    return np.float32(0.5) * floats[0] + np.float32(0.5) * floats[1]


@compiled
def _kth(keys, k):
    """Return the key that is number ``k`` in order."""
    low, high = _INF_KEY, np.int32(-_INF_KEY)
    for p in range(len(keys)):
        key = keys[p]
        low = min(low, key)
        high = max(high, key if key < _INF_KEY else low)
    # Always: as many as ``below`` keys are smaller than ``low``, ``up_to`` are smaller than
    # ``high``, and number k is neither.
    low, high = np.int64(low), np.int64(high) + 1
    below, up_to = 0, len(keys)
    while up_to - below > _FEW and low + 1 < high:
        span = high - low
        cuts = (low + span // 5, low + 2 * span // 5, low + 3 * span // 5, low + 4 * span // 5)
        counts = _below(keys, cuts)
        for i in range(4):
            if counts[i] <= k:
                low, below = cuts[i], counts[i]
            elif cuts[i] < high:
                high, up_to = cuts[i], counts[i]
    if low + 1 == high:
        return np.int32(low)
    return _nth(_between(keys, low, high), k - below)


@compiled
def _below(keys, cuts):
    """Count the keys below each of four cuts."""
    a, b, c, d = np.int32(cuts[0]), np.int32(cuts[1]), np.int32(cuts[2]), np.int32(cuts[3])
    na = nb = nc = nd = np.int32(0)
    for p in range(len(keys)):
        key = keys[p]
        # Numba adds in 64 bits, which is half as fast.
        na = np.int32(na + np.int32(key < a))
        nb = np.int32(nb + np.int32(key < b))
        nc = np.int32(nc + np.int32(key < c))
        nd = np.int32(nd + np.int32(key < d))
    return na, nb, nc, nd


@compiled
def _between(keys, low, high):
    """Return the few keys from ``low`` up to ``high``."""
    low, high = np.int32(low), np.int32(high)
    few, found = np.empty(_FEW, np.int32), 0
    for start in range(0, len(keys), _BLOCK):
        block = keys[start : start + _BLOCK]
        # Most blocks hold none: one look at the whole block, then at each key.
        inside = np.int32(0)
        for p in range(len(block)):
            inside = np.int32(inside + np.int32((block[p] >= low) & (block[p] < high)))
        if inside == 0:
            continue
        for p in range(len(block)):
            if low <= block[p] < high:
                few[found] = block[p]
                found += 1
    return few[:found]


@compiled
def _nth(keys, k):
    """Sort a few keys by insertion, and return number ``k``."""
    for i in range(1, len(keys)):
        key, j = keys[i], i
        while j > 0 and keys[j - 1] > key:
            keys[j] = keys[j - 1]
            j -= 1
        keys[j] = key
    return keys[k]


@compiled
def _next(keys, low, k):
    """Return key number ``k + 1``, where number ``k`` is ``low``."""
    at_most, above = np.int32(0), _INF_KEY
    for p in range(len(keys)):
        key = keys[p]
        at_most = np.int32(at_most + np.int32(key <= low))
        above = min(above, key if key > low else _INF_KEY)
    return low if at_most > k + 1 else above
