"""Precision-recall curves against scikit-learn, and at another prevalence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve

from astrocnn.validation import precision_recall


def sample(n=300, seed=0, digits=None):
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.3
    score = rng.normal(1.2 * truth)
    return truth, score if digits is None else np.round(score, digits)


@pytest.mark.parametrize("digits", [None, 1, 0])
def test_same_points_as_scikit_learn(digits):
    truth, score = sample(digits=digits)
    ours = precision_recall(truth, score)
    purity, completeness, threshold = precision_recall_curve(truth, score)
    # Theirs begins at the loosest threshold and ends at a point (1, 0) that belongs to none.
    np.testing.assert_allclose(ours.purity, purity[-2::-1], rtol=1e-12)
    np.testing.assert_allclose(ours.completeness, completeness[-2::-1], rtol=1e-12)
    np.testing.assert_array_equal(ours.threshold, threshold[::-1])


def test_area_is_the_average_precision():
    truth, score = sample()
    curve = precision_recall(truth, score)
    area = np.sum(np.diff(curve.completeness, prepend=0) * curve.purity)
    assert area == pytest.approx(average_precision_score(truth, score))


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=60),
    st.floats(0.01, 0.99),
)
def test_prevalence_is_that_of_repeated_non_clusters(targets, prevalence):
    """Weights on the non-clusters that make a sample of that prevalence give the same purity."""
    truth, score = (np.array(part) for part in zip(*targets, strict=True))
    truth = truth.astype(bool)
    if truth.all() or not truth.any():
        return
    weight = np.where(truth, prevalence / truth.sum(), (1 - prevalence) / (~truth).sum())
    purity, *_ = precision_recall_curve(truth, score, sample_weight=weight)
    np.testing.assert_allclose(precision_recall(truth, score, prevalence).purity, purity[-2::-1])


def test_own_share_is_the_default():
    truth, score = sample()
    for ours, given_ in zip(
        precision_recall(truth, score), precision_recall(truth, score, truth.mean()), strict=True
    ):
        np.testing.assert_array_equal(ours, given_)


def test_one_class():
    assert precision_recall([False, False], [0.1, 0.2]).purity.size == 0
    np.testing.assert_array_equal(precision_recall([True, True], [0.1, 0.2]).purity, [1, 1])
    assert precision_recall([], []).purity.size == 0


def test_wrong_input():
    with pytest.raises(ValueError, match="finite"):
        precision_recall([True, False], [np.nan, 0.2])
    with pytest.raises(ValueError, match="between 0 and 1"):
        precision_recall([True, False], [0.1, 0.2], 1.5)
    with pytest.raises(ValueError, match="needs non-clusters"):
        precision_recall([True, True], [0.1, 0.2], 0.5)
    with pytest.raises(ValueError, match="masked"):
        precision_recall(np.ma.array([True, False], mask=[True, False]), [0.1, 0.2])
