"""Cells of a coarse grid whose places are interpolated between their four nodes; compiled.

Of a cell, ``us`` and ``vs`` (shape (2, 2)) are the places of its nodes on the face, ``bits`` tells
the width of a tile, ``image`` is the part of the target's image to fill.
"""

import math

import numpy as np

from ..._compiled import compiled
from ._tile_exact import NOTHING

__all__ = ["fill_across", "fill_inside", "fill_nearest", "mend_inside"]


@compiled
def _row(us, vs, up, spacing):
    """Place of the first pixel in a row of a cell, and the step to the next."""
    u0, v0 = us[0, 0] + up * (us[1, 0] - us[0, 0]), vs[0, 0] + up * (vs[1, 0] - vs[0, 0])
    u1, v1 = us[0, 1] + up * (us[1, 1] - us[0, 1]), vs[0, 1] + up * (vs[1, 1] - vs[0, 1])
    return u0, v0, (u1 - u0) / spacing, (v1 - v0) / spacing


@compiled
def fill_nearest(us, vs, bits, i0, j0, corners, pool, image, spacing):
    """Fill a cell with the nearest HEALPix pixels, of up to four tiles."""
    width = 1 << bits
    for y in range(image.shape[0]):
        u0, v0, du, dv = _row(us, vs, y / spacing, spacing)
        for x in range(image.shape[1]):
            i, j = int(math.floor(u0 + x * du)), int(math.floor(v0 + x * dv))
            slot = corners[(i >> bits) - i0, (j >> bits) - j0]
            row, column = width - 1 - (i & (width - 1)), j & (width - 1)
            image[y, x] = pool[slot, row, column] if slot >= 0 else np.nan


@compiled
def fill_inside(us, vs, bits, tile, image, spacing):
    """Fill a cell that lies inside one tile: the common case, without questions.

    Places are whole numbers: of ``2**(bits - 50)`` pixel from row to row, of ``2**(bits - 30)``
    along a row, which is far below their error. The steps change evenly from row to row.
    """
    width, shift = np.int64(1) << bits, np.int32(30 - bits)
    mask, part = np.int32((1 << (30 - bits)) - 1), np.float32(1 / (1 << (30 - bits)))
    last = width - 0.5 + ((int(us[0, 0]) >> bits) << bits)
    first = ((int(vs[0, 0]) >> bits) << bits) + 0.5
    r, r_up, r_right, r_turn = _whole_steps(last - us, bits, spacing)
    c, c_up, c_right, c_turn = _whole_steps(vs - first, bits, spacing)
    half = 1 << 19
    for y in range(image.shape[0]):
        r0, dr = np.int32((r + half) >> 20), np.int32((r_right + half) >> 20)
        c0, dc = np.int32((c + half) >> 20), np.int32((c_right + half) >> 20)
        row = image[y]
        # Nothing but 32 bits: the compiler makes vector instructions of it.
        for x in range(len(row)):
            i, j = np.int32(r0 + np.int32(x) * dr), np.int32(c0 + np.int32(x) * dc)
            fr, fc = np.float32(np.int32(i & mask)) * part, np.float32(np.int32(j & mask)) * part
            above = np.int32(np.int32(i >> shift) << np.int32(bits))
            k = np.uint64(np.uint32(np.int32(above + np.int32(j >> shift))))
            low = tile[k] + fc * (tile[k + np.uint64(1)] - tile[k])
            k += np.uint64(width)
            high = tile[k] + fc * (tile[k + np.uint64(1)] - tile[k])
            row[x] = low + fr * (high - low)
        r, r_right, c, c_right = r + r_up, r_right + r_turn, c + c_up, c_right + c_turn


@compiled
def _whole_steps(places, bits, spacing):
    """Place of the first pixel of a cell, steps up and right, and how the latter changes."""
    unit = float(1 << (50 - bits))
    up, right = places[1, 0] - places[0, 0], places[0, 1] - places[0, 0]
    turn = places[1, 1] - places[1, 0] - right
    return (
        np.int64(places[0, 0] * unit), np.int64(up * unit / spacing),
        np.int64(right * unit / spacing), np.int64(turn * unit / spacing**2),
    )  # fmt: skip


@compiled
def mend_inside(us, vs, bits, tile, image, spacing):
    """Do the pixels of a cell inside one tile again that a missing pixel without weight spoiled."""
    width = 1 << bits
    last = width - 0.5 + ((int(us[0, 0]) >> bits) << bits)
    first = ((int(vs[0, 0]) >> bits) << bits) + 0.5
    for y in range(image.shape[0]):
        u0, v0, du, dv = _row(us, vs, y / spacing, spacing)
        for x in range(image.shape[1]):
            if image[y, x] != image[y, x]:
                r, c = last - u0 - x * du, v0 - first + x * dv
                i, j = int(r), int(c)
                image[y, x] = _weighted(tile, i * width + j, width, r - i, c - j)


@compiled
def _weighted(tile, k, width, fr, fc):
    """Bilinear value; a missing pixel without weight does no harm."""
    total = 0.0
    for a in range(2):
        for b in range(2):
            weight = (fr if a else 1 - fr) * (fc if b else 1 - fc)
            if weight > NOTHING:
                total += weight * tile[k + a * width + b]
    return total


@compiled
def fill_across(us, vs, bits, i0, j0, corners, pool, image, spacing):
    """Fill a cell that lies on up to four tiles."""
    last = (1 << bits) - 1
    for y in range(image.shape[0]):
        u0, v0, du, dv = _row(us, vs, y / spacing, spacing)
        for x in range(image.shape[1]):
            u, v = u0 + x * du - 0.5, v0 + x * dv - 0.5
            i, j = int(math.floor(u)), int(math.floor(v))
            fu, fv = u - i, v - j
            row, column = last - (i & last), j & last
            if row > 0 and column < last:
                slot = corners[(i >> bits) - i0, (j >> bits) - j0]
                if slot >= 0:
                    low = pool[slot, row, column]
                    low += fv * (pool[slot, row, column + 1] - low)
                    high = pool[slot, row - 1, column]
                    high += fv * (pool[slot, row - 1, column + 1] - high)
                    image[y, x] = low + fu * (high - low)
                else:
                    image[y, x] = np.nan
                if image[y, x] == image[y, x]:
                    continue
            total = 0.0
            for a in range(2):
                for b in range(2):
                    weight = (fu if a else 1 - fu) * (fv if b else 1 - fv)
                    if weight > NOTHING:
                        total += weight * _held(i + a, j + b, bits, i0, j0, corners, pool)
            image[y, x] = total


@compiled
def _held(i, j, bits, i0, j0, corners, pool):
    """Value of a pixel on one of the four tiles of a cell."""
    slot = corners[(i >> bits) - i0, (j >> bits) - j0]
    last = (1 << bits) - 1
    return pool[slot, last - (i & last), j & last] if slot >= 0 else np.nan
