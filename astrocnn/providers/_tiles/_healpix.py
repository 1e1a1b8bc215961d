"""Pixels from HEALPix maps on this computer."""

from collections.abc import Sequence

from astropy import units as u

from ...surveys import Band
from .._images._exposure_time import exposure_seconds
from ._healpix_map import HealpixMap
from ._tiles_provider import TilesProvider

__all__ = ["HealpixProvider"]


class HealpixProvider(TilesProvider):
    """Pixels from HEALPix maps: files, or arrays in memory.

    Parameters
    ----------
    source : path, ndarray of shape (12 * nside**2,), or list of them
        FITS files as healpy writes them (all pixels, or some with their numbers), HDF5 files, or
        values. Several maps are added; a pixel exists where all of them have it.
    band : Band or str
        What the pixels are.
    interpolation : {'bilinear', 'nearest', 'area'}
        How HEALPix pixels become pixels of the grid. ``'area'`` is for counts: each HEALPix pixel
        shares its counts among the pixels of the grid that it overlaps, and none is lost.
    exposure : path or ndarray, optional
        Map of the exposure (s).
    pixel_area : `~astropy.units.Quantity`, optional
        For counts: sky area that one value counts. By default that of a HEALPix pixel.
    column : int or str, optional
        Which column of the table, or which dataset of an HDF5 file; the first by default.
    nested : bool, optional
        Whether pixels are in nested order. By default the file tells; arrays are in rings.
    frame : {'icrs', 'galactic'}, optional
        By default the file tells (``COORDSYS``); arrays are in ICRS. healpy writes it only where it
        is told to (``write_map(..., coord="G")``).
    trusted : bool
        Whether you vouch for the map: what its header says of its origin is not compared with the
        band.

    Raises
    ------
    ProviderError
        If a source is no HEALPix map, a file does not say its frame, or says that it is of another
        telescope or unit than the band.

    Notes
    -----
    Files are mapped into memory, so that only what the targets need is read. Bilinear values next
    to a missing HEALPix pixel are missing; where half of a map has holes ``'nearest'``, or
    ``'area'`` for counts, takes those pixels that exist. Maps with pixels
    smaller than the grid's are not averaged, but for counts with ``interpolation='area'``: make a
    map of larger pixels first (``healpy.ud_grade``), or a HiPS, which has several orders.

    References
    ----------
    Górski et al. 2005, ApJ 622, 759.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers import HealpixProvider
    >>> provider = HealpixProvider(np.full(12 * 64**2, 7.0), "dss2-red")
    >>> pixels = provider.cutout(CutoutGrid(SkyCoord(150, 2, unit="deg"), 10 * u.deg, 32))
    >>> pixels.image.shape, float(pixels.image.mean())
    ((32, 32), 7.0)
    """

    def __init__(
        self,
        source,
        band: Band | str,
        interpolation: str = "bilinear",
        *,
        exposure=None,
        pixel_area: u.Quantity | None = None,
        column: int | str | None = None,
        nested: bool | None = None,
        frame: str | None = None,
        trusted: bool = False,
    ):
        several = isinstance(source, Sequence) and not isinstance(source, (str, bytes))
        sources = list(source) if several else [source]
        maps = [HealpixMap(one, column, nested, frame) for one in sources]
        exposure = None if exposure is None else HealpixMap(exposure, None, nested, frame)
        if exposure is not None:
            self._seconds = exposure_seconds(exposure.unit, exposure.name)
        super().__init__(maps, exposure, band, interpolation, pixel_area, trusted)
