"""From an image with a WCS to the target's grid: arrays in, `Pixels` out."""

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_area, wcs_to_celestial_frame
from scipy.ndimage import map_coordinates

from ..config import conf
from ..grid import CutoutGrid
from ._core import Pixels

__all__ = ["SkyImage", "resample_image"]


@dataclass
class SkyImage:
    """One image of the sky, with what is needed to resample it.

    Parameters
    ----------
    data : ndarray of shape (ny, nx)
        Pixels; NaN where there are none.
    wcs : `~astropy.wcs.WCS`
        Celestial WCS, in any frame.
    quantity : {'counts', 'rate', 'intensity'}
        How values behave when pixels change size; see `~astrocnn.surveys.Band`.
    exposure : ndarray of shape (ny, nx), optional
        Exposure map (s) on the same pixels.
    name : str
        Where the image comes from, for messages.
    """

    data: np.ndarray
    wcs: WCS
    quantity: str = "intensity"
    exposure: np.ndarray | None = None
    name: str = "image"

    @property
    def pixel_area(self) -> u.Quantity:
        """Area of one pixel (arcsec2)."""
        return (proj_plane_pixel_area(self.wcs) * u.deg**2).to(u.arcsec**2)


def resample_image(image: SkyImage, grid: CutoutGrid) -> Pixels | None:
    """Return an image's pixels on a grid, or None where the two do not overlap.

    Values are interpolated bilinearly. Counts are also scaled by the ratio of the pixel areas, so
    that the counts of a source are kept when a 4 arcsec pixel becomes sixteen of 1 arcsec;
    where the grid is coarser than the image they are summed exactly with
    `reproject.reproject_exact`. Exposure is interpolated, never scaled.

    Parameters
    ----------
    image : SkyImage
        The image.
    grid : CutoutGrid
        The target's grid.

    Returns
    -------
    Pixels or None
        ``valid`` is where the pixel exists and, where there is an exposure map, where the exposure
        is above ``astrocnn.conf.min_exposure`` times the map's maximum.
    """
    x, y = _pixel_positions(image.wcs, grid)
    ny, nx = image.data.shape
    if not ((x > -1) & (x < nx) & (y > -1) & (y < ny)).any():
        return None
    floor = 0.0 if image.exposure is None else exposure_floor(image.exposure)
    image, x, y = _trim(image, x, y)
    ratio = _area_ratio(image, grid, x, y)
    if image.quantity == "counts" and ratio > 1:
        values = _sum_counts(image, grid, ratio)
    else:
        values = _bilinear(image.data, x, y)
        if image.quantity == "counts":
            values *= ratio
    valid = np.isfinite(values)
    exposure = None
    if image.exposure is not None:
        exposure = np.nan_to_num(_bilinear(image.exposure, x, y), nan=0.0)
        valid &= exposure > floor
    known = exposure is not None or image.quantity != "counts"
    return Pixels(values, valid, exposure, known)


def exposure_floor(exposure: np.ndarray) -> float:
    """Exposure (s) below which a pixel of the map does not count as exposed."""
    return conf.min_exposure * float(np.nanmax(exposure))


def _pixel_positions(wcs, grid):
    """Positions of the grid's pixels in the image (0-based), far outside where undefined."""
    ra, dec = grid.lonlat()
    frame = wcs_to_celestial_frame(wcs)
    if frame.name != "icrs":
        position = SkyCoord(ra, dec, unit="deg").transform_to(frame)
        ra, dec = position.spherical.lon.deg, position.spherical.lat.deg
    front = ~_behind(wcs, ra, dec)
    x, y = np.full((2, *front.shape), -1e9)
    if front.any():
        order = (ra[front], dec[front]) if wcs.wcs.lng == 0 else (dec[front], ra[front])
        if wcs.has_distortion:
            found = wcs.all_world2pix(*order, 0, quiet=True)
        else:
            found = wcs.wcs_world2pix(*order, 0)
        x[front], y[front] = np.where(np.isfinite(found).all(axis=0), found, -1e9)
    return x, y


def _behind(wcs, lon, lat):
    """Whether a position lies more than 90 degrees from the image (a TAN plane shows it twice)."""
    lon0, lat0 = np.radians(wcs.wcs.crval[[wcs.wcs.lng, wcs.wcs.lat]])
    lon, lat = np.radians(lon), np.radians(lat)
    zenithal = wcs.wcs.ctype[wcs.wcs.lng][5:8] in ("TAN", "SIN", "STG", "ARC", "ZEA")
    cosine = np.sin(lat) * np.sin(lat0) + np.cos(lat) * np.cos(lat0) * np.cos(lon - lon0)
    return zenithal & (cosine <= 0)


def _trim(image, x, y):
    """Cut the image to the part that the grid needs, with a margin for interpolation."""
    ny, nx = image.data.shape
    on_image = (x > -1) & (x < nx) & (y > -1) & (y < ny)
    margin = 3
    x0 = max(int(x[on_image].min()) - margin, 0)
    y0 = max(int(y[on_image].min()) - margin, 0)
    part = np.s_[
        y0 : min(int(y[on_image].max()) + margin + 2, ny),
        x0 : min(int(x[on_image].max()) + margin + 2, nx),
    ]
    exposure = None
    if image.exposure is not None:
        exposure = np.asarray(image.exposure[part], dtype=np.float32)
    trimmed = SkyImage(
        np.asarray(image.data[part], dtype=np.float32),
        image.wcs[part],
        image.quantity,
        exposure,
        image.name,
    )
    return trimmed, x - x0, y - y0


def _bilinear(data, x, y):
    """Bilinear interpolation; NaN more than half a pixel outside the image, and next to NaN."""
    ny, nx = data.shape
    inside = (x >= -0.5) & (x <= nx - 0.5) & (y >= -0.5) & (y <= ny - 0.5)
    values = map_coordinates(data, [y, x], order=1, mode="nearest", output=np.float32)
    values[~inside] = np.nan
    return values


def _area_ratio(image, grid, x, y) -> float:
    """Area of a pixel of the grid in image pixels, where the grid's center lies.

    Taken from the pixels themselves: in many projections (CAR, SIP distortion) the area of an
    image pixel changes over the image.
    """
    i = x.shape[0] // 2
    if x.shape[0] < 3 or x[i - 1 : i + 2, i - 1 : i + 2].min() < -1e8:
        return (grid.pixel_area / image.pixel_area).to_value(u.one)
    dx = x[i, i + 1] - x[i, i - 1], x[i + 1, i] - x[i - 1, i]
    dy = y[i, i + 1] - y[i, i - 1], y[i + 1, i] - y[i - 1, i]
    return abs(dx[0] * dy[1] - dx[1] * dy[0]) / 4


def _sum_counts(image, grid, ratio):
    """Counts on coarser pixels: area-weighted mean (exact overlap) times the area ratio."""
    from reproject import reproject_exact

    mean, footprint = reproject_exact((image.data, image.wcs), grid.wcs, shape_out=grid.shape)
    return np.where(footprint > 0, mean * ratio * footprint, np.nan).astype(np.float32)
