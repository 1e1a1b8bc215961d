"""Regions on the sphere: which directions lie inside, and how large they are.

Nothing is projected onto an image: circles are what is no farther than their radius, sides of
polygons and boxes are great circles, and axes of ellipses are angles along great circles from the
center.
"""

from collections.abc import Callable

import numpy as np

from ..exceptions import InvalidTargetError

__all__ = [
    "Box",
    "Circle",
    "Combined",
    "Ellipse",
    "Polygon",
    "Shape",
    "angle",
    "cap_area",
    "cap_points",
]

#: Polygons must fit into a circle of this radius (rad): beyond, inside and outside are ambiguous.
_WIDEST = np.radians(85)
_GOLDEN = np.pi * (3 - np.sqrt(5))


class Shape:
    """A region on the sphere.

    Attributes
    ----------
    center : ndarray of shape (3,)
        Unit vector; the shape lies within ``reach`` of it.
    reach : float
        In radians.
    area : float or None
        In steradian; None where it is not known.
    """

    center: np.ndarray
    reach: float
    area: float | None

    def contains(self, xyz: np.ndarray) -> np.ndarray:
        """Say which unit vectors of shape (n, 3) lie inside; on the rim, rounding decides."""
        raise NotImplementedError

    def encloses(self, center: np.ndarray, reach: float) -> bool:
        """Whether a circle certainly lies inside."""
        return False


class Circle(Shape):
    """What is no farther from the center than a radius (rad)."""

    def __init__(self, center: np.ndarray, radius: float):
        self.center, self.reach = center, min(radius, np.pi)
        self.area = cap_area(self.reach)

    def contains(self, xyz):
        """Compare chords, which are exact for small radii, where cosines are not."""
        if self.reach >= np.pi:
            return np.isfinite(xyz).all(axis=-1)
        return np.sum((xyz - self.center) ** 2, axis=-1) <= 4 * np.sin(self.reach / 2) ** 2

    def encloses(self, center, reach):
        """The far side of the other circle is within the radius."""
        return angle(self.center, center) + reach <= self.reach


class Ellipse(Shape):
    """An ellipse of semi-axes (rad) along two directions at right angles to the center.

    A direction at the distance r from the center, at the angle t from the first axis, is inside
    where (r cos t / a)^2 + (r sin t / b)^2 <= 1.
    """

    def __init__(self, center: np.ndarray, axes: np.ndarray, a: float, b: float):
        self.center, self.axes, self.a, self.b = center, axes, a, b
        self.reach = min(max(a, b), np.pi)
        n = int(np.clip(64 * max(a, b) / min(a, b), 256, 2**18))
        t = np.arange(n) * 2 * np.pi / n
        r = np.minimum(a * b / np.hypot(b * np.cos(t), a * np.sin(t)), np.pi)
        self.area = float(np.mean(2 * np.sin(r / 2) ** 2) * 2 * np.pi)

    def contains(self, xyz):
        """Distances and angles about the center."""
        inside = Circle(self.center, self.reach).contains(xyz)
        near = xyz[inside]
        chord = np.sqrt(np.sum((near - self.center) ** 2, axis=-1))
        r = 2 * np.arcsin(np.minimum(chord / 2, 1))
        x, y = near @ self.axes[0], near @ self.axes[1]
        length = np.hypot(x, y)
        scale = np.divide(r, length, out=np.zeros_like(r), where=length > 0)
        inside[inside] = (scale * x / self.a) ** 2 + (scale * y / self.b) ** 2 <= 1
        return inside


class Polygon(Shape):
    """A polygon whose sides are great circles, in either sense of rotation.

    Parameters
    ----------
    vertices : ndarray of shape (n, 3)
        Unit vectors. The last may repeat the first.

    Raises
    ------
    InvalidTargetError
        If it has fewer than three vertices, is wider than 170 degrees or crosses itself.
    """

    def __init__(self, vertices: np.ndarray):
        self.vertices = vertices[np.any(vertices != np.roll(vertices, 1, axis=0), axis=1)]
        if len(self.vertices) < 3:
            raise InvalidTargetError("a polygon needs three vertices or more")
        self.center, self.reach = _enclosing_circle(self.vertices)
        if self.reach > _WIDEST:
            raise InvalidTargetError(
                "a polygon is wider than 170 degrees, so that inside and outside are not clear: "
                "split it, or give a MOC"
            )
        # Seen from the center of the sphere, great circles are straight lines on a plane.
        self.axes = tangent_axes(self.center)
        self.corners = self._project(self.vertices)
        if _crosses_itself(self.corners):
            raise InvalidTargetError("a polygon crosses itself: split it where it does")
        self.area = self._area()

    def _project(self, xyz):
        return (self.axes @ xyz.T) / (xyz @ self.center)

    def _area(self):
        """Sum of the triangles at the center (van Oosterom & Strackee 1983, eq. 8)."""
        (x, y), z = self.axes @ self.vertices.T, self.vertices @ self.center
        after = np.roll(self.vertices, -1, axis=0)
        (x2, y2), z2 = self.axes @ after.T, after @ self.center
        cosine = np.sum(self.vertices * after, axis=1)
        return float(abs(np.sum(2 * np.arctan2(x * y2 - y * x2, 1 + z + z2 + cosine))))

    def contains(self, xyz):
        """Count the sides that a ray crosses, among directions sorted along the other axis."""
        inside = Circle(self.center, self.reach + 1e-12).contains(xyz)
        x, y = self._project(xyz[inside])
        order = np.argsort(y)
        x, y = x[order], y[order]
        odd = np.zeros(len(x), dtype=bool)
        for (x1, y1), (x2, y2) in zip(
            self.corners.T, np.roll(self.corners, -1, axis=1).T, strict=True
        ):
            if y1 != y2:
                first, last = np.searchsorted(y, sorted((y1, y2)))
                rows = slice(first, last)
                odd[rows] ^= x[rows] < x1 + (y[rows] - y1) * ((x2 - x1) / (y2 - y1))
        found = np.empty_like(odd)
        found[order] = odd
        inside[inside] = found
        return inside

    def encloses(self, center, reach):
        """The middle is inside, and no side is nearer to it than the radius."""
        if angle(self.center, center) > self.reach or self._distance(center) < reach:
            return False
        x, y = self._project(center[np.newaxis])[:, 0]
        (x1, y1), (x2, y2) = self.corners, np.roll(self.corners, -1, axis=1)
        crossed = (y1 > y) != (y2 > y)
        slope = (x2 - x1)[crossed] / (y2 - y1)[crossed]
        return bool(np.sum(x < x1[crossed] + (y - y1[crossed]) * slope) % 2)

    def _distance(self, center) -> float:
        """Angle from a direction to the nearest side."""
        start, end = self.vertices, np.roll(self.vertices, -1, axis=0)
        normal = np.cross(start + end, end - start)  # twice start x end, without cancellation
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        beside = (np.cross(normal, start) @ center >= 0) & (np.cross(end, normal) @ center >= 0)
        to_side = np.abs(np.arcsin(np.clip(normal @ center, -1, 1)))
        return float(np.min(np.where(beside, to_side, angle(start, center))))


class Box(Polygon):
    """A box of great circles; width and height (rad) are measured through the center."""

    def __init__(self, center: np.ndarray, axes: np.ndarray, width: float, height: float):
        if max(width, height) > 2 * _WIDEST:
            raise InvalidTargetError("a box is wider than 170 degrees: give a MOC")
        x, y = np.tan(width / 2), np.tan(height / 2)
        signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        corners = center + (signs * (x, y)) @ axes
        super().__init__(corners / np.linalg.norm(corners, axis=1, keepdims=True))


class Combined(Shape):
    """Two shapes joined by ``and``, ``or``, ``xor`` or ``and not``."""

    def __init__(self, first: Shape, second: Shape, operator: Callable, area: float | None = None):
        self.first, self.second, self.operator, self.area = first, second, operator, area
        self.center = first.center
        self.reach = max(first.reach, angle(first.center, second.center) + second.reach)
        self.reach = min(self.reach, np.pi)

    def contains(self, xyz):
        """Ask both."""
        return self.operator(self.first.contains(xyz), self.second.contains(xyz))


def cap_points(
    center: np.ndarray, reach: float, n: int, rows: slice = slice(None)
) -> np.ndarray:
    """Evenly spread directions within a circle, each for the same solid angle (Fibonacci).

    ``rows`` chooses some of the n.
    """
    k = np.arange(*rows.indices(n))
    half = np.sqrt((k + 0.5) / n) * np.sin(reach / 2)  # sin(r / 2) ** 2 is even
    r, t = 2 * np.arcsin(half), k * _GOLDEN
    axes = tangent_axes(center)
    sine = np.sin(r)[:, np.newaxis]
    around = np.cos(t)[:, np.newaxis] * axes[0] + np.sin(t)[:, np.newaxis] * axes[1]
    return np.cos(r)[:, np.newaxis] * center + sine * around


def cap_area(reach: float) -> float:
    """Solid angle of a circle (sr)."""
    return float(4 * np.pi * np.sin(min(reach, np.pi) / 2) ** 2)


def angle(first: np.ndarray, second: np.ndarray):
    """Angle between unit vectors (rad), exact where it is small."""
    chord = np.linalg.norm(first - second, axis=-1)
    return 2 * np.arcsin(np.minimum(chord / 2, 1))


def tangent_axes(center: np.ndarray) -> np.ndarray:
    """Two unit vectors at right angles to a third and to each other."""
    first = np.zeros(3)
    first[np.argmin(np.abs(center))] = 1
    first -= (first @ center) * center
    first /= np.linalg.norm(first)
    return np.array([first, np.cross(center, first)])


def _enclosing_circle(vertices: np.ndarray) -> tuple[np.ndarray, float]:
    """A circle around all vertices; where it is wide, nearly the smallest one."""
    center = vertices.mean(axis=0)
    length = np.linalg.norm(center)
    if length > 0.5:
        center = center / length
        reach = float(np.max(angle(vertices, center)))
        if reach < _WIDEST / 2:
            return center, reach
    center = vertices[0]
    for k in range(1, 500):  # Badoiu & Clarkson 2003, section 3
        farthest = vertices[np.argmax(np.sum((vertices - center) ** 2, axis=1))]
        center = center + (farthest - center) / (k + 1)
        center = center / max(np.linalg.norm(center), 1e-300)
    return center, float(np.max(angle(vertices, center)))


def _crosses_itself(corners: np.ndarray) -> bool:
    """Whether two sides that are not neighbors meet."""
    x1, y1 = corners
    x2, y2 = np.roll(corners, -1, axis=1)
    n = len(x1)
    for i in range(n - 2):
        others = np.arange(i + 2, n if i else n - 1)
        ends = [
            (x2[i] - x1[i]) * (y[others] - y1[i]) - (y2[i] - y1[i]) * (x[others] - x1[i])
            for x, y in ((x1, y1), (x2, y2))
        ]
        own = [
            (x2 - x1)[others] * (y - y1[others]) - (y2 - y1)[others] * (x - x1[others])
            for x, y in ((x1[i], y1[i]), (x2[i], y2[i]))
        ]
        if np.any((ends[0] * ends[1] < 0) & (own[0] * own[1] < 0)):
            return True
    return False
