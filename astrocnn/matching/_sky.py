"""Nearest match on the sky, with what chance would give."""

from collections.abc import Mapping

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.cosmology import FLRW
from astropy.table import QTable, Table

from ..exceptions import InvalidTargetError
from ..tables._kept_meta import kept_group, kept_meta
from ..tables._tabular import checked_table
from ._chance import count_matches, ring_matches, ring_separations
from ._matched import MATCH_COLUMNS, add_match, match_summary
from ._names_and_redshifts import entry_column
from ._positions import read_catalog_side, read_positions, read_target_side
from ._radius import radius_text
from ._ring_shift import ring_shift
from ._rule import read_rule
from ._settings import as_quantity, check_new_columns, check_prefix, whole_number

__all__ = ["describe_match", "match_prefixes", "match_sky"]


def match_sky(
    targets,
    catalog: "Table | SkyCoord",
    radius: u.Quantity = 2 * u.arcmin,
    *,
    per: str = "target",
    redshift=None,
    unique: bool = False,
    prefix: str = "",
    shift: u.Quantity | None = None,
    n_shifts: int = 8,
    cosmology: FLRW | None = None,
) -> QTable:
    """Match targets with the nearest entry of a catalog, and say what chance would give.

    Parameters
    ----------
    targets : QTable, SkyCoord, or what `astrocnn.tables.read_targets` reads
        A result of ``predict``, any table with sky columns, or positions.
    catalog : QTable, DataFrame or SkyCoord
        A catalog from `astrocnn.catalogs.read_catalog`; or any table with sky columns, whose
        ``source_id`` and ``z_spec`` are used if it has them; or positions. It may be empty.
    radius : `~astropy.units.Quantity`
        Largest separation of a match: an angle, or a length at the redshift of each row; one for
        all, or one per row, such as three positional errors or R500.
    per : {"target", "entry"}
        Whose radius and redshift it is, the target's or the catalog entry's.
    redshift : array_like or str, optional
        Redshifts for a length, one per row of that side, or the name of their column; by default
        ``z_spec``. Rows without one have no match.
    unique : bool
        Whether an entry may match one target only. Then the assignment with the least total
        separation is chosen, in which a target left alone counts its radius.
    prefix : str
        Put before the names of the new columns, to match one table with several catalogs.
    shift, n_shifts : `~astropy.units.Quantity`, int
        How the chance rate is measured; see `chance_rate`. By default the shift is 1 degree, or
        1/2, 1/4 ... where the catalog covers a small field. Rows with a circle larger than half of
        it are moved by twice their own radius.
    cosmology : `~astropy.cosmology.FLRW`, optional
        By default flat, H0 = 70 km/s/Mpc, Om0 = 0.3.

    Returns
    -------
    `~astropy.table.QTable`
        One row per target, in the same order, with the columns of the targets and

        * ``matched`` (bool); False also where the target has no valid position,
        * ``separation`` (arcsec), ``match_id``, ``z_spec``: masked without a match,
        * ``chance_probability``: that an unrelated entry lies as near as the match does, from the
          density of the catalog around the target; masked without a match.

        ``meta[prefix + "match"]`` holds catalog, radius, number of matches and the number expected
        by chance; `describe_match` puts that into a sentence.

    Raises
    ------
    InvalidTargetError
        If there are no sky columns, radius or shift make no sense, or the targets already have a
        column of the same name.

    Warns
    -----
    AstrocnnWarning
        With the number of redshifts that are none, or tell no distance, where the radius is a
        length. If the shift that is given, or twice a large radius, leads out of what the catalog
        covers: the chance rate is then too low.

    Notes
    -----
    ``chance_probability`` is 1 - exp(-density x area of the circle), the density being that of the
    surroundings at the distance ``shift``, not of the target's own position; in a catalog with less
    than about one entry in a circle of radius ``shift`` it errs on the high side.

    References
    ----------
    Downes et al. 1986, MNRAS 218, 31 (probability of an unrelated source as near).

    Examples
    --------
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.table import Table
    >>> from astrocnn.catalogs import read_catalog
    >>> from astrocnn.matching import describe_match, match_sky
    >>> catalog = read_catalog(Table({"name": ["A1835", "A2029"], "ra": [210.258, 227.733],
    ...                               "dec": [2.879, 5.745], "z": [0.2532, 0.0775]}), name="Abell")
    >>> table = match_sky(SkyCoord([210.26, 15.0], [2.88, -3.0], unit="deg"), catalog)
    >>> print(table["target_id", "matched", "separation", "match_id", "z_spec"])
    target_id matched separation match_id z_spec
                        arcsec
    --------- ------- ---------- -------- ------
            0    True        8.0    A1835 0.2532
            1   False        ———       --     --
    >>> print(describe_match(table))
    1 of 2 targets matched within 2 arcmin (Abell); fewer than 0.46 (95 %) expected by chance

    The same within 500 kpc at the catalog's redshifts:

    >>> from astropy import units as u
    >>> table = match_sky(table["ra", "dec"], catalog, 500 * u.kpc, per="entry")
    >>> table["matched"].tolist()
    [True, False]
    """
    catalog, table = read_catalog_side(catalog), read_target_side(targets)
    n_shifts = whole_number("n_shifts", n_shifts, 2)
    radius = as_quantity(radius)
    check_new_columns(table, prefix, MATCH_COLUMNS)
    rule = read_rule(radius, per, redshift, unique, table, catalog, cosmology)
    note = _cannot_match(rule, radius)
    coords, valid = read_positions(table)
    entries, exist = read_positions(catalog)
    coords, entries = coords[valid], entries[exist]
    rule = rule.rows(valid, "target").rows(exist, "entry")
    shift = ring_shift(rule, coords, entries, shift)
    found = rule.matches(coords, entries)
    matched, separation, row = _per_target(found, valid, np.flatnonzero(exist))
    far = rule.moved_by(shift)
    ring = ring_separations(coords, entries, far if per == "target" else shift, n_shifts)
    add_match(
        table, prefix, valid, matched, separation, ring,
        entry_column(catalog, "source_id", row, matched),
        entry_column(catalog, "z_spec", row, matched),
    )  # fmt: skip
    name = "" if isinstance(catalog, SkyCoord) else str(catalog.meta.get("name", ""))
    if rule.plain:
        rate = count_matches(ring, rule.radius, shift)
    else:
        rate = ring_matches(rule, coords, entries, shift, n_shifts)
    within = radius_text(radius) + ("" if radius.isscalar else f" (one per {per})")
    summary = match_summary(name, len(table), int(matched.sum()), rate, within, note)
    table.meta[f"{prefix}match"] = summary
    return table


def describe_match(table: Table, prefix: str = "") -> str:
    """Say in one sentence how many targets were matched, and how many chance would match.

    Parameters
    ----------
    table : `~astropy.table.QTable`
        Result of `match_sky`. The sentence is about all targets that were matched then, also where
        rows were taken out since; where rows were added (``vstack``), it counts those there are.
    prefix : str
        The prefix that was given to `match_sky`.

    Returns
    -------
    str

    Raises
    ------
    InvalidTargetError
        If the table is no result of `match_sky` with this prefix.

    Examples
    --------
    See `match_sky`.
    """
    table, prefix = checked_table(table, "a result"), check_prefix(prefix)
    summary = kept_group(table.meta, f"{prefix}match") or {}
    if not {"description", "n_targets", "radius"} <= {*summary}:
        raise InvalidTargetError(
            f"the table has no meta[{prefix + 'match'!r}]: it is no result of match_sky with "
            f"prefix={prefix!r}, or was read from a file that keeps no meta, such as CSV"
        )
    if len(table) > int(summary["n_targets"]):
        return (
            f"{_count(table, prefix)} of {len(table)} targets matched within {summary['radius']}; "
            "the table was stacked from several, and how many chance would match is known of each "
            "alone"
        )
    return str(summary["description"])


def match_prefixes(table: Table) -> list[str]:
    """Return the prefixes of the matches that a table has in its meta."""
    nested = [
        str(key).removesuffix("match")
        for key, summary in table.meta.items()
        if str(key).endswith("match") and isinstance(summary, Mapping) and "description" in summary
    ]
    end = "match_description"
    flat = [key.removesuffix(end) for key in kept_meta(table.meta) if key.endswith(end)]
    return [one for one in dict.fromkeys(nested + flat) if _is_ours(table, one)]


def _is_ours(table: Table, prefix: str) -> bool:
    """Whether what the meta calls a match is one of `match_sky`."""
    summary = kept_group(table.meta, f"{prefix}match") or {}
    if not {"description", "n_targets", "radius"} <= {*summary}:
        return False
    try:
        return int(summary["n_targets"]) >= 0
    except (TypeError, ValueError):
        return False


def _count(table: Table, prefix: str) -> int:
    """Matched rows of a table."""
    names = {name.lower(): name for name in table.colnames}  # as some files write them
    name = names.get(f"{prefix}matched".lower())
    if name is not None:
        return int(np.count_nonzero(np.ma.filled(np.ma.array(table[name]), False)))
    p_any = np.ma.array(table[names[f"{prefix}p_any".lower()]])  # of match_probability
    return int(np.count_nonzero(p_any.filled(0.0) >= 0.5))


def _cannot_match(rule, radius: u.Quantity) -> str:
    """How many rows have no radius, in words; '' if all have one."""
    unknown = np.isnan(np.atleast_1d(rule.radius.value))
    if not unknown.any():
        return ""
    what = "usable redshift" if radius.unit.physical_type == "length" else "radius"
    rows = "targets" if rule.per == "target" else "entries"
    return f"{unknown.sum()} of {unknown.size} {rows} without a {what} cannot match"


def _per_target(found, valid, entry_rows):
    """Whether there is a match, its separation, and its row in the catalog, per target."""
    rows = np.flatnonzero(valid)[found.target]
    matched = np.zeros(valid.shape, dtype=bool)
    separation = np.full(valid.shape, np.inf) * u.rad
    row = np.zeros(valid.shape, dtype=int)
    matched[rows], row[rows] = True, entry_rows[found.entry]
    separation[rows] = found.separation * u.rad
    return matched, separation, row
