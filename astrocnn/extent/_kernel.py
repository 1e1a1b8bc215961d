"""Smoothing and amplitude fits as compiled code."""

import math

import numpy as np

from .._compiled import compiled

__all__ = ["best_place", "circle_pixels", "smooth"]

#: Steps of Newton's method for an amplitude.
_STEPS = 15


@compiled
def smooth(image, taps):
    """Convolve an image with the same taps along both axes; zeros are outside.

    Parameters
    ----------
    image : ndarray of shape (ny, nx), float64
    taps : ndarray of shape (2 * m + 1,), float64
    """
    ny, nx = image.shape
    m = len(taps) // 2
    rows, out = np.zeros((ny, nx)), np.zeros((ny, nx))
    for y in range(ny):
        for k in range(-m, m + 1):
            tap = taps[k + m]
            for x in range(max(0, -k), min(nx, nx - k)):
                rows[y, x] += tap * image[y, x + k]
    for y in range(ny):
        for k in range(max(-m, -y), min(m, ny - 1 - y) + 1):
            tap = taps[k + m]
            for x in range(nx):
                out[y, x] += tap * rows[y + k, x]
    return out


@compiled
def circle_pixels(counts, background, weight, cy, cx, radius):
    """Return the used pixels of a circle, those with counts first.

    Parameters
    ----------
    counts, background, weight : ndarray of shape (ny, nx), float64
        Counts, expected background, and exposure relative to the circle's center: 0 where a pixel
        is not used.
    cy, cx, radius : int
        Center and radius (pixels).

    Returns
    -------
    values : ndarray of shape (5, n)
        Row, column, counts, background and weight of each pixel.
    n_counted : int
        How many of them have counts.
    """
    ny, nx = counts.shape
    most = (2 * radius + 1) ** 2
    values, n, n_counted = np.empty((5, most)), 0, 0
    for turn in range(2):
        for y in range(max(0, cy - radius), min(ny, cy + radius + 1)):
            for x in range(max(0, cx - radius), min(nx, cx + radius + 1)):
                inside = (y - cy) ** 2 + (x - cx) ** 2 <= radius**2 and weight[y, x] > 0
                if inside and (counts[y, x] > 0) == (turn == 0):
                    values[0, n], values[1, n] = y, x
                    values[2, n], values[3, n] = counts[y, x], background[y, x]
                    values[4, n] = weight[y, x]
                    n += 1
        if turn == 0:
            n_counted = n
    return values[:, :n], n_counted


@compiled
def best_place(values, n_counted, template, cy, cx, reach):
    """Fit amplitude and place of a template: the best pixel within ``reach`` of a place.

    Parameters
    ----------
    values, n_counted
        See `circle_pixels`.
    template : ndarray of shape (2 * h + 1, 2 * h + 1), float64
        Source with a sum of one; ``h`` is at least the circle's radius and ``reach``.
    cy, cx, reach : int
        Where to look.

    Returns
    -------
    amplitude, gain : float
        Counts of the source, at least zero, and what they add to the logarithm of the Poisson
        likelihood (Cash 1979, ApJ 228, 939).
    y, x : int
        Pixel of the source.
    """
    scratch = np.empty(values.shape[1])
    y0, x0 = cy, cx
    amplitude, gain = _amplitude(values, n_counted, template, y0, x0, scratch)
    for _ in range(2 * reach):
        y_best, x_best = y0, x0
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                y, x = y0 + dy, x0 + dx
                if (dy == 0 and dx == 0) or max(abs(y - cy), abs(x - cx)) > reach:
                    continue
                new = _amplitude(values, n_counted, template, y, x, scratch)
                if new[1] > gain:
                    amplitude, gain = new
                    y_best, x_best = y, x
        if y_best == y0 and x_best == x0:
            break
        y0, x0 = y_best, x_best
    return amplitude, gain, y0, x0


@compiled
def _amplitude(values, n_counted, template, y0, x0, expected):
    """Amplitude of a template at a place, and its gain in log-likelihood."""
    h, n = len(template) // 2, values.shape[1]
    total, excess = 0.0, 0.0
    for i in range(n):
        y, x = int(values[0, i]) - y0 + h, int(values[1, i]) - x0 + h
        expected[i] = template[y, x] * values[4, i]
        total += expected[i]
        excess += values[2, i] - values[3, i]
    if total < 1e-3:
        return 0.0, 0.0
    amplitude, low, high = max(excess, 1.0) / total, 0.0, 1e30
    for _ in range(_STEPS):
        slope, curvature = -total, 0.0
        for i in range(n_counted):
            fraction = expected[i] / (values[3, i] + amplitude * expected[i])
            slope += values[2, i] * fraction
            curvature += values[2, i] * fraction * fraction
        if slope > 0:
            low = amplitude
        else:
            high = amplitude
        new = amplitude + slope / max(curvature, 1e-30)
        if not low < new < high:
            new = 0.5 * (low + min(high, 4 * amplitude + 1))
        moved = abs(new - amplitude)
        amplitude = new
        if moved < 1e-3 * (amplitude + 0.1):
            break
    gain = -amplitude * total
    for i in range(n_counted):
        gain += values[2, i] * math.log1p(amplitude * expected[i] / values[3, i])
    if gain <= 0:
        return 0.0, 0.0
    return amplitude, gain
