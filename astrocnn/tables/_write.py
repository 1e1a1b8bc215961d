"""Write a result to a file: whole or not at all."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

from astropy.table import QTable, Table
from astropy.utils.exceptions import AstropyWarning

from .._paths import user_path
from ..exceptions import AstrocnnError, AstrocnnWarning, InvalidTargetError, UnknownNameError
from ..storage import write_whole
from ._formats import WRITERS
from ._storable import storable

__all__ = ["check_output_path", "write_result"]


def write_result(result: Table, path: str | os.PathLike, overwrite: bool = False) -> Path:
    """Write a result to a table file.

    The file is written beside its place and renamed into it: an interruption or a full disk leaves
    no half file, and never harms the file that was there. A file that is replaced keeps its
    permissions, and a link stays a link.

    Parameters
    ----------
    result : `~astropy.table.Table` of n rows
        From ``predict`` or `~astrocnn.matching.match_sky`, or any table.
    path : str or path
        Its suffix is the format:

        * ``.ecsv``: text; keeps everything: units, descriptions, UCDs, ``meta``, masks,
        * ``.fits``: ``meta`` becomes keywords, nested names joined by ``_``; descriptions and UCDs
          are the keywords ``TCOMMn`` and ``TUCDn``,
        * ``.vot`` or ``.xml`` (VOTable): ``meta`` becomes parameters; units, descriptions and UCDs
          are kept,
        * ``.parquet``: keeps everything, ``meta`` as YAML; needs pyarrow
          (``pip install astrocnn[parquet]``),
        * ``.csv``: numbers and text only.

        All but ECSV hold a `~astropy.coordinates.SkyCoord` column as two columns of degrees:
        galactic and supergalactic coordinates as they are, others in ICRS.
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
    ImportError
        If the format needs a package that is not installed.
    InvalidTargetError
        If the format cannot hold a column; the message names it.
    FileExistsError
        If there is such a file and ``overwrite`` is False.
    FileNotFoundError, PermissionError
        If the folder does not exist, or nothing may be written there.
    StoreError
        If it cannot be written (disk full).

    Notes
    -----
    Numbers are written in full, not as they are printed. A type that a format does not have becomes
    the next larger one (``int8`` in FITS and VOTable, ``uint16`` and ``uint32`` in VOTable, half
    precision); moments of NumPy become text by ISO 8601, but in Parquet; durations become whole
    numbers with a unit; Python objects of one kind become a column of that kind.

    Read the file with `read_file`, or with `astropy.table.QTable.read`; the latter leaves out the
    parameters of VOTables, and makes the word ``None`` of masked text in Parquet. Text that is
    empty (the flag of most rows) comes back masked from ECSV, FITS and CSV, and masked text comes
    back empty from VOTable; `describe_result` and `has_flag` take the one for the other.

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
    suffix = path.suffix.lower()
    table = _plain(result, suffix)

    def write(temporary):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)  # names that a format does not like
            warnings.simplefilter("default", AstrocnnWarning)
            try:
                WRITERS[suffix](table, temporary)
            except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
                if isinstance(error, AstrocnnError):
                    raise
                raise InvalidTargetError(
                    f"the table cannot be written to a {suffix} file ({error}): "
                    + ("leave out what it names" if suffix == ".ecsv" else "write .ecsv")
                ) from error

    write_whole(path, write, replace=overwrite)
    return path


def check_output_path(
    path: str | os.PathLike,
    overwrite: bool = False,
    suffixes: Sequence[str] | None = None,
    table: Table | None = None,
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
    table : `~astropy.table.Table`, optional
        What will be in it, as far as it is known: whether the format can hold its columns.

    Returns
    -------
    `~pathlib.Path`
        The path, ``~`` expanded.

    Raises
    ------
    UnknownNameError, FileExistsError, IsADirectoryError, FileNotFoundError, PermissionError
        See `write_result`.
    InvalidTargetError
        If the format cannot hold a column of the table; the message names it.

    Examples
    --------
    >>> from astrocnn.tables import check_output_path
    >>> check_output_path("result.xlsx")
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.UnknownNameError: 'result.xlsx': the name must end in .ecsv, .fits, ...
    """
    path = user_path(path)
    suffixes = list(WRITERS if suffixes is None else suffixes)
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
    parent = Path(os.path.realpath(path)).parent
    if not parent.is_dir():
        raise FileNotFoundError(f"cannot write '{path}': there is no folder '{parent}'")
    if not os.access(parent, os.W_OK):
        raise PermissionError(f"cannot write '{path}': no permission in the folder '{parent}'")
    if table is not None:
        storable(table, path.suffix.lower())
    return path


def _plain(result: Table, suffix: str) -> Table:
    """A copy that writes numbers in full, of no class of ours, with columns that the format has."""
    if not isinstance(result, Table):
        raise InvalidTargetError(f"a result is a table, not {type(result).__name__}")
    table = storable(QTable(result) if isinstance(result, QTable) else Table(result), suffix)
    for name in table.colnames:
        table[name].info.format = None
    return table
