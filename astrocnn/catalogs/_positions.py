"""Centers of the circles that a service is asked about."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ..tables import read_targets, target_coords

__all__ = ["read_circles"]


def read_circles(coords, radius: u.Quantity, largest: u.Quantity = 30 * u.deg) -> SkyCoord:
    """Return the valid positions, each once, as flat ICRS coordinates.

    Parameters
    ----------
    coords : SkyCoord, Table, or what `astrocnn.tables.read_targets` reads
        Positions.
    radius : `~astropy.units.Quantity`
        Radius of the circles.
    largest : `~astropy.units.Quantity`
        Largest radius that makes sense.

    Raises
    ------
    InvalidTargetError
        If none is valid, or the radius is no angle between 0 and ``largest``.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.catalogs._positions import read_circles
    >>> len(read_circles(SkyCoord([10, 20, 10], [0, 5, 0], unit="deg"), 5 * u.arcmin))
    2
    """
    if not isinstance(radius, u.Quantity) or not radius.unit.is_equivalent(u.deg):
        raise InvalidTargetError(f"radius must be an angle such as 5 * u.arcmin, not {radius!r}")
    if not radius.isscalar or not 0 < radius <= largest:
        raise InvalidTargetError(f"radius must be one angle between 0 and {largest}, not {radius}")
    if isinstance(coords, SkyCoord):
        coords = Table([coords.ravel()], names=["position"])
    elif not isinstance(coords, Table):
        coords = read_targets(coords)
    found = target_coords(coords) if len(coords) else SkyCoord([], [], unit="deg")
    ra, dec = found.ra.deg, found.dec.deg
    valid = np.isfinite(ra) & np.isfinite(dec)
    if not valid.any():
        raise InvalidTargetError(f"none of {len(found)} positions is valid: nothing to ask for")
    _, first = np.unique(ra[valid] + 1j * dec[valid], return_index=True)
    return found[valid][np.sort(first)]
