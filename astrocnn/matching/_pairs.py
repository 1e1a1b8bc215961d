"""Pairs of positions on the sky: the engine under every match.

A tree of the whole catalog costs more than the question: most entries are near no target. Those
outside of the HEALPix pixels around the targets are left out first, a chunk at a time. What is left
goes into the tree, and is looked for, in the order of those pixels: neighbors on the sky are then
neighbors in memory, which makes both several times faster.
"""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from scipy.spatial import cKDTree

__all__ = ["Pairs", "nearest_pairs", "sky_pairs"]

#: Catalog entries looked at together.
_CHUNK = 500_000
#: Finest HEALPix pixels that mark where targets are, coarsest that are worth it, and those by which
#: positions are sorted.
_MAX_ORDER, _MIN_ORDER, _SORT_ORDER = 11, 2, 12
#: Marking pays for catalogs so many times longer than the targets.
_LONGER = 3
#: Neighbors that are looked for at first where all are wanted.
_FEW = 3
#: More neighbors than these are chosen among all pairs.
_MANY = 100
#: Radii that differ by more than this factor are looked up apart.
_OCTAVE = 4.0


class Pairs:
    """Pairs of targets and catalog entries, sorted by target, then by separation.

    Attributes
    ----------
    target, entry : ndarray of shape (n,), int
        Row numbers.
    separation : ndarray of shape (n,)
        In radians.
    """

    def __init__(self, target, entry, separation):
        order = np.lexsort((entry, separation, target))
        self.target, self.entry = target[order], entry[order]
        self.separation = separation[order]

    def __len__(self):
        return len(self.target)

    @property
    def rank(self) -> np.ndarray:
        """Place of each entry among those of its target; 0 is the nearest."""
        starts = np.flatnonzero(np.r_[True, np.diff(self.target) > 0])
        if not len(self):
            return np.zeros(0, dtype=int)
        counts = np.diff(np.r_[starts, len(self)])
        return np.arange(len(self)) - np.repeat(starts, counts)

    def first(self, k: int) -> "Pairs":
        """The k nearest entries of each target."""
        chosen = self.rank < k
        return Pairs(self.target[chosen], self.entry[chosen], self.separation[chosen])


def sky_pairs(coords: SkyCoord, entries: SkyCoord, radius: u.Quantity) -> Pairs:
    """Return all pairs that are no farther apart than a radius.

    Parameters
    ----------
    coords : `~astropy.coordinates.SkyCoord` of shape (n,)
        Targets. Positions that are not finite are in no pair.
    entries : `~astropy.coordinates.SkyCoord` of shape (m,)
        Catalog, in the same frame.
    radius : `~astropy.units.Quantity`
        One for all, or one per target; up to 180 deg. NaN: no pairs.

    Returns
    -------
    Pairs

    Notes
    -----
    Memory is that of the pairs: a wide radius in a dense catalog fills it.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.matching._pairs import sky_pairs
    >>> targets = SkyCoord([10, 20], [0, 0], unit="deg")
    >>> catalog = SkyCoord([10.01, 20.02, 10.02], [0, 0, 0], unit="deg")
    >>> pairs = sky_pairs(targets, catalog, 2 * u.arcmin)
    >>> pairs.target.tolist(), pairs.entry.tolist(), pairs.rank.tolist()
    ([0, 0, 1], [0, 2, 1], [0, 1, 0])
    """
    limits = np.broadcast_to(radius.to_value(u.rad), coords.shape).astype(float)
    left, right = _lonlat(coords), _lonlat(entries)
    good = _finite(left) & (limits >= 0)
    found = [_within(left, right, rows, limits) for rows in _by_size(np.flatnonzero(good), limits)]
    if not found:
        empty = np.zeros(0, dtype=int)
        return Pairs(empty, empty, np.zeros(0))
    return Pairs(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def nearest_pairs(coords: SkyCoord, entries: SkyCoord, radius: u.Quantity, k: int = 1) -> Pairs:
    """Return the k nearest entries of each target within a radius.

    Parameters
    ----------
    coords, entries, radius
        As in `sky_pairs`.
    k : int
        Number of neighbors.

    Returns
    -------
    Pairs
    """
    if k > _MANY:  # a query makes room for k entries of each target, whether or not there are any
        return sky_pairs(coords, entries, radius).first(k)
    limits = np.broadcast_to(radius.to_value(u.rad), coords.shape).astype(float)
    left, right = _lonlat(coords), _lonlat(entries)
    rows = np.flatnonzero(_finite(left) & (limits >= 0))
    rows = _sorted(left, rows)
    if not len(rows):
        empty = np.zeros(0, dtype=int)
        return Pairs(empty, empty, np.zeros(0))
    widest = limits[rows].max()
    kept = _near(left[:, rows], right, widest)
    target, index, _ = _query(_tree(right[:, kept]), left[:, rows], widest, k)
    return _checked(left, right, rows[target], kept[index], limits)


def _within(left, right, rows, limits):
    """All pairs of some targets; the largest of their radii decides how they are found."""
    widest = limits[rows].max()
    rows = _sorted(left, rows)
    kept = _near(left[:, rows], right, widest)
    tree = _tree(right[:, kept])
    # Few neighbors are found by all processors at once; only crowded targets need the other way.
    target, index, crowded = _query(tree, left[:, rows], widest, _FEW)
    if crowded.any():
        target, index = target[~crowded[target]], index[~crowded[target]]
        many = np.flatnonzero(crowded)
        found = _tree(left[:, rows[many]]).sparse_distance_matrix(
            tree, _chord(widest), output_type="ndarray"
        )
        target = np.concatenate([target, many[found["i"]]])
        index = np.concatenate([index, found["j"]])
    pairs = _checked(left, right, rows[target], kept[index], limits)
    return pairs.target, pairs.entry, pairs.separation


def _query(tree, lonlat, radius, k):
    """The k nearest: rows of both in pairs, and which targets may have more."""
    distance, index = tree.query(
        _vectors(lonlat),
        k=list(range(1, k + 1)),
        distance_upper_bound=_chord(radius),
        workers=-1,
    )
    found = np.isfinite(distance)
    target, place = np.nonzero(found)
    return target, index[target, place], found[:, -1]


def _by_size(rows, limits):
    """Rows in groups of like radii, so that one wide circle does not widen all."""
    if not len(rows):
        return []
    sizes = np.maximum(limits[rows], 1e-9)
    group = np.floor(np.log(sizes / sizes.min()) / np.log(_OCTAVE)).astype(int)
    return [rows[group == number] for number in np.unique(group)]


def _checked(left, right, target, entry, limits) -> Pairs:
    """Pairs with exact separations, those beyond the radius left out."""
    (lon1, lat1), (lon2, lat2) = left[:, target], right[:, entry]
    separation = _separation(lon1, lat1, lon2, lat2)
    inside = separation <= limits[target]
    return Pairs(target[inside], entry[inside], separation[inside])


def _near(left, right, radius):
    """Rows of the catalog that may be near a target, in the order of their pixels."""
    # Pixels at least 1.5 times as wide as the radius: all that is near lies in them or beside them.
    order = min(int(np.log2(np.pi / 6 / max(radius, 1e-9))), _MAX_ORDER)
    if order < _MIN_ORDER or right.shape[1] < _LONGER * left.shape[1]:
        return _sorted(right, np.flatnonzero(_finite(right)))
    wanted, kept = _around(left, order), []
    for start in range(0, right.shape[1], _CHUNK):
        part = right[:, start : start + _CHUNK]
        good = _finite(part)
        if not good.all():  # rare: a copy
            part = np.where(good, part, 0.0)
        kept.append(start + np.flatnonzero(wanted[_pixels(order, part)] & good))
    return _sorted(right, np.concatenate(kept) if kept else np.zeros(0, dtype=int))


def _finite(lonlat):
    return np.isfinite(lonlat[0]) & np.isfinite(lonlat[1])


def _around(lonlat, order):
    """Which pixels hold a position or touch one that does."""
    import healpy  # brings Matplotlib along

    wanted = np.zeros(healpy.nside2npix(2**order), dtype=bool)
    wanted[_pixels(order, lonlat)] = True
    beside = healpy.get_all_neighbours(2**order, np.flatnonzero(wanted), nest=True)
    wanted[beside[beside >= 0]] = True
    return wanted


def _sorted(lonlat, rows):
    """Rows in the order of their pixels; equal ones keep theirs."""
    return rows[np.argsort(_pixels(_SORT_ORDER, lonlat[:, rows]), kind="stable")]


def _pixels(order, lonlat):
    import healpy

    return healpy.ang2pix(2**order, np.pi / 2 - lonlat[1], lonlat[0], nest=True)


def _tree(lonlat):
    return cKDTree(_vectors(lonlat), balanced_tree=False, compact_nodes=False)


def _vectors(lonlat):
    lon, lat = lonlat
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def _lonlat(coords: SkyCoord) -> np.ndarray:
    """Longitude and latitude in radians, shape (2, n)."""
    sphere = coords.spherical
    return np.stack([sphere.lon.rad, sphere.lat.rad])


def _chord(angle: float) -> float:
    """Straight distance between points of the unit sphere; a little more, for the exact check."""
    return 2 * np.sin(min(angle, np.pi) / 2) * (1 + 1e-9) + 1e-12


def _separation(lon1, lat1, lon2, lat2):
    """Angle between positions, exact at any distance (Vincenty)."""
    sin_d, cos_d = np.sin(lon2 - lon1), np.cos(lon2 - lon1)
    sin1, cos1, sin2, cos2 = np.sin(lat1), np.cos(lat1), np.sin(lat2), np.cos(lat2)
    opposite = np.hypot(cos2 * sin_d, cos1 * sin2 - sin1 * cos2 * cos_d)
    return np.arctan2(opposite, sin1 * sin2 + cos1 * cos2 * cos_d)
