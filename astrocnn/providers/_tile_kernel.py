"""From HEALPix tiles to the pixels of a tangent plane, compiled.

Where each pixel of the target lies among the HEALPix pixels is worked out exactly at the nodes of a
coarse grid, and interpolated between them where that costs less than `TOLERANCE` of a HEALPix
pixel: second differences of the nodes tell. Where a face ends, where the polar caps begin, and
around the poles, each pixel is worked out by itself.
"""

import math

import numpy as np

from .._compiled import compiled
from ._healpix_faces import face_of, interleave
from ._tile_cells import fill_across, fill_inside, fill_nearest
from ._tile_exact import exact_value, note, tile_slot

__all__ = ["SPACING", "TOLERANCE", "node_tiles", "sample_tiles"]

#: Pixels of the target between two nodes.
SPACING = 16
#: Largest error of an interpolated place, in HEALPix pixels.
TOLERANCE = 0.005


@compiled
def node_tiles(axes, step, pixels, n, bits, spacing=SPACING):
    """Return the numbers of the tiles that hold the nodes of some targets, with repeats.

    Parameters
    ----------
    axes : ndarray of shape (n_targets, 3, 3)
        Center, west and north of each target; see `~astrocnn.grid.CutoutGrids.axes`.
    step : float
        Pixel of the target (radians).
    pixels : int
        Pixels along the side of a target.
    n : int
        HEALPix pixels along the side of a face.
    bits : int
        Two to this power is the width of a tile.
    spacing : int
        Pixels between two nodes.

    Returns
    -------
    ndarray of shape (n_targets, n_nodes), int64
    """
    side = (pixels + spacing - 1) // spacing + 3
    found = np.empty((axes.shape[0], side * side), np.int64)
    per_face = (n >> bits) * (n >> bits)
    for t in range(axes.shape[0]):
        faces, us, vs = _nodes(axes[t], step, pixels, n, spacing)
        for k in range(side * side):
            u, v = us[k // side, k % side], vs[k // side, k % side]
            i, j = min(int(u), n - 1) >> bits, min(int(v), n - 1) >> bits
            found[t, k] = faces[k // side, k % side] * per_face + interleave(i, j)
    return found


@compiled
def sample_tiles(
    axes, step, n, bits, numbers, slots, pool, nearest, image, wanted, spacing=SPACING
):
    """Fill the image of one target.

    Parameters
    ----------
    axes : ndarray of shape (3, 3)
        Center, west and north of the target in the frame of the tiles.
    step : float
        Pixel of the target (radians).
    n, bits : int
        See `node_tiles`.
    numbers, slots : ndarray of shape (n_tiles,), int64
        Sorted numbers of the tiles at hand, and their places in the pool; -1 where the survey has
        no tile.
    pool : ndarray of shape (n_slots, width, width), float32
        Tiles as their files hold them.
    nearest : bool
        The nearest HEALPix pixel instead of bilinear interpolation.
    image : ndarray of shape (ny, nx), float32
        To fill; NaN where a HEALPix pixel that is needed does not exist.
    wanted : ndarray of int64
        To fill with the numbers of tiles that were needed but are not at hand, with repeats.

    Returns
    -------
    int
        How many numbers are in ``wanted``; if not 0, get them and call again.
    """
    pixels, n_wanted = image.shape[0], 0
    faces, us, vs = _nodes(axes, step, pixels, n, spacing)
    side = len(faces)
    places, parts = np.empty(spacing, np.int64), np.empty((2, spacing), np.float32)
    corners = np.empty((2, 2), np.int64)
    for a in range(1, side - 2):
        for b in range(1, side - 2):
            y0, x0 = (a - 1) * spacing, (b - 1) * spacing
            y1, x1 = min(y0 + spacing, pixels), min(x0 + spacing, pixels)
            cell, face = image[y0:y1, x0:x1], faces[a, b]
            cell_u, cell_v = us[a : a + 2, b : b + 2], vs[a : a + 2, b : b + 2]
            i0, i1, j0, j1 = _extent(cell_u, cell_v, bits)
            if i1 - i0 > 1 or j1 - j0 > 1 or not _smooth(faces, us, vs, a, b, n):
                for y in range(y0, y1):
                    for x in range(x0, x1):
                        p, q, r = _direction(axes, step, pixels, x, y)
                        image[y, x], n_wanted = exact_value(
                            p, q, r, n, bits, numbers, slots, pool, nearest, wanted, n_wanted
                        )
                continue
            for i in range(i0, i1 + 1):
                for j in range(j0, j1 + 1):
                    slot = tile_slot(face, i << bits, j << bits, n, bits, numbers, slots)
                    if slot < -1:
                        n_wanted = note(-2 - slot, wanted, n_wanted)
                    corners[i - i0, j - j0] = slot
            if nearest:
                fill_nearest(cell_u, cell_v, bits, i0, j0, corners, pool, cell, spacing)
            elif i0 == i1 and j0 == j1:
                if corners[0, 0] < 0:
                    cell[:] = np.nan
                else:
                    tile = pool[corners[0, 0]].reshape(-1)
                    fill_inside(cell_u, cell_v, bits, tile, cell, spacing, places, parts)
            else:
                fill_across(cell_u, cell_v, bits, i0, j0, corners, pool, cell, spacing)
    return n_wanted


@compiled
def _nodes(axes, step, pixels, n, spacing):
    """Faces and places of the nodes of a target, one more on each side than its pixels need."""
    side = (pixels + spacing - 1) // spacing + 3
    faces = np.empty((side, side), np.int64)
    us, vs = np.empty((side, side)), np.empty((side, side))
    for a in range(side):
        for b in range(side):
            x, y, z = _direction(axes, step, pixels, (b - 1) * spacing, (a - 1) * spacing)
            faces[a, b], us[a, b], vs[a, b] = face_of(x, y, z, float(n))
    return faces, us, vs


@compiled
def _direction(axes, step, pixels, x, y):
    """Direction of a pixel of a target, not of unit length."""
    half = (pixels - 1) / 2
    west, north = (x - half) * step, (y - half) * step
    return (
        axes[0, 0] + west * axes[1, 0] + north * axes[2, 0],
        axes[0, 1] + west * axes[1, 1] + north * axes[2, 1],
        axes[0, 2] + west * axes[1, 2] + north * axes[2, 2],
    )


@compiled
def _smooth(faces, us, vs, a, b, n):
    """Whether places in the cell right and above of a node can be interpolated."""
    face = faces[a, b]
    for c in range(a - 1, a + 3):
        for d in range(b - 1, b + 3):
            if faces[c, d] != face:
                return False
    low_u, high_u, low_v, high_v = us[a, b], us[a, b], vs[a, b], vs[a, b]
    low, high, bend = us[a, b] + vs[a, b], us[a, b] + vs[a, b], 0.0
    for c in range(a, a + 2):
        for d in range(b, b + 2):
            u, v = us[c, d], vs[c, d]
            low_u, high_u = min(low_u, u), max(high_u, u)
            low_v, high_v = min(low_v, v), max(high_v, v)
            low, high = min(low, u + v), max(high, u + v)
            bend = max(bend, _bend(us, c, d), _bend(vs, c, d))
    if bend > 8 * TOLERANCE:
        return False
    if face < 4:  # where the cap begins, and where the next face around the pole does
        return (high < n - 2 or low > n + 2) and max(high_u, high_v) < n - 2
    if face >= 8:
        return (high < n - 2 or low > n + 2) and min(low_u, low_v) > 2
    # Corners where three faces meet.
    return (max(high_u, high_v) < n - 2 or min(high_u, high_v) < n - 2) and (
        min(low_u, low_v) > 2 or max(low_u, low_v) > 2
    )


@compiled
def _bend(places, a, b):
    """Second differences at a node, along both axes."""
    twice = 2 * places[a, b]
    along_y = abs(places[a - 1, b] - twice + places[a + 1, b])
    return along_y + abs(places[a, b - 1] - twice + places[a, b + 1])


@compiled
def _extent(us, vs, bits):
    """First and last tile along both axes that a cell needs."""
    # A hair of room: places interpolated between nodes may pass them by rounding errors.
    room = 0.5 + 1e-6
    low_u, high_u = us.min() - room, us.max() + room
    low_v, high_v = vs.min() - room, vs.max() + room
    return (
        int(math.floor(low_u)) >> bits, int(math.floor(high_u)) >> bits,
        int(math.floor(low_v)) >> bits, int(math.floor(high_v)) >> bits,
    )  # fmt: skip
