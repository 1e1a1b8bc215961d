"""LaTeX tables, as papers have them, as lines with tabs between cells."""

import re

__all__ = ["is_latex", "latex_lines"]

_START = re.compile(r"\\begin\{(?:tabular|longtable|deluxetable|supertabular)|\\startdata")
_BODY = re.compile(
    r"\\startdata(.*?)(?:\\enddata|\Z)"
    r"|\\begin\{(?:tabular[xy]?|longtable|supertabular)\*?\}(.*?)(?:\\end\{(?:tab|long|super)|\Z)",
    re.DOTALL,
)
_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_HEAD = re.compile(rf"\\tablehead\s*({_GROUP})")
#: What stands between ``\begin{tabular}`` and the first cell.
_COLUMNS = re.compile(rf"\s*(?:\[[^\]]*\])?(?:\s*{_GROUP})+")
#: Lines and other things between rows.
_BETWEEN = re.compile(
    r"\\(?:[hc]line|[ct]?midrule|toprule|bottomrule|tableline|end(?:first|last)?(?:head|foot)"
    rf"|noalign|cutinhead|sidehead|caption|label)(?:\([^)]*\))?(?:\s*{_GROUP})?"
)
_ROWS = re.compile(r"\\\\\*?(?:\[[^\]]*\])?|\\tabularnewline|\\cr\b")
_CELLS = re.compile(r"(?<!\\)&")
_SEVERAL = re.compile(rf"\\multicolumn\s*\{{\s*(\d+)\s*\}}\s*{_GROUP}\s*({_GROUP})")
#: What is not part of a value: marks of notes, references, invisible width.
_NOTES = re.compile(
    r"\\(?:table(?:note|foot)mark|t?note|footnote(?:mark)?|cite\w*|ref|h?phantom|[hv]space\*?"
    rf"|tnote|textsuperscript)(?:\[[^\]]*\])*\s*{_GROUP}"
)
#: Unequal errors on both sides.
_ERRORS = re.compile(r"\s*(?:[_^]\s*\{\s*[+-][^{}]*\}\s*){2}")
_SIGNS = (
    (re.compile(r"\\(?:nodata|[lc]?dots)(?![A-Za-z])|\.\.\."), ""),
    (re.compile(r"10\^\{?(\d+)\}?"), r"1e\1"),
    (re.compile(r"_\{?\\(?:odot|sun)(?![A-Za-z])\}?"), "sun"),
    (re.compile(r"\^\{?\s*\\circ\s*\}?|\\(?:arcdeg|degr|degree|deg)(?![A-Za-z])"), "d"),
    (re.compile(r"\\arcmin(?![A-Za-z])|\^\{?\\prime\}?(?![\\']|\^)"), "m"),
    (re.compile(r"\\arcsec(?![A-Za-z])|\^\{?\\prime\\prime\}?"), "s"),
    (re.compile(r"\\(?:sim|approx)(?![A-Za-z])"), "~"),
    (re.compile(r"\\(?:lesssim|leq?|la)(?![A-Za-z])"), "<"),
    (re.compile(r"\\(?:gtrsim|geq?|ga)(?![A-Za-z])"), ">"),
    (re.compile(r"\\(alpha|delta)(?![A-Za-z])"), r"\1"),
    (re.compile(r"(?<!\\)~|\\[ ,;:!]"), " "),
    (re.compile(r"\\([_&%#])"), r"\1"),
    (re.compile(r"\\(?!pm)[A-Za-z]+\*?[ \n]*|[{}$^]"), ""),
)  # fmt: skip


def is_latex(lines: list[str]) -> bool:
    r"""Whether the first lines of a file are those of a LaTeX table.

    Examples
    --------
    >>> from astrocnn.tables._latex import is_latex
    >>> is_latex([r"\begin{tabular}{lcc}"]), is_latex(["name,ra,dec"])
    (True, False)
    """
    return any(_START.search(line) for line in lines)


def latex_lines(lines: list[str]) -> list[str]:
    r"""Return the rows of a LaTeX table, those of its head first, with tabs between the cells.

    Parameters
    ----------
    lines : list of str
        The whole file; of several tables in it, the first counts.

    Examples
    --------
    >>> from astrocnn.tables._latex import latex_lines
    >>> latex_lines([r"\begin{tabular}{lcc}", r"Name & R.A. & Decl. \\ \hline",
    ...              r"A907 & 149.592 & $-$11.064 \\", r"\end{tabular}"])
    ['Name\tR.A.\tDecl.', 'A907\t149.592\t-11.064']
    """
    text = "\n".join(re.sub(r"(?<!\\)%.*", "", line) for line in lines)
    head, body = _HEAD.search(text), _BODY.search(text)
    if body is None:
        return []
    content = body[1] if body[1] is not None else _COLUMNS.sub("", body[2], count=1)
    whole = (head[1][1:-1] + r" \\ " if head else "") + content
    rows = [_row(row) for row in _ROWS.split(_BETWEEN.sub(" ", whole))]
    return [row for row in rows if row.strip()]


def _row(row: str) -> str:
    """Cells of a row with tabs between them."""
    cells = []
    for cell in _CELLS.split(row):
        several = _SEVERAL.search(cell)
        cells.append(_plain(_SEVERAL.sub(r"\2", cell)))
        cells += [""] * (min(int(several[1]), 1000) - 1 if several else 0)
    return "\t".join(cells)


def _plain(cell: str) -> str:
    """What a cell says, without its type."""
    cell = _ERRORS.sub("", _NOTES.sub("", cell.replace("$", "")))
    for pattern, word in _SIGNS:
        cell = pattern.sub(word, cell)
    return " ".join(cell.split())
