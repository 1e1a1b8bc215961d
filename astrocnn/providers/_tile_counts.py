"""Counts of HEALPix tiles, shared among the pixels of a tangent plane by area; compiled."""

import math

import numpy as np

from .._compiled import compiled
from ._healpix_faces import direction_of, face_of, interleave, over_edge
from ._image_kernel import add_counts

__all__ = ["share_tile", "tiles_with_a_corner"]


@compiled
def share_tile(axes, step, n, bits, number, tile, image, area):
    """Share the counts of one tile among the pixels of a target.

    Parameters
    ----------
    axes : ndarray of shape (3, 3)
        Center, west and north of the target in the frame of the tiles.
    step : float
        Pixel of the target (radians).
    n, bits, number : int
        HEALPix pixels along a face, width of a tile (its logarithm to the base 2), and its number.
    tile : ndarray of shape (width, width), float32
        Counts, as in HiPS files.
    image, area : ndarray of shape (pixels, pixels), float64
        To add the counts to, and the share of each pixel that is covered.
    """
    width, pixels = 1 << bits, image.shape[0]
    face, i0, j0 = _tile_place(number, n, bits)
    rows = _rows_near(axes, step, pixels, face, i0, j0, n, width)
    xs, ys = np.empty((2, width + 1)), np.empty((2, width + 1))
    for row in range(rows[0], rows[1]):
        # Row 0 of a tile has the largest u.
        for k in range(2):
            for column in range(width + 1):
                x, y, z = direction_of(face, i0 + width - row - k, j0 + column, float(n))
                xs[k, column], ys[k, column] = _on_plane(axes, step, pixels, x, y, z)
        add_counts(tile[row : row + 1], xs, ys, image, area)


@compiled
def tiles_with_a_corner(axes, step, pixels, n, bits, found):
    """Return tiles at the corners of a target, and those beside others with a corner on it.

    They may reach in between the nodes of a coarse grid.
    """
    extra = np.empty(8 * len(found) + 4, np.int64)
    count = 0
    width, side = 1 << bits, n >> bits
    reach = pixels / 2 * step
    for k in range(4):
        west, north = (reach if k % 2 else -reach), (reach if k // 2 else -reach)
        a = axes[0] + west * axes[1] + north * axes[2]
        face, u, v = face_of(a[0], a[1], a[2], float(n))
        i, j = min(int(u), n - 1) >> bits, min(int(v), n - 1) >> bits
        extra[count] = face * side * side + interleave(i, j)
        count += 1
    for number in found:
        face, i0, j0 = _tile_place(number, n, bits)
        for di in range(-1, 2):
            for dj in range(-1, 2):
                other, i, j = over_edge(face, (i0 >> bits) + di, (j0 >> bits) + dj, side)
                if other < 0 or (di == 0 and dj == 0):
                    continue
                for k in range(4):
                    u, v = (i + k // 2) * width, (j + k % 2) * width
                    a, b, c = direction_of(other, float(u), float(v), float(n))
                    x, y = _on_plane(axes, step, pixels, a, b, c)
                    if x > -0.5 and x < pixels - 0.5 and y > -0.5 and y < pixels - 0.5:
                        extra[count] = other * side * side + interleave(i, j)
                        count += 1
                        break
    return extra[:count]


@compiled
def _tile_place(number, n, bits):
    """Face of a tile, and its first pixel."""
    side = n >> bits
    face, rest = number // (side * side), number % (side * side)
    i, j, bit = 0, 0, 0
    while rest >> (2 * bit):
        i |= ((rest >> (2 * bit)) & 1) << bit
        j |= ((rest >> (2 * bit + 1)) & 1) << bit
        bit += 1
    return face, i << bits, j << bits


@compiled
def _on_plane(axes, step, pixels, x, y, z):
    """Column and row of a direction on a target; NaN more than 90 degrees away."""
    depth = x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2]
    if depth <= 0:
        return np.nan, np.nan
    west = (x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2]) / depth
    north = (x * axes[2, 0] + y * axes[2, 1] + z * axes[2, 2]) / depth
    half = (pixels - 1) / 2
    return half + west / step, half + north / step


@compiled
def _rows_near(axes, step, pixels, face, i0, j0, n, width):
    """First and last row of a tile that can touch a target, by the circles around both."""
    reach = math.atan(step * pixels * math.sqrt(0.5)) + math.pi / (2 * n)
    first, last = width, 0
    for row in range(width):
        u = i0 + width - row - 0.5
        x, y, z = direction_of(face, u, j0 + width / 2, float(n))
        a, b, c = direction_of(face, u, float(j0), float(n))
        p, q, r = direction_of(face, u, float(j0 + width), float(n))
        half = max(_angle(x, y, z, a, b, c), _angle(x, y, z, p, q, r))
        if _angle(x, y, z, axes[0, 0], axes[0, 1], axes[0, 2]) <= reach + half:
            first, last = min(first, row), row + 1
    return first, last


@compiled
def _angle(x, y, z, a, b, c):
    """Angle between two directions (radians)."""
    p, q, r = y * c - z * b, z * a - x * c, x * b - y * a
    return math.atan2(math.sqrt(p * p + q * q + r * r), x * a + y * b + z * c)
