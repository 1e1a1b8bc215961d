"""ROC curves."""

from collections.abc import Mapping, Sequence

from ..validation import ValidationReport
from ._matplotlib import CYCLE, import_pyplot

__all__ = ["plot_roc"]


def plot_roc(
    reports: "ValidationReport | Sequence[ValidationReport] | Mapping[str, ValidationReport]",
    ax=None,
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
    **kwargs
        Passed to `~matplotlib.axes.Axes.plot` for every curve.

    Returns
    -------
    ax : `~matplotlib.axes.Axes`

    Raises
    ------
    ImportError
        If Matplotlib is not installed.

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
    for i, (name, report) in enumerate(_named(reports)):
        _draw(ax, name, report, {"color": CYCLE[i % len(CYCLE)], "lw": 1.8} | kwargs)
    ax.set(
        xlim=(-0.015, 1.015),
        ylim=(-0.015, 1.015),
        aspect="equal",
        xlabel="False-positive rate",
        ylabel="Completeness (true-positive rate)",
    )
    ax.grid(color="0.92", lw=0.6)
    ax.set_axisbelow(True)
    ax.legend(loc="lower right", fontsize="small", frameon=True, framealpha=0.9, edgecolor="0.85")
    return ax


def _named(reports) -> list[tuple[str, ValidationReport]]:
    """Reports with their names, whatever they came in."""
    if isinstance(reports, ValidationReport):
        reports = [reports]
    if isinstance(reports, Mapping):
        return list(reports.items())
    return [(r.name, r) for r in reports]


def _draw(ax, name: str, report: ValidationReport, style: dict) -> None:
    """One curve and its operating point."""
    lead = f"{name}: " if name else ""
    if not report.auc.defined:
        ax.plot([], [], label=f"{lead}no curve ({report.auc.reason})", **style)
        return
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
