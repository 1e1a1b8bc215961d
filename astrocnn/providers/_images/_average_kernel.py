"""Means over the pixels of a tangent plane that is coarser than the image, compiled."""

import math

import numpy as np

from ..._compiled import compiled

__all__ = ["average"]

#: Parts of rows of the image in a pixel that is turned against it, about: sides are followed in
#: steps. At least so many are in each row.
_PARTS, _FEWEST = 16, 8
#: Ends of the sides lie so far apart in the image's rows or columns (pixels), at most, where whole
#: rows are exact enough.
_STRAIGHT = 0.002


@compiled
def average(data, xs, ys, spacing, image):
    """Fill an image with means over the area of its pixels.

    Parameters
    ----------
    data : ndarray of shape (ny, nx), float32
        Pixels of the source; NaN is no pixel.
    xs, ys : ndarray of shape (n_rows, n_columns)
        Places of the nodes, the first of which belongs to the first pixel.
    spacing : int
        Pixels between two nodes.
    image : ndarray of shape (n, n), float32
        To fill; NaN where less than half of a pixel has a value.

    Notes
    -----
    A pixel is a parallelogram in the source. Its overlap with the source's pixels is exact where
    its sides are parallel to their rows, and followed in fine steps elsewhere.
    """
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            x, y, ax, ay, bx, by = _parallelogram(xs, ys, spacing, row, column)
            if x < -1e8 or y < -1e8:
                image[row, column] = np.nan
            else:
                image[row, column] = _mean(data, x, y, ax, ay, bx, by)


@compiled
def _parallelogram(xs, ys, spacing, row, column):
    """Middle of a pixel, and half of the steps to the next ones along a row and a column."""
    a, b = row // spacing, column // spacing
    if spacing == 1:
        a0, a1 = max(a - 1, 0), min(a + 1, xs.shape[0] - 1)
        b0, b1 = max(b - 1, 0), min(b + 1, xs.shape[1] - 1)
        along, up = 2.0 * max(b1 - b0, 1), 2.0 * max(a1 - a0, 1)
        return (
            xs[a, b], ys[a, b], (xs[a, b1] - xs[a, b0]) / along, (ys[a, b1] - ys[a, b0]) / along,
            (xs[a1, b] - xs[a0, b]) / up, (ys[a1, b] - ys[a0, b]) / up,
        )  # fmt: skip
    u, v = column / spacing - b, row / spacing - a
    x, ax, bx = _between(xs, a, b, u, v, spacing)
    y, ay, by = _between(ys, a, b, u, v, spacing)
    return x, y, ax, ay, bx, by


@compiled
def _between(places, a, b, u, v, spacing):
    """Place between four nodes, and half of the steps to the next pixels."""
    left = places[a, b] + v * (places[a + 1, b] - places[a, b])
    right = places[a, b + 1] + v * (places[a + 1, b + 1] - places[a, b + 1])
    low = places[a, b] + u * (places[a, b + 1] - places[a, b])
    high = places[a + 1, b] + u * (places[a + 1, b + 1] - places[a + 1, b])
    return left + u * (right - left), (right - left) / (2 * spacing), (high - low) / (2 * spacing)


@compiled
def _mean(data, x, y, ax, ay, bx, by):
    """Mean over a parallelogram; NaN where less than half of it has values."""
    reach = abs(ay) + abs(by)
    straight = min(abs(ay), abs(by)) < _STRAIGHT and min(abs(ax), abs(bx)) < _STRAIGHT
    parts = 1
    if not straight:
        parts = max(_FEWEST, int(_PARTS / (2 * math.sqrt(abs(ax * by - ay * bx)))))
    bottom, top = max(y - reach, -0.5), min(y + reach, data.shape[0] - 0.5)
    total, area = 0.0, 0.0
    if not bottom < top:
        return np.nan
    for j in range(
        int(math.floor(bottom + 0.5)), min(int(math.floor(top + 0.5)), data.shape[0] - 1) + 1
    ):
        for part in range(parts):
            low = max(j - 0.5 + part / parts, bottom)
            high = min(j - 0.5 + (part + 1) / parts, top)
            if high <= low:
                continue
            left, right = _run((low + high) / 2 - y, ax, ay, bx, by)
            left, right = max(x + left, -0.5), min(x + right, data.shape[1] - 0.5)
            if not left < right:
                continue
            last = min(int(math.floor(right + 0.5)), data.shape[1] - 1)
            for i in range(int(math.floor(left + 0.5)), last + 1):
                value = data[j, i]
                if value == value:
                    weight = (min(i + 0.5, right) - max(i - 0.5, left)) * (high - low)
                    total += weight * value
                    area += weight
    return total / area if area >= 2 * abs(ax * by - ay * bx) * (1 - 1e-9) and area > 0 else np.nan


@compiled
def _run(height, ax, ay, bx, by):
    """Left and right end of a parallelogram around the origin at a height."""
    left, right = np.inf, -np.inf
    for k in range(4):
        # The sides: from corner k to the next one.
        s, t = (1.0 if k in (0, 3) else -1.0), (1.0 if k < 2 else -1.0)
        x0, y0 = s * ax + t * bx, s * ay + t * by
        if k % 2 == 0:
            dx, dy = -2 * s * ax, -2 * s * ay
        else:
            dx, dy = -2 * t * bx, -2 * t * by
        if dy == 0.0:
            continue
        place = (height - y0) / dy
        if place >= -1e-12 and place <= 1 + 1e-12:
            left, right = min(left, x0 + place * dx), max(right, x0 + place * dx)
    return left, right
