"""Completeness, purity, ROC and calibration of a result, with intervals."""

from ._align import align_truth, find_rows
from ._auc import auc
from ._comparison import Comparison, delong_test
from ._estimate import Confusion, Estimate, confusion_counts, proportion, purity_at_prevalence
from ._reliability import expected_calibration_error, reliability
from ._report import RocCurve, ValidationReport, validate
from ._thresholds import OperatingPoints, purity_thresholds

__all__ = [
    "Comparison",
    "Confusion",
    "Estimate",
    "OperatingPoints",
    "RocCurve",
    "ValidationReport",
    "align_truth",
    "auc",
    "confusion_counts",
    "delong_test",
    "expected_calibration_error",
    "find_rows",
    "proportion",
    "purity_at_prevalence",
    "purity_thresholds",
    "reliability",
    "validate",
]
