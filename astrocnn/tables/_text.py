"""Text tables: CSV, TSV, and what else people and services write in lines."""

import csv
import io
import re
import warnings
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from astropy import units as u
from astropy.io import ascii as io_ascii
from astropy.table import Table
from astropy.utils.data import get_readable_fileobj

from ..exceptions import AstrocnnWarning, InvalidTargetError
from ._identifiers import differs, is_identifier
from ._latex import is_latex, latex_lines
from ._layout import Layout, find_layout
from ._lines import all_lines, all_text, decode, split_lines
from ._sky_names import is_signed_part

__all__ = ["read_text"]

#: A number of a spreadsheet whose language writes a decimal comma.
_NUMBER = re.compile(r"[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?")
#: Empty cells between tabs, which are blanks to astropy: it would shift the cells behind them.
_GAP = re.compile(r"(?:(?<=\t)|^)[ ]*(?=\t)|(?<=\t)[ ]*$", re.MULTILINE)
_GAPS = re.compile(rb"\t[ ]*[\t\r\n]|[\r\n][ ]*\t")
_TOP = 2**16
#: What VizieR says of a column: name, format, description, UCD.
_COLUMN = re.compile(r"#Column\s+(\S+)\s+\(([^)]*)\)\s*(.*?)\s*(?:\[ucd=([^\]]*)\])?\s*$")
_SEXTRACTOR = re.compile(r"#\s+1\s+[A-Z][A-Z0-9_]*(\s|$)")
_UNREADABLE = (
    "no line with the names of the columns is known in it: put one at the top, such as "
    "'name,ra,dec', or say format= (as astropy.table.Table.read has it)"
)


def read_text(path: Path, suffix: str) -> Table:
    """Read a table of text, whatever its layout.

    Parameters
    ----------
    path : `~pathlib.Path`
        Compressed or not.
    suffix : str
        Of its name, without that of the compression; what is in the file counts more.

    Returns
    -------
    `~astropy.table.Table`
        Columns of identifiers stay text where numbers would be other identifiers.

    Warns
    -----
    AstrocnnWarning
        If some of its bytes are no UTF-8; they are escaped.
    """
    with get_readable_fileobj(path, encoding="binary") as file:
        start = file.read(_TOP)
    top = split_lines(decode(start[: start.rfind(b"\n") + 1] if len(start) == _TOP else start))
    known = _known_format(top, suffix)
    if known is not None:
        return known(path)
    layout = find_layout(top)
    columns = {match[1]: match for line in top if (match := _COLUMN.match(line))}
    if layout is None and suffix in (".csv", ".tsv"):
        layout = find_layout(top, on_sky=False)
    if layout is None:
        return _guess(path, suffix, top)
    _tell_repeated(path, layout, top[layout.header])
    marked = start.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    if layout.is_plain and not marked and not (layout.separator == "\t" and _has_gaps(path)):
        try:
            return _read_plain(path, layout)
        except (UnicodeDecodeError, io_ascii.InconsistentTableError):
            pass  # decoded below, and rows that end with separators are cut
    table = _read_lines(all_lines(path), layout, columns)
    ends = layout.separator == "\t" and top[layout.header].endswith("\t")  # all lines may
    if ends and np.ma.getmaskarray(np.ma.asarray(table[table.colnames[-1]])).all():
        table.remove_column(table.colnames[-1])
    for name in columns.keys() & {*table.colnames}:
        table[name].info.description = columns[name][3] or None
        if columns[name][4]:
            table[name].info.meta = {"ucd": columns[name][4]}
    return table


def _tell_repeated(path: Path, layout: Layout, header: str) -> None:
    """Warn of names that several columns have."""
    bare = header.lstrip("#%! ").rjust(len(header))  # columns by their width stay where they are
    cells = [bare[start:end].strip() for start, end in layout.spans] or layout.cells(bare.lstrip())
    twice = [name for name in layout.names if name and cells.count(name) > 1]
    if twice:
        warnings.warn(
            f"'{path}' has several columns {', '.join(map(repr, twice[:3]))}: the first of them is "
            f"taken, and the next is called {f'{twice[0]}_1'!r}; rename them if it is another",
            AstrocnnWarning,
            stacklevel=5,
        )


def _known_format(top: list[str], suffix: str):
    """Who reads a format that says what it is; None where it does not."""
    first = next((line for line in top if line.strip()), "")
    if first.startswith("# %ECSV"):
        return lambda path: Table.read(path, format="ascii.ecsv")
    if any("byte-by-byte description" in line.lower() for line in top):
        return _read_cds
    if is_latex(top, suffix):
        return _read_latex
    if _SEXTRACTOR.match(first):
        return lambda path: Table.read(path, format="ascii.sextractor")
    if first.strip() == "<HEADER>" or suffix == ".tdat":
        return lambda path: _read_tdat(all_lines(path))
    bars = [line for line in top if line.strip() and not line.startswith("\\")][:8]
    if bars and bars[0].startswith("|") and not all(line.startswith("|") for line in bars):
        names = sum(line.startswith("|") for line in bars)
        if names <= 4 and all(line.startswith(("|", " ")) for line in bars):
            return _read_ipac
    return None


def _read_cds(path: Path) -> Table:
    """A table of the CDS or of the AAS, whose head says which bytes hold which column."""
    text = "\n".join(line.removeprefix("# ").rstrip() for line in all_lines(path))
    try:
        return io_ascii.read(text, format="cds", guess=False)
    except (ValueError, IndexError, AttributeError, io_ascii.InconsistentTableError):
        return io_ascii.read(text, format="mrt", guess=False)


def _read_latex(path: Path) -> Table:
    """A table of a paper."""
    lines = latex_lines(all_lines(path))
    layout = find_layout(lines) or find_layout(lines, on_sky=False)
    if layout is None:
        raise InvalidTargetError(_UNREADABLE)
    return _read_lines(lines, layout)


def _read_ipac(path: Path) -> Table:
    """A table of IRSA, if its rows keep to the columns of its head: astropy cuts what does not."""
    lines = [line for line in all_lines(path) if line.strip() and not line.startswith("\\")]
    bars = [place for place, letter in enumerate(lines[0]) if letter == "|"]
    for line in lines:
        if not line.startswith("|") and any(line[bar : bar + 1].strip() for bar in bars):
            raise InvalidTargetError(
                f"a row does not keep to the columns of the head: {line.strip():.60} has letters "
                "below a bar (format='ascii.ipac' leaves them out)"
            )
    return Table.read(path, format="ascii.ipac")


def _read_tdat(lines: list[str]) -> Table:
    """The format of HEASARC: names in the head, rows between bars."""
    names = next(
        (x.partition("=")[2].split() for x in lines if x.lower().startswith("line[1]")), []
    )
    begin = next((i for i, x in enumerate(lines) if x.strip().upper() == "<DATA>"), len(lines))
    rows = [line.strip().removesuffix("|") for line in lines[begin + 1 :]]
    return _read_lines(rows, Layout(tuple(names), "|", 0))


def _guess(path: Path, suffix: str, top: list[str]) -> Table:
    """What astropy makes of a file of unknown layout."""
    if suffix in (".csv", ".tsv"):
        form = {".csv": "ascii.csv", ".tsv": "ascii.tab"}[suffix]
        return Table.read(path, format=form)
    readme = path.parent / "ReadMe"
    if readme.is_file() and path.name in readme.read_text(encoding="utf-8", errors="replace"):
        return io_ascii.get_reader(io_ascii.Cds, readme=str(readme)).read(str(path))
    try:
        # Text without any end of a line would be taken as a path.
        table = Table.read(all_text(path) + "\n", format="ascii")
    except Exception as err:
        if any(line.strip() for line in top):
            raise InvalidTargetError(_UNREADABLE) from err
        raise
    if all(re.fullmatch(r"col\d+", name) for name in table.colnames):
        raise InvalidTargetError(_UNREADABLE)
    return table


def _has_gaps(path: Path) -> bool:
    """Whether cells between tabs are empty."""
    with get_readable_fileobj(path, encoding="binary") as file:
        return bool(_GAPS.search(file.read()))


def _read_plain(path: Path, layout: Layout) -> Table:
    """Names on the first line, rows below: astropy's fast reader takes the path as it is."""
    table = Table.read(path, format="ascii.csv", delimiter=layout.separator)
    if len(table.colnames) != len(layout.names):
        return table
    for place in _numeric_identifiers(table):
        with get_readable_fileobj(path, encoding="utf-8") as file:
            rows = csv.reader(file, delimiter=layout.separator, skipinitialspace=True)
            next(rows)
            cells = [row[place] if len(row) > place else "" for row in rows if any(row)]
        _keep(table, place, cells)
    _read_decimal_commas(table, layout.separator)
    return table


def _read_lines(lines: list[str], layout: Layout, columns: Mapping = MappingProxyType({})) -> Table:
    """Rows of any layout, as a CSV file that astropy reads; columns of VizieR may be text."""
    rows = _without_empty_ends(layout.rows(lines[layout.first :]), layout)
    text, separator, cells = "\n".join(rows) + "\n", layout.separator, None
    if layout.spans or separator in "  |":
        cells = [layout.cells(row) for row in rows]
        text, separator = _as_csv(cells), ","
    elif separator == "\t" and '"' in text:
        text, separator = _as_csv(csv.reader(io.StringIO(text), delimiter="\t")), ","
    elif separator == "\t":
        text = _GAP.sub('""', text)
    head = _as_csv([layout.names], separator)
    table = Table.read(head + text, format="ascii.csv", delimiter=separator)
    words = {name for name, match in columns.items() if match[2].lower().startswith("a")}
    for place in _numeric_identifiers(table, words):
        cells = cells or [*map(layout.cells, rows)]
        _keep(table, place, [row[place] if len(row) > place else "" for row in cells])
    _read_decimal_commas(table, layout.separator)
    for name, unit in zip(table.colnames, layout.units, strict=False):
        if unit and table[name].dtype.kind in "iuf":
            table[name].unit = u.Unit(unit, parse_strict="silent")
    return table


def _as_csv(rows: Iterable, separator: str = ",") -> str:
    """Rows as lines of a CSV file."""
    whole = io.StringIO()
    csv.writer(whole, delimiter=separator, lineterminator="\n").writerows(rows)
    return whole.getvalue()


def _without_empty_ends(rows: list[str], layout: Layout) -> list[str]:
    """Rows without the empty cells at their ends that have no name above them."""
    if layout.spans or layout.separator not in ",;\t":
        return rows
    cut = []
    for row in rows:
        more = len(layout.cells(row)) - len(layout.names) if row.endswith(layout.separator) else 0
        end = len(row) - len(row.rstrip(layout.separator))
        cut.append(row[: len(row) - min(more, end)] if more > 0 else row)
    return cut


def _numeric_identifiers(table: Table, words: Container = ()) -> list[int]:
    """Places of the columns that are numbers, though text may have meant more."""
    return [
        place
        for place, name in enumerate(table.colnames)
        if table[name].dtype.kind in "iuf"
        and (name in words or is_identifier(name) or is_signed_part(name))
    ]


def _keep(table: Table, place: int, cells: list[str]) -> None:
    """Put back the text of a column if its numbers are not the same."""
    name = table.colnames[place]
    if len(cells) == len(table) and differs(cells, table[name]):
        column = table[name]
        table[name] = np.ma.array(
            [cell.strip() for cell in cells], mask=np.ma.getmaskarray(np.ma.asarray(column))
        )


def _read_decimal_commas(table: Table, separator: str) -> None:
    """Make numbers of columns of ``10,5``; in quotes, groups of three may be thousands: text."""
    for name in table.colnames:
        column = table[name]
        if column.dtype.kind != "U" or is_identifier(name):
            continue
        known = ~np.ma.getmaskarray(np.ma.asarray(column))
        texts = np.char.strip(np.asarray(column)[known])
        if separator == "," and all(re.search(r",\d{3}$", word) for word in texts if "," in word):
            continue
        if any("," in word for word in texts) and all(map(_NUMBER.fullmatch, texts)):
            numbers = np.ma.masked_all(len(column))
            numbers[known] = np.char.replace(texts, ",", ".").astype(float)
            table[name] = numbers if not known.all() else numbers.data
