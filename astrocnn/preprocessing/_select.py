"""Exact medians without sorting: counting is what processors do fastest."""

import math

import numpy as np

from .._compiled import compiled

__all__ = ["median"]

#: So few values are sorted; of more, the range is narrowed down first.
_FEW = 96
#: Values that are looked at together for the few that are left.
_BLOCK = 64
#: Values whose order tells about where to look.
_SAMPLE = 256
_MOST, _INF = np.float32(np.finfo(np.float32).max), np.float32(np.inf)


@compiled
def median(values, n):
    """Return the median of the ``n`` finite ones of some values; the others are +inf.

    Parameters
    ----------
    values : ndarray of float32
        Without NaN.
    n : int
        At least one.

    Notes
    -----
    The range that holds the median is narrowed down; each time one pass, without a branch, counts
    what is below four cuts. The first cuts come from a sample, the next from the counts: two passes
    are enough, but for odd distributions. Those end by cutting the range into five again and again:
    not that of the values but of their keys, integers of the same order.
    """
    k = (n - 1) // 2
    low, high = -_MOST, _INF
    # Always: as many as ``below`` values are smaller than ``low``, ``up_to`` are smaller than
    # ``high``, and number k is neither.
    below, up_to, turn = 0, n, 0
    while up_to - below > _FEW and _key(low) + 1 < _key(high):
        cuts = _cuts(values, k, low, high, below, up_to, turn)
        counts = _below(values, cuts)
        for i in range(4):
            if counts[i] <= k and cuts[i] >= low:
                low, below = cuts[i], counts[i]
            elif counts[i] > k and cuts[i] <= high:
                high, up_to = cuts[i], counts[i]
        turn += 1
    if up_to - below > _FEW:  # all of them are equal
        one = other = low
    else:
        few = np.sort(_between(values, low, high))
        one, other = few[k - below], few[min(k + 1, up_to - 1) - below]
    if n % 2:
        return one
    if k + 1 == up_to:
        other = _smallest(values, high)
    # Halves first: the sum of two may be beyond single precision.
    return np.float32(0.5) * one + np.float32(0.5) * other


@compiled
def _cuts(values, k, low, high, below, up_to, turn):
    """Return four values that are expected on both sides of number ``k``, near and farther."""
    m, span = up_to - below, high - low
    if turn == 0 and len(values) > 8 * _SAMPLE:
        return _sampled_cuts(values, (k + 0.5) / m)
    if turn < 2 and span < _INF:
        at, off = np.float32((k + 1 - below) / m), np.float32(1 / math.sqrt(m))
        near, far = np.float32(0.4) * off, np.float32(1.5) * off
        return (
            low + (at - far) * span, low + (at - near) * span,
            low + (at + near) * span, low + (at + far) * span,
        )  # fmt: skip
    first, step = _key(low), max((_key(high) - _key(low)) // 5, 1)
    return (
        _value(first + step), _value(first + 2 * step),
        _value(first + 3 * step), _value(first + 4 * step),
    )  # fmt: skip


@compiled
def _sampled_cuts(values, share):
    """Return four values about the one that is larger than a share of all."""
    few, m, step = np.empty(_SAMPLE + 1, np.float32), 0, len(values) // _SAMPLE
    for p in range(step // 2, step * _SAMPLE, step):
        few[m] = values[p]
        m += values[p] < _INF
    if m < 32:
        return -_MOST, -_MOST, -_MOST, -_MOST
    few = np.sort(few[:m])
    at, off = share * m, math.sqrt(m)
    far, near = max(int(at - 2 * off), 0), max(int(at - 0.6 * off), 0)
    over, beyond = min(int(at + 0.6 * off) + 1, m - 1), min(int(at + 2 * off) + 1, m - 1)
    # Where many are equal, one pass finds that all between two cuts are.
    return few[far], few[near], _value(_key(few[over]) + 1), few[beyond]


@compiled
def _below(values, cuts):
    """Count the values below each of four cuts."""
    a, b, c, d = cuts
    na = nb = nc = nd = np.int32(0)
    for p in range(len(values)):
        value = values[p]
        # Numba adds in 64 bits, which is half as fast.
        na = np.int32(na + np.int32(value < a))
        nb = np.int32(nb + np.int32(value < b))
        nc = np.int32(nc + np.int32(value < c))
        nd = np.int32(nd + np.int32(value < d))
    return na, nb, nc, nd


@compiled
def _between(values, low, high):
    """Return the few values from ``low`` up to ``high``."""
    few, found = np.empty(_FEW + 1, np.float32), 0
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK]
        # Most blocks hold none: one look at the whole block, then at each value.
        inside = np.int32(0)
        for p in range(len(block)):
            inside = np.int32(inside + np.int32((block[p] >= low) & (block[p] < high)))
        if inside == 0:
            continue
        for p in range(len(block)):
            few[found] = block[p]
            found += (block[p] >= low) & (block[p] < high)
    return few[:found]


@compiled
def _smallest(values, least):
    """Return the smallest value that is not below ``least``."""
    found = _INF
    for p in range(len(values)):
        found = min(found, values[p] if values[p] >= least else _INF)
    return found


@compiled
def _key(value):
    """Return an integer: those of two floats have the order of the floats."""
    bits = np.float32(value).view(np.int32)
    return np.int64(bits ^ np.int32((bits >> 31) & 0x7FFFFFFF))


@compiled
def _value(key):
    """Return the float of a key."""
    bits = np.int32(key)
    return np.int32(bits ^ np.int32((bits >> 31) & 0x7FFFFFFF)).view(np.float32)
