"""Truth by a catalog."""

import warnings

import numpy as np
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table

from ..exceptions import AstrocnnWarning, InvalidTargetError
from ..matching import angular_radius, match_sky
from ..tables import as_table, target_coords
from ..tables._identifiers import id_column
from ..tables._votable import INCOMPLETE

__all__ = ["catalog_truth"]


def catalog_truth(result: Table, catalog: Table, radius: u.Quantity = 2 * u.arcmin) -> QTable:
    """Return what a catalog of clusters says of each target.

    Parameters
    ----------
    result : `~astropy.table.QTable` or pandas.DataFrame with n rows
        Result of ``predict``, or any table with sky columns.
    catalog : `~astropy.table.QTable`
        From `~astrocnn.catalogs.read_catalog`. It should be complete for the targets: a cluster
        that it lacks is counted as none.
    radius : `~astropy.units.Quantity`
        Largest separation of a match: an angle, or a length at the entry's ``z_spec``.

    Returns
    -------
    `~astropy.table.QTable` of n rows
        ``target_id``, ``ra``, ``dec``, the columns of `~astrocnn.matching.match_sky`, and
        ``is_cluster``: True with a match, masked where the catalog cannot tell, else False. It
        cannot tell of targets without a valid position. For a length it cannot tell either of those
        near an entry without a redshift, nearer than the median of what the radius spans at the
        redshifts of the others: such an entry matches nothing, and is a cluster all the same.

    Raises
    ------
    InvalidTargetError
        As `~astrocnn.matching.match_sky`; and if the service that made the catalog left out rows.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.table import Table
    >>> from astrocnn.catalogs import read_catalog
    >>> from astrocnn.validation import catalog_truth
    >>> catalog = read_catalog(Table({"name": ["A", "B"], "ra": [10.0, 20.0], "dec": [0.0, 0.0],
    ...                               "z": [0.3, -99]}))
    >>> targets = Table({"name": ["a", "b", "c"], "ra": [10.0, 20.0, 30.0], "dec": [0.0] * 3})
    >>> print(catalog_truth(targets, catalog, 500 * u.kpc)["target_id", "match_id", "is_cluster"])
    target_id match_id is_cluster
    --------- -------- ----------
            a        A       True
            b       --         --
            c       --      False
    """
    result, catalog = as_table(result), as_table(catalog)
    if not isinstance(result, Table):
        raise InvalidTargetError(
            f"the result is a table with the positions of targets, not {type(result).__name__}"
        )
    if getattr(catalog, "meta", {}).get(INCOMPLETE):
        raise InvalidTargetError(
            f"the catalog is not whole, its service says: {catalog.meta[INCOMPLETE]}; what it "
            "lacks would count as no cluster: ask again for less at once or for more rows"
        )
    coords = target_coords(result)
    targets = QTable({"ra": coords.ra.deg * u.deg, "dec": coords.dec.deg * u.deg})
    ids = id_column(result)
    if ids is not None:
        targets.add_column(ids, name="target_id", index=0)
    is_length = isinstance(radius, u.Quantity) and radius.unit.physical_type == "length"
    table = match_sky(targets, catalog, radius, per="entry" if is_length else "target")
    unknown = ~(np.isfinite(coords.ra.deg) & np.isfinite(coords.dec.deg))
    if is_length:
        unknown |= _near_blind_entry(coords, catalog, radius)
    matched = np.asarray(table["matched"])
    table["is_cluster"] = MaskedColumn(
        matched, mask=unknown & ~matched, description="Whether the catalog has the target"
    )
    return table


def _near_blind_entry(coords, catalog: Table, radius: u.Quantity) -> np.ndarray:
    """Which positions lie near an entry without a redshift."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstrocnnWarning)  # match_sky has said it
        size = angular_radius(radius, catalog["z_spec"])
    entries = target_coords(catalog)
    blind = np.isnan(size) & np.isfinite(entries.ra.deg) & np.isfinite(entries.dec.deg)
    near = np.zeros(len(coords), dtype=bool)
    valid = np.isfinite(coords.ra.deg) & np.isfinite(coords.dec.deg)
    if blind.any() and valid.any():
        separation = coords[valid].match_to_catalog_sky(entries[blind])[1]
        near[valid] = separation <= np.nanmedian(size)
    return near
