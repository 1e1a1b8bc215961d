"""Compiled sums over the pixels of an image, and over rings of its power spectrum."""

import numpy as np

from .._compiled import compiled

__all__ = ["band_sums", "ring_sums"]


@compiled
def band_sums(image, planes, sums, products):
    """Part the bands of an image, and sum up powers of what is off the mean.

    Parameters
    ----------
    image : ndarray of shape (ny * nx, n_bands), float32
    planes : ndarray of shape (n_bands, ny * nx), float32
        Gets the bands one after the other, the mean of each subtracted.
    sums : ndarray of shape (n_bands, 4), float64
        Gets the means of the square, the cube and the fourth power, and the fraction of zeros.
    products : ndarray of shape (n_bands, n_bands), float64
        Gets the means of the products of two bands, below the diagonal.
    """
    n, n_bands = image.shape
    for b in range(n_bands):
        plane, total, zeros = planes[b], 0.0, np.int32(0)
        for p in range(n):
            value = image[p, b]
            plane[p] = value
            total += np.float64(value)
            zeros = np.int32(zeros + np.int32(value == 0))
        mean = np.float32(total / n)
        square, cube, fourth = 0.0, 0.0, 0.0
        for p in range(n):
            plane[p] -= mean
            two = plane[p] * plane[p]
            square += np.float64(two)
            cube += np.float64(two * plane[p])
            fourth += np.float64(two * two)
        sums[b, 0], sums[b, 1], sums[b, 2], sums[b, 3] = square / n, cube / n, fourth / n, zeros / n
        for other in range(b):
            product = 0.0
            for p in range(n):
                product += np.float64(plane[p] * planes[other, p])
            products[b, other] = product / n


@compiled
def ring_sums(parts, edges, rings, weights, sums):
    """Sum up the power of a transform in rings.

    Parameters
    ----------
    parts : ndarray of shape (2 * n,), float32
        Real and imaginary parts in turn.
    edges : ndarray of shape (m + 1,), int
        Where stretches begin that lie in one ring.
    rings, weights : ndarray of shape (m,), int and float64
        Their ring, and how often their power counts.
    sums : ndarray of float64
        What each ring has is added; rings beyond them are left out.
    """
    for i in range(len(rings)):
        if rings[i] >= len(sums):
            continue
        total = np.float32(0)
        for p in range(2 * edges[i], 2 * edges[i + 1]):
            total += parts[p] * parts[p]
        sums[rings[i]] += weights[i] * total
