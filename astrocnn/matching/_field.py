"""A field on the sky: what is inside, and its area."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table

from ..exceptions import InvalidTargetError
from ..tables._tabular import checked_table
from ._field_area import Parts, field_area
from ._inside import in_any
from ._positions import read_positions
from ._region_sources import Sources, read_sources
from ._shapes import Shape

__all__ = ["Field"]


class Field:
    """A part of the sky: what some regions include and others do not exclude.

    Parameters
    ----------
    include : str, path, region, MOC, or a list of them, optional
        A position is in the field if it is in one of these; by default all of the sky. Files of DS9
        (``.reg``) and CASA (``.crtf``) regions in sky coordinates, objects of the ``regions``
        package, MOC files (``.fits``, ``.json``, ``.txt``) and `mocpy.MOC` objects. Regions that a
        file marks with a minus sign are excluded; a file that has no others includes the rest of
        the sky.
    exclude : as ``include``, optional
        A position in one of these is not in the field: star masks, bad tiles. Here it does not
        matter whether a file marks its regions with a minus sign, as long as it does so for all or
        for none.

    Attributes
    ----------
    area, area_error : `~astropy.units.Quantity`
        In square degrees.

    Raises
    ------
    InvalidTargetError
        If something is no region of the sky, or a file or all its regions cannot be read; if there
        is nothing to include.
    FileNotFoundError
        If there is no such file.
    ImportError
        If a MOC file is given and mocpy is not installed (``pip install astrocnn[moc]``).

    Warns
    -----
    AstrocnnWarning
        If there are points, lines or text among the regions: they have no area. With the number of
        those in a file that cannot be read, such as pandas, or regions in image coordinates.

    Notes
    -----
    All is computed on the sphere, at any place and size: a circle is what is no farther than its
    radius, sides of polygons and boxes are great circles, axes of ellipses are angles from the
    center. A side along a parallel of declination is no great circle: give it as many vertices, or
    as a MOC. Polygons must be narrower than 170 degrees.

    The area is exact for MOCs and for regions that touch no others. Where regions overlap, evenly
    spread directions within them are counted; ``area_error`` is the error that random ones would
    have, which is more than that of even ones. It is 0 where nothing was counted.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from regions import CircleSkyRegion
    >>> from astrocnn.matching import Field
    >>> tile = CircleSkyRegion(SkyCoord(0, 0, unit="deg"), 3 * u.deg)
    >>> star = CircleSkyRegion(SkyCoord(359, 0, unit="deg"), 12 * u.arcmin)
    >>> field = Field(include=tile, exclude=star)
    >>> field.contains(SkyCoord([358, 359.1, 5], [0, 0, 0], unit="deg"))
    array([ True, False, False])
    >>> print(f"{field.area:.2f}")
    28.14 deg2
    """

    def __init__(self, include=None, exclude=None):
        self.include, self.exclude = include, exclude
        masked = read_sources(exclude) if exclude is not None else Sources()
        if masked.shapes and masked.minus:
            raise InvalidTargetError(
                "some of the excluded regions have a minus sign and some do not, so it is not "
                "clear what they exclude: give the former alone, or all of them as include="
            )
        chosen = read_sources(include) if include is not None else Sources()
        everywhere = not chosen.shapes and chosen.moc is None
        if include is not None and everywhere and not chosen.minus:
            raise InvalidTargetError(
                "there is no region to include: leave include= out for all sky"
            )
        excluded = masked.shapes + masked.minus + chosen.minus
        self._parts = Parts(everywhere, chosen.shapes, chosen.moc, excluded, masked.moc)

    def contains(self, coords) -> np.ndarray:
        """Say which positions are in the field.

        Parameters
        ----------
        coords : SkyCoord, Table, or what `astrocnn.tables.read_targets` reads
            Positions in any frame.

        Returns
        -------
        ndarray of bool
            Of the shape of the coordinates, or one per row. False where a position is not valid.
        """
        shape = coords.shape if isinstance(coords, SkyCoord) else (-1,)
        positions, valid = read_positions(coords)
        inside = np.zeros(len(valid), dtype=bool)
        inside[valid] = self._contains(positions[valid])
        return inside.reshape(shape)

    def _contains(self, coords: SkyCoord) -> np.ndarray:
        parts = self._parts
        inside = parts.includes(coords)
        rows = np.flatnonzero(inside)
        inside[rows] = ~in_any(parts.excluded, parts.excluded_moc, coords[rows])
        return inside

    @cached_property
    def _measured(self) -> tuple[float, float]:
        return field_area(self._parts)

    @property
    def area(self) -> u.Quantity:
        """Area of the field."""
        return (self._measured[0] * u.sr).to(u.deg**2)

    @property
    def area_error(self) -> u.Quantity:
        """Standard error of the area; 0 where it is exact."""
        return (self._measured[1] * u.sr).to(u.deg**2)

    def mark(self, table: Table, column: str = "in_field") -> QTable:
        """Add a column that says which rows of a table are in the field.

        Parameters
        ----------
        table : `~astropy.table.Table` or DataFrame
            Targets, a result, a catalog: any table with sky columns.
        column : str
            Name of the new column.

        Returns
        -------
        `~astropy.table.QTable`
            A copy with all rows. ``meta[column]`` has the area of the field.

        Raises
        ------
        InvalidTargetError
            If there are no sky columns, or such a column exists.

        Examples
        --------
        >>> from astropy import units as u
        >>> from astropy.coordinates import SkyCoord
        >>> from astropy.table import Table
        >>> from regions import CircleSkyRegion
        >>> from astrocnn.matching import Field
        >>> field = Field(exclude=CircleSkyRegion(SkyCoord(10, 0, unit="deg"), 1 * u.deg))
        >>> print(field.mark(Table({"ra": [10.0, 12.0], "dec": [0.0, 0.0]})))
         ra  dec in_field
        ---- --- --------
        10.0 0.0    False
        12.0 0.0     True
        """
        table = checked_table(table, "what can be marked")
        if not isinstance(column, str):
            raise InvalidTargetError(f"column must be the name of a column, not {column!r:.80}")
        if column in table.colnames:
            raise InvalidTargetError(
                f"the table already has the column {column!r}: give another name, e.g. "
                "mark(table, column='in_survey')"
            )
        inside = self.contains(table)
        table = QTable(table)
        table[column] = inside
        info = table[column].info
        info.description, info.meta = "Whether the position is in the field", {"ucd": "meta.code"}
        table.meta[column] = {
            "area_deg2": self.area.value,
            "area_error_deg2": self.area_error.value,
            "n_inside": int(inside.sum()),
        }
        return table

    def __repr__(self):
        parts = self._parts
        what = "all sky" if parts.everywhere else _describe(parts.included, parts.moc)
        without = _describe(parts.excluded, parts.excluded_moc)
        return f"<Field: {what}{f' without {without}' if without else ''}>"


def _describe(shapes: Sequence[Shape], moc) -> str:
    words = [f"{len(shapes)} region{'s' * (len(shapes) > 1)}"] if shapes else []
    return " and ".join(words + (["a MOC"] if moc is not None else []))
