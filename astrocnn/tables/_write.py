"""Write a result to a file: whole or not at all."""

import math
import os
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from astropy.table import MaskedColumn, QTable, Table
from astropy.utils.exceptions import AstropyWarning

from ..exceptions import InvalidTargetError, UnknownNameError
from ._result import describe_result

__all__ = ["check_output_path", "write_result"]

#: Header, column names and rows of an ECSV file; the rows begin with the end of a line.
_HEAD = re.compile(r"((?:#[^\n]*\n)*)([^\n]*)(.*)", re.DOTALL)


def write_result(result: Table, path: str | os.PathLike, overwrite: bool = False) -> Path:
    """Write a result to a table file.

    The file is written beside its place and renamed into it: an interruption or a full disk leaves
    no half file, and never harms the file that was there.

    Parameters
    ----------
    result : `~astropy.table.Table` of n rows
        From ``predict`` or `~astrocnn.matching.match_sky`, or any table.
    path : str or path
        Its suffix is the format:

        * ``.ecsv``: text; keeps everything: units, descriptions, UCDs, ``meta``, masks,
        * ``.fits``: ``meta`` becomes keywords, nested names joined by ``_``,
        * ``.vot`` or ``.xml`` (VOTable): ``meta`` becomes parameters; units, descriptions and UCDs
          are kept,
        * ``.csv``: numbers and text only.
    overwrite : bool
        Whether a file of that name is replaced.

    Returns
    -------
    `~pathlib.Path`
        The file.

    Raises
    ------
    UnknownNameError
        If the suffix is none of these.
    FileExistsError
        If there is such a file and ``overwrite`` is False.
    FileNotFoundError
        If the folder does not exist.
    OSError
        If it cannot be written (no permission, disk full).

    Notes
    -----
    Numbers are written in full, not as they are printed. Read the file with
    `astropy.table.QTable.read`. Text that is empty (the flag of most rows) comes back masked from
    ECSV, FITS and CSV, and masked text comes back empty from VOTable; `describe_result` and
    `has_flag` take the one for the other.

    Examples
    --------
    >>> from astropy.table import QTable
    >>> from astrocnn.tables import write_result
    >>> result = QTable({"target_id": ["A1835"], "proba_cluster": [0.97]})
    >>> write_result(result, "result.ecsv").name
    'result.ecsv'
    >>> write_result(result, "result.ecsv")
    Traceback (most recent call last):
        ...
    FileExistsError: 'result.ecsv' exists: choose another name, or replace it ...
    """
    path = check_output_path(path, overwrite)
    table = _plain(result)
    target = path.resolve()  # the file that a link points to is replaced, not the link
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=target.parent)
        temporary = Path(name)
        try:
            os.close(handle)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AstropyWarning)  # names that a format does not like
                _FORMATS[path.suffix.lower()](table, temporary)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())  # some file systems say only now that they are full
            temporary.chmod(0o644)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        message = f"cannot write '{path}': {error.strerror or error}"
        arguments = (error.errno, message) if error.errno else (message,)
        raise OSError(*arguments) from error
    return path


def check_output_path(
    path: str | os.PathLike, overwrite: bool = False, suffixes: Sequence[str] | None = None
) -> Path:
    """Say whether a file could be written there, before the work is done.

    Parameters
    ----------
    path : str or path
        The file.
    overwrite : bool
        Whether a file of that name may be replaced.
    suffixes : sequence of str, optional
        What the name may end in; by default the formats of `write_result`.

    Returns
    -------
    `~pathlib.Path`
        The path, ``~`` expanded.

    Raises
    ------
    UnknownNameError, FileExistsError, IsADirectoryError, FileNotFoundError, PermissionError
        See `write_result`.

    Examples
    --------
    >>> from astrocnn.tables import check_output_path
    >>> check_output_path("result.xlsx")
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.UnknownNameError: 'result.xlsx': the name must end in .ecsv, .fits, ...
    """
    path = Path(path).expanduser()
    suffixes = list(_FORMATS if suffixes is None else suffixes)
    if path.suffix.lower() not in suffixes:
        *first, last = suffixes
        choices = f"{', '.join(first)} or {last}" if first else last
        raise UnknownNameError(f"'{path}': the name must end in {choices}")
    if path.is_dir():
        raise IsADirectoryError(f"'{path}' is a folder: give the name of a file")
    if path.exists() and not overwrite:
        raise FileExistsError(
            f"'{path}' exists: choose another name, or replace it (overwrite=True, --overwrite)"
        )
    parent = path.resolve().parent
    if not parent.is_dir():
        raise FileNotFoundError(f"cannot write '{path}': there is no folder '{parent}'")
    if not os.access(parent, os.W_OK):
        raise PermissionError(f"cannot write '{path}': no permission in the folder '{parent}'")
    return path


def _plain(result: Table) -> Table:
    """A copy that writes numbers in full, of no class of ours."""
    if not isinstance(result, Table):
        raise InvalidTargetError(f"a result is a table, not {type(result).__name__}")
    table = QTable(result) if isinstance(result, QTable) else Table(result)
    for name in table.colnames:
        column = table[name]
        column.info.format = None
        if isinstance(column, MaskedColumn) and column.dtype.kind == "i":
            column.fill_value = np.iinfo(column.dtype).min  # 999999 may be a valid identifier
    return table


def _write_ecsv(table: Table, path: Path) -> None:
    """ECSV: a row that starts with "#" (an identifier may) would be read as a comment."""
    table.write(path, format="ascii.ecsv", overwrite=True)
    head, names, rows = _HEAD.match(path.read_text(encoding="utf-8")).groups()
    if "\n#" in rows:
        quoted = re.sub(r"(?<=\n)(#\S*)", r'"\1"', rows)
        path.write_text(head + names + quoted, encoding="utf-8")


def _write_csv(table: Table, path: Path) -> None:
    table.write(path, format="ascii.csv", overwrite=True)


def _write_fits(table: Table, path: Path) -> None:
    """FITS: keywords are flat and ASCII; those longer than 8 characters follow HIERARCH."""
    table.meta = {
        key.upper() if len(key) <= 8 else f"HIERARCH {key.upper()}": value
        for key, value in _flat(table.meta)
    }
    table.convert_unicode_to_bytestring()
    table.write(path, format="fits", overwrite=True)


def _write_votable(table: Table, path: Path) -> None:
    from astropy.io.votable import from_table
    from astropy.io.votable.tree import Param

    parameters = list(_flat(table.meta))
    table.meta = {"description": describe_result(table).replace("\n", "; ")}
    file = from_table(table)
    params = file.get_first_table().params
    for key, value in parameters:
        text = "; ".join(value) if isinstance(value, list) else str(value)
        params.append(Param(file, name=key, value=text, datatype="char", arraysize="*"))
    file.to_xml(str(path))


#: How the file of each suffix is written.
_FORMATS = {
    ".ecsv": _write_ecsv,
    ".fits": _write_fits,
    ".csv": _write_csv,
    ".vot": _write_votable,
    ".xml": _write_votable,
}


def _flat(meta: Mapping, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Names and values of nested meta: numbers, booleans, ASCII text and lists of ASCII text."""
    for key, value in meta.items():
        key = f"{prefix}{key}"
        value = value.item() if isinstance(value, np.generic) else value
        if isinstance(value, Mapping):
            yield from _flat(value, f"{key}_")
        elif isinstance(value, list | tuple | np.ndarray):
            texts = [_ascii(item) for item in value]
            yield key, texts if texts and len(key) <= 8 else "; ".join(texts)
        elif isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            yield key, value
        else:
            yield key, _ascii(value)


def _ascii(value) -> str:
    """One line of printable ASCII, as FITS headers need it."""
    line = " ".join(str(value).split())
    return line.encode("ascii", "backslashreplace").decode("ascii")
