"""Completeness, purity and ROC of a result, with intervals."""

from ._align import align_truth, find_rows
from ._auc import auc
from ._estimate import Confusion, Estimate, confusion_counts, proportion, purity_at_prevalence
from ._report import RocCurve, ValidationReport, validate

__all__ = [
    "Confusion",
    "Estimate",
    "RocCurve",
    "ValidationReport",
    "align_truth",
    "auc",
    "confusion_counts",
    "find_rows",
    "proportion",
    "purity_at_prevalence",
    "validate",
]
