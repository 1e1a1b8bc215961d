"""Cells of a coarse grid whose places are interpolated between their four nodes; compiled.

Of a cell, ``us`` and ``vs`` (shape (2, 2)) are the places of its nodes on the face, ``bits`` tells
the width of a tile, ``image`` is the part of the target's image to fill.
"""

import math

import numpy as np

from .._compiled import compiled
from ._tile_exact import NOTHING

__all__ = ["fill_across", "fill_inside", "fill_nearest"]


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
def fill_inside(us, vs, bits, tile, image, spacing, places, parts):
    """Fill a cell that lies inside one tile: the common case, without questions."""
    width = 1 << bits
    last = width - 0.5 + ((int(us[0, 0]) >> bits) << bits)
    first = ((int(vs[0, 0]) >> bits) << bits) + 0.5
    for y in range(image.shape[0]):
        u0, v0, du, dv = _row(us, vs, y / spacing, spacing)
        r0, c0, dr, dc = last - u0, v0 - first, -du, dv
        # Two loops, which the compiler makes vector instructions of.
        for x in range(image.shape[1]):
            r, c = r0 + x * dr, c0 + x * dc
            i, j = np.int32(r), np.int32(c)
            places[x] = i * width + j
            parts[0, x], parts[1, x] = np.float32(r - i), np.float32(c - j)
        for x in range(image.shape[1]):
            k = np.uint64(places[x])
            low = tile[k] + parts[1, x] * (tile[k + np.uint64(1)] - tile[k])
            k += np.uint64(width)
            high = tile[k] + parts[1, x] * (tile[k + np.uint64(1)] - tile[k])
            image[y, x] = low + parts[0, x] * (high - low)
        for x in range(image.shape[1]):
            if image[y, x] != image[y, x]:
                image[y, x] = _weighted(tile, places[x], width, parts[0, x], parts[1, x])


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
