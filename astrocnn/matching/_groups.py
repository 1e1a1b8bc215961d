"""Entries of several catalogs that are one object."""

from collections.abc import Mapping

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table
from astropy.utils.masked import Masked
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..exceptions import InvalidTargetError
from ._chance import ChanceRate, shifted
from ._pairs import sky_pairs
from ._positions import read_positions
from ._ring_shift import check_ring

__all__ = ["match_groups"]


def match_groups(
    catalogs: "Mapping[str, Table | SkyCoord]",
    radius: u.Quantity = 2 * u.arcmin,
    *,
    shift: u.Quantity = 1 * u.deg,
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
        How chance is measured: each catalog but the first is moved by this, each in another
        direction, and grouped again.

    Returns
    -------
    `~astropy.table.QTable`
        One row per group and per entry without a partner, in the order of the catalogs: ``ra``,
        ``dec`` (deg), ``n_catalogs``, and for each catalog ``<name>_row``, ``<name>_id``,
        ``<name>_separation`` (arcsec, of the entry nearest to the position) and ``<name>_n`` (its
        entries in the group); masked where it has none. ``meta["groups"]`` holds how many groups
        of two and more catalogs there are, and how many chance makes.

    Raises
    ------
    InvalidTargetError
        If there are fewer than two catalogs, or radius or shift make no sense.

    Notes
    -----
    Entries of one catalog are never linked with each other directly: its own list says that they
    are two.

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
    check_ring(radius, shift, n_shifts)
    read = {name: read_positions(catalog) for name, catalog in catalogs.items()}
    positions = [coords[valid] for coords, valid in read.values()]
    number, group, owner = _linked(positions, radius)
    place = np.concatenate([np.arange(len(coords)) for coords in positions])
    table, center = _positions(positions, number, group, owner, place)
    table["n_catalogs"] = _catalogs_of(number, group, owner, len(positions))
    table["n_catalogs"].info.description = "Catalogs with an entry in the group"
    for i, (name, catalog) in enumerate(catalogs.items()):
        mine = owner == i
        columns = _columns(positions[i], group[mine], center, number)
        rows = np.flatnonzero(read[name][1])
        _add(table, name, catalog, rows, *columns)
    table.meta["groups"] = _summary(table["n_catalogs"], positions, radius, shift, n_shifts)
    return table


def _linked(positions: list[SkyCoord], radius: u.Quantity):
    """Number of groups, group of each entry, and catalog of each entry, all entries in a row."""
    starts = np.cumsum([0, *(len(coords) for coords in positions)])
    total = int(starts[-1])
    owner = np.repeat(np.arange(len(positions)), [len(coords) for coords in positions])
    one, other = [np.zeros(0, dtype=int)], [np.zeros(0, dtype=int)]
    for i, left in enumerate(positions):
        for j in range(i + 1, len(positions)):
            pairs = sky_pairs(left, positions[j], radius)
            one.append(starts[i] + pairs.target)
            other.append(starts[j] + pairs.entry)
    one, other = np.concatenate(one), np.concatenate(other)
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


def _catalogs_of(number, group, owner, n_catalogs):
    """How many catalogs have an entry in each group."""
    has = np.zeros((number, n_catalogs), dtype=bool)
    has[group, owner] = True
    return has.sum(axis=1)


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


def _summary(n_catalogs, positions, radius, shift, n_shifts):
    """Groups of two and more catalogs, and those of the shifted catalogs."""
    sizes = range(2, len(positions) + 1)
    counts = {size: int(np.sum(n_catalogs >= size)) for size in sizes}
    chance = {size: [] for size in sizes}
    for turn in range(n_shifts):
        moved = [positions[0]]
        for i, coords in enumerate(positions[1:], 1):
            # Each by itself: two that move alike would keep their common objects.
            moved.append(shifted(coords, shift, turn / n_shifts + i / len(positions)))
        number, group, owner = _linked(moved, radius)
        found = _catalogs_of(number, group, owner, len(positions))
        for size in sizes:
            chance[size].append(int(np.sum(found >= size)))
    lines = []
    for size in sizes:
        rate = ChanceRate(tuple(chance[size]), sum(map(len, positions)), radius, shift)
        lines.append(f"{counts[size]} groups of {size} catalogs or more; {rate}")
    return {
        "counts": {str(size): count for size, count in counts.items()},
        "chance": {str(size): list(found) for size, found in chance.items()},
        "description": "\n".join(lines),
    }
