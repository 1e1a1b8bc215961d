"""Counts of HEALPix tiles, shared among the pixels of a tangent plane by area; compiled."""

import numpy as np

from ..._compiled import compiled
from .._images._image_kernel import add_counts
from ._healpix_faces import direction_of, face_of, interleave, over_edge

__all__ = ["share_tile", "tiles_with_a_corner"]

#: Places on each side of a target's border that are worked out.
_SIDE = 16


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
        To add the counts to, and the fraction of each pixel that is covered.
    """
    width, pixels = 1 << bits, image.shape[0]
    face, i0, j0 = _tile_place(number, n, bits)
    first, last, left, right = _part_near(axes, step, pixels, face, i0, j0, n, width)
    if first >= last or left >= right:
        return
    shape = last - first + 1, right - left + 1
    xs, ys = np.empty(shape), np.empty(shape)
    for a in range(shape[0]):
        for b in range(shape[1]):
            # Row 0 of a tile has the largest u.
            u, v = i0 + width - first - a, j0 + left + b
            x, y, z = direction_of(face, float(u), float(v), float(n))
            xs[a, b], ys[a, b] = _on_plane(axes, step, pixels, x, y, z)
    add_counts(tile[first:last, left:right], xs, ys, image, area)


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
def _part_near(axes, step, pixels, face, i0, j0, n, width):
    """Rows and columns of a tile that can touch a target: first, last, left, right.

    From the places of its border on the face of the tile; all of the tile where some of the border
    is on another face, whose places do not go on from there.
    """
    reach = pixels / 2 * step
    low_u, high_u, low_v, high_v = 4.0 * n, -4.0 * n, 4.0 * n, -4.0 * n
    for k in range(4 * _SIDE):
        along, side = (2 * (k % _SIDE) / (_SIDE - 1) - 1) * reach, k // _SIDE
        west, north = along, (1 - 2 * side) * reach
        if side >= 2:
            west, north = (5 - 2 * side) * reach, along
        a = axes[0] + west * axes[1] + north * axes[2]
        other, u, v = face_of(a[0], a[1], a[2], float(n))
        if other != face:
            return 0, width, 0, width
        low_u, high_u, low_v, high_v = min(low_u, u), max(high_u, u), min(low_v, v), max(high_v, v)
    # Between two places of the border it may bulge.
    room_u, room_v = 2 + 0.02 * (high_u - low_u), 2 + 0.02 * (high_v - low_v)
    first = int(i0 + width - high_u - room_u)
    last = int(i0 + width - low_u + room_u) + 1
    left, right = int(low_v - room_v - j0), int(high_v + room_v - j0) + 1
    return max(first, 0), min(last, width), max(left, 0), min(right, width)
