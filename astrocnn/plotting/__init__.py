"""Figures: ROC curves and galleries of cut-outs. Matplotlib is loaded by the first one."""

from ._cutouts import plot_cutouts
from ._explanation import plot_explanation
from ._history import plot_history
from ._reliability import plot_reliability
from ._roc import plot_roc

__all__ = ["plot_cutouts", "plot_explanation", "plot_history", "plot_reliability", "plot_roc"]
