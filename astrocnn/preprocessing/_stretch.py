"""The scale-free stretch: every kind of image to the same range, whatever its unit."""

import numpy as np
from scipy.ndimage import gaussian_filter

__all__ = ["gaussian_taps", "local_background", "scale_free_stretch", "smooth", "standardize"]

#: Where a Gaussian ends, in standard deviations.
_TRUNCATE = 2.5
#: Standard deviation of a Gaussian over its median absolute deviation.
_MAD_TO_STD = 1.4826


def smooth(image: np.ndarray, weight: np.ndarray, sigma: float) -> np.ndarray:
    """Smooth an image with a Gaussian, weighting pixels by exposure or validity.

    Parameters
    ----------
    image : ndarray of shape (ny, nx)
        Counts, or any intensity; values of invalid pixels must be zero.
    weight : ndarray of shape (ny, nx)
        Exposure (s) for counts, 1 for valid and 0 for invalid pixels otherwise.
    sigma : float
        Standard deviation in pixels; 0 means no smoothing.

    Returns
    -------
    ndarray of shape (ny, nx)
        Smoothed image over smoothed weight (counts over exposure is a rate); 0 where no weight.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.preprocessing import smooth
    >>> exposure = np.linspace(100.0, 200.0, 25).reshape(5, 5)
    >>> np.allclose(smooth(0.01 * exposure, exposure, sigma=1), 0.01)
    True
    """
    if sigma > 0:
        image = gaussian_filter(image, sigma, truncate=_TRUNCATE, mode="constant")
        weight = gaussian_filter(weight, sigma, truncate=_TRUNCATE, mode="constant")
    positive = weight > 0
    return np.divide(image, weight, out=np.zeros_like(image), where=positive)


def local_background(image: np.ndarray, valid: np.ndarray) -> tuple[float, float]:
    """Return the level and noise of the background of a cut-out.

    Parameters
    ----------
    image : ndarray of shape (ny, nx)
        Pixels.
    valid : ndarray of shape (ny, nx), bool
        Pixels to use.

    Returns
    -------
    level, noise : float
        Median and scaled median absolute deviation of the valid pixels; the standard deviation
        stands in where more than half of them are equal. Both are 0 without valid pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.preprocessing import local_background
    >>> image = np.random.default_rng(0).normal(5, 2, (100, 100))
    >>> level, noise = local_background(image, image < np.inf)
    >>> round(level), round(noise)
    (5, 2)
    """
    values = image[valid]
    if values.size == 0:
        return 0.0, 0.0
    level = float(np.median(values))
    noise = _MAD_TO_STD * float(np.median(np.abs(values - level)))
    return level, noise if noise > 0 else float(values.std())


def scale_free_stretch(image: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return asinh((image - background) / noise); 0, the background, where not valid.

    Multiplying the image by a constant, or adding one, changes nothing: counts, rates and
    uncalibrated plates end on one scale (after Lupton, Gunn & Szalay 1999, AJ 118, 1406).

    Parameters
    ----------
    image : ndarray of shape (ny, nx)
        Pixels.
    valid : ndarray of shape (ny, nx), bool
        Pixels that exist and were exposed.

    Returns
    -------
    ndarray of shape (ny, nx)
        Zero everywhere for an image without signal (all pixels equal).

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.preprocessing import scale_free_stretch
    >>> image = np.random.default_rng(0).normal(size=(50, 50))
    >>> valid = np.ones(image.shape, dtype=bool)
    >>> np.allclose(
    ...     scale_free_stretch(image, valid), scale_free_stretch(1e4 + 7 * image, valid)
    ... )
    True
    """
    level, noise = local_background(image, valid)
    if noise <= 1e-6 * abs(level):  # what is left are rounding errors of single precision
        return np.zeros_like(image)
    return np.where(valid, np.arcsinh((image - level) / noise), 0)


def standardize(image: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return (image - mean) / standard deviation over valid pixels, 0 elsewhere.

    Kosiba et al. (2020), section 3.2.

    Parameters
    ----------
    image : ndarray of shape (ny, nx)
        Pixels.
    valid : ndarray of shape (ny, nx), bool
        Pixels to use.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.preprocessing import standardize
    >>> standardize(np.array([[1.0, 3.0]]), np.array([[True, True]]))
    array([[-1.,  1.]])
    """
    values = image[valid]
    if values.size == 0 or values.std() == 0:
        return np.zeros_like(image)
    return np.where(valid, (image - values.mean()) / values.std(), 0)


def gaussian_taps(sigmas) -> np.ndarray:
    """Return the Gaussians of `smooth`: center and right half, one row each.

    Parameters
    ----------
    sigmas : sequence of float
        Standard deviations in pixels; 0 gives a row of zeros.

    Returns
    -------
    ndarray of shape (n, 1 + radius of the widest), float32
        Both halves and the center sum to one.

    Examples
    --------
    >>> from astrocnn.preprocessing._stretch import gaussian_taps
    >>> gaussian_taps([0.5, 0])
    array([[0.78698605, 0.10650698],
           [0.        , 0.        ]], dtype=float32)
    """
    radii = [int(_TRUNCATE * sigma + 0.5) if sigma > 0 else 0 for sigma in sigmas]
    taps = np.zeros((len(radii), max(radii, default=0) + 1))
    for row, sigma, radius in zip(taps, sigmas, radii, strict=True):
        if sigma > 0:
            half = np.exp(-0.5 * (np.arange(radius + 1) / sigma) ** 2)
            row[: radius + 1] = half / (2 * half.sum() - half[0])
    return taps.astype(np.float32)
