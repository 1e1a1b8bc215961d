"""Optical axis of a pointed observation, from its exposure map."""

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from scipy.ndimage import uniform_filter

from ..exceptions import InvalidImageError

__all__ = ["find_axis"]

#: Side of the square (arcsec) over which the exposure is averaged, and the fraction of its peak
#: that counts as the top.
_SIDE, _TOP = 120.0, 0.97


def find_axis(exposure: np.ndarray, wcs: WCS) -> SkyCoord:
    """Return where the optical axis of a telescope points: where its exposure map peaks.

    That is not always where the header points.

    Parameters
    ----------
    exposure : ndarray of shape (ny, nx)
        Vignetted exposure map.
    wcs : `~astropy.wcs.WCS`
        Its WCS.

    Returns
    -------
    `~astropy.coordinates.SkyCoord`

    Raises
    ------
    InvalidImageError
        If nothing was exposed.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.surveys import find_axis
    >>> from astrocnn.grid import CutoutGrid
    >>> grid = CutoutGrid(SkyCoord(150, 2, unit="deg"), 30 * u.arcmin, 200)
    >>> y, x = np.mgrid[:200, :200]
    >>> exposure = 1e4 / (1 + ((x - 120) ** 2 + (y - 90) ** 2) / 60**2)
    >>> axis = find_axis(exposure, grid.wcs)
    >>> bool(axis.separation(grid.wcs.pixel_to_world(120, 90)) < 10 * u.arcsec)
    True
    """
    exposure = np.nan_to_num(np.asarray(exposure, dtype=float))
    if not exposure.max(initial=0.0) > 0:
        raise InvalidImageError("the exposure map holds no exposure: it has no axis")
    pixel = np.sqrt(np.abs(np.linalg.det(wcs.celestial.pixel_scale_matrix))) * 3600
    # Chip gaps lower the average, but not on one side of the axis alone.
    top = uniform_filter(exposure, max(round(_SIDE / pixel), 1))
    y, x = np.nonzero(top >= _TOP * top.max())
    return wcs.celestial.pixel_to_world(x.mean(), y.mean())
