"""The native pixels of a simulated image."""

from collections.abc import Callable

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

__all__ = ["native_grid", "sky_to_pixel"]


def native_grid(
    center: SkyCoord, n: int, scale: float, turn: float, rng: np.random.Generator
) -> tuple[WCS, np.ndarray, np.ndarray]:
    """Return the WCS of a native image and where its pixels look.

    Parameters
    ----------
    center : `~astropy.coordinates.SkyCoord`
        Position of the target; it falls at random within the central pixel.
    n : int
        Pixels along one side.
    scale : float
        Side of a pixel (arcsec).
    turn : float
        Rotation of the image (radians).
    rng : `numpy.random.Generator`
        Source of randomness.

    Returns
    -------
    wcs : `~astropy.wcs.WCS`
        TAN projection around the target.
    x, y : ndarray of shape (n, n)
        Pixel centers, arcsec east and north of the target on the tangent plane.
    """
    crpix = (n + 1) / 2 + rng.uniform(-0.5, 0.5, 2)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [center.ra.deg, center.dec.deg]
    wcs.wcs.crpix = crpix
    c, s = np.cos(turn), np.sin(turn)
    wcs.wcs.cd = np.array([[-c, s], [s, c]]) * scale / 3600
    wcs.wcs.set()
    i, j = np.meshgrid(np.arange(n) + 1 - crpix[0], np.arange(n) + 1 - crpix[1])
    return wcs, scale * (-c * i + s * j), scale * (s * i + c * j)


def sky_to_pixel(x: np.ndarray, y: np.ndarray) -> Callable[[float, float], tuple[float, float]]:
    """Return the function from sky offsets (arcsec) to fractional pixels of a linear grid.

    Parameters
    ----------
    x, y : ndarray of shape (ny, nx)
        Pixel centers, arcsec east and north of the target.
    """
    matrix = np.array(
        [[x[0, 1] - x[0, 0], x[1, 0] - x[0, 0]], [y[0, 1] - y[0, 0], y[1, 0] - y[0, 0]]]
    )
    inverse = np.linalg.inv(matrix)
    return lambda sx, sy: tuple(inverse @ [sx - x[0, 0], sy - y[0, 0]])
