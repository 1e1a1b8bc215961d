"""Where the pixels of a target lie in an image, exactly at the nodes of a coarse grid."""

from typing import NamedTuple

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_area, wcs_to_celestial_frame

from ...grid import CutoutGrid

__all__ = ["Places", "area_ratio", "find_places", "plane_positions", "unshared"]

#: Pixels of the target between two nodes.
_SPACING = 16
#: Largest error of an interpolated place, in pixels of the image.
_TOLERANCE = 0.001
#: What stands for a place that does not exist.
_NOWHERE = -1e9


class Places(NamedTuple):
    """Places of a target's pixels in an image.

    Attributes
    ----------
    x, y : ndarray of shape (n_rows, n_columns)
        0-based places of the nodes, the first of which belongs to the first pixel.
    spacing : int
        Pixels between two nodes.
    """

    x: np.ndarray
    y: np.ndarray
    spacing: int

    def offset(self) -> tuple[int, int] | None:
        """Return row and column of the first pixel, where all fall on pixels of the image."""
        if self.spacing == 1:
            return None
        row, column = round(self.y[0, 0]), round(self.x[0, 0])
        steps = np.arange(len(self.x)) * self.spacing
        off_x = np.abs(self.x - (column + steps)).max()
        off_y = np.abs(self.y - (row + steps)[:, np.newaxis]).max()
        return (row, column) if max(off_x, off_y) < _TOLERANCE else None

    def area(self) -> float:
        """Return the area of the target's middle pixel, in pixels of the image; 0 off the sky."""
        a, b = (min(n // 2, n - 2) for n in self.x.shape)
        if min(a, b) < 0 or min(self.x[a : a + 2, b : b + 2].min(), self.y.min()) < -1e8:
            return 0.0
        (ax, ay), (bx, by) = (
            (part[a, b + 1] - part[a, b], part[a + 1, b] - part[a, b]) for part in (self.x, self.y)
        )
        return float(abs(ax * by - ay * bx)) / self.spacing**2

    def bounds(self, shape) -> tuple[slice, slice] | None:
        """Return the part of an image that is needed for them; None where they miss it."""
        ny, nx = shape
        inside = (self.x > -1e8) & (self.y > -1e8)
        if not inside.any():
            return None
        # Room for interpolation, and for the outer halves of the target's pixels.
        near = np.where(inside[1:, 1:] & inside[:-1, :-1], 1, 0)
        steps = [near * np.abs(v[1:, 1:] - v[:-1, :-1]) for v in (self.x, self.y)]
        room = 3 + int(np.max(steps, initial=0) / self.spacing)
        ranges = []
        for places, n in ((self.y[inside], ny), (self.x[inside], nx)):
            low, high = max(int(np.floor(places.min())) - room, 0), int(places.max()) + room + 2
            if low >= n or high <= 0:
                return None
            ranges.append(slice(low, min(high, n)))
        return tuple(ranges)


def unshared(wcs: WCS) -> WCS:
    """Return a WCS that no other thread uses.

    Before version 8, astropy sets a WCS up anew whenever one of its properties is asked, while
    other threads transform with it: their positions are wrong, or the process ends. Nothing but
    copies may be used for transformations where threads share an image. A copy takes 0.1 ms.

    Parameters
    ----------
    wcs : `~astropy.wcs.WCS`
        WCS that threads share.
    """
    return wcs.deepcopy()


def find_places(wcs: WCS, grid) -> Places:
    """Return where the pixels of a target lie in an image.

    Parameters
    ----------
    wcs : `~astropy.wcs.WCS`
        Celestial WCS of the image.
    grid : CutoutGrid, or anything with ``lonlat()``
        The target's grid.
    """
    wcs = unshared(wcs)
    if not isinstance(grid, CutoutGrid):
        return Places(*_positions(wcs, *grid.lonlat()), 1)
    # One more node on each side, for the differences.
    nodes = np.arange(-1, -(-grid.pixels // _SPACING) + 2) * _SPACING
    x, y = _positions(wcs, *grid.lonlat_at(nodes, nodes))
    if x.min() > -1e8 and max(_bend(x), _bend(y)) < 8 * _TOLERANCE:
        return Places(x[1:, 1:].copy(), y[1:, 1:].copy(), _SPACING)
    return Places(*_positions(wcs, *grid.lonlat()), 1)


def area_ratio(wcs: WCS, grid) -> float:
    """Return the area of a target's pixel in pixels of the image, at the target's center.

    Taken from the pixels themselves: in many projections (CAR, SIP distortion) the area of an
    image pixel changes over the image.
    """
    wcs = unshared(wcs)
    i = grid.shape[0] // 2
    lon, lat = (part[i - 1 : i + 2, i - 1 : i + 2] for part in grid.lonlat())
    x, y = _positions(wcs, lon, lat)
    if x.shape != (3, 3) or x.min() < -1e8:
        return float(grid.pixel_area.to_value("deg2") / proj_plane_pixel_area(wcs))
    along = x[1, 2] - x[1, 0], x[2, 1] - x[0, 1]
    up = y[1, 2] - y[1, 0], y[2, 1] - y[0, 1]
    return abs(along[0] * up[1] - along[1] * up[0]) / 4


def plane_positions(wcs: WCS, part, grid) -> tuple[np.ndarray, np.ndarray]:
    """Return where the corners of an image's pixels lie on a target, in the target's pixels.

    Parameters
    ----------
    wcs : `~astropy.wcs.WCS`
        Celestial WCS of the image.
    part : tuple of slice
        Rows and columns of the image.
    grid : CutoutGrid
        The target's grid.

    Returns
    -------
    x, y : ndarray of shape (ny + 1, nx + 1)
        NaN where they are not in front of the target.
    """
    wcs = unshared(wcs)
    rows, columns = (np.arange(s.start, s.stop + 1) - 0.5 for s in part)
    x, y = np.meshgrid(columns, rows)
    lon, lat = wcs.all_pix2world(x, y, 0)[:: 1 if wcs.wcs.lng == 0 else -1]
    sky = SkyCoord(lon, lat, unit="deg", frame=wcs_to_celestial_frame(wcs)).icrs
    return grid.plane_pixels(sky.ra.deg, sky.dec.deg)


def _bend(places) -> float:
    """Largest sum of the second differences along both axes."""
    along_y = np.abs(np.diff(places, 2, axis=0)).max()
    return along_y + np.abs(np.diff(places, 2, axis=1)).max()


def _positions(wcs, ra, dec):
    """Positions in the image (0-based), far outside where undefined."""
    frame = wcs_to_celestial_frame(wcs)
    if frame.name != "icrs":
        position = SkyCoord(ra, dec, unit="deg").transform_to(frame)
        ra, dec = position.spherical.lon.deg, position.spherical.lat.deg
    front = ~_behind(wcs, ra, dec)
    x, y = np.full((2, *front.shape), _NOWHERE)
    if front.any():
        order = (ra[front], dec[front]) if wcs.wcs.lng == 0 else (dec[front], ra[front])
        if wcs.has_distortion:
            found = wcs.all_world2pix(*order, 0, quiet=True)
        else:
            found = wcs.wcs_world2pix(*order, 0)
        x[front], y[front] = np.where(np.isfinite(found).all(axis=0), found, _NOWHERE)
    return x, y


def _behind(wcs, lon, lat):
    """Whether a position lies more than 90 degrees from the image (a TAN plane shows it twice)."""
    lon0, lat0 = np.radians(wcs.wcs.crval[[wcs.wcs.lng, wcs.wcs.lat]])
    lon, lat = np.radians(lon), np.radians(lat)
    zenithal = wcs.wcs.ctype[wcs.wcs.lng][5:8] in ("TAN", "SIN", "STG", "ARC", "ZEA")
    cosine = np.sin(lat) * np.sin(lat0) + np.cos(lat) * np.cos(lat0) * np.cos(lon - lon0)
    return zenithal & (cosine <= 0)
