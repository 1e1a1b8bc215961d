"""Figures: ROC curves and galleries of cut-outs. Matplotlib is loaded by the first one."""

from ._cutouts import plot_cutouts
from ._roc import plot_roc

__all__ = ["plot_cutouts", "plot_roc"]
