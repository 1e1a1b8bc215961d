"""From the pixels of an image to those of a tangent plane, compiled.

Places of the target's pixels in the image are given on a coarse grid of nodes and interpolated
between them; ``spacing`` 1 gives every place exactly.
"""

import math

import numpy as np

from ..._compiled import compiled

__all__ = ["add_counts", "covered_counts", "interpolate"]

#: Fraction of a pixel that has to be covered, half but for the accuracy of places; what is missing
#: of the rest is rounding.
_FEWEST, _WHOLE = 0.5 - 1e-5, 1 - 1e-6


@compiled
def interpolate(data, xs, ys, spacing, image):
    """Fill an image with bilinearly interpolated values.

    Parameters
    ----------
    data : ndarray of shape (ny, nx), float32
        Pixels of the source.
    xs, ys : ndarray of shape (n_rows, n_columns)
        Places of the nodes, the first of which belongs to the first pixel.
    spacing : int
        Pixels between two nodes.
    image : ndarray of shape (n, n), float32
        To fill; NaN more than half a pixel outside of the source, and next to NaN.
    """
    ny, nx = data.shape
    for row in range(image.shape[0]):
        a = row // spacing
        up = row / spacing - a
        for first in range(0, image.shape[1], spacing):
            x0, y0, dx, dy = _run(xs, ys, a, first // spacing, up, spacing)
            for k in range(min(spacing, image.shape[1] - first)):
                x, y = x0 + k * dx, y0 + k * dy
                if x >= -0.5 and x <= nx - 0.5 and y >= -0.5 and y <= ny - 0.5:
                    image[row, first + k] = _bilinear(data, x, y, nx, ny)
                else:
                    image[row, first + k] = np.nan


@compiled
def _run(xs, ys, a, b, up, spacing):
    """Place at the left of a cell, and the step to the next pixel."""
    if spacing == 1:
        return xs[a, b], ys[a, b], 0.0, 0.0
    x0, y0 = xs[a, b] + up * (xs[a + 1, b] - xs[a, b]), ys[a, b] + up * (ys[a + 1, b] - ys[a, b])
    b += 1
    x1, y1 = xs[a, b] + up * (xs[a + 1, b] - xs[a, b]), ys[a, b] + up * (ys[a + 1, b] - ys[a, b])
    return x0, y0, (x1 - x0) / spacing, (y1 - y0) / spacing


@compiled
def _bilinear(data, x, y, nx, ny):
    """Value at a place. Border pixels reach outward; missing ones without weight do no harm."""
    x, y = min(max(x, 0.0), nx - 1.0), min(max(y, 0.0), ny - 1.0)
    i, j = int(x), int(y)
    fx, fy = np.float32(x - i), np.float32(y - j)
    i1, j1 = i + (fx > 0), j + (fy > 0)
    low = data[j, i] + fx * (data[j, i1] - data[j, i])
    high = data[j1, i] + fx * (data[j1, i1] - data[j1, i])
    return low + fy * (high - low)


@compiled
def add_counts(data, xs, ys, image, area):
    """Share the counts of the source's pixels among those of the target, by overlapping area.

    Parameters
    ----------
    data : ndarray of shape (ny, nx), float32
        Counts; NaN is no pixel.
    xs, ys : ndarray of shape (ny + 1, nx + 1)
        Corners of the source's pixels in pixels of the target (centers are whole numbers); NaN
        where they cannot be seen.
    image, area : ndarray of shape (n, n), float64
        To add the counts to, and the fraction of each pixel that is covered.

    Notes
    -----
    The overlap of two pixels is the polygon that is left of one after clipping it to the other's
    four sides (Sutherland & Hodgman 1974, CACM 17, 32).
    """
    n = image.shape[0]
    corners = np.empty((2, 8))
    spare = np.empty((2, 8))
    for j in range(data.shape[0]):
        for i in range(data.shape[1]):
            value = data[j, i]
            if value != value:
                continue
            left, right, low, high, size = _quad(xs, ys, j, i)
            # Comparisons with NaN are False.
            if not (size > 0 and right > -0.5 and left < n - 0.5 and high > -0.5 and low < n - 0.5):
                continue
            x0, x1 = int(math.floor(left + 0.5)), int(math.floor(right + 0.5))
            y0, y1 = int(math.floor(low + 0.5)), int(math.floor(high + 0.5))
            for y in range(max(y0, 0), min(y1, n - 1) + 1):
                for x in range(max(x0, 0), min(x1, n - 1) + 1):
                    if x0 == x1 and y0 == y1:
                        part = size
                    elif size > 2 and _covers(xs, ys, j, i, x, y):
                        part = 1.0
                    else:
                        part = _overlap(xs, ys, j, i, x, y, corners, spare)
                    image[y, x] += value * part / size
                    area[y, x] += part


def covered_counts(counts, area):
    """Return counts as if all of each pixel were covered; NaN below half of its area.

    Parameters
    ----------
    counts, area : ndarray of shape (n, n), float64
        From `add_counts`.

    Returns
    -------
    ndarray of shape (n, n), float32

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.providers._images._image_kernel import covered_counts
    >>> covered_counts(np.array([3.0, 3.0, 3.0]), np.array([1.0, 0.75, 0.25]))
    array([ 3.,  4., nan], dtype=float32)
    """
    covered = np.where(area >= _FEWEST, area, np.nan)
    partly = covered < _WHOLE
    return np.where(np.isnan(covered) | partly, counts / covered, counts).astype(np.float32)


@compiled
def _quad(xs, ys, j, i):
    """Bounds and area of a pixel of the source."""
    ax, bx, cx, dx = xs[j, i], xs[j, i + 1], xs[j + 1, i + 1], xs[j + 1, i]
    ay, by, cy, dy = ys[j, i], ys[j, i + 1], ys[j + 1, i + 1], ys[j + 1, i]
    size = abs((cx - ax) * (dy - by) - (dx - bx) * (cy - ay)) / 2
    low, high = min(ay, by, cy, dy), max(ay, by, cy, dy)
    return min(ax, bx, cx, dx), max(ax, bx, cx, dx), low, high, size


@compiled
def _covers(xs, ys, j, i, x, y):
    """Whether a pixel of the source covers one of the target whole."""
    turned = 0.0
    for k in range(4):
        m = (k + 1) % 4
        ax, ay = xs[j + k // 2, i + (k in (1, 2))], ys[j + k // 2, i + (k in (1, 2))]
        dx, dy = xs[j + m // 2, i + (m in (1, 2))] - ax, ys[j + m // 2, i + (m in (1, 2))] - ay
        # Twice the distance of the target's center from this side, and how far its corners reach.
        away = dx * (y - ay) - dy * (x - ax)
        reach = (abs(dx) + abs(dy)) / 2
        if abs(away) < reach or away * turned < 0:
            return False
        turned = away
    return True


@compiled
def _overlap(xs, ys, j, i, x, y, corners, spare):
    """Area that a pixel of the source and one of the target share."""
    for k in range(4):
        a, b = j + k // 2, i + (1 if k in (1, 2) else 0)
        corners[0, k], corners[1, k] = xs[a, b] - x, ys[a, b] - y
    n = 4
    for axis in range(2):
        for sign in (-1.0, 1.0):
            n = _clip(corners, n, axis, sign, spare)
            corners, spare = spare, corners
    total = 0.0
    for k in range(n):
        m = (k + 1) % n
        total += corners[0, k] * corners[1, m] - corners[0, m] * corners[1, k]
    return abs(total) / 2


@compiled
def _clip(corners, n, axis, sign, out):
    """Keep what lies on the inner side of one side of a pixel; return the number of corners."""
    kept = 0
    for k in range(n):
        m = (k + 1) % n
        here, there = 0.5 - sign * corners[axis, k], 0.5 - sign * corners[axis, m]
        if here >= 0:
            out[0, kept], out[1, kept] = corners[0, k], corners[1, k]
            kept += 1
        if (here >= 0) != (there >= 0):
            t = here / (here - there)
            out[0, kept] = corners[0, k] + t * (corners[0, m] - corners[0, k])
            out[1, kept] = corners[1, k] + t * (corners[1, m] - corners[1, k])
            kept += 1
    return kept
