"""Pixels that are fitted: those of a cut-out, summed up to about those of the telescope."""

import numpy as np

__all__ = ["binning", "fit_input"]

#: Side (arcsec) of the pixels that are fitted, about: those of the telescopes.
_PIXEL = 4.0


def binning(scale: float) -> int:
    """Return how many pixels of a side (arcsec) are summed up along each axis."""
    return max(round(_PIXEL / scale), 1)


def fit_input(
    image: np.ndarray,
    valid: np.ndarray,
    exposure: np.ndarray | None,
    status: str,
    factor: int,
) -> tuple[np.ndarray, dict]:
    """Return the image that is fitted, and the options of `fit_source`.

    Parameters
    ----------
    image, valid : ndarray of shape (ny, nx)
        A cut-out.
    exposure : ndarray of shape (ny, nx), optional
        Its exposure; NaN everywhere where there is no map.
    status : str
        Its flags. Without ``exposure_unknown`` and without a map it holds rates.
    factor : int
        See `binning`.
    """
    mapped = exposure is not None and np.isfinite(exposure).any()
    counts, good, exposure = _binned(image, valid, exposure if mapped else None, factor)
    rate = not mapped and "exposure_unknown" not in status
    return counts, {"valid": good, "exposure": exposure, "rate": rate}


def _binned(image, valid, exposure, factor):
    """Counts and exposure in pixels of ``factor`` times the side; borders that do not fit go."""
    if factor == 1:
        return image, valid, exposure
    ny, nx = (n // factor for n in image.shape)
    top, left = ((n - factor * m) // 2 for n, m in zip(image.shape, (ny, nx), strict=True))

    def blocks(array):
        part = array[top : top + ny * factor, left : left + nx * factor]
        return part.reshape(ny, factor, nx, factor)

    counts = blocks(np.where(valid, image, 0.0)).sum(axis=(1, 3))
    good = blocks(valid).all(axis=(1, 3))
    if exposure is not None:
        exposure = blocks(np.nan_to_num(exposure)).mean(axis=(1, 3))
    return counts, good, exposure
