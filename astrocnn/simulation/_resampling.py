"""Resampled images: pixels that were interpolated once or several times before anyone saw them."""

import numpy as np
from scipy.sparse import csr_array

__all__ = ["resample_some_times"]


def resample_some_times(
    image: np.ndarray, times: int, rng: np.random.Generator
) -> tuple[np.ndarray, float, np.ndarray]:
    """Interpolate an image, linearly or by cubics, on pixels shifted and about as large.

    An interpolation is linear in the pixels: those along one axis are one sparse matrix, however
    often the image was interpolated.

    Parameters
    ----------
    image : ndarray of shape (ny, nx), float32
        Pixels.
    times : int
        How often.
    rng : `numpy.random.Generator`
        Source of randomness: of shifts, of pixel sizes (within 12 % each time) and kernels.

    Returns
    -------
    image : ndarray of shape (my, mx), float32
        Interpolated pixels.
    scale : float
        Their size in pixels of what was given.
    origin : ndarray of shape (2,)
        Where the center of the first of them lies in what was given (x, y).
    """
    scale, origin = 1.0, np.zeros(2)
    for _ in range(times):
        zoom, kernel = rng.uniform(0.89, 1.12), _cubic if rng.random() < 0.5 else _linear
        shift = rng.uniform(0, 1, 2)
        matrices = [
            _matrix(n, zoom, s, kernel) for n, s in zip(image.shape[::-1], shift, strict=True)
        ]
        image = np.ascontiguousarray((matrices[0] @ (matrices[1] @ image).T).T)
        origin += scale * shift
        scale *= zoom
    return image, scale, origin


def _matrix(n, zoom, shift, kernel):
    """Weights of ``n`` pixels in those that start at ``shift`` and are ``zoom`` wide."""
    place = np.arange(shift, n - 1, zoom)
    whole = np.floor(place).astype(int)
    weights = kernel((place - whole)[:, None]).astype(np.float32)
    taps = weights.shape[1]
    columns = np.clip(whole[:, None] + np.arange(taps) - (taps // 2 - 1), 0, n - 1)
    start = np.arange(0, weights.size + 1, taps)
    return csr_array((weights.ravel(), columns.ravel(), start), shape=(len(place), n))


def _linear(f):
    return np.hstack([1 - f, f])


def _cubic(f):
    """Cubic convolution (Keys 1981, IEEE Trans. ASSP 29, 1153)."""
    return 0.5 * np.hstack(
        [-f + 2 * f**2 - f**3, 2 - 5 * f**2 + 3 * f**3, f + 4 * f**2 - 3 * f**3, f**3 - f**2]
    )
