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
#: The length after the end of a row may stand behind a blank.
_ROWS = re.compile(
    r"\\\\\*?(?:\[[^\]]*\]|\s*\[\s*[+-]?[\d.]*\s*(?:[a-z]{2}|\\[A-Za-z]+)\s*\])?"
    r"|\\tabularnewline|\\cr\b"
)
_CELLS = re.compile(r"(?<!\\)&")
_SEVERAL = re.compile(rf"\\multicolumn\s*\{{\s*(\d+)\s*\}}\s*{_GROUP}\s*({_GROUP})")
_OPTION = r"\s*(?:\[[^\]]*\])?\s*"
_DEEP = re.compile(rf"\\multirow{_OPTION}{_GROUP}{_OPTION}(?:{_GROUP}|\*){_OPTION}({_GROUP})")
#: What is not part of a value: marks of notes, references, invisible width.
_NOTES = re.compile(
    r"\\(?:table(?:note|foot)mark|t?note|footnote(?:mark)?|cite\w*|ref|[hv]?phantom|phm"
    rf"|[hv]space\*?|tnote)(?:\[[^\]]*\])*\s*{_GROUP}"
)
#: Unequal errors on both sides.
_ERRORS = re.compile(r"\s*(?:[_^]\s*\{\s*[+-][^{}]*\}\s*){2}")
#: A letter on high that is a unit.
_HIGH = (
    r"\^\s*\{?\s*(?:\{?\s*\\(?:rm|mathrm|text(?:rm|up|normal)?|[hm]box)(?![A-Za-z])\s*\{?\s*)?"
    r"([dhms])(?![A-Za-z])\s*\}{0,2}"
)
#: A mark of a note: whatever is on high behind no letter, which could be a unit with a power.
_MARK = re.compile(
    rf"(?:(?<![A-Za-z])(?<![A-Za-z]\}})|(?<=\d[dhms]))\^\s*(?:{_GROUP}|\\?\w+|\S)"
    r"|\^\s*\{\s*(?:[a-z](?:\s*,\s*[a-z])*|[*]|\\d?dag(?:ger)?|\\ast|\\star)\s*\}"
)
_SIGNS = (
    (re.compile(r"\\(?:nodata|[lc]?dots)(?![A-Za-z])|\.\.\."), ""),
    (re.compile(r"\\!"), ""),
    (re.compile(r"(?<!\\)~|\\[ ,;:]"), " "),
    (re.compile(r"\\text(?:minus|endash)(?![A-Za-z])\s*(?:\{\})?"), "-"),
    (re.compile(r"\\fd(?:eg|egr|g)(?![A-Za-z])\s*(\d+)"), r".\1d"),
    (re.compile(r"\\f(?:arc|d)?([hms])(?![A-Za-z])\s*(\d+)"), r".\2\1"),
    (re.compile(r"\s*\\(?:times|cdot)(?![A-Za-z])\s*10\s*\^\s*\{?\s*([+-]?\d+)\s*\}?"), r"e\1"),
    (re.compile(r"(?<![\d.])10\^\{?(-\d+|\d\d+)\}?"), r"1e\1"),
    (re.compile(r"(?<![\d.])10\^\{?(\d)\}?"), r"\\?1e\1"),
    (re.compile(r"_\{?\\(?:odot|sun)(?![A-Za-z])\}?"), "sun"),
    (re.compile(r"\^\{?\s*\\circ\s*\}?|\\(?:arcdeg|degr|degree|deg|textdegree)(?![A-Za-z])"), "d"),
    (re.compile(r"\\arcmin(?![A-Za-z])|\^\{?\\prime\}?(?![\\']|\^)"), "m"),
    (re.compile(r"\\arcsec(?![A-Za-z])|\^\{?\\prime\\prime\}?"), "s"),
    (re.compile(rf"{_HIGH}(?=\s*\d)|(?<=\d){_HIGH}"), r"\1\2"),
    (_MARK, ""),
    (re.compile(r"(?<=\d)''"), "s"),
    (re.compile(r"(?<=\d)([dhms])\s*\.(\d+)"), r".\2\1"),
    (re.compile(r"(?:(?<=\d)|(?<=\d[dhms]))_\s*\{?\s*(?=[.\d])"), r"\\?"),
    (re.compile(r"\\(?:sim|approx)(?![A-Za-z])"), "~"),
    (re.compile(r"\\(?:lesssim|leq?|la)(?![A-Za-z])"), "<"),
    (re.compile(r"\\(?:gtrsim|geq?|ga)(?![A-Za-z])"), ">"),
    (re.compile(r"\\(alpha|delta)(?![A-Za-z])"), r"\1"),
    (re.compile(r"\\([_&%#])"), r"\1"),
    (re.compile(
        r"\\(?:rm|bf|it|sl|tt|sf|em|emph|math(?:rm|bf|it|sf)|text(?:rm|bf|it|sl|tt|sf|up|normal)?"
        r"|bfseries|itshape|boldmath|[hm]box|ensuremath|ph[snd]|colhead|object|tiny|small|large"
        r"|scriptsize|footnotesize|normalsize|q?quad|thinspace|enspace|hfill?|centering|ragged\w+"
        r"|noindent|relax|null|strut|protect|displaystyle|left|right|d?dag(?:ger)?|ast|star|bullet"
        r")(?![A-Za-z])[ \n]*|[{}$^]"
    ), ""),
)  # fmt: skip
#: Control words whose meaning is not known.
_UNKNOWN = re.compile(r"\\(?!pm(?![A-Za-z]))(?:[A-Za-z]+\*?[ \n]*|\?)")
_ANGLE = re.compile(r"[-+\d.:\sdhmse'\"]*\d[-+\d.:\sdhmse'\"]*")
#: An angle with one letter on high, which may be a unit or the mark of a note.
_LONE = re.compile(r"[-+\d.:\s]+[dhms]\s*")


def is_latex(lines: list[str], suffix: str = "") -> bool:
    r"""Whether the first lines of a file are those of a LaTeX table.

    Parameters
    ----------
    lines : list of str
        A table begins in one of them; in files that are not called ``.tex``, not behind words.
    suffix : str
        Of the name of the file.

    Examples
    --------
    >>> from astrocnn.tables._latex import is_latex
    >>> is_latex([r"\begin{tabular}{lcc}"]), is_latex(["name,ra,dec"])
    (True, False)
    """
    if suffix in (".csv", ".tsv"):
        return False
    starts = ("\\", "{")
    begin = [x for x in lines if suffix == ".tex" or x.lstrip().startswith(starts)]
    return any(map(_START.search, begin))


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
    """What a cell says, without its type; '' for an angle in words that are not known."""
    cell = _DEEP.sub(r"\1", cell.replace("$", "").replace(r"\textsuperscript", "^"))
    cell = _ERRORS.sub("", _NOTES.sub("", cell))
    high = re.search(_HIGH, cell) is not None
    for pattern, word in _SIGNS:
        cell = pattern.sub(word, cell)
    known = _UNKNOWN.sub("", cell)
    if (known != cell and _ANGLE.fullmatch(known)) or (high and _LONE.fullmatch(known)):
        return ""
    return " ".join(known.split())
