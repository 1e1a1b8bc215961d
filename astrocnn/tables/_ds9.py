"""Regions of DS9 and CASA as a table."""

import re
import warnings
from pathlib import Path

from astropy.coordinates import SkyCoord, UnitSphericalRepresentation
from astropy.table import Table
from astropy.utils.data import get_readable_fileobj
from astropy.utils.exceptions import AstropyUserWarning

from ..exceptions import AstrocnnWarning, InvalidTargetError
from ._coords import from_list

__all__ = ["MATCH_TAG", "NO_AREA", "NO_REGION", "read_ds9"]

#: DS9 tag of the lines to matches: they are no targets.
MATCH_TAG = "match"
#: Warnings of regions about shapes without an area, and about what is no region: colors, frames.
NO_AREA = re.compile(r'"(vector|ruler|compass|projection)" frame or shape')
NO_REGION = re.compile(
    r'Found duplicate metadata|.*will be ignored$|"(linear|amplifier|detector|physical|tile|'
    r'wcs[0a-z]?)" frame or shape is not supported'
)
#: Text of a region, and a letter before it, or else regions makes a number of ``00123``.
_TEXT = re.compile(r"(\btext\s*=\s*[{\"'])")
_LETTER = "_"
_OR = " (or physical ones, or are of no known shape)"


def read_ds9(path: Path) -> Table:
    """Return the centers of the regions of a file; their text, where they have one, is the name.

    Parameters
    ----------
    path : `~pathlib.Path`
        Compressed or not.

    Returns
    -------
    `~astropy.table.Table`
        ``ra``, ``dec`` (deg), and ``target_id`` if a region has a text.

    Raises
    ------
    InvalidTargetError
        If regions are in image coordinates.
    """
    from regions import SkyRegion

    with get_readable_fileobj(path, encoding="binary") as file:
        content = file.read().decode("utf-8-sig", "backslashreplace")
    found, skipped = _parse(content)
    regions = [
        r
        for r in found
        if r.meta.get("include", True) and MATCH_TAG not in r.meta.get("tag", ())
    ]
    pixel = sum(not isinstance(r, SkyRegion) for r in regions)
    if pixel or (skipped and not regions):
        raise InvalidTargetError(
            f"{f'{pixel} of {len(regions)}' if pixel else 'all'} regions are in image coordinates"
            f"{'' if pixel else _OR}: save the file with sky coordinates (in DS9: Region, Save "
            "Regions, Coordinate System fk5)"
        )
    if skipped:
        warnings.warn(
            f"{len(skipped)} of {len(skipped) + len(regions)} regions of '{path}' are in image "
            f"coordinates{_OR}, and are left out: {skipped[-1]}",
            AstrocnnWarning,
            stacklevel=4,
        )
    ra, dec = from_list([_center(region) for region in regions])
    table = Table({"ra": ra, "dec": dec})
    table["ra"].unit = table["dec"].unit = "deg"
    labels = [_label(region) for region in regions]
    if any(labels):
        table["target_id"] = [label or str(i) for i, label in enumerate(labels)]
    return table


def _parse(content: str):
    """Regions of a file, and what was said of those that could not be read."""
    from regions import Regions

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AstropyUserWarning)
        if content.lstrip().startswith("#CRTF"):
            regions = Regions.parse(content, format="crtf")
        else:
            regions = Regions.parse(_TEXT.sub(rf"\g<1>{_LETTER}", content), format="ds9")
    said = [str(one.message) for one in caught]
    return regions, [w for w in said if not (NO_REGION.match(w) or NO_AREA.match(w))]


def _label(region) -> str:
    """Text of a region."""
    text = getattr(region, "text", None)
    text = region.meta.get("text", region.meta.get("label")) if text is None else text
    return "" if text is None else str(text).removeprefix(_LETTER)


def _center(region) -> SkyCoord:
    """Center of a sky region: its own, or the mean direction of its corners."""
    if hasattr(region, "center"):
        return region.center
    corners = [region.vertices] if hasattr(region, "vertices") else [region.start, region.end]
    ra, dec = from_list(corners)
    mean = SkyCoord(ra, dec, unit="deg").cartesian.mean()
    return SkyCoord(mean.represent_as(UnitSphericalRepresentation))
