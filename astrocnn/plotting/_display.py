"""From pixels to gray levels and colors for a figure. For the eye only, not for networks."""

import numpy as np

__all__ = ["combine", "smooth", "to_display"]

#: What X-rays are colored with where they lie over an optical image.
_XRAY_COLOR = np.array([0.72, 0.32, 1.0])


def smooth(image: np.ndarray, valid: np.ndarray, sigma: float) -> np.ndarray:
    """Smooth an image with a Gaussian that gives invalid pixels no weight.

    Parameters
    ----------
    image : ndarray of shape (ny, nx)
        Pixel values.
    valid : ndarray of shape (ny, nx), bool
        Pixels to use.
    sigma : float
        Standard deviation of the Gaussian (pixels); 0 leaves the image as it is.

    Returns
    -------
    ndarray of shape (ny, nx), float
        NaN where not valid.
    """
    from scipy.ndimage import gaussian_filter

    image = np.where(valid, image, 0.0).astype(float)
    if sigma > 0:
        weight = gaussian_filter(valid.astype(float), sigma, truncate=3)
        image = gaussian_filter(image, sigma, truncate=3) / np.maximum(weight, 1e-6)
    return np.where(valid, image, np.nan)


def to_display(
    image: np.ndarray,
    valid: np.ndarray,
    sigma: float = 0.0,
    percentile: float = 99.7,
    softening: float = 0.1,
) -> np.ndarray:
    """Stretch an image to 0..1: asinh between robust limits.

    Parameters
    ----------
    image : ndarray of shape (ny, nx)
        Pixel values in any unit.
    valid : ndarray of shape (ny, nx), bool
        Pixels that exist.
    sigma : float
        Smoothing before the stretch (pixels).
    percentile : float
        Percentile of the valid pixels that is shown white.
    softening : float
        Share of the range below which the stretch is linear; larger shows less of the faint.

    Returns
    -------
    ndarray of shape (ny, nx), float
        0..1; NaN where not valid.

    Notes
    -----
    Black lies one robust standard deviation below the median; white lies at ``percentile``, or
    15 standard deviations above the median where that is more: a field without a source looks flat.
    """
    valid = np.asarray(valid, dtype=bool) & np.isfinite(image)
    if not valid.any():
        return np.full(np.shape(image), np.nan)
    image = smooth(image, valid, sigma)
    values = image[valid]
    median, top = np.percentile(values, [50, percentile])
    noise = 1.4826 * np.median(np.abs(values - median))
    low, high = median - noise, max(top, median + 15 * noise)
    if not high > low:
        return np.where(valid, 0.0, np.nan)
    scaled = np.clip((image - low) / (high - low), 0, 1)
    return np.arcsinh(scaled / softening) / np.arcsinh(1 / softening)


def combine(xray: np.ndarray, optical: np.ndarray) -> np.ndarray:
    """Lay a displayed X-ray image, in violet, over a displayed optical image, in gray.

    Parameters
    ----------
    xray, optical : ndarray of shape (ny, nx)
        Results of `to_display`; NaN where not valid.

    Returns
    -------
    ndarray of shape (ny, nx, 4), float
        Red, green, blue and opacity, 0..1; opaque where at least one of the two is valid.
    """
    opacity = (np.isfinite(xray) | np.isfinite(optical)).astype(float)
    gray = np.nan_to_num(optical)[..., np.newaxis] * np.ones(3)
    bright = np.clip((np.nan_to_num(xray) - 0.25) / 0.75, 0, 1)  # leave out the X-ray noise
    screen = 1 - (1 - 0.95 * gray) * (1 - 0.9 * bright[..., np.newaxis] * _XRAY_COLOR)
    return np.concatenate([screen, opacity[..., np.newaxis]], axis=-1)
