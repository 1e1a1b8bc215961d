"""Thresholds for a wanted purity."""

import json

import numpy as np
import pytest

from astrocnn.exceptions import InvalidParameterError
from astrocnn.validation import OperatingPoints, confusion_counts, purity_thresholds


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    truth = np.arange(6000) % 3 == 0
    return truth, 1 / (1 + np.exp(-rng.normal(np.where(truth, 2, -2), 1.5)))


@pytest.mark.parametrize("prevalence", [0.5, 0.2, 0.05])
def test_threshold_does_what_the_row_says(sample, prevalence):
    truth, proba = sample
    for row in purity_thresholds(truth, proba, prevalence=prevalence):
        counts = confusion_counts(truth, proba >= row["threshold"])
        tpr, fpr = counts.tp / counts.n_clusters, counts.fp / counts.n_non_clusters
        purity = prevalence * tpr / (prevalence * tpr + (1 - prevalence) * fpr)
        assert row["completeness"] == pytest.approx(tpr)
        assert row["reached"] == pytest.approx(purity)
        assert purity >= row["purity"]
        assert row["completeness_low"] <= tpr <= row["completeness_high"]
        assert row["reached_low"] <= purity <= row["reached_high"]


def test_no_lower_threshold_reaches_it(sample):
    truth, proba = sample
    row = purity_thresholds(truth, proba, [0.9], 0.2)[0]
    for threshold in np.sort(proba[proba < row["threshold"]]):
        counts = confusion_counts(truth, proba >= threshold)
        tpr, fpr = counts.tp / counts.n_clusters, counts.fp / counts.n_non_clusters
        assert 0.2 * tpr / (0.2 * tpr + 0.8 * fpr) < 0.9


def test_prevalence_of_the_sample_does_not_matter(sample):
    truth, proba = sample
    others = np.flatnonzero(~truth)
    rows = np.concatenate([np.flatnonzero(truth), others, others])
    once = purity_thresholds(truth, proba, prevalence=0.2)
    twice = purity_thresholds(truth[rows], proba[rows], prevalence=0.2)
    np.testing.assert_allclose(once["completeness"], twice["completeness"])


def test_purity_costs_completeness(sample):
    table = purity_thresholds(*sample, prevalence=0.2)
    assert np.all(np.diff(table["threshold"]) > 0)
    assert np.all(np.diff(table["completeness"]) < 0)


def test_one_purity(sample):
    assert str(purity_thresholds(*sample, purity=0.9)) == str(purity_thresholds(*sample, [0.9]))


def test_out_of_reach_is_masked():
    truth, proba = np.array([False, True] * 50), np.linspace(1, 0, 100)
    row = purity_thresholds(truth, proba, [0.99], 0.05)[0]
    assert row["threshold"] is np.ma.masked
    assert row["completeness"] is np.ma.masked


def test_few_points_give_nearly_the_same(sample):
    points = OperatingPoints.measure(*sample, most=100)
    assert len(points.threshold) <= 100
    again = OperatingPoints.from_config(json.loads(json.dumps(points.to_config())))
    few, all_ = again.thresholds(prevalence=0.2), purity_thresholds(*sample, prevalence=0.2)
    np.testing.assert_allclose(few["completeness"], all_["completeness"], atol=0.03)
    assert np.all(few["reached"] >= few["purity"])


def test_equal_probabilities_pass_together():
    points = OperatingPoints.measure([True, False, True, False], [0.7, 0.7, 0.7, 0.1])
    assert list(points.tp) == [2, 2]
    assert list(points.fp) == [1, 2]
    np.testing.assert_allclose(points.threshold, [0.4, 0.05])


@pytest.mark.parametrize(
    ("truth", "proba", "message"),
    [
        ([True, True], [0.1, 0.2], "clusters and non-clusters"),
        ([True, False], [0.1, np.nan], "finite"),
        ([True, False], [0.1], "one shape"),
    ],
)
def test_wrong_sample(truth, proba, message):
    with pytest.raises(ValueError, match=message):
        purity_thresholds(truth, proba)


@pytest.mark.parametrize(("purity", "prevalence"), [([90], 0.5), ([0.9], 0), ([0.9], 5)])
def test_shares_are_not_percent(sample, purity, prevalence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        purity_thresholds(*sample, purity, prevalence)


def test_threshold_between_neighbors_lets_the_upper_one_pass_only():
    """The middle of two numbers with none between them is one of them."""
    upper, lower = 0.5, np.nextafter(0.5, 0)
    table = purity_thresholds([False, True, False], [0.1, upper, lower], 0.9)
    assert (table["threshold"][0], table["reached"][0]) == (upper, 1)


@pytest.mark.parametrize("score", [-3.0, 2.0])
def test_scores_that_are_no_probabilities(score):
    with pytest.raises(InvalidParameterError, match="from 0 to 1"):
        purity_thresholds([False, True], [0.2, score])
