"""The value at one direction, from HEALPix pixels wherever they lie; compiled."""

import math

import numpy as np

from ..._compiled import compiled
from ._healpix_faces import direction_of, face_of, interleave, over_edge

__all__ = ["NOTHING", "exact_value", "note", "tile_slot"]

#: Weight of a pixel that may as well be missing.
NOTHING = 1e-5
#: So near to a pole (HEALPix pixels) rows of pixels are bent.
_ROUND = 200


@compiled
def exact_value(x, y, z, n, bits, numbers, slots, pool, nearest, wanted, n_wanted):
    """Value at a direction, from HEALPix pixels whose centers need not form a lattice."""
    face, u, v = face_of(x, y, z, float(n))
    if nearest:
        i, j = min(max(int(u), 0), n - 1), min(max(int(v), 0), n - 1)
        _, value, n_wanted = _value(face, i, j, n, bits, numbers, slots, pool, wanted, n_wanted)
        return value, n_wanted
    i, j = int(math.floor(u - 0.5)), int(math.floor(v - 0.5))
    if _is_lattice(face, u, v, n):
        return _bilinear(
            face, i, j, u - 0.5 - i, v - 0.5 - j, n, bits, numbers, slots, pool, wanted, n_wanted
        )
    weights = _weights(x, y, z, face, i, j, u - 0.5 - i, v - 0.5 - j, n)
    total = 0.0
    for k in range(4):
        if abs(weights[k]) > NOTHING:
            _, value, n_wanted = _value(
                face, i + k // 2, j + k % 2, n, bits, numbers, slots, pool, wanted, n_wanted
            )
            total += weights[k] * value
    return total, n_wanted


@compiled
def _is_lattice(face, u, v, n):
    """Whether the pixels around a place are a lattice: far from edges, cap borders and poles."""
    if min(u, v) < 2 or max(u, v) > n - 2:
        return False
    if 4 <= face < 8:
        return True
    to_pole = 2 * n - u - v if face < 4 else u + v
    return abs(u + v - n) > 2 and to_pole > _ROUND


@compiled
def _bilinear(face, i, j, fu, fv, n, bits, numbers, slots, pool, wanted, n_wanted):
    """Bilinear value of four pixels of a face, and the number of tiles wanted."""
    last, total = (1 << bits) - 1, 0.0
    slot = tile_slot(face, i, j, n, bits, numbers, slots)
    one_tile = (i & last) < last and (j & last) < last
    for a in range(2):
        for b in range(2):
            weight = (fu if a else 1 - fu) * (fv if b else 1 - fv)
            if weight <= NOTHING:
                continue
            at = slot if one_tile else tile_slot(face, i + a, j + b, n, bits, numbers, slots)
            if at < -1:
                n_wanted = note(-2 - at, wanted, n_wanted)
            row, column = last - ((i + a) & last), (j + b) & last
            total += weight * pool[at, row, column] if at >= 0 else np.nan
    return total, n_wanted


@compiled
def _weights(x, y, z, face, i, j, fu, fv, n):
    """Weights of four HEALPix pixels that put the mean of their centers on a direction.

    Bilinear weights do so where the centers are a lattice. Elsewhere they are corrected by the
    least change that does: linear functions of the direction are kept exactly.
    """
    length = math.sqrt(x * x + y * y + z * z)
    x, y, z = x / length, y / length, z / length
    # Two axes across the direction.
    if abs(z) < 0.9:
        ax, ay, az = -y, x, 0.0
    else:
        ax, ay, az = 0.0, -z, y
    norm = math.sqrt(ax * ax + ay * ay + az * az)
    ax, ay, az = ax / norm, ay / norm, az / norm
    bx, by, bz = y * az - z * ay, z * ax - x * az, x * ay - y * ax
    design, weights = np.zeros((3, 4)), np.zeros(4)
    for k in range(4):
        a, b = k // 2, k % 2
        other, p, q = over_edge(face, i + a, j + b, n)
        if other < 0:
            continue
        cx, cy, cz = direction_of(other, p + 0.5, q + 0.5, float(n))
        design[0, k] = 1.0
        design[1, k] = n * (cx * ax + cy * ay + cz * az)
        design[2, k] = n * (cx * bx + cy * by + cz * bz)
        weights[k] = (fu if a else 1 - fu) * (fv if b else 1 - fv)
    weights /= weights.sum()
    miss, square = np.zeros(3), np.zeros((3, 3))
    for r in range(3):
        miss[r] = 1.0 if r == 0 else 0.0
        for k in range(4):
            miss[r] -= design[r, k] * weights[k]
            for c in range(3):
                square[r, c] += design[r, k] * design[c, k]
    solved = _solve(square, miss)
    for k in range(4):
        for r in range(3):
            weights[k] += design[r, k] * solved[r]
    return weights


@compiled
def _solve(square, right):
    """Solve three linear equations by Cramer's rule; zeros where they have no one solution."""
    solved = np.zeros(3)
    whole = _determinant(square)
    if abs(whole) > 1e-9:
        for k in range(3):
            changed = square.copy()
            changed[:, k] = right
            solved[k] = _determinant(changed) / whole
    return solved


@compiled
def _determinant(m):
    return (
        m[0, 0] * (m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1])
        - m[0, 1] * (m[1, 0] * m[2, 2] - m[1, 2] * m[2, 0])
        + m[0, 2] * (m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0])
    )


@compiled
def _value(face, i, j, n, bits, numbers, slots, pool, wanted, n_wanted):
    """Whether the sky has this pixel at all, its value, and the number of tiles wanted."""
    face, i, j = over_edge(face, i, j, n)
    if face < 0:
        return False, np.nan, n_wanted
    slot = tile_slot(face, i, j, n, bits, numbers, slots)
    if slot < -1:
        n_wanted = note(-2 - slot, wanted, n_wanted)
    if slot < 0:
        return True, np.nan, n_wanted
    width = 1 << bits
    return True, pool[slot, width - 1 - (i & (width - 1)), j & (width - 1)], n_wanted


@compiled
def tile_slot(face, i, j, n, bits, numbers, slots):
    """Place of a pixel's tile in the pool; -1: there is none, -2 - number: not at hand."""
    face, i, j = over_edge(face, i, j, n)
    if face < 0:
        return -1
    number = face * (n >> bits) * (n >> bits) + interleave(i >> bits, j >> bits)
    at = np.searchsorted(numbers, number)
    if at < len(numbers) and numbers[at] == number:
        return slots[at]
    return -2 - number


@compiled
def note(number, wanted, n_wanted):
    """Write down a wanted tile, not twice in a row; return how many are written down."""
    if n_wanted == len(wanted) or (n_wanted > 0 and wanted[n_wanted - 1] == number):
        return n_wanted
    wanted[n_wanted] = number
    return n_wanted + 1
