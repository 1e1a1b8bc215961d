"""Fit of a point source, and of the same blurred by a beta model, to an X-ray image."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..exceptions import InvalidImageError
from ..surveys import PointSpread
from ._surroundings import (
    background_image,
    contrasts,
    filter_taps,
    find_neighbors,
    find_source,
    flat_exposure,
    photons_per_unit,
)
from ._templates import CORES, source_templates

__all__ = ["FittedModels", "SourceFit", "fit_models", "fit_source"]

#: Radius (arcsec) of the circle whose photons are fitted.
_RADIUS = 80.0
#: The fit moves a source by at most this number of pixels.
_REACH = 3


@dataclass(frozen=True)
class SourceFit:
    """What the photons about a target say of its source.

    Attributes
    ----------
    place : tuple of int
        Row and column of the source; the middle where there is none.
    counts : float
        Counts of the better of the two models.
    likelihood : float
        What they add to the logarithm of the Poisson likelihood.
    extent_likelihood : float
        The same of the best extended source less that of the best point: above about 3 the source
        is extended, negative where a point describes it better.
    core : float
        Core radius (arcsec) of the best extended source.
    background : float
        Counts per pixel at the source.
    neighbors : list of tuple
        Row, column and radius (arcsec) of the sources that were masked.
    """

    place: tuple[int, int]
    counts: float
    likelihood: float
    extent_likelihood: float
    core: float
    background: float
    neighbors: list = field(default_factory=list)


def fit_source(
    image: np.ndarray,
    psf: PointSpread,
    pixel: float,
    *,
    valid: np.ndarray | None = None,
    exposure: np.ndarray | None = None,
    rate: bool = False,
    others: Sequence[tuple[float, float]] = (),
) -> SourceFit:
    r"""Fit the source near the middle of an X-ray image.

    The source is the most significant peak within 48 arcsec of the middle. The background is
    measured beyond 90 arcsec, without what stands out: one part follows the exposure, as photons of
    the sky do, and one is the same in all exposed pixels, as particles are. Other sources that look
    like points are masked. The photons within 80 arcsec are then compared with a point source
    and with beta models of 6 to 90 arcsec, each at its best place and amplitude, by the Poisson
    likelihood :math:`\sum n \ln m - m` (Cash 1979, ApJ 228, 939).

    Parameters
    ----------
    image : ndarray of shape (ny, nx)
        Counts in pixels of a few arcsec, or rates where ``rate``.
    psf : PointSpread
        Point-spread function at the target.
    pixel : float
        Side of a pixel (arcsec).
    valid : ndarray of shape (ny, nx), bool, optional
        Pixels that were exposed. Default: those that are finite.
    exposure : ndarray of shape (ny, nx), optional
        Exposure. Default: the same everywhere.
    rate : bool
        Whether the image is counts over exposure. How many photons that were is then estimated from
        the scatter of the background.
    others : sequence of (row, column), optional
        Pixels of other targets, see `OtherTargets`. A peak within 12 arcsec of one (or the
        half-energy radius) that stands out of its surroundings is that target's source: it is
        masked, and what lies nearer to that target than to the middle is not what is looked for.

    Returns
    -------
    SourceFit

    Raises
    ------
    InvalidImageError
        If the image is no single image.

    Examples
    --------
    A point source of 200 counts on a background of 0.05 counts per pixel:

    >>> import numpy as np
    >>> from astrocnn.extent import fit_source
    >>> from astrocnn.surveys import PointSpread
    >>> psf = PointSpread(half_radius=8.0)
    >>> expected = 0.05 + 200 * psf.image(4.0, 45)
    >>> fit = fit_source(np.random.default_rng(0).poisson(expected), psf, 4.0)
    >>> 170 < fit.counts < 230, fit.extent_likelihood < 2
    (True, True)
    """
    options = {"valid": valid, "exposure": exposure, "rate": rate, "others": others}
    return fit_models(image, psf, pixel, **options).summary()


@dataclass(frozen=True)
class FittedModels:
    """The best point source and the best extended one, on the pixels that they were fitted to.

    Attributes
    ----------
    counts, background, weight : ndarray of shape (ny, nx)
        Photons, expected background, and exposure relative to that at the source, 0 where a pixel
        is not used.
    point, extended : tuple
        Counts, likelihood, row and column of the best source of either kind.
    templates : tuple of ndarray
        Their images, each with a sum of one.
    core : float
        Core radius (arcsec) of the extended one.
    peak : tuple of int
        Row and column where the fits began.
    neighbors : list of tuple
        See `SourceFit`.
    """

    counts: np.ndarray
    background: np.ndarray
    weight: np.ndarray
    point: tuple
    extended: tuple
    templates: tuple
    core: float
    peak: tuple[int, int]
    neighbors: list

    @property
    def best(self) -> tuple:
        """The better of the two; the point where they are equal."""
        return max(self.point, self.extended, key=lambda fit: fit[1])

    def summary(self) -> SourceFit:
        """Return the numbers."""
        best = self.best
        return SourceFit(
            place=best[2:],
            counts=best[0],
            likelihood=best[1],
            extent_likelihood=float(self.extended[1] - self.point[1]),
            core=self.core,
            background=float(self.background[self.peak]),
            neighbors=self.neighbors,
        )

    def model(self, source: tuple, template: np.ndarray) -> np.ndarray:
        """Return the image that a source is expected to make, shape (ny, nx)."""
        image = np.zeros(self.counts.shape)
        half = len(template) // 2
        corner = source[2] - half, source[3] - half
        spans = [
            (max(start, 0), min(start + len(template), n))
            for start, n in zip(corner, image.shape, strict=True)
        ]
        here = tuple(slice(*span) for span in spans)
        there = tuple(
            slice(low - start, high - start)
            for (low, high), start in zip(spans, corner, strict=True)
        )
        image[here] = source[0] * template[there]
        return image * self.weight


def fit_models(
    image, psf, pixel, *, valid=None, exposure=None, rate=False, others=()
) -> FittedModels:
    """Fit as `fit_source` does; return the models too."""
    if np.ndim(image) != 2:
        raise InvalidImageError(f"an image of shape (ny, nx) is needed, not {np.shape(image)}")
    counts, relative, weight = _counts(image, valid, exposure, rate)
    taps, flat = filter_taps(psf, pixel), flat_exposure(relative)
    background = background_image(counts, relative, flat, weight, pixel, taps)
    seen = counts, np.maximum(background, 1e-6), weight
    contrast, standing = contrasts(*seen, psf, pixel)
    (y, x), taken = find_source(*seen, psf, pixel, standing, others)
    neighbors = find_neighbors(contrast, standing, psf, pixel, (y, x), taken)
    for row, column, radius in neighbors:
        _mask(weight, (row, column), radius / pixel, (y, x), max(psf.half_radius, 12.0) / pixel)
    if neighbors:
        background = background_image(counts, relative, flat, weight, pixel, taps)
    background = np.maximum(background, 1e-6)
    used = weight * relative / (relative[y, x] or 1.0)
    templates = source_templates(psf, pixel)
    point, *extended = _fits(counts, background, used, templates, (y, x), pixel)
    gains = np.array([fit[1] for fit in extended])
    best = int(gains.argmax())
    return FittedModels(
        counts=counts,
        background=background,
        weight=used,
        point=point,
        extended=extended[best],
        templates=(templates[0], templates[1 + best]),
        core=_core(gains, best),
        peak=(y, x),
        neighbors=neighbors,
    )


def _counts(image, valid, exposure, rate):
    """Counts, relative exposure, and which pixels are used."""
    image = np.asarray(image, dtype=float)
    good = np.isfinite(image) if valid is None else np.isfinite(image) & (np.asarray(valid) != 0)
    relative = good.astype(float)
    if exposure is not None and np.isfinite(exposure).any():
        relative = np.where(good, np.nan_to_num(np.asarray(exposure, dtype=float)), 0.0)
        good &= relative > 0
        relative /= np.median(relative[good]) if good.any() else 1.0
    counts = np.where(good, np.maximum(image, 0.0), 0.0)
    if rate:
        counts *= photons_per_unit(counts, good)
    return counts, relative, good.astype(float)


def _mask(weight, place, radius, source, kept):
    """Leave out a circle, but for the core of the source itself."""
    y, x = np.ogrid[: weight.shape[0], : weight.shape[1]]
    out = np.hypot(y - place[0], x - place[1]) <= radius
    weight[out & (np.hypot(y - source[0], x - source[1]) > kept)] = 0


def _fits(counts, background, used, templates, source, pixel):
    """Amplitude, gain and place of each template."""
    from ._kernel import best_place, circle_pixels

    values, n_counted = circle_pixels(counts, background, used, *source, round(_RADIUS / pixel))
    return [best_place(values, n_counted, one, *source, _REACH) for one in templates]


def _core(gains, best) -> float:
    """Core radius of the best model: the top of a parabola through three of them."""
    if not 0 < best < len(CORES) - 1:
        return float(CORES[best])
    below, middle, above = gains[best - 1 : best + 2]
    bend = below - 2 * middle + above
    shift = 0.5 * (below - above) / bend if bend < 0 else 0.0
    steps = np.diff(np.log(CORES))[best - 1 : best + 1]
    return float(CORES[best] * np.exp(np.clip(shift, -0.5, 0.5) * steps.mean()))
