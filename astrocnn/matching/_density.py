"""How crowded a catalog is around a position."""

import healpy
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from ..exceptions import InvalidTargetError

__all__ = ["field_density", "surroundings_density"]

#: Entries that a density should rest on, and fewest that it may.
_WANTED, _LEAST = 100, 10
#: Finest HEALPix pixels; pixels are at least so many times as wide as the matching radius.
_MAX_ORDER, _WIDER = 20, 2.0


def field_density(density, coords: SkyCoord, entries: SkyCoord, radius: float) -> np.ndarray:
    """Entries per steradian at each target, as `match_probability` was told to find it.

    Parameters
    ----------
    density : "local", "sky" or `~astropy.units.Quantity`
        From the surroundings, of the whole sky, or given: one, or one per target.
    coords, entries : `~astropy.coordinates.SkyCoord`
        Valid positions.
    radius : float
        Largest matching radius (radians).

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    InvalidTargetError
        If the density is none of these, or not positive.
    """
    if isinstance(density, str) and density == "local":
        return surroundings_density(coords, entries, radius)
    if isinstance(density, str) and density == "sky":
        return np.full(len(coords), len(entries) / (4 * np.pi))
    if not isinstance(density, u.Quantity) or not density.unit.is_equivalent(u.deg**-2):
        raise InvalidTargetError(
            f"density must be 'local', 'sky' or a quantity such as 500 / u.deg**2, not {density!r}"
        )
    given = np.broadcast_to(density.to_value(1 / u.sr), len(coords))
    if not (np.isfinite(given) & (given > 0)).all():
        raise InvalidTargetError("density must be positive at every target")
    return given


def surroundings_density(coords: SkyCoord, entries: SkyCoord, radius: float) -> np.ndarray:
    """Entries per steradian around each target, of the part of the sky that the catalog covers.

    Parameters
    ----------
    coords, entries : `~astropy.coordinates.SkyCoord`
        Valid positions, in the same frame.
    radius : float
        Pixels are at least twice as wide as this (radians).

    Returns
    -------
    ndarray of shape (n,)
        Zero where the catalog has nothing around the target.

    Notes
    -----
    Entries are counted in the HEALPix pixel of the target and the eight around it, over the area of
    those of them that hold any: what the catalog does not cover is left out. Each target takes the
    finest pixels in which these are a hundred entries (a quarter of a catalog of less than 400, but
    not below ten). A catalog of fewer than ten is taken as one of the whole sky.
    """
    mean = np.full(len(coords), len(entries) / (4 * np.pi))
    if len(entries) < _LEAST or not len(coords):
        return mean
    wanted = int(np.clip(len(entries) / 4, _LEAST, _WANTED))
    finest = int(np.clip(np.log2(np.pi / 3 / _WIDER / max(radius, 1e-7)), 0, _MAX_ORDER))
    inside = np.sort(_pixels(finest, entries))
    around = _pixels(finest, coords)
    density, open_ = np.zeros(len(coords)), np.arange(len(coords))
    for order in range(finest, -1, -1):
        pixels, counts = np.unique(inside >> 2 * (finest - order), return_counts=True)
        if order and 9 * counts.max() < wanted:
            continue
        own, which = np.unique(around[open_] >> 2 * (finest - order), return_inverse=True)
        total, covered = _block(order, own, pixels, counts)
        enough = (total >= wanted)[which] | (order == 0)
        area = covered * healpy.nside2pixarea(2**order)
        with np.errstate(divide="ignore", invalid="ignore"):
            density[open_[enough]] = np.nan_to_num(total / area)[which[enough]]
        open_ = open_[~enough]
        if not len(open_):
            break
    return density


def _block(order, own, pixels, counts):
    """Entries in each pixel and those around it, and how many of these hold any."""
    beside = healpy.get_all_neighbours(2**order, own, nest=True)
    block = np.vstack([own, beside])
    place = np.minimum(np.searchsorted(pixels, block), len(pixels) - 1)
    inside = np.where(pixels[place] == block, counts[place], 0)
    return inside.sum(axis=0), (inside > 0).sum(axis=0)


def _pixels(order, coords):
    sphere = coords.spherical
    return healpy.ang2pix(2**order, np.pi / 2 - sphere.lat.rad, sphere.lon.rad, nest=True)
