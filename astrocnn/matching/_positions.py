"""Positions of whatever is to be matched."""

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table

from ..tables import read_targets, target_coords

__all__ = ["read_positions"]


def read_positions(things) -> tuple[SkyCoord, np.ndarray]:
    """Return the positions of targets or of a catalog, and which of them are valid.

    Parameters
    ----------
    things : Table, SkyCoord, or what `astrocnn.tables.read_targets` reads
        Tables and coordinates may be empty.

    Returns
    -------
    coords : `~astropy.coordinates.SkyCoord` of shape (n,)
        ICRS; NaN where invalid.
    valid : ndarray of shape (n,), bool
    """
    if isinstance(things, SkyCoord):
        things = Table([things.ravel()], names=["position"])
    elif not isinstance(things, Table):
        things = read_targets(things)
    if len(things) == 0:
        return SkyCoord([], [], unit="deg"), np.zeros(0, dtype=bool)
    coords = target_coords(things)
    return coords, np.isfinite(coords.ra.deg) & np.isfinite(coords.dec.deg)
