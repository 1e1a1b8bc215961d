"""Parts of a page: tables and figures as HTML. All that comes from data is escaped here."""

import base64
import io
import re
from collections.abc import Iterable, Sequence
from html import escape

from ._html_style import STYLE
from ._matplotlib import CYCLE

__all__ = ["SKETCH", "image", "page", "sketch", "table"]

#: Colors that figures are drawn with for a page, and the variables of the style that replace them.
_INK, _PAPER = "#010203", "#fdfeff"
_VARIABLES = {
    _INK: "--ink",
    _PAPER: "--paper",
    "#ffffff": "--paper",
    "#ebebeb": "--line",
    "#d9d9d9": "--line",
    "#999999": "--soft",
    CYCLE[0].lower(): "--first",
    CYCLE[1].lower(): "--second",
    CYCLE[2].lower(): "--third",
}

#: Settings of Matplotlib for a figure on a page.
SKETCH = {
    "svg.fonttype": "none",  # text stays text: to search, to read aloud
    "svg.hashsalt": "astrocnn",  # the same figure is the same text
    "figure.facecolor": "none",
    "axes.facecolor": _PAPER,
    "legend.facecolor": _PAPER,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor"), _INK),
    **dict.fromkeys(("xtick.color", "ytick.color"), _INK),
    "font.family": "sans-serif",
}

#: Nothing is loaded from anywhere, and nothing runs.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(title: str, summary: str, body: str, foot: str) -> str:
    """A whole page. ``title`` and ``summary`` are text, ``body`` and ``foot`` are HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header>\n<h1>{escape(title)}</h1>\n<p class="summary">{escape(summary)}</p>\n</header>\n'
        f"<main>\n{body}\n</main>\n<footer>\n{foot}\n</footer>\n</body>\n</html>\n"
    )


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], yours: Sequence[str] = ()
) -> str:
    """A table of text; the first column heads the rows, those in ``yours`` stand out."""
    of_bins = ' class="bin"' if head[0] == "Bin" else ""
    lines = [
        '<div class="scroll" tabindex="0" role="region" '
        f'aria-label="{escape(caption)}"><table>\n<caption>{escape(caption)}</caption>\n<thead><tr>'
        + "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
        + "</tr></thead>\n<tbody>"
    ]
    for first, *others in rows:
        stands_out = ' class="yours"' if first in yours else ""
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in others)
        lines.append(f'<tr{stands_out}><th scope="row"{of_bins}>{escape(first)}</th>{cells}</tr>')
    return "\n".join([*lines, "</tbody></table></div>"])


def sketch(figure, name: str, alt: str, caption: str) -> str:
    """A figure as inline SVG that follows the colors of the page.

    ``name`` keeps the identifiers of several figures apart.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    text = re.sub(r'xlink:href="#', f'xlink:href="#{name}-', text)
    for color, variable in _VARIABLES.items():
        text = re.sub(rf"{color}\b", f"var({variable})", text)
    text = re.sub(
        r'^<svg [^>]*?(viewBox="[^"]*")[^>]*>',
        rf'<svg role="img" aria-label="{_attribute(alt)}" \1 xmlns="http://www.w3.org/2000/svg" '
        r'xmlns:xlink="http://www.w3.org/1999/xlink">',
        text,
    )
    return f"<figure>\n{text.strip()}\n<figcaption>{escape(caption)}</figcaption>\n</figure>"


def image(figure, alt: str, caption: str) -> str:
    """A figure as a picture inside of the page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    note = f"\n<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure>\n<img src="data:image/png;base64,{data}" alt="{escape(alt)}">{note}\n</figure>'
    )


def _attribute(text: str) -> str:
    """Text for an attribute, inside of a replacement of `re.sub`."""
    return escape(text).replace("\\", r"\\")
