"""Reliability diagrams."""

from collections.abc import Mapping

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ._matplotlib import CYCLE, check_table, import_pyplot, lead_of, whole_rates

__all__ = ["plot_reliability"]


def plot_reliability(tables: "Table | Mapping[str, Table]", ax=None, **kwargs):
    """Draw how often targets of a probability are clusters.

    Points on the diagonal mean what they say. Below it a classifier is too sure of its clusters,
    above it not sure enough. The legend gives the expected calibration error.

    Parameters
    ----------
    tables : `~astropy.table.Table`, or mapping of name to table
        Results of `astrocnn.validation.reliability`.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw; a new figure by default.
    **kwargs
        Passed to `~matplotlib.axes.Axes.errorbar` for every table.

    Returns
    -------
    ax : `~matplotlib.axes.Axes`

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    InvalidTargetError
        If something is no such table.

    Examples
    --------
    >>> from astrocnn.plotting import plot_reliability
    >>> from astrocnn.validation import reliability
    >>> ax = plot_reliability({"xmm": reliability([False, True, True], [0.2, 0.6, 0.9])})
    >>> ax.get_legend().get_texts()[1].get_text()
    'xmm: calibration error 0.233 (3 targets)'
    """
    plt = import_pyplot()
    if ax is None:
        _, ax = plt.subplots(figsize=(4.6, 4.6), layout="constrained")
    (line,) = ax.plot([0, 1], [0, 1], ls="--", lw=1, color="0.6", label="calibrated", zorder=1)
    named = tables if isinstance(tables, Mapping) else {"": tables}
    handles = [line]
    for i, (name, table) in enumerate(named.items()):
        check_table(table, "reliability", ("proba", "fraction", "fraction_low"))
        if "expected_calibration_error" not in table.meta:
            raise InvalidTargetError(
                "the table has lost its meta: give what astrocnn.validation.reliability returned"
            )
        error = f"calibration error {table.meta['expected_calibration_error']:.3f}"
        label = f"{lead_of(name)}{error} ({table.meta['n']} targets)"
        style = {"color": CYCLE[i % len(CYCLE)], "fmt": "o-", "ms": 4.5, "lw": 1.2, "label": label}
        share = table["fraction"]
        # Rounding may leave an end on the wrong side of a share of 0 or 1.
        ends = np.maximum([share - table["fraction_low"], table["fraction_high"] - share], 0)
        handles.append(ax.errorbar(table["proba"], share, yerr=ends, **style | kwargs))
    whole_rates(ax, "Probability of a cluster", "Share of clusters")
    ax.legend(handles=handles, loc="lower right", fontsize="small", framealpha=0.9)
    return ax
