"""Completeness, purity, ROC and calibration of a result, with intervals."""

from ._align import align_truth
from ._auc import auc
from ._bands import CurveBand, precision_recall_band, roc_band
from ._catalog_truth import catalog_truth
from ._classes import confusion_by_class
from ._columns import completeness_against
from ._comparison import Comparison, delong_test
from ._contamination import Contamination, contamination
from ._curves import PrecisionRecallCurve, RocCurve, precision_recall
from ._estimate import Confusion, Estimate, confusion_counts, proportion, purity_at_prevalence
from ._files import read_report
from ._identity import find_rows
from ._mcnemar import VerdictComparison, mcnemar_test
from ._reliability import expected_calibration_error, reliability
from ._report import ValidationReport
from ._thresholds import OperatingPoints, purity_thresholds
from ._validate import validate

__all__ = [
    "Comparison",
    "Confusion",
    "Contamination",
    "CurveBand",
    "Estimate",
    "OperatingPoints",
    "PrecisionRecallCurve",
    "RocCurve",
    "ValidationReport",
    "VerdictComparison",
    "align_truth",
    "auc",
    "catalog_truth",
    "completeness_against",
    "confusion_by_class",
    "confusion_counts",
    "contamination",
    "delong_test",
    "expected_calibration_error",
    "find_rows",
    "mcnemar_test",
    "precision_recall",
    "precision_recall_band",
    "proportion",
    "purity_at_prevalence",
    "purity_thresholds",
    "read_report",
    "reliability",
    "roc_band",
    "validate",
]
