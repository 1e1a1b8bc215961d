"""Background of an X-ray counts image: particles hit the whole detector, the sky is vignetted."""

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from scipy.ndimage import distance_transform_edt, gaussian_filter, label
from scipy.optimize import nnls

from ...config import conf
from ...exceptions import ProviderError
from ._resample import SkyImage

__all__ = ["BackgroundModel", "estimate_background"]

#: Scales at which sources are looked for (points, clusters, their outskirts): width (arcsec),
#: excess in standard deviations, and arcsec around it that are masked too.
_SCALES = ((12.0, 4.0, 25.0), (40.0, 3.5, 60.0), (120.0, 3.0, 60.0))
#: Side (arcsec) of a pixel for the search, of a bin for the fit; fewest bins that a fit needs.
_FINE, _BIN, _FEWEST = 8.0, 60.0, 20


@dataclass(frozen=True)
class BackgroundModel:
    """Two terms that make the background of a counts image.

    Attributes
    ----------
    sky : float
        Counts per second of vignetted exposure in one pixel.
    particle : float
        Counts per second of exposure in one pixel, wherever on the detector.
    covariance : ndarray of shape (2, 2)
        Of ``sky`` and ``particle``.
    n_bins : int
        Bins of source-free sky that were fitted.
    chi2 : float
        Pearson's sum over the bins; about ``n_bins - 2`` where the model holds.
    source_fraction : float
        Fraction of the exposed pixels that were masked as sources.
    """

    sky: float
    particle: float
    covariance: np.ndarray
    n_bins: int
    chi2: float
    source_fraction: float

    @property
    def sky_error(self) -> float:
        """Standard error of ``sky``."""
        return float(np.sqrt(self.covariance[0, 0]))

    @property
    def particle_error(self) -> float:
        """Standard error of ``particle``."""
        return float(np.sqrt(self.covariance[1, 1]))

    def expected(self, exposure: np.ndarray, unvignetted: np.ndarray | None = None) -> np.ndarray:
        """Return the expected background counts of each pixel.

        Parameters
        ----------
        exposure : ndarray of shape (ny, nx)
            Vignetted exposure (s).
        unvignetted : ndarray of shape (ny, nx), optional
            Exposure without vignetting (s). By default the largest of ``exposure``, wherever
            ``exposure`` is above zero.

        Returns
        -------
        ndarray of shape (ny, nx), float32
            Zero where nothing was exposed.
        """
        exposure = np.nan_to_num(exposure, posinf=0.0, neginf=0.0)
        flat = _flat(exposure, unvignetted)
        return (self.sky * exposure + self.particle * flat).astype(np.float32)


def estimate_background(image: SkyImage, unvignetted: np.ndarray | None = None) -> BackgroundModel:
    """Estimate the background of a counts image from its own source-free sky.

    Photons of the sky come through the mirrors: their number is proportional to the vignetted
    exposure map. Particles and fluorescence do not: they fill the detector evenly, as the exposure
    without vignetting does. Counts divided by the exposure map therefore rise toward the rim, and
    one term alone fits either the axis or the rim.

    Sources are masked: pixels around which the smoothed counts exceed the model by four
    standard deviations, for points and for extended emission, and their surroundings. The two terms
    are fitted to the counts of the rest in bins of an arcminute (maximum likelihood of the Poisson
    counts, neither term negative), and mask and fit are repeated until they agree.

    Parameters
    ----------
    image : SkyImage
        Counts, with their vignetted exposure map (s). XMM-Newton pipeline (PPS) and eROSITA
        (``ExposureMap``) maps are vignetted.
    unvignetted : ndarray of shape (ny, nx), optional
        Exposure map without vignetting (s), where there is one. By default the largest value of
        the map wherever the map is above zero, as in one pointing.

    Returns
    -------
    BackgroundModel

    Raises
    ------
    ProviderError
        If the image is not of counts, has no exposure map, or has too little sky without sources.

    Notes
    -----
    Where the exposure hardly changes over the image (a survey that scans) the terms cannot be told
    apart: their sum is as good as before, each of them is not, and their errors say so. A cluster
    that fills the field is taken for background; no fit within the field can know better.

    References
    ----------
    Maximum likelihood by iteratively reweighted least squares: Green 1984, J. R. Stat. Soc. B 46,
    149. Terms of the background of EPIC: Read & Ponman 2003, A&A 409, 395.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers import SkyImage, estimate_background
    >>> field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 26 * u.arcmin, 390)
    >>> y, x = (np.indices(field.shape) - 194.5) * 4 / 60  # arcmin from the axis
    >>> exposure = 3e4 / (1 + (x**2 + y**2) / 100)
    >>> counts = np.random.default_rng(1).poisson(2e-6 * exposure + 1e-6 * 3e4)
    >>> model = estimate_background(SkyImage(counts, field.wcs, "counts", exposure))
    >>> print(f"{model.sky:.1e} +- {model.sky_error:.0e}, {model.particle:.1e}")
    1.9e-06 +- 1e-07, 1.0e-06
    """
    counts, exposure, live = _checked(image)
    flat = _flat(exposure, unvignetted)
    scale = np.sqrt(image.pixel_area.to_value(u.arcsec**2))
    counts, *templates, area = _rebinned([counts, exposure * live, flat * live, live], scale)
    templates, scale = np.array(templates), scale * max(int(_FINE / scale), 1)
    live = area > 0.5 * area.max()
    sources = np.zeros(live.shape, dtype=bool)
    for _ in range(8):
        bins = _binned(np.concatenate([counts[np.newaxis], templates]), live & ~sources, scale)
        if bins.shape[1] < _FEWEST:
            raise ProviderError(
                f"{image.name} has {bins.shape[1]} bins of sky without sources, at least "
                f"{_FEWEST} are needed to estimate its background: give it as a file"
            )
        terms, covariance, chi2 = _fit(bins[0], bins[1:])
        before, sources = sources, _find_sources(counts, np.tensordot(terms, templates, 1), scale)
        if (before ^ sources).sum() < 1e-3 * live.sum():
            break
    masked = float((sources & live).sum() / live.sum())
    return BackgroundModel(*terms.tolist(), covariance, bins.shape[1], chi2, masked)


def _checked(image):
    """Counts, exposure (zero where unknown) and where enough of it was had; or an error."""
    if image.quantity != "counts" or image.exposure is None:
        lack = "is not of counts" if image.quantity != "counts" else "has no exposure map"
        raise ProviderError(f"{image.name} {lack}: its background cannot be estimated from it")
    exposure = np.nan_to_num(np.asarray(image.exposure, dtype=float), posinf=0.0, neginf=0.0)
    live = np.isfinite(image.data) & (exposure > conf.min_exposure * exposure.max())
    return np.where(live, image.data, 0).astype(float), exposure, live


def _flat(exposure, unvignetted):
    """Exposure without vignetting."""
    if unvignetted is None:
        return np.where(exposure > 0, exposure.max(), 0.0)
    return np.where(exposure > 0, np.nan_to_num(unvignetted, nan=0.0), 0.0)


def _rebinned(images, scale):
    """Sums over the pixels of a coarser image, which is searched sooner; the rest is cut off."""
    n = max(int(_FINE / scale), 1)
    ny, nx = (size // n for size in images[0].shape)
    return [
        image[: ny * n, : nx * n].reshape(ny, n, nx, n).sum(axis=(1, 3), dtype=float)
        for image in images
    ]


def _binned(images, use, scale):
    """Sums over bins of an arcminute, shape (n_images, n_bins); bins mostly masked are left out."""
    n = max(int(round(_BIN / scale)), 1)
    ny, nx = (size // n * n for size in use.shape)
    use = use[:ny, :nx]

    def add(image):
        return (image[:ny, :nx] * use).reshape(ny // n, n, nx // n, n).sum(axis=(1, 3)).ravel()

    area = add(np.ones(images.shape[1:]))
    return np.array([add(image) for image in images])[:, area >= 0.25 * n * n]


def _fit(counts, templates):
    """Non-negative terms of greatest Poisson likelihood, their covariance, Pearson's sum."""
    size = templates.mean(axis=1)
    design = (templates / size[:, np.newaxis]).T
    model = np.full(counts.shape, max(counts.mean(), 1e-3))
    for _ in range(30):
        root = np.sqrt(model)
        terms = nnls(design / root[:, np.newaxis], counts / root)[0]
        new = np.maximum(design @ terms, 1e-6)
        done = np.abs(new - model).max() < 1e-9 * new.max()
        model = new
        if done:
            break
    covariance = np.linalg.pinv(design.T @ (design / model[:, np.newaxis]))
    chi2 = float(((counts - model) ** 2 / model).sum())
    return terms / size, covariance / np.outer(size, size), chi2


def _find_sources(counts, model, scale):
    """Pixels in and around significant excesses over the model."""
    sources = np.zeros(counts.shape, dtype=bool)
    for width, significance, growth in _SCALES:
        sigma = width / scale
        # What was found at a smaller scale is left out: many points are no outskirts.
        seen, wanted = (
            gaussian_filter(np.where(sources, 0, image), sigma, mode="constant")
            for image in (counts, model)
        )
        # As many counts as have the same relative noise; their root has an even one (Anscombe).
        area = 4 * np.pi * sigma**2
        excess = 2 * (np.sqrt(area * seen + 0.375) - np.sqrt(area * wanted + 0.375))
        labels, _ = label(excess > significance)
        sizes = np.sqrt(np.bincount(labels.ravel()) / np.pi)
        # What is large reaches farther: a cluster is seen to about half of its radius.
        large = sizes > growth / scale
        reach = np.where(large, sizes, growth / scale)
        for which in (large, ~large):
            which = which & (np.arange(len(sizes)) > 0)
            if which.any():
                apart, nearest = distance_transform_edt(~which[labels], return_indices=True)
                sources |= apart < reach[labels[tuple(nearest)]]
    return sources
