"""Matplotlib, loaded when the first figure is drawn, and what all figures share."""

from collections.abc import Iterable, Mapping

from astropy.table import Table

from .._optional import import_optional
from ..exceptions import InvalidTargetError
from ..validation import CurveBand, ValidationReport

__all__ = [
    "COLORS", "CYCLE", "check_table", "fill_band", "import_pyplot", "lead_of", "named_reports",
    "plain_text", "whole_rates",
]  # fmt: skip

#: Colors of verdicts; told apart with any color vision and in grayscale (Okabe & Ito 2008).
COLORS = {
    "cluster": "#009E73",
    "non_cluster": "#8C8C8C",
    "no_verdict": "#000000",
    "wrong": "#D55E00",
}

#: Colors of curves, in order.
CYCLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")


def import_pyplot():
    """Return `matplotlib.pyplot`.

    Raises
    ------
    ImportError
        If Matplotlib is not installed; the message says how to get it.
    """
    return import_optional("matplotlib.pyplot", "figures", "Matplotlib", "plot")


def named_reports(reports) -> list[tuple[str, ValidationReport]]:
    """Reports with their names, whether one, a sequence, or a mapping of names."""
    if isinstance(reports, ValidationReport):
        reports = [reports]
    named = isinstance(reports, Mapping)
    reports = reports if isinstance(reports, Iterable) else [reports]
    values = list(reports.values() if named else reports)
    for report in values:
        if not isinstance(report, ValidationReport):
            raise InvalidTargetError(
                "a report is what astrocnn.validation.validate returns, not "
                f"{type(report).__name__}"
            )
    return list(zip(reports, values, strict=True)) if named else [(r.name, r) for r in values]


def check_table(table, function: str, columns: tuple[str, ...]) -> None:
    """Raise InvalidTargetError unless a table has the columns of a function's result."""
    if not isinstance(table, Table) or not {*columns} <= {*table.colnames}:
        raise InvalidTargetError(
            f"what is drawn here is the table that astrocnn.validation.{function} returns, not "
            f"this {type(table).__name__}"
        )


def plain_text(text) -> str:
    """Text as it is for Matplotlib: dollar signs make no formula, and halves of characters show."""
    return str(text).encode("utf-8", "backslashreplace").decode().replace("$", r"\$")


def lead_of(name) -> str:
    """What stands before a label in a legend, which leaves out those that begin with ``_``."""
    text = plain_text("" if name is None else name)
    return f"{' ' * text.startswith('_')}{text}: " if text else ""


def fill_band(ax, band: CurveBand, color) -> None:
    """Shade a band around a curve."""
    ax.fill_between(band.x, band.low, band.high, color=color, alpha=0.2, lw=0, zorder=1.5)


def whole_rates(ax, xlabel: str, ylabel: str) -> None:
    """Two rates from 0 to 1, of equal scale, with a grid."""
    ax.set(xlim=(-0.015, 1.015), ylim=(-0.015, 1.015), aspect="equal", xlabel=xlabel, ylabel=ylabel)
    ax.grid(color="0.92", lw=0.6)
    ax.set_axisbelow(True)
