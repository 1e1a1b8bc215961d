"""Pixels from a HiPS on this computer."""

from pathlib import Path

import numpy as np
from astropy import units as u

from ..config import conf
from ..exceptions import NoCoverageError, ProviderError
from ..grid import CutoutGrids
from ..surveys import Band, get_band
from ._core import Pixels, Provider
from ._hips_map import HipsMap

__all__ = ["HipsProvider"]

_INTERPOLATIONS = ("bilinear", "nearest")


class HipsProvider(Provider):
    """Pixels from a HiPS directory on this computer.

    Parameters
    ----------
    path : path or list of path
        Folder that holds ``properties`` and ``Norder*``. Several HiPS are added (XMM-Newton
        0.5-2 keV is ``eb2 + eb3``); a pixel exists where all of them have it.
    band : Band or str
        What the pixels are.
    interpolation : {'bilinear', 'nearest'}
        How HiPS pixels become pixels of the grid.
    exposure : path, optional
        Folder of a HiPS that holds the exposure (s).
    pixel_area : `~astropy.units.Quantity`, optional
        For counts: sky area that one value of the HiPS counts. By default that of a HiPS pixel at
        the deepest order stated in ``properties``.

    Raises
    ------
    ProviderError
        If a folder is not a HiPS of FITS tiles in a frame that is understood.

    Notes
    -----
    The order used is the shallowest one whose pixels are not larger than those of the grid, else
    the deepest one: pixels are up-sampled at will, but down-sampled by a factor of two at most
    where the HiPS has shallower orders.

    Counts are scaled by the ratio of the pixel areas. Shallower orders hold means of deeper pixels,
    so the area is that of the deepest order whatever order is used. Builders that interpolate count
    images as they are (Hipsgen, ``reproject``) leave counts per pixel of the *original* image in
    the tiles: give its area, ``pixel_area=band.pixel_scale**2``.

    Pixels are valid where all HiPS have a value and, with ``exposure``, where the exposure is
    above ``astrocnn.conf.min_exposure`` times the largest exposure *on the grid* (a HiPS does not
    tell that of the whole map).

    References
    ----------
    Fernique et al. 2015, A&A 578, A114; IVOA Recommendation HiPS 1.0 (2017).

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers import HipsProvider, write_hips
    >>> center = SkyCoord(150, 2, unit="deg")
    >>> sky = CutoutGrid(center, 30 * u.arcmin, 100)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write_hips(folder, [(np.full((100, 100), 7.0), sky.wcs)], order=7)
    ...     provider = HipsProvider(folder, "dss2-red")
    ...     pixels = provider.cutout(CutoutGrid(center, 6 * u.arcmin, 32))
    >>> float(pixels.image.mean()), bool(pixels.valid.all())
    (7.0, True)
    """

    def __init__(
        self,
        path,
        band: Band | str,
        interpolation: str = "bilinear",
        *,
        exposure=None,
        pixel_area: u.Quantity | None = None,
    ):
        super().__init__(get_band(band))
        if interpolation not in _INTERPOLATIONS:
            raise ProviderError(
                f"interpolation must be one of {', '.join(_INTERPOLATIONS)}, not {interpolation!r}"
            )
        paths = [path] if isinstance(path, (str, Path)) else list(path)
        if not paths:
            raise ProviderError("give at least one HiPS folder")
        self.interpolation = interpolation
        self.pixel_area = pixel_area
        self._maps = [HipsMap(p) for p in paths]
        self._exposure = None if exposure is None else HipsMap(exposure)

    @property
    def description(self) -> str:
        """Names of the folders."""
        return " + ".join(f"HiPS {hips.path.name}" for hips in self._maps)

    def cutout(self, grid) -> Pixels:
        """Return the pixels on ``grid``; see `Provider.cutout`."""
        ra, dec = grid.center.ra.deg, grid.center.dec.deg
        found = self.cutouts(CutoutGrids(ra, dec, grid.size, grid.pixels))[0]
        if isinstance(found, ProviderError):
            raise found
        return found

    def cutouts(self, grids, pool=None) -> list[Pixels | ProviderError]:
        """Return the pixels on many grids; see `Provider.cutouts`."""
        parts = [self._sample(hips, grids, pool) for hips in self._maps]
        exposures = [None] * len(grids)
        if self._exposure is not None:
            exposures = self._exposure.sample(grids, "bilinear", pool)
        found = []
        for i, exposure in enumerate(exposures):
            images = [part[i] for part in parts]
            faults = [x for x in (*images, exposure) if isinstance(x, ProviderError)]
            found.append(faults[0] if faults else self._pixels(images, exposure, grids, i))
        return found

    def _sample(self, hips, grids, pool):
        """Values of one HiPS on the grids, counts per pixel of the grids; or errors."""
        found = hips.sample(grids, self.interpolation, pool)
        if self.band.quantity == "counts":
            area = hips.pixel_area(hips.order) if self.pixel_area is None else self.pixel_area
            ratio = np.float32((grids.pixel_area / area).to_value(u.one))
            for values in found:
                if not isinstance(values, ProviderError):
                    values *= ratio
        return found

    def _pixels(self, images, exposure, grids, i) -> Pixels | NoCoverageError:
        """Pixels of one target from the values of each HiPS."""
        image = images[0]
        for other in images[1:]:
            image += other
        valid = np.isfinite(image)
        if exposure is not None:
            exposure = np.maximum(np.nan_to_num(exposure, nan=0.0), 0.0)
            valid &= exposure > conf.min_exposure * exposure.max()
        if not valid.any():
            place = grids[i].center.to_string("hmsdms", precision=0)
            return NoCoverageError(f"no {self.band.name} pixels at {place} in {self.description}")
        known = exposure is not None or self.band.quantity != "counts"
        return Pixels(image, valid, exposure, known)
