"""Figures, and reports made of them. Matplotlib is loaded by the first one."""

from ._completeness import plot_classes, plot_completeness
from ._cutouts import plot_cutouts
from ._explanation import plot_explanation
from ._history import plot_history
from ._html_report import write_report
from ._precision_recall import plot_precision_recall
from ._redshifts import plot_redshifts
from ._reliability import plot_reliability
from ._roc import plot_roc

__all__ = [
    "plot_classes",
    "plot_completeness",
    "plot_cutouts",
    "plot_explanation",
    "plot_history",
    "plot_precision_recall",
    "plot_redshifts",
    "plot_reliability",
    "plot_roc",
    "write_report",
]
