"""Files of regions and of MOCs."""

import warnings
from pathlib import Path

import numpy as np
from astropy.utils.exceptions import AstropyUserWarning

from .._optional import import_optional
from ..exceptions import AstrocnnWarning, InvalidTargetError
from ..tables._ds9 import NO_AREA, NO_REGION

__all__ = ["read_region_file"]

#: Suffixes of region files, and of MOC files with the format that mocpy has for them.
_REGION_FORMATS = {".reg": "ds9", ".ds9": "ds9", ".crtf": "crtf"}
_MOC_FORMATS = {".fits": "fits", ".fit": "fits", ".moc": "fits", ".json": "json", ".txt": "ascii"}


def read_region_file(path: Path) -> tuple:
    """Return what a file holds, and how many shapes without an area were left out of it.

    Parameters
    ----------
    path : `~pathlib.Path`

    Returns
    -------
    content : `regions.Regions` or `mocpy.MOC`
    empty : int

    Raises
    ------
    InvalidTargetError
        If it cannot be read, or none of its regions can.
    FileNotFoundError
        If there is no such file.
    ImportError
        If it is a MOC file and mocpy is not installed.

    Warns
    -----
    AstrocnnWarning
        With the number of regions that cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file '{path}' of regions or of a MOC")
    suffix = path.suffix.lower()
    if suffix not in _REGION_FORMATS | _MOC_FORMATS:
        raise InvalidTargetError(
            f"'{path}' is of no known kind: regions are read from .reg (DS9) and .crtf, MOCs from "
            ".fits, .moc, .json and .txt"
        )
    moc = import_optional("mocpy", "MOC files", "mocpy", "moc").MOC if suffix in _MOC_FORMATS else 0
    try:
        if moc:
            found = _load_moc(moc, path, _MOC_FORMATS[suffix])
            _check_cells(found)
            return found, 0
        found, said = _load_regions(path, _REGION_FORMATS[suffix])
    except Exception as error:
        raise InvalidTargetError(f"cannot read '{path}': {error}") from error
    return found, _check_skipped(path, found, said)


def _load_regions(path: Path, form: str):
    """Regions of a file, and what was said of those that could not be read."""
    from regions import Regions

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AstropyUserWarning)
        found = Regions.read(path, format=form)
    said = [str(one.message) for one in caught]
    return found, [words for words in said if not NO_REGION.match(words)]


def _check_skipped(path: Path, found, said: list[str]) -> int:
    """Number of shapes without an area; raise or warn where others are left out."""
    skipped = [words for words in said if not NO_AREA.match(words)]
    if not skipped:
        return len(said)
    number, total = len(skipped), len(skipped) + len(found)
    why = (
        f"{number} of {total} regions in '{path}' cannot be read ({skipped[0].rstrip('.')}): save "
        "the file with sky coordinates (in DS9: Region, Save Regions, Coordinate System fk5), and "
        "draw other shapes as polygons"
    )
    if not len(found):
        raise InvalidTargetError(why)
    warnings.warn(f"{why}; the field is made without them", AstrocnnWarning, stacklevel=6)
    return len(said) - number


def _load_moc(moc, path: Path, form: str):
    """Read a MOC; raise ValueError where mocpy panics, which is no `Exception`."""
    try:
        return moc.load(str(path), form)
    except (Exception, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise ValueError(f"the MOC is damaged: {error}") from error


def _check_cells(moc) -> None:
    """Raise ValueError unless the cells of a MOC exist: mocpy takes others, and panics later."""
    first, last = np.asarray(moc.to_depth29_ranges, dtype=np.uint64).reshape(-1, 2).T
    if not ((first < last).all() and (last <= 12 * 4**29).all() and (first[1:] >= last[:-1]).all()):
        raise ValueError("the MOC is damaged: it has cells that do not exist")
