"""The tangent-plane grid of a target, and those of many: WCS and shape travel together."""

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from .exceptions import InvalidTargetError

__all__ = ["CutoutGrid", "CutoutGrids"]


@dataclass(frozen=True)
class CutoutGrid:
    """A square gnomonic (TAN) grid around one position, north up, east left.

    Parameters
    ----------
    center : `~astropy.coordinates.SkyCoord`
        One position, in any frame; the grid itself is ICRS.
    size : `~astropy.units.Quantity`
        Side of the field as an angle, e.g. ``6 * u.arcmin``.
    pixels : int
        Pixels along one side.

    Raises
    ------
    InvalidTargetError
        If ``center`` is not one finite position, or ``size`` or ``pixels`` cannot make a grid.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.grid import CutoutGrid
    >>> grid = CutoutGrid(SkyCoord("14h01m02s +02d52m42s"), 6 * u.arcmin, 356)
    >>> grid.shape, grid.pixel_scale.round(3)
    ((356, 356), <Quantity 1.011 arcsec>)
    """

    center: SkyCoord
    size: u.Quantity
    pixels: int

    def __post_init__(self):
        check_size(self.size, self.pixels)
        center = self.center
        if not isinstance(center, SkyCoord) or not center.isscalar:
            raise InvalidTargetError("the center of a grid must be one SkyCoord (a scalar)")
        center = SkyCoord(center.icrs.ra, center.icrs.dec)
        if not (np.isfinite(center.ra.deg) and np.isfinite(center.dec.deg)):
            raise InvalidTargetError("the center of a grid must be finite")
        object.__setattr__(self, "center", center)
        object.__setattr__(self, "pixels", int(self.pixels))

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of an image on the grid, ``(ny, nx)``."""
        return (self.pixels, self.pixels)

    @property
    def pixel_scale(self) -> u.Quantity:
        """Side of one pixel (arcsec)."""
        return (self.size / self.pixels).to(u.arcsec)

    @property
    def pixel_area(self) -> u.Quantity:
        """Area of one pixel at the center (arcsec2)."""
        return self.pixel_scale**2

    @cached_property
    def wcs(self) -> WCS:
        """`~astropy.wcs.WCS` of the grid, with ``pixel_shape`` set."""
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.cunit = ["deg", "deg"]
        wcs.wcs.crval = [self.center.ra.deg, self.center.dec.deg]
        wcs.wcs.crpix = [(self.pixels + 1) / 2] * 2
        scale = self.pixel_scale.to_value(u.deg)
        wcs.wcs.cdelt = [-scale, scale]
        wcs.wcs.lonpole = 180.0  # the default turns the field by 180 degrees at dec = +90 exactly
        wcs.pixel_shape = (self.pixels, self.pixels)
        wcs.wcs.set()
        return wcs

    @cached_property
    def _plane(self) -> tuple[float, float, float]:
        """Center, and side of a pixel, in radians."""
        return self.center.ra.rad, self.center.dec.rad, self.pixel_scale.to_value(u.rad)

    def lonlat(self) -> tuple[np.ndarray, np.ndarray]:
        """Right ascension and declination of the pixel centers.

        Returns
        -------
        ra, dec : ndarray of shape (ny, nx)
            Degrees, ICRS.

        Notes
        -----
        Closed form of the gnomonic projection (Calabretta & Greisen 2002, A&A 395, 1077,
        section 5.1.3); it agrees with `astropy.wcs` to better than a microarcsecond.
        """
        every = np.arange(self.pixels)
        return self.lonlat_at(every, every)

    def lonlat_at(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Right ascension and declination of any columns and rows; see `lonlat`.

        Parameters
        ----------
        x : ndarray of shape (n_columns,)
            Columns, 0-based; they may lie between pixels and outside of the grid.
        y : ndarray of shape (n_rows,)
            Rows.

        Returns
        -------
        ra, dec : ndarray of shape (n_rows, n_columns)
            Degrees, ICRS.
        """
        ra0, dec0, step = self._plane
        half = (self.pixels - 1) / 2
        xi, eta = (half - x[np.newaxis, :]) * step, (y[:, np.newaxis] - half) * step
        # Cartesian direction: the center plus the offsets along east and north.
        forward = np.cos(dec0) - eta * np.sin(dec0)
        up = np.sin(dec0) + eta * np.cos(dec0)
        dec = np.arctan2(up, np.hypot(forward, xi))
        ra = ra0 + np.arctan2(xi, np.broadcast_to(forward, dec.shape))
        return np.degrees(ra) % 360.0, np.degrees(dec)

    def plane_pixels(self, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns and rows of positions: the inverse of `lonlat_at`, for any positions.

        Parameters
        ----------
        ra, dec : ndarray
            Degrees, ICRS.

        Returns
        -------
        x, y : ndarray
            0-based; NaN more than 90 degrees from the center.
        """
        ra0, dec0, step = self._plane
        ra, dec = np.radians(ra) - ra0, np.radians(dec)
        ahead = np.cos(dec) * np.cos(ra)
        depth = np.sin(dec) * np.sin(dec0) + ahead * np.cos(dec0)
        depth = np.where(depth > 0, depth, np.nan)
        half = (self.pixels - 1) / 2
        east = np.cos(dec) * np.sin(ra) / depth
        north = (np.sin(dec) * np.cos(dec0) - ahead * np.sin(dec0)) / depth
        return half - east / step, half + north / step


@dataclass(frozen=True)
class CutoutGrids:
    """The grids of many targets: same size, other centers. No object per target is made.

    Parameters
    ----------
    ra, dec : array-like of shape (n,)
        Centers (degrees, ICRS), finite.
    size : `~astropy.units.Quantity`
        Side of the fields as an angle.
    pixels : int
        Pixels along one side.

    Raises
    ------
    InvalidTargetError
        If a center is not finite, or ``size`` or ``pixels`` cannot make a grid.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astrocnn.grid import CutoutGrids
    >>> grids = CutoutGrids([150.0, 210.0], [2.0, 3.0], 6 * u.arcmin, 356)
    >>> len(grids), grids.shape, grids[1].center.ra.deg
    (2, (356, 356), np.float64(210.0))
    """

    ra: np.ndarray
    dec: np.ndarray
    size: u.Quantity
    pixels: int

    def __post_init__(self):
        check_size(self.size, self.pixels)
        for name in ("ra", "dec"):
            values = np.atleast_1d(np.asarray(getattr(self, name), dtype=float))
            object.__setattr__(self, name, values)
        if self.ra.shape != self.dec.shape or self.ra.ndim != 1:
            raise InvalidTargetError("the centers of grids must be two lists of the same length")
        if not (np.isfinite(self.ra).all() and np.isfinite(self.dec).all()):
            raise InvalidTargetError("the centers of grids must be finite")
        object.__setattr__(self, "pixels", int(self.pixels))

    def __len__(self) -> int:
        return len(self.ra)

    def __getitem__(self, i: int) -> CutoutGrid:
        """Grid of one target."""
        return CutoutGrid(SkyCoord(self.ra[i], self.dec[i], unit="deg"), self.size, self.pixels)

    # As those of each grid.
    shape = CutoutGrid.shape
    pixel_scale = CutoutGrid.pixel_scale
    pixel_area = CutoutGrid.pixel_area

    def axes(self) -> np.ndarray:
        """Return unit vectors to the centers and along their west and north.

        Returns
        -------
        ndarray of shape (n, 3, 3)
            Rows: center, west (growing x), north (growing y), ICRS. The pixel at ``x`` and ``y``
            (radians from the center) lies in the direction ``center + x * west + y * north``.
        """
        ra, dec = np.radians(self.ra), np.radians(self.dec)
        zero = np.zeros_like(ra)
        center = [np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)]
        west = [np.sin(ra), -np.cos(ra), zero]
        north = [-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)]
        return np.array([center, west, north]).transpose(2, 0, 1)


def check_size(size, pixels) -> None:
    """Raise `InvalidTargetError` unless an angle and a pixel number make a sensible grid."""
    if not isinstance(size, u.Quantity) or not size.unit.is_equivalent(u.deg) or not size.isscalar:
        raise InvalidTargetError(f"size must be one angle such as 6 * u.arcmin, not {size!r}")
    if not 0 < size.to_value(u.deg) <= 90:
        raise InvalidTargetError(f"size must lie between 0 and 90 degrees, not {size}")
    if not isinstance(pixels, Integral) or isinstance(pixels, bool) or pixels < 1:
        raise InvalidTargetError(f"pixels must be a positive whole number, not {pixels!r}")
