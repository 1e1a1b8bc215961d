"""Tables from files."""

import os
import warnings
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.table import Table
from astropy.utils.data import get_readable_fileobj
from astropy.utils.exceptions import AstropyWarning

from .._paths import path_exists, user_path
from ..exceptions import InvalidTargetError
from ._ds9 import read_ds9
from ._fits import read_fits
from ._formats import take_keywords
from ._packing import check_packing
from ._parquet import read_parquet
from ._text import read_text
from ._votable import read_votable
from ._xml import is_xml, refuse_entities, refuse_streams

__all__ = ["read_file"]

_COMPRESSED = (".gz", ".bz2", ".xz", ".z")
#: Of text, whatever its layout is; so are files of other names that hold text.
_TEXT = (".csv", ".tsv", ".txt", ".dat", ".tbl", ".mrt", ".cat", ".ecsv", ".tab", ".asc", ".ascii")
_SHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_HINT = " (or read it yourself, and give the table)"


def read_file(
    path: str | os.PathLike,
    format: str | None = None,  # noqa: A002 -- as astropy calls it
) -> Table:
    """Read the table in a file, or the regions of a DS9 file as a table.

    Parameters
    ----------
    path : str or path
        FITS, VOTable, ECSV, Parquet (needs pyarrow), text in lines of about any layout (CSV, TSV
        and others by VizieR, NED, SIMBAD, HEASARC, IRSA, the CDS, the AAS, SExtractor, TOPCAT,
        databases and spreadsheets, whatever the file is called), what else
        `astropy.table.Table.read` reads by itself, each also compressed; and ``.reg`` (DS9: columns
        ``ra`` and ``dec`` of the centers in degrees, and ``target_id`` where a region has a text;
        excluded regions and the lines of `write_regions` are left out).
    format : str, optional
        Of `astropy.table.Table.read`, such as ``"ascii.fixed_width"``, where the file is not to be
        guessed.

    Returns
    -------
    `~astropy.table.Table`
        Identifiers such as ``00123`` and ``1E0657`` stay text. A source list of eSASS or the SAS
        with a row per band has one row per source, that of all bands.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InvalidTargetError
        If it cannot be read, or is XML that declares entities.
    ImportError
        If the format needs a package that is not installed.

    Warns
    -----
    AstrocnnWarning
        If a service left out rows of a VOTable, if several tables in the file have positions, or
        if text is no UTF-8.

    Examples
    --------
    >>> from astrocnn.tables import read_file
    >>> read_file("M31")
    Traceback (most recent call last):
        ...
    FileNotFoundError: there is no file 'M31' (text is taken as the path of a table; ...
    """
    given, path = str(path), user_path(path)
    if "://" in given:
        raise FileNotFoundError(f"'{given:.200}' is an address: download it, and give the file")
    if not path_exists(path):
        raise FileNotFoundError(
            f"there is no file '{path!s:.200}' (text is taken as the path of a table; "
            "for the name of an object, give SkyCoord.from_name(...))"
        )
    if path.is_dir():
        raise InvalidTargetError(f"'{path}' is a folder: give the file that holds the table")
    if not path.is_file():
        raise InvalidTargetError(
            f"'{path}' is no file but a pipe or a device, which cannot be read twice: save what "
            "comes out of it in a file"
        )
    suffix = path.with_suffix("").suffix if path.suffix.lower() in _COMPRESSED else path.suffix
    suffix = suffix.lower()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", u.UnitsWarning)  # deprecated, or unknown and kept
            warnings.filterwarnings("ignore", "OverflowError converting", AstropyWarning)  # kept
            table = _read(path, suffix, format)
            if suffix != ".reg":
                _improve(table)
        return _one_row_per_source(table)
    except ImportError:
        raise
    except Exception as err:
        reason = _reason(err)
        hint = "" if suffix == ".reg" or isinstance(err, InvalidTargetError) else _HINT
        raise InvalidTargetError(f"cannot read '{path}': {reason}{hint}") from err


def _reason(error: Exception) -> str:
    """Why a file cannot be read, in one line."""
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    if reason.startswith("No SIMPLE card"):
        return "it is no FITS file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, TypeError | AttributeError | LookupError | AssertionError | SyntaxError):
        return f"its content is damaged, or of another format than its name says ({reason})"
    return reason


def _read(path: Path, suffix: str, form: str | None) -> Table:
    """The table, by what the file holds, then by its name."""
    start = _start(path)
    if not start:
        raise InvalidTargetError("it is empty")
    if form is not None:
        return Table.read(path, format=form)
    if suffix == ".reg" or start.startswith(b"#CRTF"):
        return read_ds9(path)
    if start.startswith(b"PAR1") or suffix in (".parquet", ".parq"):
        return read_parquet(path)
    if start.startswith(b"SIMPLE  =") or suffix in (".fits", ".fit", ".fts"):
        return read_fits(path)
    if suffix in (".vot", ".xml") or (is_xml(start[:64]) and b"<VOTABLE" in start):
        return read_votable(path)
    if start.startswith(_SHEETS):
        raise InvalidTargetError("it is a spreadsheet or an archive: save the table as CSV")
    if suffix in _TEXT and not _is_text(start):
        raise InvalidTargetError("it has zero bytes in it, so it is no text")
    if suffix in _TEXT or (_is_text(start) and not is_xml(start[:64])):
        return read_text(path, suffix)
    return Table.read(path)


def _start(path: Path) -> bytes:
    """First bytes of a file; raise InvalidTargetError if it is XML that leads elsewhere."""
    check_packing(path)
    with get_readable_fileobj(path, encoding="binary") as file:
        start = file.read(4096)
        if is_xml(start[:64]):
            file.seek(0)
            refuse_entities(file)
            file.seek(0)
            refuse_streams(file)
    return start


def _is_text(start: bytes) -> bool:
    """Whether bytes are text; it has no NUL but in UTF-16."""
    return b"\0" not in start or start.startswith((b"\xff\xfe", b"\xfe\xff"))


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


def _one_row_per_source(table: Table) -> Table:
    """Return a source list of eSASS or the SAS with one row per source, not per band and camera.

    Parameters
    ----------
    table : `~astropy.table.Table`
        With ``ID_BAND`` and ``ID_INST``, and the number of the source; others come back as they
        are. The row of a source is that of all bands (0) where there is one, else its first.
    """
    names = {name.lower(): name for name in reversed(table.colnames)}
    source = next((names[n] for n in ("ml_id_src", "id_src", "box_id_src") if n in names), None)
    if source is None or not {"id_band", "id_inst"} <= {*names}:
        return table
    numbers, band, camera = (
        np.asarray(table[name]) for name in (source, names["id_band"], names["id_inst"])
    )
    order = np.lexsort((np.arange(len(table)), camera, band, numbers))
    _, first = np.unique(numbers[order], return_index=True)
    return table[np.sort(order[first])]
