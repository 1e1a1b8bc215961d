"""From HEALPix tiles to the pixels of a tangent plane, compiled.

Where each pixel of the target lies among the HEALPix pixels is worked out exactly at the nodes of a
coarse grid, and interpolated between them where that costs less than `TOLERANCE` of a HEALPix
pixel: second differences of the nodes tell. Where a face ends, where the polar caps begin, and
around the poles, each pixel is worked out by itself.
"""

import math

import numpy as np

from ..._compiled import compiled
from ._healpix_faces import face_of, interleave
from ._tile_cells import fill_across, fill_inside, fill_nearest, mend_inside
from ._tile_exact import exact_value, note, tile_slot

__all__ = ["SPACING", "TOLERANCE", "node_places", "node_tiles", "sample_tiles"]

#: Pixels of the target between two nodes.
SPACING = 16
#: Largest error of an interpolated place, in HEALPix pixels.
TOLERANCE = 0.005


@compiled
def node_places(axes, step, pixels, n, spacing=SPACING):
    """Return where the nodes of a target are, one more on each side than its pixels need.

    Parameters
    ----------
    axes : ndarray of shape (3, 3)
        Center, west and north of the target; see `~astrocnn.grid.CutoutGrids.axes`.
    step : float
        Pixel of the target (radians).
    pixels : int
        Pixels along the side of a target.
    n : int
        HEALPix pixels along the side of a face.
    spacing : int
        Pixels between two nodes.

    Returns
    -------
    faces, us, vs : ndarray of shape (n_nodes, n_nodes), int64 and float64
        Faces, and places on them in HEALPix pixels.
    """
    side = (pixels + spacing - 1) // spacing + 3
    faces = np.empty((side, side), np.int64)
    us, vs = np.empty((side, side)), np.empty((side, side))
    for a in range(side):
        for b in range(side):
            x, y, z = _direction(axes, step, pixels, (b - 1) * spacing, (a - 1) * spacing)
            faces[a, b], us[a, b], vs[a, b] = face_of(x, y, z, float(n))
    return faces, us, vs


@compiled
def node_tiles(places, n, bits):
    """Return the numbers of the tiles that hold the nodes of a target, each once, in order.

    Parameters
    ----------
    places : tuple of ndarray
        From `node_places`.
    n : int
        HEALPix pixels along the side of a face.
    bits : int
        Two to this power is the width of a tile.

    Returns
    -------
    ndarray of shape (n_tiles,), int64
    """
    faces, us, vs = places
    per_face = (n >> bits) * (n >> bits)
    found, count, last = np.empty(faces.size, np.int64), 0, (-1, 0, 0)
    for a in range(faces.shape[0]):
        for b in range(faces.shape[1]):
            i, j = min(int(us[a, b]), n - 1) >> bits, min(int(vs[a, b]), n - 1) >> bits
            if last == (faces[a, b], i, j):
                continue
            last = (faces[a, b], i, j)
            found[count] = faces[a, b] * per_face + interleave(i, j)
            count += 1
    return np.unique(found[:count])


@compiled
def sample_tiles(
    axes, step, places, n, bits, numbers, slots, pool, nearest, image, wanted, spacing=SPACING
):
    """Fill the image of one target.

    Parameters
    ----------
    axes : ndarray of shape (3, 3)
        Center, west and north of the target in the frame of the tiles.
    step : float
        Pixel of the target (radians).
    places : tuple of ndarray
        From `node_places`.
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
    n_wanted = _fill(
        axes, step, places, n, bits, numbers, slots, pool, nearest, image, wanted, spacing, False
    )
    if not nearest and np.isnan(image.sum()):
        _fill(
            axes, step, places, n, bits, numbers, slots, pool, nearest, image, wanted, spacing, True
        )
    return n_wanted


@compiled
def _fill(axes, step, places, n, bits, numbers, slots, pool, nearest, image, wanted, spacing, mend):
    """Fill the cells of a target, or mend those that lie inside one tile."""
    faces, us, vs = places
    pixels, n_wanted, side = image.shape[0], 0, len(faces)
    smooth = _smooth_cells(faces, us, vs, n)
    corners, held = np.empty((2, 2), np.int64), (-1, 0, 0, 0, 0)
    for a in range(1, side - 2):
        for b in range(1, side - 2):
            y0, x0 = (a - 1) * spacing, (b - 1) * spacing
            y1, x1 = min(y0 + spacing, pixels), min(x0 + spacing, pixels)
            cell, face = image[y0:y1, x0:x1], faces[a, b]
            cell_u, cell_v = us[a : a + 2, b : b + 2], vs[a : a + 2, b : b + 2]
            i0, i1 = _extent(us, a, b, bits)
            j0, j1 = _extent(vs, a, b, bits)
            inside = smooth[a, b] and i0 == i1 and j0 == j1
            if mend and not inside:
                continue
            if i1 - i0 > 1 or j1 - j0 > 1 or not smooth[a, b]:
                for y in range(y0, y1):
                    for x in range(x0, x1):
                        p, q, r = _direction(axes, step, pixels, x, y)
                        image[y, x], n_wanted = exact_value(
                            p, q, r, n, bits, numbers, slots, pool, nearest, wanted, n_wanted
                        )
                continue
            if held != (face, i0, i1, j0, j1):  # most cells lie on the tile of the one before
                held = (face, i0, i1, j0, j1)
                n_wanted = _hold(held, n, bits, numbers, slots, corners, wanted, n_wanted)
            if nearest:
                fill_nearest(cell_u, cell_v, bits, i0, j0, corners, pool, cell, spacing)
            elif not inside:
                fill_across(cell_u, cell_v, bits, i0, j0, corners, pool, cell, spacing)
            elif corners[0, 0] < 0:
                cell[:] = np.nan
            else:
                tile = pool[corners[0, 0]].reshape(-1)
                if mend:
                    mend_inside(cell_u, cell_v, bits, tile, cell, spacing)
                else:
                    fill_inside(cell_u, cell_v, bits, tile, cell, spacing)
    return n_wanted


@compiled
def _hold(tiles, n, bits, numbers, slots, corners, wanted, n_wanted):
    """Note where the tiles of a cell are held, or that they are wanted."""
    face, i0, i1, j0, j1 = tiles
    for i in range(i0, i1 + 1):
        for j in range(j0, j1 + 1):
            slot = tile_slot(face, i << bits, j << bits, n, bits, numbers, slots)
            if slot < -1:
                n_wanted = note(-2 - slot, wanted, n_wanted)
            corners[i - i0, j - j0] = slot
    return n_wanted


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
def _smooth_cells(faces, us, vs, n):
    """Whether places in the cells right and above of the nodes can be interpolated."""
    side, one_face = len(faces), (faces == faces[0, 0]).all()
    smooth, bends = np.zeros((side, side), np.bool_), np.empty((side, side))
    for a in range(1, side - 1):
        for b in range(1, side - 1):
            bends[a, b] = max(_bend(us, a, b), _bend(vs, a, b))
    for a in range(1, side - 2):
        for b in range(1, side - 2):
            bend = max(bends[a, b], bends[a, b + 1], bends[a + 1, b], bends[a + 1, b + 1])
            if bend <= 8 * TOLERANCE:
                smooth[a, b] = (one_face or _on_one_face(faces, a, b)) and _on_one_map(
                    faces[a, b], us, vs, a, b, n
                )
    return smooth


@compiled
def _on_one_face(faces, a, b):
    """Whether a cell and its neighbors lie on one face."""
    for c in range(a - 1, a + 3):
        for d in range(b - 1, b + 3):
            if faces[c, d] != faces[a, b]:
                return False
    return True


@compiled
def _on_one_map(face, us, vs, a, b, n):
    """Whether a cell lies in a part of its face that has one projection."""
    low_u, high_u, low_v, high_v = us[a, b], us[a, b], vs[a, b], vs[a, b]
    low, high = us[a, b] + vs[a, b], us[a, b] + vs[a, b]
    for c in range(a, a + 2):
        for d in range(b, b + 2):
            u, v = us[c, d], vs[c, d]
            low_u, high_u = min(low_u, u), max(high_u, u)
            low_v, high_v = min(low_v, v), max(high_v, v)
            low, high = min(low, u + v), max(high, u + v)
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
def _extent(places, a, b, bits):
    """First and last tile along an axis that a cell needs."""
    one, two, three, four = places[a, b], places[a, b + 1], places[a + 1, b], places[a + 1, b + 1]
    # A hair of room: places interpolated between nodes may pass them by rounding errors.
    low, high = min(one, two, three, four) - 0.5 - 1e-4, max(one, two, three, four) + 0.5 + 1e-4
    return int(math.floor(low)) >> bits, int(math.floor(high)) >> bits
