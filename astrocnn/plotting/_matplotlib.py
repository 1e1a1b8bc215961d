"""Matplotlib, loaded when the first figure is drawn, and what all figures share."""

from collections.abc import Mapping

from .._optional import import_optional
from ..exceptions import InvalidTargetError
from ..validation import CurveBand, ValidationReport

__all__ = ["COLORS", "CYCLE", "fill_band", "import_pyplot", "named_reports", "whole_rates"]

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
    values = list(reports.values() if named else reports)
    for report in values:
        if not isinstance(report, ValidationReport):
            raise InvalidTargetError(
                "a report is what astrocnn.validation.validate returns, not "
                f"{type(report).__name__}"
            )
    return list(zip(reports, values, strict=True)) if named else [(r.name, r) for r in values]


def fill_band(ax, band: CurveBand, color) -> None:
    """Shade a band around a curve."""
    ax.fill_between(band.x, band.low, band.high, color=color, alpha=0.2, lw=0, zorder=1.5)


def whole_rates(ax, xlabel: str, ylabel: str) -> None:
    """Two rates from 0 to 1, of equal scale, with a grid."""
    ax.set(xlim=(-0.015, 1.015), ylim=(-0.015, 1.015), aspect="equal", xlabel=xlabel, ylabel=ylabel)
    ax.grid(color="0.92", lw=0.6)
    ax.set_axisbelow(True)
