"""ROC curves."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..validation import ValidationReport, roc_band
from ._matplotlib import CYCLE, fill_band, import_pyplot, lead_of, named_reports, whole_rates

__all__ = ["plot_roc"]


def plot_roc(
    reports: "ValidationReport | Sequence[ValidationReport] | Mapping[str, ValidationReport]",
    ax=None,
    *,
    band: bool = False,
    random_state: "int | np.random.Generator | None" = 0,
    **kwargs,
):
    """Draw the ROC curves of one or several classifiers.

    Each curve is named with its AUC and interval; the point marks the verdicts of the report, with
    the intervals of both rates.

    Parameters
    ----------
    reports : ValidationReport, or sequence of them, or mapping of name to report
        Results of `astrocnn.validation.validate`.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw; a new figure by default.
    band : bool
        Add the bootstrap band of `astrocnn.validation.roc_band`.
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
    >>> from astrocnn.plotting import plot_roc
    >>> from astrocnn.validation import validate
    >>> result = QTable({"proba_cluster": [0.9, 0.8, 0.3, 0.1]})
    >>> report = validate(result, [True, False, True, False], name="xmm")
    >>> ax = plot_roc(report)
    >>> ax.get_legend().get_texts()[1].get_text()
    'xmm: AUC 0.750 [0.069, 0.992]'
    """
    plt = import_pyplot()
    if ax is None:
        _, ax = plt.subplots(figsize=(4.6, 4.6), layout="constrained")
    ax.plot([0, 1], [0, 1], ls="--", lw=1, color="0.6", label="chance", zorder=1)
    for i, (name, report) in enumerate(named_reports(reports)):
        line = _draw(ax, name, report, {"color": CYCLE[i % len(CYCLE)], "lw": 1.8} | kwargs)
        if band and line is not None:
            found = roc_band(
                report.truth, report.proba, confidence=report.confidence, random_state=random_state
            )
            fill_band(ax, found, line.get_color())
    whole_rates(ax, "False-positive rate", "Completeness (true-positive rate)")
    ax.legend(loc="lower right", fontsize="small", frameon=True, framealpha=0.9, edgecolor="0.85")
    return ax


def _draw(ax, name: str, report: ValidationReport, style: dict):
    """One curve and its operating point; returns the line, or None where there is none."""
    lead = lead_of(name)
    if not report.auc.defined:
        ax.plot([], [], label=f"{lead}no curve ({report.auc.reason})", **style)
        return None
    value = report.auc
    label = f"{lead}AUC {value.value:.3f} [{value.low:.3f}, {value.high:.3f}]"
    (line,) = ax.plot(report.roc.fpr, report.roc.tpr, **{"label": label} | style)
    rate, found = report.false_positive_rate, report.completeness
    ax.errorbar(
        rate.value,
        found.value,
        xerr=[[rate.value - rate.low], [rate.high - rate.value]],
        yerr=[[found.value - found.low], [found.high - found.value]],
        fmt="o",
        ms=5,
        mec="white",
        mew=0.8,
        lw=1,
        color=line.get_color(),
        zorder=3,
    )
    return line
