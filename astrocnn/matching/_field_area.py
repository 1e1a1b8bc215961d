"""Area of a field: exact where its regions do not meet, counted where they do."""

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from ._inside import in_any, in_moc, memberships
from ._pairs import sky_pairs
from ._shapes import Shape, angle, cap_area, cap_points

__all__ = ["Parts", "field_area"]

#: Directions counted in all; per region at least and at most; per batch.
_TOTAL, _FEWEST, _MOST, _BATCH = 2_000_000, 200, 200_000, 1_000_000
#: A thin region gets at most so many times more directions within its circle.
_THIN = 100


@dataclass(frozen=True)
class Parts:
    """What a field includes and excludes.

    Attributes
    ----------
    everywhere : bool
        Whether all sky is included.
    included, excluded : list of Shape
    moc, excluded_moc : mocpy.MOC or None
    """

    everywhere: bool
    included: list[Shape]
    moc: object
    excluded: list[Shape]
    excluded_moc: object

    def includes(self, coords: SkyCoord) -> np.ndarray:
        """Whether valid positions are included, be they excluded or not."""
        if self.everywhere:
            return np.ones(len(coords), dtype=bool)
        return in_any(self.included, self.moc, coords)


def field_area(parts: Parts) -> tuple[float, float]:
    """Return the area of a field and its error (sr).

    With I for what is included, E for what is excluded, M for MOCs and S for shapes, the area is
    that of M_I without M_E, plus that of S_I outside of M_I and M_E, minus that of S_E outside of
    M_E and inside I. Where shapes overlap, the first of them counts.
    """
    moc, minus = parts.moc, parts.excluded_moc
    base = 4 * np.pi if parts.everywhere else 0.0
    if moc is not None:
        # Not by difference(), which is empty for MOCs that do not meet (mocpy 0.21.0).
        kept = moc if minus is None else moc.intersection(minus.complement())
        base = 4 * np.pi * kept.sky_fraction
    elif parts.everywhere and minus is not None:
        base = 4 * np.pi * (1 - minus.sky_fraction)
    gained = _sum(parts.included, _Included(parts))
    lost = _sum(parts.excluded, _Excluded(parts))
    return base + gained[0] - lost[0], float(np.hypot(gained[1], lost[1]))


class _Included:
    """Included shapes count outside of both MOCs."""

    def __init__(self, parts: Parts):
        self.mocs = [moc for moc in (parts.moc, parts.excluded_moc) if moc is not None]

    def certain(self, shape: Shape) -> float | None:
        """Fraction of the shape that counts, where that is clear without counting."""
        return None if self.mocs else 1.0

    def counts(self, coords: SkyCoord) -> np.ndarray:
        """Whether directions count."""
        chosen = np.ones(len(coords), dtype=bool)
        for moc in self.mocs:
            chosen &= ~in_moc(moc, coords)
        return chosen


class _Excluded:
    """Excluded shapes count inside of what is included, outside of the excluded MOC."""

    def __init__(self, parts: Parts):
        self.parts = parts
        self.centers = np.array([s.center for s in parts.included]).reshape(-1, 3)
        self.reach = np.array([s.reach for s in parts.included])

    def certain(self, shape: Shape) -> float | None:
        """As for `_Included`."""
        if self.parts.excluded_moc is not None or self.parts.moc is not None:
            return None
        if self.parts.everywhere:
            return 1.0
        near = np.flatnonzero(angle(self.centers, shape.center) <= self.reach + shape.reach)
        hosts = [self.parts.included[i] for i in near]
        if not hosts:
            return 0.0
        return 1.0 if any(host.encloses(shape.center, shape.reach) for host in hosts) else None

    def counts(self, coords: SkyCoord) -> np.ndarray:
        """As for `_Included`."""
        chosen = self.parts.includes(coords)
        if self.parts.excluded_moc is not None:
            chosen &= ~in_moc(self.parts.excluded_moc, coords)
        return chosen


def _sum(shapes: list[Shape], rule) -> tuple[float, float]:
    """Area of what counts of the union of shapes, and its error."""
    total, variance, unclear = 0.0, 0.0, []
    shapes = list({_mark(shape): shape for shape in shapes}.values())  # once each
    alone = _alone(shapes)
    for i, shape in enumerate(shapes):
        share = rule.certain(shape) if shape.area is not None else None
        if share == 0 or (share is not None and alone[i]):
            total += share * shape.area
        else:
            unclear.append(i)
    n = int(np.clip(_TOTAL / max(len(unclear), 1), _FEWEST, _MOST))
    step = max(_BATCH // n, 1)
    for start in range(0, len(unclear), step):
        value, squared = _count(shapes, unclear[start : start + step], rule, n)
        total, variance = total + value, variance + squared
    return total, float(np.sqrt(variance))


def _mark(shape: Shape) -> tuple:
    """What the same shapes have in common."""
    numbers = [np.asarray(value).tobytes() for value in vars(shape).values()
               if isinstance(value, np.ndarray | float)]  # fmt: skip
    parts = [_mark(value) for value in vars(shape).values() if isinstance(value, Shape)]
    return type(shape), getattr(shape, "operator", None), *numbers, *parts


def _alone(shapes: list[Shape]) -> np.ndarray:
    """Whether the circle around a shape meets that of no other."""
    alone = np.ones(len(shapes), dtype=bool)
    if len(shapes) < 2:
        return alone
    reach = np.array([s.reach for s in shapes])
    centers = _coords(np.array([s.center for s in shapes]))
    # Each pair is found by the wider of the two, at up to twice its reach.
    pairs = sky_pairs(centers, centers, np.minimum(2 * reach + 1e-12, np.pi) * u.rad)
    a, b = pairs.target, pairs.entry
    meet = (a != b) & (pairs.separation <= reach[a] + reach[b])
    alone[a[meet]] = alone[b[meet]] = False
    return alone


def _count(shapes: list[Shape], chosen: list[int], rule, n: int) -> tuple[float, float]:
    """Area and variance of some shapes from directions within them."""
    points, owners = [], []
    for i in chosen:
        inside = _points(shapes[i], n)
        points.append(inside)
        owners.append(np.full(len(inside), i))
    coords, owner = _coords(np.concatenate(points)), np.concatenate(owners)
    mine = rule.counts(coords)
    for i, rows in memberships(shapes, coords):
        mine[rows[i < owner[rows]]] = False  # it belongs to an earlier one
    total = variance = 0.0
    hits = np.bincount(owner, weights=mine, minlength=len(shapes))
    tries = np.bincount(owner, minlength=len(shapes))
    for i in chosen:
        shape, m = shapes[i], tries[i]
        area = shape.area
        if area is None:  # the directions themselves say how large it is
            area, m = cap_area(shape.reach), n
        share = hits[i] / max(m, 1)
        total += area * share
        variance += area**2 * max(share * (1 - share), 1 / max(m, 1)) / max(m, 1)
    return total, variance


def _points(shape: Shape, n: int) -> np.ndarray:
    """About n evenly spread directions inside a shape."""
    if shape.area is not None:
        n = int(n * min(cap_area(shape.reach) / shape.area, _THIN))
    found = []
    for start in range(0, n, _BATCH):  # of a thin region most directions are dropped
        points = cap_points(shape.center, shape.reach, n, slice(start, start + _BATCH))
        found.append(points[shape.contains(points)])
    return np.concatenate(found)


def _coords(xyz: np.ndarray) -> SkyCoord:
    lon, lat = np.arctan2(xyz[:, 1], xyz[:, 0]), np.arctan2(xyz[:, 2], np.hypot(*xyz[:, :2].T))
    return SkyCoord(lon, lat, unit="rad")
