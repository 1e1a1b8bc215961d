"""Calibration error and reliability table."""

import numpy as np
import pytest

from astrocnn.validation import expected_calibration_error, reliability


@pytest.fixture(scope="module")
def calibrated():
    rng = np.random.default_rng(0)
    proba = rng.random(30_000)
    return rng.random(30_000) < proba, proba


def test_calibrated_probabilities(calibrated):
    assert expected_calibration_error(*calibrated) < 0.02
    table = reliability(*calibrated)
    assert table["n"].sum() == 30_000
    inside = (table["fraction_low"] < table["proba"]) & (table["proba"] < table["fraction_high"])
    assert inside.sum() >= 8


def test_chance_alone(calibrated):
    """The rule of thumb of the docstring.

    A bin of n / bins targets is off by sqrt(2 / pi) standard deviations, each of which is
    sqrt(p (1 - p) bins / n); its mean over evenly spread p has the factor pi / 8.
    """
    expected = np.sqrt(2 / np.pi) * np.pi / 8
    assert expected == pytest.approx(0.31, abs=0.005)
    rng = np.random.default_rng(1)
    found = []
    for _ in range(200):
        proba = rng.random(1000)
        found.append(expected_calibration_error(rng.random(1000) < proba, proba))
    assert np.mean(found) == pytest.approx(expected * np.sqrt(15 / 1000), rel=0.05)


def test_shifted_probabilities(calibrated):
    truth, proba = calibrated
    assert expected_calibration_error(truth, 0.8 * proba) == pytest.approx(0.1, abs=0.01)


def test_known_value():
    assert expected_calibration_error([True, False], [1.0, 0.0]) == 0
    assert expected_calibration_error([False, True], [1.0, 0.0]) == 1


def test_bins_without_targets_are_left_out():
    table = reliability([True, True, False], [0.95, 1.0, 0.0], bins=10)
    np.testing.assert_allclose(table["low"], [0.0, 0.9])
    assert list(table["n"]) == [1, 2]
    assert table.meta["n"] == 3


@pytest.mark.parametrize(
    ("truth", "proba"),
    [([True], [1.2]), ([True], [np.nan]), ([True, False], [0.5]), ([], [])],
)
def test_wrong_input(truth, proba):
    with pytest.raises(ValueError, match="prob|one shape"):
        reliability(truth, proba)
