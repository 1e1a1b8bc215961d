"""Layout of text tables: where the names are, where the rows begin, and what separates columns."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..exceptions import InvalidTargetError
from ._numbers import MISSING
from ._sky_names import find_sky_names

__all__ = ["Layout", "find_layout"]

#: Lines in which the names of the columns are looked for.
_TOP = 400
#: What separates columns, in the order of trial: two blanks, as names may have one; any blanks.
_SEPARATORS = ("\t", "|", ";", ",", "  ", " ")
_COMMENT = re.compile(r"\s*(?:#+|//|%+|!+)\s?")
#: A line of dashes, as below the names in files of VizieR, of databases and of STILTS.
_RULER = re.compile(r"[\s|+;,:]*[-=~_][-=~_\s|+;,:]*")
_ANGLE = re.compile(r"[\"'\s]*[+-]?[\d.]+(?:[eE][+-]?\d+)?[\s\d:.,+hmsd°'\"-]*")
_NUMBER = re.compile(r"[+-]?\d*[.,]?\d+(?:[eEdD][+-]?\d+)?")
#: What stands in a line of units or types that no line of dashes follows.
_TYPE = re.compile(
    r"double|float\d*|real|char|str(?:ing)?|text|numeric|int(?:eger)?\d*|\d*[NSM]|J2000|-+",
    re.IGNORECASE,
)
_UNIT = re.compile(
    rf"[\"'\[(]*(?:deg(?:ree)?s?|°|h(?:ours?)?|h:m:s|hms|dms|d:m:s|rad|{_TYPE.pattern})[\"'\])]*",
    re.IGNORECASE,
)
#: A cell of the line in which papers number their columns.
_COUNTED = re.compile(r"[\[(]\d+[a-z]?[\])]")
_END = re.compile(r"\s*(?:#\s*END\b.*|\[EOD\]|\(\d+ rows?\)|<END>)\s*", re.IGNORECASE)
#: Comments that name a column each: "# 1 NUMBER", "# col2: ra", "#(3) dec".
_LISTED = re.compile(
    r"[#%!]+\s*(?:col(?:umn)?s?\.?\s*)?[\[(]?\s*(\d+)\s*[\])]?[\s:.=-]*([^\s:,]+)", re.I
)


@dataclass(frozen=True)
class Layout:
    """How the lines of a table are to be read.

    Attributes
    ----------
    names : tuple of str
        Of the columns.
    separator : str
        Between them; two blanks stand for two or more, one for any number.
    first : int
        Index of the first line that may hold a row.
    header : int
        Index of the line with the names.
    units : tuple of str
        Of the columns, '' where none is said; empty if there is no line of units.
    spans : tuple of (int, int)
        Where a line of dashes says from where to where each column goes.
    """

    names: tuple[str, ...]
    separator: str
    first: int
    header: int = 0
    units: tuple[str, ...] = ()
    spans: tuple[tuple[int, int | None], ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether names are on the first line and rows follow, separated by one sign."""
        plain = self.separator in "\t;," and not self.units and not self.spans
        return plain and self.header == 0 and self.first == 1

    def cells(self, line: str) -> list[str]:
        """Cells of a line."""
        if self.spans:
            return self._by_width(line)
        cells = _split(line, self.separator)
        if len(cells) < len(self.names) and self.separator == "|" and line.lstrip()[:1] == "|":
            return ["", *cells]  # a first cell that is empty, no bar at the edge
        return cells

    def _by_width(self, line: str) -> list[str]:
        """Cells of a line, which has to keep to the columns, or two blanks between all cells."""
        starts = [start for start, _ in self.spans]
        if not line[: starts[0]].strip() and _is_apart(line, starts[1:]):
            return [line[start:end].strip() for start, end in self.spans]
        cells = _split(line, "  ")
        if len(cells) != len(self.spans):
            raise InvalidTargetError(
                f"a row does not keep to the columns of the line of dashes: {line.strip():.60} "
                "(put a tab or a comma between the columns)"
            )
        return cells

    def rows(self, lines: Iterable[str]) -> list[str]:
        """The lines that hold rows."""
        rows = []
        for line in lines:
            if _END.fullmatch(line):
                break
            if line.strip() and not self._is_remark(line):
                rows.append(line)
        return rows

    def _is_remark(self, line: str) -> bool:
        start = line.lstrip()
        if start[0] in "#%!" or start.startswith("//"):
            return self.separator == " " or len(self.cells(line)) != len(self.names)
        return start[0] in "-=+|~" and bool(_RULER.fullmatch(line))


def _is_apart(line: str, starts: list[int]) -> bool:
    """Whether no cell of a line goes on where a column starts."""
    return not any(line[start - 1 : start].strip() for start in starts)


def _split(line: str, separator: str) -> list[str]:
    """Cells of a line, quotes taken off."""
    line = line.strip("\r\n")
    if separator == "  ":
        return [cell.strip(" \"'") for cell in re.split(r"\s{2,}|\t", line.strip())]
    if separator == " ":
        return next(csv.reader([" ".join(line.split())], delimiter=" ", skipinitialspace=True), [])
    if separator == "|":
        line = line.strip()
        if line.startswith("|"):
            line = line[1:].removesuffix("|")
    row = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    return [cell.strip() for cell in row]


def find_layout(lines: list[str], on_sky: bool = True) -> Layout | None:
    """Return the layout of a text table, None where no line is known to hold its names.

    Parameters
    ----------
    lines : list of str
        The first lines of the file are enough.
    on_sky : bool
        Whether the names must have a position among them; else the first line is taken that is no
        comment, or the last comment before it, where it has as many cells as the line below.

    Examples
    --------
    >>> from astrocnn.tables._layout import find_layout
    >>> layout = find_layout(["#Table1", "RA;DEC;z", "deg;deg;", "--;--;-", "10;20;0.3"])
    >>> layout.names, layout.units, layout.first
    (('RA', 'DEC', 'z'), ('deg', 'deg', ''), 4)
    """
    for place, line in enumerate(lines[:_TOP]):
        bare = line[_COMMENT.match(line).end() :] if _COMMENT.match(line) else line
        if not bare.strip() or _RULER.fullmatch(bare):
            continue
        if bare.startswith("|") and bare is not line:  # "#" is the name of the first column
            bare = f"#{bare}"
        for separator in _SEPARATORS if on_sky else _SEPARATORS[:4]:
            layout = _by_spans(lines, place, bare) if separator == "  " else None
            layout = layout or _try(lines, place, bare, separator, on_sky)
            if layout is not None:
                return layout
    return _listed(lines) if on_sky else None


def _try(lines, place: int, bare: str, separator: str, on_sky: bool) -> Layout | None:
    """The layout if a line holds the names of columns with that separator."""
    if separator not in bare.strip():
        return None
    names = _split(bare, separator)
    if len(names) < 2 or (separator == " " and len(names) > 400):
        return None
    sky = find_sky_names(names) if on_sky else None
    if on_sky and sky is None:
        return None
    if not on_sky and any(_NUMBER.fullmatch(name) for name in names):
        return None
    units, first = _below(lines, place, separator, len(names))
    layout = Layout(_named(names), separator, first, place, units)
    rows = layout.rows(lines[first : first + 20])
    if not rows:
        return layout if separator in "\t|;," else None
    counts = {len(layout.cells(row)) for row in rows}
    if separator in "  " and counts != {len(names)}:
        return None
    if not on_sky:
        return layout if max(counts) == len(names) else None
    column = names.index(sky.lon[0])
    cells = [row[column] for row in map(layout.cells, rows) if len(row) > column]
    good = [c for c in cells if _ANGLE.fullmatch(c) or c.lower() in MISSING]
    return layout if 2 * len(good) >= len(cells) > 0 else None


def _named(names: list[str]) -> tuple[str, ...]:
    """Names of columns, each of them its own."""
    seen, own = {}, []
    for place, name in enumerate(names, 1):
        name = name.strip() or f"col{place}"
        seen[name] = seen.get(name, 0) + 1
        own.append(name if seen[name] == 1 else f"{name}_{seen[name] - 1}")
    return tuple(own)


def _below(lines, place: int, separator: str, n: int) -> tuple[tuple[str, ...], int]:
    """Units from the lines below the names, and the line where rows begin."""
    for further in range(1, 5):
        at = place + further
        if at < len(lines) and _is_ruler(lines[at]):
            above = [line for line in lines[place + 1 : at] if line.strip()]
            if all(len(_split(line, separator)) <= n for line in above):
                return (_units(above[-1], separator, n) if above else ()), at + 1
    units, first = (), place + 1
    while first < len(lines):
        line = lines[first]
        bare = line[_COMMENT.match(line).end() :] if _COMMENT.match(line) else line
        cells = [cell for cell in _split(bare, separator) if cell]
        if len(cells) > 2 and all(map(_COUNTED.fullmatch, cells)):
            first += 1
            continue
        if units:
            break
        if not cells or sum(bool(_UNIT.fullmatch(cell)) for cell in cells) * 2 < len(cells):
            break
        if sum(bool(_NUMBER.fullmatch(cell)) for cell in cells):
            break
        units, first = _units(bare, separator, n), first + 1
    return units, first


def _is_ruler(line: str) -> bool:
    bare = line[_COMMENT.match(line).end() :] if _COMMENT.match(line) else line
    return bool(_RULER.fullmatch(bare)) and bool(re.search(r"[-=~_]", bare))


def _units(line: str, separator: str, n: int) -> tuple[str, ...]:
    units = [cell.strip("[]() ") for cell in _split(line, separator)]
    units = ["" if _TYPE.fullmatch(unit) else unit for unit in units]
    return tuple((units + [""] * n)[:n])


def _by_spans(lines, place: int, bare: str) -> Layout | None:
    """The layout if a line of dashes below the names says from where to where columns go."""
    for further in range(1, 4):
        at = place + further
        if at >= len(lines) or not re.fullmatch(r"\s*#?\s*[-=]+(?:\s+[-=]+)+\s*", lines[at]):
            continue
        runs = [match.span() for match in re.finditer(r"[-=]+", lines[at])]
        ends = [start for start, _ in runs[1:]] + [None]
        spans = tuple((start, end) for (start, _), end in zip(runs, ends, strict=True))
        line = lines[place].replace("#", " ", 1) if bare != lines[place] else lines[place]
        names = [line[start:end].strip() for start, end in spans]
        rows = [line for line in lines[at + 1 :] if not _END.fullmatch(line)]
        apart = all(_is_apart(row, [start for start, _ in spans[1:]]) for row in rows)
        apart = apart and not any(row[: runs[0][0]].strip() for row in rows)
        if apart and find_sky_names(names):
            above = lines[place + 1 : at]
            cells = [above[-1][s:e].strip("[]() ") for s, e in spans] if above else []
            units = tuple("" if _TYPE.fullmatch(cell) else cell for cell in cells)
            return Layout(_named(names), " ", at + 1, place, units, spans)
    return None


def _listed(lines: list[str]) -> Layout | None:
    """The layout if comments name a column each."""
    numbers, names = [], []
    for place, line in enumerate(lines[:_TOP]):
        match = _LISTED.match(line)
        if match:
            numbers.append(int(match[1]))
            names.append(match[2])
        elif names and line.strip() and not _COMMENT.match(line):
            start = numbers[0] if numbers else 0
            if numbers != [*range(start, start + len(names))] or not find_sky_names(names):
                return None
            separator = next((s for s in "\t;,|" if s in line), " ")
            layout = Layout(_named(names), separator, place)
            return layout if len(layout.cells(line)) == len(names) else None
    return None
