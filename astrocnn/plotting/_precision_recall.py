"""Precision-recall curves."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..validation import ValidationReport, precision_recall, precision_recall_band
from ._matplotlib import CYCLE, fill_band, import_pyplot, lead_of, named_reports, whole_rates

__all__ = ["plot_precision_recall"]


def plot_precision_recall(
    reports: "ValidationReport | Sequence[ValidationReport] | Mapping[str, ValidationReport]",
    ax=None,
    *,
    prevalence: float | None = None,
    band: bool = False,
    random_state: "int | np.random.Generator | None" = 0,
    **kwargs,
):
    """Draw purity against completeness of one or several classifiers.

    Each curve is named with its average precision; the point marks the verdicts of the report, with
    the intervals of both. The dashed line is the purity of a list that was not looked at.

    Parameters
    ----------
    reports : ValidationReport, or sequence of them, or mapping of name to report
        Results of `astrocnn.validation.validate`.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw; a new figure by default.
    prevalence : float, optional
        Share of clusters among your candidates; by default that of each report, or else of its
        sample.
    band : bool
        Add the bootstrap band of `astrocnn.validation.precision_recall_band`.
    random_state : int, `~numpy.random.Generator`, or None
        For the band.
    **kwargs
        Passed to `~matplotlib.axes.Axes.plot` for every curve.

    Returns
    -------
    ax : `~matplotlib.axes.Axes`

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    InvalidTargetError
        If something is no report.

    Examples
    --------
    >>> from astropy.table import QTable
    >>> from astrocnn.plotting import plot_precision_recall
    >>> from astrocnn.validation import validate
    >>> result = QTable({"proba_cluster": [0.9, 0.8, 0.3, 0.1]})
    >>> report = validate(result, [True, False, True, False], name="xmm")
    >>> ax = plot_precision_recall(report, prevalence=0.2)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['xmm: average precision 0.667', 'everything called cluster: 20 %']
    """
    plt = import_pyplot()
    if ax is None:
        _, ax = plt.subplots(figsize=(4.6, 4.6), layout="constrained")
    shares = {}
    for i, (name, report) in enumerate(named_reports(reports)):
        share = report.prevalence if prevalence is None else prevalence
        style = {"color": CYCLE[i % len(CYCLE)], "lw": 1.8} | kwargs
        drawn = _draw(ax, name, report, share, style)
        if drawn is None:
            continue
        line, share = drawn
        shares[share] = None
        if band:
            found = precision_recall_band(
                report.truth, report.proba, share, confidence=report.confidence,
                random_state=random_state,
            )  # fmt: skip
            fill_band(ax, found, line.get_color())
    for share in shares:
        label = f"everything called cluster: {100 * share:.3g} %"
        ax.axhline(share, ls="--", lw=1, color="0.6", label=label, zorder=1)
    whole_rates(ax, "Completeness (recall)", "Purity (precision)")
    ax.legend(loc="best", fontsize="small", frameon=True, framealpha=0.9, edgecolor="0.85")
    return ax


def _draw(ax, name: str, report: ValidationReport, share: float | None, style: dict):
    """One curve and its operating point; returns the line and the share of clusters, or None."""
    lead = lead_of(name)
    if not report.auc.defined:
        ax.plot([], [], label=f"{lead}no curve ({report.auc.reason})", **style)
        return None
    share = float(report.truth.mean()) if share is None else share
    curve = precision_recall(report.truth, report.proba, share)
    average = np.sum(np.diff(curve.completeness, prepend=0) * curve.purity)
    # From nothing to the first point the purity is that of the first point.
    x, y = np.append(0, curve.completeness), np.append(curve.purity[0], curve.purity)
    label = f"{lead}average precision {average:.3f}"
    (line,) = ax.plot(x, y, **{"label": label, "drawstyle": "steps-pre"} | style)
    found, pure = report.completeness, report.purity_at(share)
    if pure.defined:
        ax.errorbar(
            found.value,
            pure.value,
            xerr=[[found.value - found.low], [found.high - found.value]],
            yerr=[[pure.value - pure.low], [pure.high - pure.value]],
            fmt="o",
            ms=5,
            mec="white",
            mew=0.8,
            lw=1,
            color=line.get_color(),
            zorder=3,
        )
    return line, share
