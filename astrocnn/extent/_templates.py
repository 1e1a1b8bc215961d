"""Templates of sources: the point-spread function, alone and blurred by beta models."""

from functools import cache, lru_cache

import numpy as np
from scipy.fft import irfft2, next_fast_len, rfft2

from ..surveys import PointSpread

__all__ = ["CORES", "gaussian_taps", "source_templates"]

#: Core radii (arcsec) of the beta models that are tried.
CORES = np.array([6.0, 12.0, 24.0, 48.0, 90.0])
#: Half of the side of a template (arcsec).
_HALF = 120.0


def source_templates(psf: PointSpread, pixel: float) -> np.ndarray:
    """Return the templates of a point and of extended sources, each with a sum of one.

    Beta models have the index 2/3 (Cavaliere & Fusco-Femiano 1976, A&A 49, 137). Templates are made
    for rounded parameters, and kept: those of a list of targets are much the same.

    Parameters
    ----------
    psf : PointSpread
        Point-spread function.
    pixel : float
        Side of a pixel (arcsec).

    Returns
    -------
    ndarray of shape (1 + n_cores, 2 * h + 1, 2 * h + 1), float64
        The point first.
    """
    return _rounded_templates(
        round(40 * np.log(psf.half_radius)),
        round(20 * psf.slope),
        round(10 * psf.stretch),
        round(12 * psf.angle / np.pi) % 12,
        float(pixel),
    )


@lru_cache(maxsize=128)
def _rounded_templates(size, slope, stretch, turn, pixel):
    psf = PointSpread(np.exp(size / 40), slope / 20, stretch / 10, turn * np.pi / 12)
    half = round(_HALF / pixel)
    n = 2 * half + 1
    at = (np.arange(n) - half) * pixel
    # Photons were shared out twice: the telescope's pixels, and those of the cut-out.
    shift, share = np.array([-0.6, 0.0, 0.6]) * pixel, np.array([0.25, 0.5, 0.25])
    point = np.zeros((n, n))
    for dy, wy in zip(shift, share, strict=True):
        for dx, wx in zip(shift, share, strict=True):
            point += wy * wx * psf.profile(-(at + dx)[np.newaxis, :], (at + dy)[:, np.newaxis])
    point /= point.sum()
    size, kernels = _beta_kernels(pixel, half)
    blurred = irfft2(rfft2(point, (size, size)) * kernels, (size, size))
    blurred = np.maximum(blurred[:, half : half + n, half : half + n], 0.0)
    templates = np.concatenate([point[np.newaxis], blurred])
    return templates / templates.sum(axis=(1, 2), keepdims=True)


@cache
def _beta_kernels(pixel, half):
    """Size and values of the Fourier transforms of the beta models."""
    size = next_fast_len(4 * half + 1)
    at = (np.arange(2 * half + 1) - half) * pixel
    radius2 = at[:, np.newaxis] ** 2 + at**2
    models = [(1 + radius2 / core**2) ** -1.5 for core in CORES]
    return size, np.array([rfft2(model / model.sum(), (size, size)) for model in models])


@cache
def gaussian_taps(sigma: float) -> np.ndarray:
    """Return a Gaussian along one axis, followed to three ``sigma`` (pixels), with a sum of one."""
    m = int(np.ceil(3 * sigma))
    taps = np.exp(-0.5 * (np.arange(-m, m + 1) / sigma) ** 2)
    return taps / taps.sum()
