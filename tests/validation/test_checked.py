"""What the measures take for truth and for scores, the same for all of them."""

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable
from astropy.utils.masked import Masked

from astrocnn.validation import (
    OperatingPoints,
    auc,
    confusion_counts,
    delong_test,
    expected_calibration_error,
    purity_thresholds,
    reliability,
    validate,
)

TRUTH = np.array([True, False, True, False, True, False])
PROBA = np.array([0.9, 0.2, 0.3, 0.4, 0.8, 0.1])
LAST = np.arange(6) == 5

MEASURES = {
    "auc": auc,
    "delong_test": lambda truth, score: delong_test(truth, PROBA[::-1], score),
    "expected_calibration_error": expected_calibration_error,
    "reliability": lambda truth, proba: str(reliability(truth, proba)),
    "OperatingPoints": lambda *sample: OperatingPoints.measure(*sample).to_config(),
    "purity_thresholds": lambda *sample: str(purity_thresholds(*sample)),
    "confusion_counts": lambda truth, proba: confusion_counts(truth, np.asarray(proba) > 0.5),
}
MASKED = {
    "numpy": lambda values, mask: np.ma.array(values, mask=mask),
    "column": lambda values, mask: MaskedColumn(values, mask=mask),
    "astropy": lambda values, mask: Masked(values, mask=mask),
    "quantity": lambda values, mask: Masked(values * u.one, mask=mask),
}


@pytest.fixture(params=MEASURES)
def measure(request):
    """A function of truth and score, whose results can be compared."""
    return MEASURES[request.param]


@pytest.mark.parametrize("kind", MASKED)
@pytest.mark.parametrize("name", sorted(MEASURES.keys() - {"confusion_counts"}))
def test_masked_score(name, kind):
    with pytest.raises(ValueError, match="score is masked in 1 of 6 rows; leave out rows without"):
        MEASURES[name](TRUTH, MASKED[kind](PROBA, LAST))


def test_masked_first_score():
    """The first of the two that are compared."""
    with pytest.raises(ValueError, match="score is masked in 1 of 6 rows"):
        delong_test(TRUTH, np.ma.array(PROBA, mask=LAST), PROBA)


@pytest.mark.parametrize("kind", ["numpy", "column", "astropy"])
def test_masked_truth(measure, kind):
    with pytest.raises(ValueError, match="truth is masked in 2 of 6 rows; leave out rows wi"):
        measure(MASKED[kind](TRUTH, np.arange(6) > 3), PROBA)


def test_masked_verdict():
    label = MaskedColumn(np.where(PROBA > 0.5, "cluster", "non_cluster"), mask=LAST)
    with pytest.raises(ValueError, match="masked in 1 of 6 rows; leave out rows without"):
        confusion_counts(TRUTH, label == "cluster")


@pytest.mark.parametrize("kind", MASKED)
def test_mask_without_a_true(measure, kind):
    expected = measure(TRUTH, PROBA)
    nothing = np.zeros(6, dtype=bool)
    if kind != "quantity":
        assert measure(MASKED[kind](TRUTH, nothing), PROBA) == expected
    assert measure(TRUTH, MASKED[kind](PROBA, nothing)) == expected


def test_columns_of_pandas(measure):
    assert measure(pd.Series(TRUTH), pd.Series(PROBA)) == measure(TRUTH, PROBA)


@pytest.mark.parametrize("truth", [TRUTH.tolist(), TRUTH.astype(int), TRUTH.astype(float)])
def test_ways_to_write_the_truth(measure, truth):
    assert measure(truth, PROBA) == measure(TRUTH, PROBA)


@pytest.mark.parametrize(
    "truth",
    [
        np.where(TRUTH, "cluster", "non_cluster"),
        np.where(TRUTH, b"cluster", b"non_cluster"),
        np.where(TRUTH, "True", "False").astype(object),
        2 * TRUTH,
        np.where(TRUTH, 1, np.nan),
        np.where(TRUTH, True, None),
        PROBA,
    ],
    ids=lambda truth: str(truth[:2]),
)
def test_what_is_no_truth(measure, truth):
    """Words too: each of them would be True."""
    with pytest.raises(ValueError, match="truth must be True or False .* align_truth reads names"):
        measure(truth, PROBA)


@pytest.mark.parametrize("kind", MASKED)
def test_report_leaves_masked_rows_out(kind):
    """The report counts them; the measures inside it get the others."""
    result = QTable({"proba_cluster": MASKED[kind](PROBA, LAST)})
    report = validate(result, np.ma.array(TRUTH, mask=np.arange(6) == 0))
    assert (report.confusion.total, report.n_no_verdict, report.n_no_truth) == (4, 1, 1)
