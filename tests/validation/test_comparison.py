"""The paired test of two ROC areas."""

import numpy as np
import pytest

from astrocnn.validation import delong_test


def two_classifiers(n=400, seed=0, gain=0.6, ties=False):
    """Correlated scores of which the first is better."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 2 == 0
    common = rng.normal(size=n) + 1.2 * truth
    first = common + gain * truth + rng.normal(0, 0.7, n)
    second = common + rng.normal(0, 0.7, n)
    return (truth, np.round(first), np.round(second)) if ties else (truth, first, second)


@pytest.mark.parametrize("ties", [False, True])
def test_interval_agrees_with_a_bootstrap(ties):
    truth, a, b = two_classifiers(ties=ties)
    found = delong_test(truth, a, b)

    def area(score, clusters, others):
        more = score[clusters][:, None] - score[others]
        return np.mean((np.sign(more) + 1) / 2)

    def difference(clusters, others):
        return area(a, clusters, others) - area(b, clusters, others)

    rng = np.random.default_rng(1)
    clusters, others = np.flatnonzero(truth), np.flatnonzero(~truth)
    drawn = [
        difference(rng.choice(clusters, clusters.size), rng.choice(others, others.size))
        for _ in range(1000)
    ]
    assert found.difference.value == pytest.approx(difference(clusters, others))
    ends = np.quantile(drawn, [0.025, 0.975])
    np.testing.assert_allclose([found.difference.low, found.difference.high], ends, atol=0.006)


def test_pairing_matters():
    """Of the same areas, correlated scores show a difference that unpaired intervals hide."""
    found = delong_test(*two_classifiers(gain=0.35))
    assert found.auc_b.high > found.auc_a.low
    assert found.p_value < 0.05
    assert found.difference.low > 0


def test_p_value_is_uniform_between_equal_classifiers():
    p = [delong_test(*two_classifiers(100, seed, gain=0)).p_value for seed in range(400)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.03)
    assert np.mean(p) == pytest.approx(0.5, abs=0.05)


def test_order_only_changes_the_sign():
    truth, a, b = two_classifiers()
    there, back = delong_test(truth, a, b), delong_test(truth, b, a)
    assert there.difference.value == pytest.approx(-back.difference.value)
    assert there.p_value == pytest.approx(back.p_value)


def test_same_ranking():
    truth, a, _ = two_classifiers()
    found = delong_test(truth, a, np.exp(a))
    assert (found.difference.value, found.p_value) == (0, 1)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1, 2, 3, 4], [4, 3, 2, 1]),  # perfect against reversed
        ([1, 2, 3, 4], [0, 0, 0, 0]),  # perfect against constant
    ],
)
def test_difference_without_spread(a, b):
    """The variance is zero, but of four targets nothing is certain."""
    found = delong_test([False, False, True, True], a, b)
    assert not found.difference.defined
    assert np.isnan(found.p_value)
    assert found.auc_a.value == 1
    assert str(found) == (
        "no comparison (the areas differ alike for every target, so the difference has no known "
        "error)"
    )


@pytest.mark.parametrize("n", [2, 3, 10, 100])
def test_difference_without_spread_but_for_rounding(n):
    """Clusters just above, then just below the non-cluster beside them: 1 / n for each target."""
    truth, rank = np.repeat([True, False], n), 2 * np.arange(n)
    found = delong_test(truth, np.append(rank + 1, rank), np.append(rank, rank + 1))
    assert found.auc_a.value - found.auc_b.value == pytest.approx(1 / n)
    assert not found.difference.defined
    assert np.isnan(found.p_value)


def test_one_swap_among_many_has_a_spread():
    truth, score = np.arange(4000) >= 2000, np.arange(4000.0)
    swapped = score.copy()
    swapped[[1999, 2000]] = swapped[[2000, 1999]]
    found = delong_test(truth, score, swapped)
    assert found.difference.value == pytest.approx(1 / 2000**2)
    assert found.p_value == pytest.approx(0.48, abs=0.01)  # one part in a sample: 1 / sqrt(2) sigma


def test_too_few():
    found = delong_test([True, False, False], [0.9, 0.2, 0.1], [0.9, 0.1, 0.2])
    assert not found.difference.defined
    assert np.isnan(found.p_value)
    assert "needs two clusters" in str(found)


def test_wrong_input():
    with pytest.raises(ValueError, match="one shape"):
        delong_test([True, False], [0.1, 0.2], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="finite"):
        delong_test([True, False], [0.1, 0.2], [0.1, np.nan])
