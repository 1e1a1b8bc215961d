"""LSDB goes through the partitions of a HATS catalog; the nearest entries are found in each."""

import warnings
from contextlib import contextmanager

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from .._optional import import_optional
from ._pairs import nearest_pairs

__all__ = ["import_lsdb", "nearest_entries", "nearest_in_partition", "quiet"]


def import_lsdb():
    """Return LSDB.

    Raises
    ------
    ImportError
        If it is not installed; the message says how to get it.
    """
    return import_optional("lsdb", "HATS catalogs", "LSDB", "lsdb")


@contextmanager
def quiet():
    """Without warnings: LSDB uses what pandas 3 deprecates, from its import on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def nearest_entries(copies: list[SkyCoord], entries, reach: u.Quantity):
    """The entry nearest to each position.

    Parameters
    ----------
    copies : list of `~astropy.coordinates.SkyCoord` of shape (n,)
        Targets, and their shifted copies.
    entries : `lsdb.Catalog`
    reach : `~astropy.units.Quantity`
        Farthest that is looked for.

    Returns
    -------
    `pandas.DataFrame`
        One row per position that has an entry: ``row`` (counted through all copies),
        ``separation`` (radians), and the columns of the catalog.
    """
    import pandas as pd

    lsdb = import_lsdb()
    ra, dec = (np.concatenate([getattr(copy, name).deg for copy in copies])
               for name in ("ra", "dec"))  # fmt: skip
    if not len(ra):
        return _no_pairs(entries)
    # One partition per base pixel: then it is the catalog's partitions that are gone through. The
    # positions have the margin, for the catalog may have none.
    positions = lsdb.from_dataframe(
        pd.DataFrame({"ra": ra, "dec": dec, "row": np.arange(len(ra))}),
        highest_order=0, margin_threshold=reach.to_value(u.arcsec), catalog_name="targets",
    )  # fmt: skip
    try:
        pairs = entries.crossmatch(
            positions, algorithm=_algorithm(reach.to_value(u.rad)),
            suffixes=("", "_target"), suffix_method="all_columns",
        )  # fmt: skip
    except RuntimeError as error:
        if "overlap" not in str(error):
            raise
        return _no_pairs(entries)
    found = pairs.compute(progress_bar=False).reset_index()
    found = found.rename(columns={"row_target": "row", "_separation": "separation"})
    found = found.sort_values(["row", "separation"]).drop_duplicates("row")
    return found.astype({"row": "int64", "separation": "float64"})


def _no_pairs(entries):
    """What `nearest_entries` returns where there is none."""
    columns = {"row": "int64", "separation": "float64"}
    return entries.meta.reset_index().assign(row=0, separation=0.0).iloc[:0].astype(columns)


def _algorithm(reach: float):
    """What LSDB does with each partition of the catalog."""
    import pandas as pd
    import pyarrow as pa

    class Nearest(import_lsdb().AbstractCrossmatchAlgorithm):
        """The entry of a partition nearest to each position within reach."""

        extra_columns = pd.DataFrame({"_separation": pd.Series(dtype=pd.ArrowDtype(pa.float64()))})

        def perform_crossmatch(self, crossmatch_args):
            entry, position, separation = nearest_in_partition(crossmatch_args, reach)
            column = pd.Series(separation, dtype=pd.ArrowDtype(pa.float64()))
            return entry, position, pd.DataFrame({"_separation": column})

    return Nearest()


def nearest_in_partition(partition, reach: float):
    """The entry of one partition nearest to each position.

    Parameters
    ----------
    partition : `lsdb.core.crossmatch.crossmatch_args.CrossmatchArgs`
        The entries (left), and the positions (right) of the base pixel with their margin.
    reach : float
        In radians.

    Returns
    -------
    entry, position : ndarray of shape (k,), int
        Their places in the two frames.
    separation : ndarray of shape (k,)
        In radians.
    """
    import healpy

    entries = _coords(partition.left_df, partition.left_catalog_info)
    positions = _coords(partition.right_df, partition.right_catalog_info)
    nside = 2**partition.left_order
    center = healpy.pix2vec(nside, partition.left_pixel, nest=True)
    widest = min(healpy.max_pixrad(nside) + reach, np.pi)
    near = np.flatnonzero(positions.cartesian.xyz.value.T @ center >= np.cos(widest) - 1e-12)
    pairs = nearest_pairs(positions[near], entries, reach * u.rad)
    return pairs.entry, near[pairs.target], pairs.separation


def _coords(frame, info) -> SkyCoord:
    """Positions of a frame; those of HATS are ICRS, in degrees."""
    ra, dec = (frame[name].to_numpy(dtype=float, na_value=np.nan)
               for name in (info.ra_column, info.dec_column))  # fmt: skip
    return SkyCoord(ra, dec, unit="deg")
