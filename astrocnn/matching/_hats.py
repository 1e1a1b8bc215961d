"""Nearest match in a catalog that fills no memory: HATS files, read and joined by LSDB."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.cosmology import FLRW
from astropy.table import MaskedColumn, QTable

from ..exceptions import InvalidTargetError
from ..tables._redshifts import known_redshifts
from ._chance import ChanceRate, shifted
from ._lsdb import import_lsdb, nearest_entries, quiet
from ._matched import MATCH_COLUMNS, add_match, match_summary
from ._positions import read_positions, read_target_side
from ._radius import radius_text
from ._ring_shift import check_ring
from ._rule import read_rule
from ._settings import as_quantity, check_new_columns, whole_number

__all__ = ["match_hats"]

#: Largest shift: positions so far beyond the edge of a base pixel of HEALPix are kept with it.
_REACH = 10 * u.deg


def match_hats(
    targets,
    catalog,
    radius: u.Quantity = 2 * u.arcmin,
    *,
    columns: Mapping[str, str] | None = None,
    redshift=None,
    prefix: str = "",
    shift: u.Quantity = 1 * u.deg,
    n_shifts: int = 8,
    cosmology: FLRW | None = None,
) -> QTable:
    """Match targets with the nearest entry of a HATS catalog, however large it is.

    Parameters
    ----------
    targets : QTable, SkyCoord, or what `astrocnn.tables.read_targets` reads
        As in `match_sky`. They stay in memory, with their shifted copies.
    catalog : str, path or `lsdb.Catalog`
        Folder or address of a HATS catalog or collection; or one that LSDB has opened, whose
        filters are kept. It needs no margin.
    radius : `~astropy.units.Quantity`
        As in `match_sky`, for all targets or one per target.
    columns : dict of str to str, optional
        Canonical name -> column of the catalog, for ``source_id`` and ``z_spec``; by default
        those names, where the catalog has them.
    redshift, prefix, shift, n_shifts, cosmology
        As in `match_sky`; the shift is at most 10 degrees.

    Returns
    -------
    `~astropy.table.QTable`
        As from `match_sky`, with the same columns and the same ``meta``.

    Raises
    ------
    InvalidTargetError
        If there are no sky columns, radius or shift make no sense, the catalog has no such
        column, or the targets already have a column of the same name.
    ImportError
        If LSDB is not installed; the message says how to get it.

    Notes
    -----
    Each partition of the catalog is read once, by LSDB and with its Dask scheduler: on the machines
    of a `dask.distributed.Client` if there is one, else in threads. Partitions that are several
    times ``shift`` away from all targets are not read. Of each, the entry nearest to each position
    and within ``shift`` goes back, not more.

    What differs from `match_sky`: no one-to-one assignment and no radius per entry; without a
    ``source_id``, ``match_id`` is the index of HATS, which says where the entry is; nothing warns
    where the catalog ends near the targets. Rings are looked at no farther than ``shift``: with
    less than about one entry in a circle of that radius, ``chance_probability`` is an upper limit.
    Of entries at the same place, either is the match.

    References
    ----------
    Caplar et al. 2025, arXiv:2501.02103 (HATS and LSDB).

    Examples
    --------
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.matching import describe_match, match_hats
    >>> targets = SkyCoord([210.26, 15.0], [2.88, -3.0], unit="deg")
    >>> table = match_hats(targets, "catalogs/gaia_dr3")  # doctest: +SKIP
    >>> print(describe_match(table))  # doctest: +SKIP
    """
    table = read_target_side(targets)
    check_new_columns(table, prefix, MATCH_COLUMNS)
    radius = as_quantity(radius)
    rule = read_rule(radius, "target", redshift, False, table, None, cosmology)
    check_ring(rule.largest, shift)
    n_shifts = whole_number("n_shifts", n_shifts, 2)
    if shift > _REACH:
        raise InvalidTargetError(f"shift must be at most {_REACH:g} here, not {shift}")
    coords, valid = read_positions(table)
    coords, rule = coords[valid], rule.rows(valid, "target")
    with quiet():
        entries, names = _open(catalog, columns or {})
        copies = [coords, *(shifted(coords, shift, i / n_shifts) for i in range(n_shifts))]
        found = nearest_entries(copies, entries, shift)
    distance = np.full((len(copies), len(coords)), np.inf)
    distance.flat[found["row"]] = found["separation"]
    distance = distance * u.rad
    within = distance <= rule.radius
    rows = np.flatnonzero(valid)
    matched, separation = np.zeros(len(table), dtype=bool), np.full(len(table), np.inf) * u.rad
    matched[rows], separation[rows] = within[0], distance[0]
    match_id, z = (_column(found, names[name], rows, matched) for name in ("source_id", "z_spec"))
    z = MaskedColumn(np.ma.masked_invalid(known_redshifts(z, warn=False)))
    # Nothing within the shift is as good as an entry there: an upper limit of the density.
    ring = np.minimum(distance[1:], shift)
    add_match(table, prefix, valid, matched, separation, ring, match_id, z)
    rate = ChanceRate(tuple(within[1:].sum(axis=1).tolist()), len(coords), rule.radius, shift)
    text = radius_text(radius) + ("" if radius.isscalar else " (one per target)")
    summary = match_summary(entries.name, len(table), int(matched.sum()), rate, text)
    table.meta[f"{prefix}match"] = summary
    return table


def _open(catalog, columns: Mapping[str, str]):
    """The catalog with no more columns than are needed, and their names; None where it has none."""
    lsdb = import_lsdb()
    unknown = sorted(set(columns) - {"source_id", "z_spec"})
    if unknown:
        raise InvalidTargetError(
            f"columns must name source_id or z_spec, not {unknown[0]!r}: "
            "columns={'source_id': 'objID'}"
        )
    is_path = isinstance(catalog, str | Path)
    opened = lsdb.open_catalog(catalog, columns="all") if is_path else catalog
    if not isinstance(opened, lsdb.Catalog):
        raise InvalidTargetError(
            "catalog must be the folder of a HATS catalog, or one opened by lsdb.open_catalog, not "
            f"{type(catalog).__name__}; match_sky takes tables and positions"
        )
    have = list(opened.columns)
    missing = [name for name in columns.values() if name not in have]
    if missing:
        raise InvalidTargetError(
            f"there is no column {missing[0]!r} in the catalog; its columns are {', '.join(have)}"
        )
    names = {name: columns.get(name, name if name in have else None)
             for name in ("source_id", "z_spec")}  # fmt: skip
    info = opened.hc_structure.catalog_info
    needed = list(dict.fromkeys([info.ra_column, info.dec_column, *filter(None, names.values())]))
    names["source_id"] = names["source_id"] or opened.meta.index.name or "index"
    return (lsdb.open_catalog(catalog, columns=needed) if is_path else opened[needed]), names


def _column(found, name: str | None, rows: np.ndarray, matched: np.ndarray) -> MaskedColumn:
    """Values of a column of the catalog at the matches, masked elsewhere.

    Parameters
    ----------
    found : `pandas.DataFrame`
        Result of `nearest_entries`.
    name : str, optional
        Column; without one, the index of HATS for identifiers.
    rows : ndarray of int
        Row in the table of each target that has a position.
    matched : ndarray of bool
        One per row of the table.
    """
    if name is None:
        return MaskedColumn(np.zeros(len(matched)), mask=True)
    own = found[found["row"] < len(rows)]  # the targets come before their copies
    values, place = own[name], rows[own["row"].to_numpy()]
    absent = values.isna().to_numpy(dtype=bool)
    kind = getattr(values.dtype, "numpy_dtype", values.dtype)
    if kind.kind in "iufb":
        plain = values.fillna(0).to_numpy(dtype=kind)
        absent = absent | ~np.isfinite(plain)
    else:
        words = zip(values, absent, strict=True)
        plain = np.array(["" if none else str(value) for value, none in words], dtype=str)
    column = np.ma.masked_all(len(matched), dtype=plain.dtype)
    column[place] = np.ma.array(plain, mask=absent)
    return MaskedColumn(column.data, mask=np.ma.getmaskarray(column) | ~matched)
