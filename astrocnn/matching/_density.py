"""How crowded a catalog is around a position."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from ..exceptions import InvalidTargetError

__all__ = ["covered_pixels", "field_density", "pixels_of", "surroundings_density"]

#: Entries that a density should rest on, and fewest that it may.
_WANTED, _LEAST = 100, 10
#: Finest HEALPix pixels, and how many neighbors with entries make an empty one part of the catalog.
_MAX_ORDER, _FILLED = 20, 4


def field_density(density, coords: SkyCoord, entries: SkyCoord, radius: float):
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
    density : ndarray of shape (n,)
    inside : ndarray of shape (n,), bool
        Whether the catalog covers the target, as far as its entries tell.

    Raises
    ------
    InvalidTargetError
        If the density is none of these, or not positive.
    """
    everywhere = np.ones(len(coords), dtype=bool)
    if isinstance(density, str) and density == "local":
        return surroundings_density(coords, entries, radius)
    if isinstance(density, str) and density == "sky":
        return np.full(len(coords), len(entries) / (4 * np.pi)), everywhere
    if not isinstance(density, u.Quantity) or not density.unit.is_equivalent(u.deg**-2):
        raise InvalidTargetError(
            f"density must be 'local', 'sky' or a quantity such as 500 / u.deg**2, not {density!r}"
        )
    given = np.broadcast_to(density.to_value(1 / u.sr), len(coords))
    if not (np.isfinite(given) & (given > 0)).all():
        raise InvalidTargetError("density must be positive at every target")
    return given, everywhere


def surroundings_density(coords: SkyCoord, entries: SkyCoord, radius: float):
    """Entries per steradian around each target, of the part of the sky that the catalog covers.

    Parameters
    ----------
    coords, entries : `~astropy.coordinates.SkyCoord`
        Valid positions, in the same frame.
    radius : float
        Pixels are at least as wide as this (radians).

    Returns
    -------
    density : ndarray of shape (n,)
        Zero where the catalog has nothing around the target.
    inside : ndarray of shape (n,), bool
        Whether the target's own pixel, in which some ten entries are expected, holds any.

    Notes
    -----
    Entries are counted in the HEALPix pixel of the target and the eight around it. Each target
    takes the finest pixels in which these are a hundred entries (a quarter of a catalog of less
    than 400, but not below ten). The area is that of their quarters which hold an entry or have
    four neighbors that do: what the catalog does not cover is left out, a gap by chance is not. A
    catalog of fewer than ten is taken as one of the whole sky.
    """
    import healpy

    mean = np.full(len(coords), len(entries) / (4 * np.pi))
    inside = np.ones(len(coords), dtype=bool)
    if len(entries) < _LEAST or not len(coords):
        return mean, inside
    wanted = int(np.clip(len(entries) / 4, _LEAST, _WANTED))
    # Pixels are about as wide as the root of their area, pi / 3 over the square of nside.
    finest = int(np.clip(np.log2(np.sqrt(np.pi / 3) / max(radius, 1e-9)), 0, _MAX_ORDER))
    places, around = np.sort(pixels_of(finest + 1, entries)), pixels_of(finest, coords)
    density, open_ = np.zeros(len(coords)), np.arange(len(coords))
    for order in range(finest, -1, -1):
        quarters, counts = np.unique(places >> 2 * (finest - order), return_counts=True)
        if order and 36 * counts.max() < wanted:
            continue
        own, which = np.unique(around[open_] >> 2 * (finest - order), return_inverse=True)
        block = np.vstack([own, healpy.get_all_neighbours(2**order, own, nest=True)])
        total = _in_block(block, quarters >> 2, counts)
        enough = (total >= wanted)[which] | (order == 0)
        if not enough.any():
            continue
        covered = covered_pixels(order + 1, quarters) >> 2
        area = _in_block(block, covered, np.ones_like(covered))
        area = area * healpy.nside2pixarea(2 ** (order + 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            density[open_[enough]] = np.nan_to_num(total / area)[which[enough]]
        inside[open_[enough]] = (_in_block(own[None], quarters >> 2, counts) > 0)[which[enough]]
        open_ = open_[~enough]
        if not len(open_):
            break
    return density, inside


def _in_block(block, pixels, values):
    """Sum of values in each block of pixels; the values are sorted by their pixel."""
    sums = np.r_[0, np.cumsum(values)]
    first, last = (np.searchsorted(pixels, block, side=side) for side in ("left", "right"))
    return (sums[last] - sums[first]).sum(axis=0)


def covered_pixels(order, occupied):
    """Pixels that hold entries, and those that are surrounded by such; sorted."""
    import healpy

    beside = healpy.get_all_neighbours(2**order, occupied, nest=True)
    pixels, neighbors = np.unique(beside[beside >= 0], return_counts=True)
    return np.union1d(occupied, pixels[neighbors >= _FILLED])


def pixels_of(order, coords):
    """HEALPix pixels of positions, of any shape, in nested order."""
    import healpy

    sphere = coords.spherical
    return healpy.ang2pix(2**order, np.pi / 2 - sphere.lat.rad, sphere.lon.rad, nest=True)
