"""McNemar's test: against scipy, the definition of the interval, and simulated samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from astrocnn.validation import mcnemar_test


def verdicts(both, only_a, only_b, neither):
    """Targets with so many right verdicts of both, of either, of none; half are clusters."""
    right_a = np.repeat([True, True, False, False], [both, only_a, only_b, neither])
    right_b = np.repeat([True, False, True, False], [both, only_a, only_b, neither])
    truth = np.arange(right_a.size) % 2 == 0
    return truth, truth == right_a, truth == right_b


@given(st.integers(0, 40), st.integers(0, 30), st.integers(0, 30), st.integers(0, 40))
def test_p_value_is_that_of_scipy(both, only_a, only_b, neither):
    if both + only_a + only_b + neither == 0:
        return
    found = mcnemar_test(*verdicts(both, only_a, only_b, neither))
    n = only_a + only_b
    assert (found.only_a, found.only_b) == (only_a, only_b)
    if n == 0:
        assert found.p_value == 1
    elif n < 25:
        assert found.p_value == pytest.approx(stats.binomtest(only_a, n, 0.5).pvalue)
    else:
        # Half and half expected: the same chi-square as of a table of two cells.
        assert found.p_value == pytest.approx(stats.chisquare([only_a, only_b]).pvalue)


def test_published_example():
    """Agresti 2002, Categorical Data Analysis, table 10.1: 794, 150, 86, 570; z^2 = 17.36."""
    found = mcnemar_test(*verdicts(794, 150, 86, 570))
    assert found.difference.value == pytest.approx(0.04)
    assert found.p_value == pytest.approx(stats.chi2.sf(17.36, 1), rel=0.01)
    # There the interval is Wald's; of so many targets the two agree.
    np.testing.assert_allclose(
        [found.difference.low, found.difference.high], [0.021, 0.059], atol=5e-4
    )


@pytest.mark.parametrize("counts", [(60, 12, 3, 5), (0, 5, 0, 0), (10, 0, 2, 1), (3, 1, 1, 3)])
def test_interval_is_where_the_score_is_z(counts):
    """The likeliest fraction of either discordant kind, found by a search over the likelihood."""
    found = mcnemar_test(*verdicts(*counts))
    n, b, c = sum(counts), counts[1], counts[2]
    for difference in (found.difference.low, found.difference.high):

        def minus_log_likelihood(q, d=difference):
            cells = np.array([q + d, q, 1 - 2 * q - d])
            return -np.sum(stats.multinomial.logpmf([b, c, n - b - c], n, cells))

        if abs(difference) > 1 - 1e-6:
            continue
        limits = max(0, -difference) + 1e-12, (1 - difference) / 2 - 1e-12
        q = optimize.minimize_scalar(
            minus_log_likelihood, bounds=limits, method="bounded", options={"xatol": 1e-12}
        ).x
        score = (b - c - n * difference) / np.sqrt(n * (2 * q + difference * (1 - difference)))
        assert abs(score) == pytest.approx(1.959964, abs=2e-3)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(1, 30))
def test_interval_holds_the_difference_and_zero_as_the_test_says(both, only_a, only_b, neither):
    found = mcnemar_test(*verdicts(both, only_a, only_b, neither))
    low, value, high = found.difference.low, found.difference.value, found.difference.high
    assert -1 <= low <= value <= high <= 1
    if only_a + only_b >= 25 and abs(found.p_value - 0.05) > 1e-9:
        assert (low <= 0 <= high) == (found.p_value > 0.05)


def test_coverage_of_few_targets():
    rng = np.random.default_rng(3)
    held = []
    for _ in range(1000):
        counts = rng.multinomial(40, [0.7, 0.15, 0.05, 0.1])
        found = mcnemar_test(*verdicts(*counts))
        held.append(found.difference.low <= 0.1 <= found.difference.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_equal_classifiers_are_seldom_told_apart():
    rng = np.random.default_rng(4)
    p = [
        mcnemar_test(*verdicts(*rng.multinomial(300, [0.7, 0.1, 0.1, 0.1]))).p_value
        for _ in range(1000)
    ]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.02)


def test_order_only_changes_the_sign():
    truth, a, b = verdicts(50, 20, 5, 5)
    there, back = mcnemar_test(truth, a, b), mcnemar_test(truth, b, a)
    assert there.p_value == pytest.approx(back.p_value)
    assert there.difference.low == pytest.approx(-back.difference.high)
    assert there.accuracy_a == back.accuracy_b


def test_no_target():
    found = mcnemar_test([], [], [])
    assert np.isnan(found.p_value)
    assert str(found) == "no comparison (no target)"


def test_wrong_input():
    with pytest.raises(ValueError, match="proba >= threshold"):
        mcnemar_test([True, False], [0.9, 0.2], [True, False])
    with pytest.raises(ValueError, match="one shape"):
        mcnemar_test([True, False], [True], [True, False])
