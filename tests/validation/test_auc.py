"""Area under the ROC curve against independent ways to get it."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from astrocnn.validation import auc


def scores(rng, n_clusters, n_others, shift=1.5):
    truth = np.repeat([True, False], [n_clusters, n_others])
    return truth, rng.normal(shift * truth, 1.0)


@pytest.mark.parametrize("decimals", [8, 1, 0])
@pytest.mark.parametrize("sizes", [(85, 85), (7, 300), (1, 20)])
def test_value_is_that_of_scikit_learn_also_with_ties(sizes, decimals):
    truth, score = scores(np.random.default_rng(5), *sizes)
    score = np.round(score, decimals)
    assert auc(truth, score).value == pytest.approx(roc_auc_score(truth, score), abs=1e-12)


def test_interval_agrees_with_a_stratified_bootstrap():
    rng = np.random.default_rng(11)
    truth, score = scores(rng, 85, 85)
    clusters, others = score[truth], score[~truth]
    values = [
        roc_auc_score(truth, np.concatenate([rng.choice(clusters, 85), rng.choice(others, 85)]))
        for _ in range(1000)
    ]
    low, high = np.quantile(values, [0.025, 0.975])
    estimate = auc(truth, score)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.015)


def test_standard_error_of_an_area_of_0_96_of_85_and_85():
    """Exponential scores, for which Hanley & McNeil (1982) give 0.0155 in closed form."""
    rng = np.random.default_rng(2)
    truth = np.repeat([True, False], 85)
    errors, inside = [], []
    for _ in range(400):
        estimate = auc(truth, rng.exponential(np.where(truth, 24.0, 1.0)))
        errors.append((estimate.high - estimate.low) / (2 * 1.96))
        inside.append(estimate.low <= 0.96 <= estimate.high)
    assert np.mean(errors) == pytest.approx(0.016, abs=0.0015)
    assert 0.91 <= np.mean(inside) <= 0.985


def test_perfect_separation_keeps_a_width():
    truth = np.repeat([True, False], 10)
    estimate = auc(truth, truth.astype(float))
    assert (estimate.value, estimate.high) == (1, 1)
    assert 0.7 < estimate.low < 0.95
    reverse = auc(truth, -truth.astype(float))
    assert (reverse.value, reverse.low) == (0, 0)
    assert reverse.high == pytest.approx(1 - estimate.low)


def test_one_object_in_a_class_has_an_interval():
    estimate = auc([True, False, False, False], [0.5, 0.1, 0.2, 0.9])
    assert estimate.value == pytest.approx(2 / 3)
    assert 0 <= estimate.low < 2 / 3 < estimate.high <= 1


@pytest.mark.parametrize(("value", "missing"), [(True, "non-cluster"), (False, "cluster")])
def test_one_class_is_undefined(value, missing):
    estimate = auc([value] * 3, [0.1, 0.2, 0.3])
    assert estimate.reason == f"no {missing} in the truth"
    assert np.isnan(estimate.value)


def test_bad_scores_are_refused():
    with pytest.raises(ValueError, match="finite"):
        auc([True, False], [0.1, np.nan])
    with pytest.raises(ValueError, match="one shape"):
        auc([True, False], [0.1])
