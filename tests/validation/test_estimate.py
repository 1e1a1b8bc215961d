"""Fractions, confusion counts and purity at another prevalence."""

import numpy as np
import pytest

from astrocnn.validation import Confusion, confusion_counts, proportion, purity_at_prevalence


def test_wilson_interval_of_the_published_test_set():
    estimate = proportion(153, 170)
    assert estimate.value == pytest.approx(0.9)
    assert (round(estimate.low, 3), round(estimate.high, 3)) == (0.846, 0.937)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.27753), (10, 10, 0.72247, 1.0), (5, 10, 0.23659, 0.76341)],
)
def test_wilson_interval_closed_form(successes, trials, low, high):
    estimate = proportion(successes, trials)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=1e-5)
    assert (estimate.successes, estimate.trials) == (successes, trials)


def test_wilson_interval_covers_the_truth():
    rng = np.random.default_rng(3)
    counts = rng.binomial(170, 0.9, 400)
    inside = [proportion(k, 170).low <= 0.9 <= proportion(k, 170).high for k in counts]
    assert 0.92 <= np.mean(inside) <= 0.985


def test_nothing_to_count_is_undefined_with_its_reason():
    estimate = proportion(0, 0, reason="no cluster")
    assert not estimate.defined
    assert np.isnan(estimate.low)
    assert str(estimate) == "undefined (no cluster)"


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.1])
def test_confidence_must_be_a_share(confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        proportion(1, 2, confidence)


def test_confusion_counts():
    truth = [True] * 5 + [False] * 4
    verdict = [True, True, True, False, False] + [True, False, False, False]
    counts = confusion_counts(truth, verdict)
    assert counts == Confusion(tp=3, fp=1, tn=3, fn=2)
    assert (counts.n_clusters, counts.n_non_clusters, counts.total) == (5, 4, 9)
    with pytest.raises(ValueError, match="one shape"):
        confusion_counts(truth, verdict[:-1])


@pytest.mark.parametrize(("prevalence", "purity"), [(0.5, 0.9), (0.2, 0.692), (0.05, 0.321)])
def test_purity_falls_with_prevalence(prevalence, purity):
    counts = Confusion(tp=90, fp=10, tn=90, fn=10)
    estimate = purity_at_prevalence(counts, prevalence)
    assert estimate.value == pytest.approx(purity, abs=1e-3)
    assert estimate.low < estimate.value < estimate.high


def test_purity_interval_agrees_with_sampling_the_rates():
    counts = Confusion(tp=77, fp=8, tn=77, fn=8)
    rng = np.random.default_rng(0)
    tpr = rng.beta(77.5, 8.5, 400_000)
    fpr = rng.beta(8.5, 77.5, 400_000)
    sampled = np.quantile(0.05 * tpr / (0.05 * tpr + 0.95 * fpr), [0.025, 0.975])
    estimate = purity_at_prevalence(counts, 0.05)
    assert (estimate.low, estimate.high) == pytest.approx(sampled, abs=2e-3)


def test_purity_without_false_positive_still_has_an_interval():
    estimate = purity_at_prevalence(Confusion(tp=80, fp=0, tn=85, fn=5), 0.05)
    assert (estimate.value, estimate.high) == (1, 1)
    assert 0.5 < estimate.low < 0.8


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (Confusion(5, 0, 0, 5), "needs clusters and non-clusters"),
        (Confusion(0, 0, 5, 5), "nothing was called a cluster"),
    ],
)
def test_purity_that_cannot_be_had(counts, reason):
    assert reason in purity_at_prevalence(counts, 0.5).reason


@pytest.mark.parametrize("prevalence", [0, 1, 5, -0.1, np.nan])
def test_prevalence_must_be_a_share(prevalence):
    with pytest.raises(ValueError, match="fraction between 0 and 1"):
        purity_at_prevalence(Confusion(1, 0, 1, 1), prevalence)


def test_interval_holds_its_estimate_to_the_last_digit():
    """Rounding must not give an error bar of negative length."""
    for trials in range(1, 200):
        for successes in (0, 1, trials - 1, trials):
            found = proportion(successes, trials)
            assert 0 <= found.low <= found.value <= found.high <= 1
