"""Completeness and false-positive rate against a column, and by class."""

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ._matplotlib import CYCLE, check_table, import_pyplot, plain_text

__all__ = ["plot_classes", "plot_completeness"]

#: Bins that span more than this factor are drawn on a logarithmic axis.
_WIDE = 30


def plot_completeness(table: Table, ax=None, **kwargs):
    """Draw completeness, and the false-positive rate where there is one, against a column.

    Horizontal bars are the bins, vertical ones the intervals. A bin without an end is drawn as wide
    as the others.

    Parameters
    ----------
    table : `~astropy.table.Table`
        Result of `astrocnn.validation.completeness_against`.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw; a new figure by default.
    **kwargs
        Passed to `~matplotlib.axes.Axes.errorbar` for both.

    Returns
    -------
    ax : `~matplotlib.axes.Axes`

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    InvalidTargetError
        If there is no such table, or nothing in it.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.plotting import plot_completeness
    >>> from astrocnn.validation import completeness_against
    >>> result = Table({"proba_cluster": [0.9, 0.8, 0.2]})
    >>> truth = Table({"is_cluster": [True, True, True], "z": [0.1, 0.2, 0.5]})
    >>> ax = plot_completeness(completeness_against(result, truth, "z", [0, 0.3, 0.6]))
    >>> ax.get_xlabel()
    'z'
    """
    plt = import_pyplot()
    check_table(table, "completeness_against", ("low", "high", "completeness"))
    if len(table) == 0:
        raise InvalidTargetError("the table has no bins to draw")
    if ax is None:
        _, ax = plt.subplots(figsize=(5.2, 3.6), layout="constrained")
    low, middle, high, scale = _bins(table)
    ax.set_xscale(scale)
    series = (
        ("completeness", "completeness", "o"),
        ("false_positive_rate", "false positives", "s"),
    )
    for color, (name, label, marker) in zip(CYCLE, series, strict=False):
        values = np.ma.array(table[name], dtype=float)
        if values.count() == 0:
            continue
        ends = [np.ma.array(table[f"{name}_{end}"], dtype=float) for end in ("low", "high")]
        ax.errorbar(
            middle,
            values,
            xerr=[middle - low, high - middle],
            yerr=[np.maximum(values - ends[0], 0), np.maximum(ends[1] - values, 0)],
            **{"fmt": marker, "color": color, "ms": 5, "lw": 1.2, "label": label} | kwargs,
        )
    unit = table["low"].unit
    column = plain_text(table.meta.get("column") or "value")
    ax.set(xlabel=f"{column} [{unit}]" if unit else column, ylabel="Share called cluster")
    ax.set_ylim(-0.03, 1.03)
    ax.grid(color="0.92", lw=0.6)
    ax.set_axisbelow(True)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="best", fontsize="small", framealpha=0.9, edgecolor="0.85")
    return ax


def _bins(table: Table) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Lower edges, middles and upper edges of the bins as they are drawn, and the scale."""
    low, high = (np.asarray(table[name], dtype=float) for name in ("low", "high"))
    ends = np.concatenate([low, high])
    ends = ends[np.isfinite(ends)]
    wide = low[0] > 0 and ends.max() / ends.min() > _WIDE
    if wide:
        low, high = np.log(low), np.log(high)
    widths = (high - low)[np.isfinite(low) & np.isfinite(high)]
    width = np.median(widths) if widths.size else 1.0
    high = np.where(np.isposinf(high), np.where(np.isfinite(low), low, 0) + width, high)
    low = np.where(np.isneginf(low), high - width, low)
    edges = low, (low + high) / 2, high
    return (*map(np.exp, edges), "log") if wide else (*edges, "linear")


def plot_classes(table: Table, ax=None, **kwargs):
    """Draw, for each class of the truth, the share that is called cluster.

    Parameters
    ----------
    table : `~astropy.table.Table`
        Result of `astrocnn.validation.confusion_by_class`.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw; a new figure by default.
    **kwargs
        Passed to `~matplotlib.axes.Axes.errorbar`.

    Returns
    -------
    ax : `~matplotlib.axes.Axes`

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    InvalidTargetError
        If there is no such table, or nothing in it.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.plotting import plot_classes
    >>> from astrocnn.validation import confusion_by_class
    >>> result = Table({"proba_cluster": [0.9, 0.8, 0.2]})
    >>> ax = plot_classes(confusion_by_class(result, ["hi-z", "hi-z", "point"]))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['hi-z (2)', 'point (1)']
    """
    plt = import_pyplot()
    check_table(table, "confusion_by_class", ("class", "n", "share"))
    if ax is None:
        height = 1.1 + 0.32 * max(len(table), 1)
        _, ax = plt.subplots(figsize=(5.2, height), layout="constrained")
    share = np.ma.array(table["share"], dtype=float)
    ends = [np.ma.array(table[f"share_{end}"], dtype=float) for end in ("low", "high")]
    rows = np.arange(len(table))
    style = {"fmt": "o", "color": CYCLE[0], "ms": 5, "lw": 1.2} | kwargs
    errors = [np.maximum(share - ends[0], 0), np.maximum(ends[1] - share, 0)]
    ax.errorbar(share, rows, xerr=errors, **style)
    names = [f"{plain_text(name)} ({n})" for name, n in table["class", "n"].iterrows()]
    ax.set_yticks(rows, names)
    ax.set(xlim=(-0.03, 1.03), ylim=(len(table) - 0.4, -0.6), xlabel="Share called cluster")
    ax.grid(color="0.92", lw=0.6, axis="x")
    ax.set_axisbelow(True)
    return ax
