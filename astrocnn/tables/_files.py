"""Read a target list from a file."""

import codecs
import os
import re
import warnings
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord, UnitSphericalRepresentation
from astropy.table import Table
from astropy.utils.data import get_readable_fileobj

from .._paths import user_path
from ..exceptions import InvalidTargetError
from ._coords import from_list
from ._formats import take_keywords
from ._parquet import read_parquet
from ._votable import read_votable
from ._xml import is_xml, refuse_entities

__all__ = ["MATCH_TAG", "read_file"]

#: DS9 tag of the lines to matches: they are no targets.
MATCH_TAG = "match"

#: Formats that astropy does not recognize by themselves, or not once they are compressed.
_FORMATS = {
    ".csv": "ascii.csv",
    ".ecsv": "ascii.ecsv",
    ".tsv": "ascii.tab",
    ".txt": "ascii",
    ".dat": "ascii",
    ".vot": "votable",
    ".xml": "votable",
    ".parquet": "parquet",
}
#: A number of a spreadsheet whose language writes a decimal comma.
_NUMBER = re.compile(r"[+-]?\d+(,\d*)?([eE][+-]?\d+)?")
_COMPRESSED = (".gz", ".bz2", ".xz")
_HINT = " (where Table.read needs more than the path, give the table that it returns)"


def read_file(path: str | os.PathLike) -> Table:
    """Read the table in a file, or the regions of a DS9 file as a table.

    Parameters
    ----------
    path : str or path
        What `astropy.table.Table.read` reads by itself, compressed or not; also ``.txt`` and
        ``.dat`` (any ASCII table), ``.parquet`` (needs pyarrow), and ``.reg`` (DS9: columns ``ra``
        and ``dec`` of the centers in degrees, and ``target_id`` where a region has a text; excluded
        regions and the lines of `write_regions` are left out).

    Returns
    -------
    `~astropy.table.Table`

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InvalidTargetError
        If it cannot be read, or is XML that declares entities.
    ImportError
        If the format needs a package that is not installed.

    Examples
    --------
    >>> from astrocnn.tables import read_file
    >>> read_file("M31")
    Traceback (most recent call last):
        ...
    FileNotFoundError: there is no file 'M31' (text is taken as the path of a table)
    """
    path = user_path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file '{path}' (text is taken as the path of a table)")
    if path.is_dir():
        raise InvalidTargetError(f"'{path}' is a folder: give the file that holds the table")
    suffix = path.with_suffix("").suffix if path.suffix in _COMPRESSED else path.suffix
    try:
        start = _start(path)
        if suffix == ".reg":
            return _read_regions(path)
        if suffix.lower() in (".parquet", ".parq"):
            return read_parquet(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", u.UnitsWarning)  # deprecated, or unknown and kept
            dialect = _dialect(start) if suffix.lower() == ".csv" else {}
            form = _FORMATS.get(suffix.lower())
            if form == "votable" or (is_xml(start[:64]) and b"<VOTABLE" in start):
                table = read_votable(path)
            else:
                table = Table.read(path, format=form, **dialect)
            if "delimiter" in dialect:
                _read_decimal_commas(table)
            _improve(table)
        return table
    except ImportError:
        raise
    except Exception as err:
        reason = str(err).strip().partition("\n")[0] or type(err).__name__
        if isinstance(err, UnicodeDecodeError):
            reason = f"its text is not UTF-8, save it so: {reason}"
        hint = "" if suffix == ".reg" else _HINT
        raise InvalidTargetError(f"cannot read '{path}': {reason}{hint}") from err


def _start(path: Path) -> bytes:
    """First bytes of a file; raise InvalidTargetError if it is XML with entities."""
    with get_readable_fileobj(path, encoding="binary") as file:
        start = file.read(4096)
        if is_xml(start[:64]):
            file.seek(0)
            refuse_entities(file)
    return start


def _dialect(start: bytes) -> dict:
    """What `~astropy.table.Table.read` must be told of the CSV files of spreadsheets."""
    header = start.lstrip().partition(b"\n")[0]
    dialect = {"encoding": "utf-8-sig"} if start.startswith(codecs.BOM_UTF8) else {}
    if b";" in header and b"," not in header:
        dialect["delimiter"] = ";"
    return dialect


def _read_decimal_commas(table: Table) -> None:
    """Where semicolons separate columns, ``10,5`` is a number: make numbers of such columns."""
    for name in table.colnames:
        column = table[name]
        if column.dtype.kind != "U":
            continue
        known = ~np.ma.getmaskarray(np.ma.asarray(column))
        texts = np.char.strip(np.asarray(column)[known])
        if len(texts) and all(map(_NUMBER.fullmatch, texts)):
            numbers = np.ma.masked_all(len(column))
            numbers[known] = np.char.replace(texts, ",", ".").astype(float)
            table[name] = numbers if not known.all() else numbers.data


def _improve(table: Table) -> None:
    """Take what a format knows about its columns and astropy leaves lying."""
    take_keywords(table)
    for name in table.colnames:
        info = table[name].info
        if info.description:  # VOTables wrap it
            info.description = " ".join(str(info.description).split())
        if isinstance(info.unit, u.UnrecognizedUnit):
            for dialect in ("generic", "vounit", "cds", "ogip"):
                unit = u.Unit(str(info.unit), format=dialect, parse_strict="silent")
                if not isinstance(unit, u.UnrecognizedUnit):
                    table[name].unit = unit
                    break


def _read_regions(path: Path) -> Table:
    """Centers of the regions of a DS9 file; their text, where they have one, is ``target_id``."""
    from regions import Regions, SkyRegion

    regions = [
        r
        for r in Regions.read(path, format="ds9")
        if r.meta.get("include", True) and MATCH_TAG not in r.meta.get("tag", ())
    ]
    pixel = [r for r in regions if not isinstance(r, SkyRegion)]
    if pixel:
        raise InvalidTargetError(
            f"{len(pixel)} of {len(regions)} regions are in image coordinates: save the file with "
            "sky coordinates (in DS9: Region, Save Regions, Coordinate System fk5)"
        )
    ra, dec = from_list([_center(region) for region in regions])
    table = Table({"ra": ra, "dec": dec})
    labels = [_label(region) for region in regions]
    if any(labels):
        table["target_id"] = [label or str(i) for i, label in enumerate(labels)]
    return table


def _label(region) -> str:
    """Text of a region; regions 0.12 makes numbers of digits, and 0 is a text too."""
    text = getattr(region, "text", None)
    text = region.meta.get("text") if text is None else text
    return "" if text is None else str(text)


def _center(region) -> SkyCoord:
    """Center of a sky region: its own, or the mean direction of its corners."""
    if hasattr(region, "center"):
        return region.center
    corners = [region.vertices] if hasattr(region, "vertices") else [region.start, region.end]
    ra, dec = from_list(corners)
    mean = SkyCoord(ra, dec, unit="deg").cartesian.mean()
    return SkyCoord(mean.represent_as(UnitSphericalRepresentation))
