"""Pixels from a HiPS on this computer."""

from pathlib import Path

from astropy import units as u

from ...surveys import Band
from ._hips_map import HipsMap
from ._tiles_provider import TilesProvider

__all__ = ["HipsProvider"]


class HipsProvider(TilesProvider):
    """Pixels from a HiPS directory on this computer.

    Parameters
    ----------
    path : path or list of path
        Folder that holds ``properties`` and ``Norder*``. Several HiPS are added (XMM-Newton
        0.5-2 keV is ``eb2 + eb3``); a pixel exists where all of them have it.
    band : Band or str
        What the pixels are.
    interpolation : {'bilinear', 'nearest', 'area'}
        How HiPS pixels become pixels of the grid. ``'area'`` is for counts: each HiPS pixel shares
        its counts among the pixels of the grid that it overlaps, and none is lost.
    exposure : path, optional
        Folder of a HiPS that holds the exposure (s).
    pixel_area : `~astropy.units.Quantity`, optional
        For counts: sky area that one value of the HiPS counts. By default that of a HiPS pixel at
        the deepest order stated in ``properties``.
    trusted : bool
        Whether you vouch for the HiPS: what ``properties`` says of its origin is not compared
        with the band.

    Raises
    ------
    ProviderError
        If a folder is not a HiPS of FITS tiles in a frame that is understood, or says that it is
        of another band, survey, waveband or photon energies.

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
        trusted: bool = False,
    ):
        paths = [path] if isinstance(path, (str, Path)) else list(path)
        maps = [HipsMap(one) for one in paths]
        exposure = None if exposure is None else HipsMap(exposure)
        super().__init__(maps, exposure, band, interpolation, pixel_area, trusted)
