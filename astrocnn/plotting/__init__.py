"""Figures: ROC curves, galleries of cut-outs, redshifts. Matplotlib is loaded by the first one."""

from ._cutouts import plot_cutouts
from ._explanation import plot_explanation
from ._history import plot_history
from ._redshifts import plot_redshifts
from ._reliability import plot_reliability
from ._roc import plot_roc

__all__ = [
    "plot_cutouts",
    "plot_explanation",
    "plot_history",
    "plot_redshifts",
    "plot_reliability",
    "plot_roc",
]
