"""All matches of each target, not only the nearest."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.cosmology import FLRW
from astropy.table import QTable, Table

from ._chance import ring_pairs
from ._names_and_redshifts import entry_column, target_ids
from ._positions import read_catalog_side, read_positions, read_target_side
from ._radius import radius_text
from ._ring_shift import ring_shift
from ._rule import read_rule
from ._settings import as_quantity, whole_number

__all__ = ["match_pairs"]

#: Column, UCD, print format, description.
_COLUMNS = (
    ("target_row", "meta.id", None, "Row of the target, from 0"),
    ("entry_row", "meta.id.cross", None, "Row of the entry in the catalog, from 0"),
    ("target_id", "meta.id", None, "Identifier of the target"),
    ("match_id", "meta.id.cross", None, "Identifier of the entry in the catalog"),
    ("separation", "pos.angDistance", ".1f", "Distance between them"),
    ("rank", "meta.number", None, "0 for the nearest entry of the target, then 1, 2 ..."),
    ("z_spec", "src.redshift", None, "Redshift of the entry; masked where unknown"),
)


def match_pairs(
    targets,
    catalog: "Table | SkyCoord",
    radius: u.Quantity = 2 * u.arcmin,
    k: int | None = None,
    *,
    per: str = "target",
    redshift=None,
    shift: u.Quantity | None = None,
    n_shifts: int = 8,
    cosmology: FLRW | None = None,
) -> QTable:
    """Match targets with all entries within a radius, or with the k nearest of them.

    Parameters
    ----------
    targets, catalog, radius, per, redshift, cosmology
        As in `match_sky`.
    k : int, optional
        At most so many entries for each target. By default all.
    shift, n_shifts
        How chance is measured; see `match_sky`.

    Returns
    -------
    `~astropy.table.QTable`
        One row per pair, by target, then by separation: ``target_row``, ``entry_row``,
        ``target_id``, ``match_id``, ``separation`` (arcsec), ``rank``, ``z_spec``.
        ``meta["pairs"]`` has the number of pairs, and how many shifted targets have by chance.

    Raises
    ------
    InvalidTargetError
        If the arguments make no sense.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.matching import match_pairs
    >>> targets = SkyCoord([10, 20], [0, 0], unit="deg")
    >>> galaxies = SkyCoord([10.01, 20.02, 10.02], [0, 0, 0], unit="deg")
    >>> pairs = match_pairs(targets, galaxies)
    >>> print(pairs["target_row", "entry_row", "separation", "rank"])
    target_row entry_row separation rank
                           arcsec
    ---------- --------- ---------- ----
             0         0       36.0    0
             0         2       72.0    1
             1         1       72.0    0
    """
    k, radius = None if k is None else whole_number("k", k, 1), as_quantity(radius)
    n_shifts = whole_number("n_shifts", n_shifts, 2)
    table, catalog = read_target_side(targets), read_catalog_side(catalog)
    rule = read_rule(radius, per, redshift, False, table, catalog, cosmology)
    coords, valid = read_positions(table)
    entries, exist = read_positions(catalog)
    rule = rule.rows(valid, "target").rows(exist, "entry")
    coords, entries = coords[valid], entries[exist]
    shift = ring_shift(rule, coords, entries, shift)
    found = rule.pairs(coords, entries, k)
    target, entry = np.flatnonzero(valid)[found.target], np.flatnonzero(exist)[found.entry]
    values = {
        "target_row": target,
        "entry_row": entry,
        "target_id": target_ids(table, target),
        "match_id": entry_column(catalog, "source_id", entry),
        "separation": (found.separation * u.rad).to(u.arcsec),
        "rank": found.rank,
        "z_spec": entry_column(catalog, "z_spec", entry),
    }
    pairs = QTable()
    for name, ucd, form, description in _COLUMNS:
        pairs[name] = values[name]
        info = pairs[name].info
        info.description, info.meta, info.format = description, {"ucd": ucd}, form
    rate = ring_pairs(rule, coords, entries, k, shift, n_shifts)
    within = radius_text(radius)
    name = "" if isinstance(catalog, SkyCoord) else str(catalog.meta.get("name", ""))
    pairs.meta["pairs"] = {
        "catalog": name,
        "radius": within,
        "n_targets": len(table),
        "n_pairs": len(pairs),
        "chance_expected": rate.expected,
        "chance_error": rate.error,
        "chance_counts": list(rate.counts),
        "description": f"{len(pairs)} pairs of {len(table)} targets within {within}; {rate}",
    }
    return pairs
