"""Planes that a network looks at: an X-ray image in units of its noise, and what the fit left."""

from collections.abc import Sequence

import numpy as np

from ..surveys import PointSpread
from ._fit import FittedModels, fit_models
from ._templates import gaussian_taps

__all__ = [
    "N_NUMBERS", "N_PLANES", "PLANE_PIXELS", "planes_and_place", "put_centered", "source_planes",
]  # fmt: skip

#: Pixels of a plane along one side.
PLANE_PIXELS = 64
#: Numbers that are the same in all pixels: the last planes.
N_NUMBERS = 6
#: Images and numbers.
N_PLANES = 6 + N_NUMBERS
#: Standard deviation (arcsec) of the Gaussian that images are smoothed with.
_SIGMA = 5.0
#: Counts per pixel that are added to the variance: empty pixels have a noise too.
_FLOOR = 0.01


def source_planes(
    image: np.ndarray,
    psf: PointSpread,
    pixel: float,
    *,
    valid: np.ndarray | None = None,
    exposure: np.ndarray | None = None,
    rate: bool = False,
    others: Sequence[tuple[float, float]] = (),
) -> np.ndarray:
    """Return what a network sees of an X-ray source, centered on it.

    Parameters
    ----------
    image, psf, pixel, valid, exposure, rate, others
        See `fit_source`.

    Returns
    -------
    ndarray of shape (64, 64, 12), float32
        Six images: the significance of the smoothed excess over the background, neighbors
        included; the same without neighbors, less the best point source, and less the best
        extended one; the square root of the point-spread function; the exposure, zero where
        neighbors are masked; the significance of the excess in each pixel, not smoothed. Then
        numbers in all pixels: background, likelihood of extent and of the source, core radius,
        counts, half-energy radius.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.extent import source_planes
    >>> from astrocnn.surveys import PointSpread
    >>> psf = PointSpread(half_radius=8.0)
    >>> expected = 0.05 + 200 * psf.image(4.0, 45)
    >>> counts = np.random.default_rng(0).poisson(expected)
    >>> planes = source_planes(counts, psf, 4.0)
    >>> planes.shape, bool(planes[28:36, 28:36, 0].max() > 2)
    ((64, 64, 12), True)
    """
    options = {"valid": valid, "exposure": exposure, "rate": rate, "others": others}
    return planes_and_place(image, psf, pixel, **options)[0]


def planes_and_place(
    image, psf, pixel, *, place=None, **options
) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the planes of `source_planes`, and which pixel of the image is in their middle.

    ``place`` says which it should be, instead of that of the source.
    """
    fit = fit_models(image, psf, pixel, **options)
    place = fit.best[2:] if place is None else place
    planes = np.zeros((PLANE_PIXELS, PLANE_PIXELS, N_PLANES), dtype=np.float32)
    images = [*_residuals(fit, pixel), *_shapes(fit), _excess(fit)]
    for number, plane in enumerate(images):
        put_centered(plane, place, planes[..., number])
    planes[..., len(images) :] = _numbers(fit, psf)
    return planes, place


def _residuals(fit: FittedModels, pixel: float):
    """Significance of what is left of the image above the background, and above the models."""
    from ._kernel import smooth

    taps = gaussian_taps(round(_SIGMA / pixel, 2))
    seen = (fit.weight > 0) * 1.0
    exposed = (fit.background > 1e-6) * 1.0
    point, extended = (
        fit.model(source, template)
        for source, template in zip((fit.point, fit.extended), fit.templates, strict=True)
    )
    for model, used in ((0.0, exposed), (point, seen), (extended, seen)):
        expected = (fit.background + model) * used
        excess = smooth(fit.counts * used - expected, taps)
        error = np.sqrt(smooth(expected + _FLOOR, taps**2))
        yield np.arcsinh(excess / error)


def _shapes(fit: FittedModels):
    """The point-spread function where the source is, and the exposure."""
    yield np.sqrt(fit.model((1.0, 0.0, *fit.best[2:]), fit.templates[0] / fit.templates[0].max()))
    yield np.minimum(fit.weight, 2.0)


def _excess(fit: FittedModels) -> np.ndarray:
    """Significance of each pixel: smoothing hides that a source is two."""
    background = np.where(fit.background > 1e-6, fit.background, 0.0)
    excess = np.where(background > 0, fit.counts - background, 0.0)
    return np.arcsinh(excess / np.sqrt(background + _FLOOR))


def _numbers(fit: FittedModels, psf: PointSpread) -> list[float]:
    """Numbers of the fit, each of order one."""
    return [
        np.log10(max(fit.background[fit.peak], 1e-4)),
        np.arcsinh(fit.extended[1] - fit.point[1]) / 2,
        np.arcsinh(fit.best[1]) / 4,
        np.log(fit.core / 20.0),
        np.log10(fit.best[0] + 1.0) - 2,
        np.log(psf.half_radius / 10.0),
    ]


def put_centered(image, place, plane) -> None:
    """Copy an image so that a pixel of it comes to the middle; beyond it there is nothing."""
    spans = []
    for at, n, size in zip(place, image.shape, plane.shape, strict=False):
        start = at - size // 2
        spans.append((max(start, 0), min(start + size, n), start))
    here = tuple(slice(low - start, high - start) for low, high, start in spans)
    plane[here] = image[tuple(slice(low, high) for low, high, _ in spans)]
