"""Arguments of the metrics that make no sense."""

import numpy as np
import pytest

from astrocnn.exceptions import InvalidParameterError, InvalidTargetError
from astrocnn.validation import (
    OperatingPoints,
    auc,
    catalog_truth,
    completeness_against,
    confusion_by_class,
    contamination,
    expected_calibration_error,
    find_rows,
    precision_recall,
    purity_at_prevalence,
    purity_thresholds,
    reliability,
    roc_band,
)

TRUTH, PROBA = [0, 1, 0, 1], [0.1, 0.2, 0.6, 0.9]
RESULT = {"proba_cluster": PROBA}
Z, RICHNESS = np.linspace(0.1, 0.5, 90), np.linspace(1, 30, 90)
LINES = Z, RICHNESS, Z, RICHNESS
UNEVEN = [[1], [2, 3], 4, 5]


@pytest.mark.parametrize(
    ("function", "arguments", "settings"),
    [
        *((expected_calibration_error, (TRUTH, PROBA), {"bins": bins}) for bins in (0, 2.5, "x")),
        (reliability, (TRUTH, PROBA), {"bins": "x"}),
        (reliability, (TRUTH, PROBA), {"confidence": "x"}),
        (roc_band, (TRUTH, PROBA), {"x": "x"}),
        *((roc_band, (TRUTH, PROBA), {"n_boot": number}) for number in (2.5, "x")),
        *((roc_band, (TRUTH, PROBA), {"random_state": state}) for state in (-1, "x")),
        (precision_recall, (TRUTH, PROBA, "x"), {}),
        (purity_thresholds, (TRUTH, PROBA, "x"), {}),
        (purity_thresholds, (TRUTH, PROBA), {"prevalence": None}),
        (purity_at_prevalence, (None, 0.1), {}),
        (OperatingPoints.measure, (TRUTH, PROBA), {"most": "x"}),
        (auc, (UNEVEN, PROBA), {}),
        (contamination, LINES, {"width": "x"}),
        (contamination, LINES, {"least": 2.5}),
        (contamination(*LINES, least=2).sample, ("x",), {}),
        (contamination(*LINES, least=2).sample, (0.1, "x"), {}),
    ],
)
def test_settings_of_other_kinds(function, arguments, settings):
    with pytest.raises(InvalidParameterError):
        function(*arguments, **settings)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (contamination, ("x", RICHNESS, Z, RICHNESS)),
        (confusion_by_class, (RESULT, UNEVEN)),
        (completeness_against, (RESULT, TRUTH, UNEVEN)),
        (find_rows, (None, [1])),
        (find_rows, ([1], UNEVEN)),
        (catalog_truth, (None, None)),
    ],
)
def test_rows_of_other_kinds(function, arguments):
    with pytest.raises(InvalidTargetError):
        function(*arguments)
