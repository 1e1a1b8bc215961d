"""Entries of several catalogs that are one object."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table
from astropy.utils.masked import Masked
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..exceptions import InvalidTargetError
from ..tables import as_table
from ._chance import ChanceRate
from ._group_chance import chance_groups, links, met_by_chance
from ._positions import read_positions
from ._ring_shift import Footprint, check_ring, field_shift
from ._settings import whole_number

__all__ = ["match_groups"]


def match_groups(
    catalogs: "Mapping[str, Table | SkyCoord]",
    radius: u.Quantity = 2 * u.arcmin,
    *,
    shift: u.Quantity | None = None,
    n_shifts: int = 8,
) -> QTable:
    """Group the entries of several catalogs that lie together.

    Parameters
    ----------
    catalogs : dict of str to Table or SkyCoord
        At least two catalogs by name; the order is that of trust: the position of a group is that
        of its entry in the first catalog that has one.
    radius : `~astropy.units.Quantity`
        Entries of different catalogs no farther apart than this are linked. Links chain: a group
        may be larger.
    shift, n_shifts : `~astropy.units.Quantity`, int
        How chance is measured: a copy of all catalogs is moved together, in so many directions, and
        laid over them. By default by 1 degree, or less where one covers a small field; see
        `chance_rate`.

    Returns
    -------
    `~astropy.table.QTable`
        One row per group and per entry without a partner, in the order of the catalogs: ``ra``,
        ``dec`` (deg), ``n_catalogs``, and for each catalog ``<name>_row``, ``<name>_id``,
        ``<name>_separation`` (arcsec, of the entry nearest to the position) and ``<name>_n`` (its
        entries in the group); masked where it has none. ``meta["groups"]`` holds how many groups
        of two and more catalogs there are, and how many of these chance makes: of objects that are
        in fewer catalogs each, such as a pair that is real and an unrelated third.

    Raises
    ------
    InvalidTargetError
        If there are fewer than two catalogs, or radius or shift make no sense.

    Notes
    -----
    Entries of one catalog are never linked with each other directly: its own list says that they
    are two.

    What chance makes is counted in groups, not in entries: a group of the moved copy that lies on
    one of the others makes a chance group of k catalogs if both are in fewer than k and together in
    k or more. Groups that chance has made already are no longer there to be counted; their number
    is put back kind by kind, to first order.

    Examples
    --------
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.matching import match_groups
    >>> groups = match_groups({"xray": SkyCoord([10, 20], [0, 0], unit="deg"),
    ...                        "sz": SkyCoord([20.01], [0], unit="deg"),
    ...                        "optical": SkyCoord([10.01, 20.02, 30], [0, 0, 0], unit="deg")})
    >>> print(groups["ra", "n_catalogs", "xray_row", "sz_row", "optical_row"])
     ra  n_catalogs xray_row sz_row optical_row
    deg
    ---- ---------- -------- ------ -----------
    10.0          2        0     --           0
    20.0          3        1      0           1
    30.0          1       --     --           2
    """
    if not isinstance(catalogs, Mapping) or len(catalogs) < 2:
        raise InvalidTargetError("catalogs must be a dict of two catalogs or more, by name")
    check_ring(radius, shift)
    n_shifts = whole_number("n_shifts", n_shifts, 2)
    catalogs = {name: as_table(catalog) for name, catalog in catalogs.items()}
    read = {name: read_positions(catalog) for name, catalog in catalogs.items()}
    positions = [coords[valid] for coords, valid in read.values()]
    number, group, owner = _linked(positions, radius)
    place = np.concatenate([np.arange(len(coords)) for coords in positions])
    table, center = _positions(positions, number, group, owner, place)
    has = np.zeros((number, len(positions)), dtype=bool)
    has[group, owner] = True
    table["n_catalogs"] = has.sum(axis=1)
    table["n_catalogs"].info.description = "Catalogs with an entry in the group"
    for i, (name, catalog) in enumerate(catalogs.items()):
        mine = owner == i
        columns = _columns(positions[i], group[mine], center, number)
        rows = np.flatnonzero(read[name][1])
        _add(table, name, catalog, rows, *columns)
    shift = _shift(positions, radius) if shift is None else shift
    met = [met_by_chance(positions, group, radius, shift, i / n_shifts) for i in range(n_shifts)]
    table.meta["groups"] = _summary(has, met, sum(map(len, positions)), radius, shift)
    return table


def _linked(positions: list[SkyCoord], radius: u.Quantity):
    """Number of groups, group of each entry, and catalog of each entry, all entries in a row."""
    total = sum(len(coords) for coords in positions)
    owner = np.repeat(np.arange(len(positions)), [len(coords) for coords in positions])
    one, other = links(positions, positions, radius, list(combinations(range(len(positions)), 2)))
    graph = coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(total, total))
    number, group = connected_components(graph, directed=False) if total else (0, one)
    # In the order of their first entries.
    _, first = np.unique(group, return_index=True)
    order = np.empty(number, dtype=int)
    order[np.argsort(first, kind="stable")] = np.arange(number)
    return number, order[group] if total else group, owner


def _positions(positions, number, group, owner, place):
    """Table with the position of each group: that of its first entry."""
    _, first = np.unique(group, return_index=True)
    lon, lat = np.zeros(number), np.zeros(number)
    for i, coords in enumerate(positions):
        mine = owner[first] == i
        lon[mine] = coords.ra.deg[place[first[mine]]]
        lat[mine] = coords.dec.deg[place[first[mine]]]
    table = QTable({"ra": lon * u.deg, "dec": lat * u.deg})
    for name, ucd, what in (
        ("ra", "pos.eq.ra;meta.main", "Right ascension (ICRS)"),
        ("dec", "pos.eq.dec;meta.main", "Declination (ICRS)"),
    ):
        table[name].info.description, table[name].info.meta = what, {"ucd": ucd}
    return table, SkyCoord(table["ra"], table["dec"])


def _columns(coords, group, center, number):
    """Row and separation of the entry nearest to each group's position, and number of entries."""
    separation = coords.separation(center[group]).to(u.arcsec).value if len(coords) else np.zeros(0)
    order = np.lexsort((separation, group))
    groups, first = np.unique(group[order], return_index=True)
    row, distance = np.full(number, -1), np.zeros(number)
    row[groups], distance[groups] = order[first], separation[order[first]]
    return row, distance, np.bincount(group, minlength=number)


def _add(table, name, catalog, rows, row, separation, count):
    """Columns of one catalog."""
    missing = row < 0
    where = np.where(missing, 0, row)
    actual = rows[where] if len(rows) else np.zeros(len(row), dtype=int)
    table[f"{name}_row"] = MaskedColumn(actual, mask=missing, description=f"Row in {name}, from 0")
    if isinstance(catalog, Table) and "source_id" in catalog.colnames and len(rows):
        ids = np.ma.array(catalog["source_id"])[actual]
        mask = missing | np.ma.getmaskarray(ids)
        table[f"{name}_id"] = MaskedColumn(ids.data, mask=mask, description=f"Identifier in {name}")
    table[f"{name}_separation"] = Masked(separation * u.arcsec, mask=missing)
    table[f"{name}_separation"].info.description = f"Distance of the entry of {name}"
    table[f"{name}_separation"].info.format = ".1f"
    table[f"{name}_n"] = count
    table[f"{name}_n"].info.description = f"Entries of {name} in the group"


def _shift(positions: list[SkyCoord], radius: u.Quantity) -> u.Quantity:
    """The largest shift for which all catalogs have room; at least twice the radius."""
    least = min(field_shift(coords, Footprint(coords)) for coords in positions)
    return max(least, (2 * radius).to(u.deg))


def _summary(has, met, n_entries, radius, shift):
    """Groups of two and more catalogs, and those that chance makes."""
    counts, chance, lines = {}, {}, []
    for size in range(2, has.shape[1] + 1):
        n_groups = int(np.sum(has.sum(axis=1) >= size))
        rate = ChanceRate(chance_groups(has, met, size), n_entries, radius, shift)
        counts[str(size)], chance[str(size)] = n_groups, list(rate.counts)
        lines.append(f"{n_groups} groups of {size} catalogs or more; {rate}")
    return {"counts": counts, "chance": chance, "description": "\n".join(lines)}
