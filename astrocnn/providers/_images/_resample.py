"""From an image with a WCS to the target's grid: arrays in, `Pixels` out."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_area

from ...config import conf
from ...exceptions import InvalidImageError
from ...grid import CutoutGrid
from ...surveys import PointSpread
from .._core import Pixels
from .._origin import Origin
from ._exposure_time import in_seconds
from ._image_places import area_ratio, find_places, plane_positions

__all__ = ["SkyImage", "longest_exposure", "resample_image", "spread_at"]

#: So much larger than those of the image pixels of the grid are means: equal ones stay as they are.
_COARSER = 1.001


@dataclass
class SkyImage:
    """One image of the sky, with what is needed to resample it.

    Parameters
    ----------
    data : array or Quantity of shape (ny, nx)
        Pixels; NaN, or masked, where there are none.
    wcs : `~astropy.wcs.WCS`
        Celestial WCS, in any frame.
    quantity : {'counts', 'rate', 'intensity'}
        How values behave when pixels change size; see `~astrocnn.surveys.Band`.
    exposure : ndarray or Quantity of shape (ny, nx), optional
        Exposure map (s) on the same pixels; where it is not finite nothing was exposed.
    name : str
        Where the image comes from, for messages.
    unit : str
        ``BUNIT`` of its header, if there is one.
    origin : Origin
        What it says of where it comes from; `read_image` takes it from the header. Where that
        is nothing, rows are flagged ``origin_unknown``.
    psf : PointSpread or callable, optional
        Point-spread function of an X-ray image: the same everywhere, or what returns it for a
        `~astropy.coordinates.SkyCoord`. By default it is that of the camera that ``origin`` names,
        at its distance from the axis, where the exposure map peaks.

    Raises
    ------
    InvalidImageError
        If the pixels are no numbers or no single image, or the exposure map has another shape.
    """

    data: np.ndarray
    wcs: WCS
    quantity: str = "intensity"
    exposure: np.ndarray | None = None
    name: str = "image"
    unit: str = ""
    origin: Origin = field(default_factory=Origin)
    psf: PointSpread | Callable[[SkyCoord], PointSpread] | None = None

    def __post_init__(self):
        if isinstance(self.data, u.Quantity):
            self.unit = self.unit or str(self.data.unit)
        self.data = _plain(self.data, self.name)
        shape = np.shape(self.data)
        if len(shape) != 2:
            raise InvalidImageError(f"{self.name} has shape {shape}: give one image, (ny, nx)")
        if not isinstance(self.wcs, WCS):
            raise InvalidImageError(
                f"{self.name} has a {type(self.wcs).__name__} in place of a WCS: give "
                "astropy.wcs.WCS(header)"
            )
        self.exposure = in_seconds(self.exposure)
        if self.exposure is not None:
            self.exposure = _plain(self.exposure, f"the exposure map of {self.name}")
        if self.exposure is not None and np.shape(self.exposure) != shape:
            raise InvalidImageError(
                f"an exposure map has shape {np.shape(self.exposure)}, its image {self.name} "
                f"{shape}: exposure maps must match pixel by pixel"
            )

    @property
    def pixel_area(self) -> u.Quantity:
        """Area of one pixel (arcsec2)."""
        return (proj_plane_pixel_area(self.wcs) * u.deg**2).to(u.arcsec**2)


def _plain(pixels, name) -> np.ndarray:
    """Pixels without a unit, NaN where they are masked; what reads them from a file as it is."""
    if hasattr(pixels, "largest"):
        return pixels
    if isinstance(pixels, np.ma.MaskedArray) or hasattr(pixels, "unmasked"):
        masked = np.broadcast_to(np.asarray(pixels.mask, dtype=bool), np.shape(pixels))
        pixels = np.asarray(getattr(pixels, "unmasked", np.ma.getdata(pixels)))
        pixels = np.where(masked, np.nan, pixels) if masked.any() else pixels
    pixels = np.asarray(pixels)
    if pixels.dtype.kind not in "buif":
        raise InvalidImageError(f"{name} has pixels of type {pixels.dtype}: give real numbers")
    return pixels


def spread_at(image: SkyImage, center: SkyCoord) -> PointSpread:
    """Return the point-spread function that an image was given, at a position."""
    return image.psf(center) if callable(image.psf) else image.psf


def resample_image(image: SkyImage, grid: CutoutGrid) -> Pixels | None:
    """Return an image's pixels on a grid, or None where the two do not overlap.

    Counts are shared by overlapping area: a pixel of 4 arcsec becomes sixteen of 1 arcsec, or adds
    up with others where the grid is coarser than the image. Each pixel of the image that lies
    wholly on the grid gives all its counts to it, and a flat image stays flat: a pixel of the grid
    that is covered in part, at least by half, has its counts divided by the fraction that is.
    Of other values the means over the pixels of the grid are taken where it is coarser than the
    image, in the same way; on finer grids they, and on all grids the exposure, are interpolated
    bilinearly.

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
        is above ``astrocnn.conf.min_exposure`` times the map's largest finite value, and above 0.
    """
    places = find_places(image.wcs, grid)
    part = places.bounds(image.data.shape)
    if part is None:
        return None
    places = places._replace(x=places.x - part[1].start, y=places.y - part[0].start)
    data = np.ascontiguousarray(image.data[part], dtype=np.float32)
    counts = image.quantity == "counts"
    if counts:
        data = _without_negative(data)
    values = _shared_counts(data, image.wcs, part, grid) if counts else None
    if values is None:
        coarser = not counts and places.area() > _COARSER
        values = (_averaged if coarser else _interpolated)(data, places, grid)
        if counts:
            values *= area_ratio(image.wcs, grid)
    valid = np.isfinite(values)
    exposure = None
    if image.exposure is not None:
        exposure = np.ascontiguousarray(image.exposure[part], dtype=np.float32)
        exposure = _interpolated(exposure, places, grid)
        exposure = np.nan_to_num(exposure, nan=0.0, posinf=0.0, neginf=0.0)
        valid &= exposure > conf.min_exposure * longest_exposure(image.exposure)
    known = exposure is not None or not counts
    return Pixels(values, valid, exposure, known)


def _without_negative(counts) -> np.ndarray:
    """Counts, NaN where whole ones are negative (-1, -999 ...): nobody counts so many photons.

    Fractions below zero are left, as a background may have been subtracted.
    """
    negative = counts < 0
    if not negative.any() or not np.all((counts == np.round(counts)) | ~np.isfinite(counts)):
        return counts
    return np.where(negative, np.float32(np.nan), counts)


def longest_exposure(exposure: np.ndarray) -> float:
    """Longest exposure (s) of a map; 0 where none is finite and above zero."""
    if hasattr(exposure, "largest"):  # in a file
        return exposure.largest()
    longest = np.fmax.reduce(exposure, axis=None, initial=0)  # passes over NaN
    if np.isinf(longest):
        longest = np.max(exposure, where=np.isfinite(exposure), initial=0)
    return float(longest)


def _interpolated(data, places, grid):
    """Values at the places of the target's pixels."""
    offset = places.offset()
    if offset is not None:
        return _copied(data, *offset, grid.shape)
    from ._image_kernel import interpolate

    image = np.empty(grid.shape, dtype=np.float32)
    interpolate(data, places.x, places.y, places.spacing, image)
    return image


def _averaged(data, places, grid):
    """Means over the areas of the target's pixels."""
    from ._average_kernel import average

    image = np.empty(grid.shape, dtype=np.float32)
    average(data, places.x, places.y, places.spacing, image)
    return image


def _copied(data, row, column, shape):
    """Part of an image, with NaN where it reaches beyond."""
    image = np.full(shape, np.nan, dtype=np.float32)
    rows = slice(max(-row, 0), max(min(shape[0], data.shape[0] - row), 0))
    columns = slice(max(-column, 0), max(min(shape[1], data.shape[1] - column), 0))
    last_row, last_column = max(row + shape[0], 0), max(column + shape[1], 0)
    image[rows, columns] = data[max(row, 0) : last_row, max(column, 0) : last_column]
    return image


def _shared_counts(data, wcs, part, grid):
    """Counts by overlapping area; NaN where less than half of a pixel is covered.

    None for a tile at the border of a HEALPix base face: its plane ends there.
    """
    from ._image_kernel import add_counts, covered_counts

    x, y = plane_positions(wcs, part, grid)
    if not isinstance(grid, CutoutGrid) and np.isnan(x).any():
        return None
    image, area = np.zeros((2, *grid.shape))
    add_counts(data, x, y, image, area)
    return covered_counts(image, area)
