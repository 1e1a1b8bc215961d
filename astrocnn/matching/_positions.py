"""Positions and columns of whatever is to be matched."""

import os

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table

from ..exceptions import InvalidTargetError
from ..tables import as_table, read_file, read_targets, target_coords

__all__ = ["read_catalog_side", "read_positions", "read_target_side"]


def read_target_side(targets) -> QTable:
    """Return targets as a table, with all columns that they have.

    Parameters
    ----------
    targets : Table, DataFrame, path, or what else `astrocnn.tables.read_targets` reads
        A table is taken as it is. Of a DataFrame and a file, the columns of `read_targets` come
        first.
    """
    if isinstance(targets, Table):
        return QTable(targets)
    source = read_file(targets) if isinstance(targets, str | os.PathLike) else as_table(targets)
    table = read_targets(source)
    if isinstance(source, Table):
        for name in source.colnames:
            if name not in ("target_id", "ra", "dec"):
                table[name] = source[name]
    return table


def read_catalog_side(catalog) -> "Table | SkyCoord":
    """Return a catalog as it is, or a DataFrame as a table.

    Raises
    ------
    InvalidTargetError
        If it is something else.
    """
    catalog = as_table(catalog)
    if not isinstance(catalog, Table | SkyCoord):
        raise InvalidTargetError(
            "catalog must be a table or a SkyCoord: read a file with astrocnn.catalogs.read_catalog"
        )
    return catalog


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
    things = as_table(things)
    if isinstance(things, SkyCoord):
        things = Table([things.ravel()], names=["position"])
    elif not isinstance(things, Table):
        things = read_targets(things)
    if len(things) == 0:
        return SkyCoord([], [], unit="deg"), np.zeros(0, dtype=bool)
    coords = target_coords(things)
    return coords, np.isfinite(coords.ra.deg) & np.isfinite(coords.dec.deg)
