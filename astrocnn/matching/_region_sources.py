"""From region files, region objects and MOCs to shapes on the sphere."""

import operator
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from .._paths import user_path
from ..exceptions import AstrocnnWarning, InvalidTargetError
from ._region_files import read_region_file
from ._shapes import Box, Circle, Combined, Ellipse, Polygon, Shape

__all__ = ["Sources", "read_sources", "unit_vectors"]

#: Regions without an area.
_EMPTY = ("PointSkyRegion", "LineSkyRegion", "TextSkyRegion")
#: What a region is given by: all of it must be finite.
_PLACES = ("center", "vertices")
_SIZES = (
    "radius", "inner_radius", "outer_radius", "width", "height", "inner_width", "inner_height",
    "outer_width", "outer_height", "angle",
)  # fmt: skip


@dataclass
class Sources:
    """What was read.

    Attributes
    ----------
    shapes, minus : list of Shape
        Regions; those that a region file marks with a minus sign.
    moc : mocpy.MOC or None
        Union of the MOCs.
    empty : int
        Number of regions without an area.
    """

    shapes: list[Shape] = field(default_factory=list)
    minus: list[Shape] = field(default_factory=list)
    moc: object = None
    empty: int = 0


def read_sources(given) -> Sources:
    """Read region files, region objects and MOCs.

    Parameters
    ----------
    given : str, path, region, `regions.Regions`, `mocpy.MOC`, or a list of them

    Returns
    -------
    Sources

    Raises
    ------
    InvalidTargetError
        If something is no region of the sky, or a file cannot be read.
    FileNotFoundError
        If there is no such file.
    ImportError
        If a MOC file is given and mocpy is not installed.
    """
    sources = Sources()
    _add(sources, given)
    if sources.empty:
        warnings.warn(
            f"{sources.empty} region{'s' * (sources.empty > 1)} without an area (points, lines, "
            "text) left out",
            AstrocnnWarning,
            stacklevel=4,
        )
    return sources


def unit_vectors(coords: SkyCoord) -> np.ndarray:
    """Directions of coordinates in any frame, as ICRS unit vectors of shape (n, 3)."""
    icrs = coords.icrs.spherical
    lon, lat = np.ravel(icrs.lon.rad), np.ravel(icrs.lat.rad)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def _add(sources: Sources, given) -> None:
    """Add what is given to the sources, whatever it is."""
    if isinstance(given, str | os.PathLike):
        _add_file(sources, user_path(given))
    elif hasattr(given, "contains_lonlat"):
        sources.moc = given if sources.moc is None else sources.moc.union(given)
    elif isinstance(given, list | tuple) or type(given).__name__ == "Regions":
        for item in given:
            _add(sources, item)
    elif type(given).__name__ in _EMPTY:
        sources.empty += 1
    else:
        included = getattr(given, "meta", {}).get("include", True) not in (False, 0, "-")
        (sources.shapes if included else sources.minus).append(_shape(given))


def _add_file(sources: Sources, path: Path) -> None:
    found, empty = read_region_file(path)
    sources.empty += empty
    try:
        _add(sources, found)
    except InvalidTargetError as error:
        raise InvalidTargetError(f"'{path}': {error}") from error


def _shape(region) -> Shape:
    """A region of the sky as a shape."""
    kind = type(region).__name__
    if "Pixel" in kind:
        raise InvalidTargetError(
            "a region is in image coordinates: save the file with sky coordinates (in DS9: Region, "
            "Save Regions, Coordinate System fk5), or convert it with region.to_sky(wcs)"
        )
    make = _MAKERS.get(kind.replace("Spherical", ""))
    if make is None:
        raise InvalidTargetError(
            f"{kind} is no region of the sky that is known: give regions such as CircleSkyRegion, "
            "a MOC, or the path of a file"
        )
    _check_finite(region)
    return make(region)


def _check_finite(region) -> None:
    """Refuse a region that is nowhere, or of no size."""
    places = [unit_vectors(getattr(region, name)) for name in _PLACES if hasattr(region, name)]
    sizes = [getattr(region, name).value for name in _SIZES if hasattr(region, name)]
    if not all(np.isfinite(values).all() for values in (*places, *sizes)):
        words = " ".join(str(region).split())
        raise InvalidTargetError(f"a region has numbers that are not finite: correct {words}")


def _circle(region) -> Shape:
    return Circle(unit_vectors(region.center)[0], _rad(region.radius))


def _ring(region) -> Shape:
    center = unit_vectors(region.center)[0]
    inner, outer = (Circle(center, _rad(r)) for r in (region.inner_radius, region.outer_radius))
    return _without(outer, inner)


def _ellipse(region) -> Shape:
    return _make_ellipse(region, region.width, region.height)


def _elliptical_ring(region) -> Shape:
    return _without(
        _make_ellipse(region, region.outer_width, region.outer_height),
        _make_ellipse(region, region.inner_width, region.inner_height),
    )


def _make_ellipse(region, width, height) -> Ellipse:
    center, axes = _axes(region)
    return Ellipse(center, axes, _rad(width) / 2, _rad(height) / 2)


def _box(region) -> Shape:
    return Box(*_axes(region), _rad(region.width), _rad(region.height))


def _frame(region) -> Shape:
    """A box with a hole."""
    sizes = ((region.outer_width, region.outer_height), (region.inner_width, region.inner_height))
    return _without(*(Box(*_axes(region), _rad(w), _rad(h)) for w, h in sizes))


def _polygon(region) -> Shape:
    return Polygon(unit_vectors(region.vertices))


def _compound(region) -> Shape:
    return Combined(_shape(region.region1), _shape(region.region2), region.operator)


def _without(outer: Shape, inner: Shape) -> Combined:
    return Combined(outer, inner, _and_not, outer.area - inner.area)


def _and_not(first, second):
    return operator.and_(first, ~second)


_MAKERS = {
    "CircleSkyRegion": _circle,
    "CircleAnnulusSkyRegion": _ring,
    "EllipseSkyRegion": _ellipse,
    "EllipseAnnulusSkyRegion": _elliptical_ring,
    "RectangleSkyRegion": _box,
    "RectangleAnnulusSkyRegion": _frame,
    "PolygonSkyRegion": _polygon,
    "CompoundSkyRegion": _compound,
}


def _axes(region) -> tuple[np.ndarray, np.ndarray]:
    """Center, and the directions of width and height there, as unit vectors.

    The angle of a region turns its width from the longitude axis of its frame, counterclockwise on
    the sky.
    """
    center = unit_vectors(region.center)[0]
    toward = region.center.directional_offset_by(90 * u.deg + region.angle, 1 * u.deg)
    width = unit_vectors(toward)[0]
    width = width - (width @ center) * center
    width = width / np.linalg.norm(width)
    return center, np.array([width, np.cross(center, width)])


def _rad(angle: u.Quantity) -> float:
    return float(angle.to_value(u.rad))
