"""Gaps in images: filled for the statistics of an image, and judged by where they are."""

import numpy as np

__all__ = ["central_gap", "fill_gaps"]

#: Radius (arcsec) of the center, which must be there: a core of 4 arcsec and what surrounds it.
CENTER = 78.0
#: What stands where a pixel and the one opposite are both missing: a zero would be counted.
_NOTHING = np.float32(1e-6)


def fill_gaps(tensor: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Put the pixel opposite the target where a pixel is missing.

    Texture and sharpness stay those of the image: a gap, or the edge of a field, makes no image
    unusual.

    Parameters
    ----------
    tensor : ndarray of shape (n, ny, nx, n_bands)
        Network input.
    valid : ndarray of shape (n, n_bands, ny, nx)
        Where pixels are; 0 where they are missing.

    Returns
    -------
    ndarray of shape (n, ny, nx, n_bands)
        The same array where no pixel is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.training import fill_gaps
    >>> image = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> valid = np.ones((1, 1, 3, 3), dtype=bool)
    >>> valid[0, 0, 0] = False
    >>> fill_gaps(image, valid)[0, :, :, 0]
    array([[8., 7., 6.],
           [3., 4., 5.],
           [6., 7., 8.]])
    """
    rows, bands = np.nonzero(~_whole(valid))
    if len(rows) == 0:
        return tensor
    tensor = tensor.copy()
    for i, b in zip(rows, bands, strict=True):
        missing = valid[i, b] == 0
        opposite = np.where(missing[::-1, ::-1], _NOTHING, tensor[i, ::-1, ::-1, b])
        tensor[i, :, :, b] = np.where(missing, opposite, tensor[i, :, :, b])
    return tensor


def central_gap(valid: np.ndarray, pixel_scale: float) -> np.ndarray:
    """Return the fraction of the central 1.3 arcmin that is missing.

    Parameters
    ----------
    valid : ndarray of shape (n, n_bands, ny, nx)
        See `fill_gaps`.
    pixel_scale : float
        Side of a pixel (arcsec).

    Returns
    -------
    ndarray of shape (n, n_bands)
    """
    y, x = (np.arange(size) - (size - 1) / 2 for size in valid.shape[2:])
    center = np.hypot(y[:, np.newaxis], x) * pixel_scale < CENTER
    fraction = np.zeros(valid.shape[:2])
    for i, b in zip(*np.nonzero(~_whole(valid)), strict=True):
        fraction[i, b] = np.mean(valid[i, b][center] == 0)
    return fraction


def _whole(valid):
    """Whether no pixel is missing, shape (n, n_bands)."""
    return valid.all(axis=(2, 3))
