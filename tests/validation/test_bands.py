"""Bootstrap bands: against a plain bootstrap, and how often they hold the true curve."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import precision_recall_curve, roc_curve

from astrocnn.validation import precision_recall_band, roc_band

FPR = np.array([0.05, 0.1, 0.3, 0.6])
COMPLETENESS = np.array([0.2, 0.5, 0.8])


def sample(n=200, seed=0, digits=None):
    """Normal scores, 1.5 standard deviations apart: the true curves are known."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 2 == 0
    score = rng.normal(1.5 * truth)
    return truth, score if digits is None else np.round(score, digits)


def plain_bootstrap(truth, score, curve, n_boot=800):
    """Rows drawn one sample at a time; the curve by scikit-learn."""
    rng = np.random.default_rng(5)
    members = [np.flatnonzero(truth), np.flatnonzero(~truth)]
    drawn = []
    for _ in range(n_boot):
        rows = np.concatenate([rng.choice(m, m.size) for m in members])
        drawn.append(curve(truth[rows], score[rows]))
    return np.quantile(drawn, [0.025, 0.975], axis=0)


def sklearn_roc(truth, score):
    fpr, tpr, _ = roc_curve(truth, score, drop_intermediate=False)
    return last_of_equals(FPR, fpr, tpr)


def last_of_equals(x, fpr, tpr):
    """Of the points with one false-positive rate the highest."""
    return np.interp(x, fpr - 1e-12 * np.arange(fpr.size)[::-1], tpr)


def sklearn_purity(truth, score):
    purity, completeness, _ = precision_recall_curve(truth, score)
    purity, completeness = purity[-2::-1], completeness[-2::-1]
    return purity[np.searchsorted(completeness, COMPLETENESS - 1e-9)]


def test_roc_band_is_that_of_a_plain_bootstrap():
    truth, score = sample()
    band = roc_band(truth, score, x=FPR, n_boot=2000, random_state=1)
    expected = plain_bootstrap(truth, score, sklearn_roc)
    np.testing.assert_allclose([band.low, band.high], expected, atol=0.03)


def test_precision_recall_band_is_that_of_a_plain_bootstrap():
    truth, score = sample()
    band = precision_recall_band(truth, score, x=COMPLETENESS, n_boot=2000, random_state=1)
    expected = plain_bootstrap(truth, score, sklearn_purity)
    np.testing.assert_allclose([band.low, band.high], expected, atol=0.03)


def test_coverage_of_the_true_curve():
    """Of 200 simulated samples, the share whose 95 % band holds the true curve at a point."""
    roc = stats.norm.sf(stats.norm.isf(FPR) - 1.5)
    passed = stats.norm.sf(stats.norm.isf(COMPLETENESS) + 1.5)
    purity = 0.1 * COMPLETENESS / (0.1 * COMPLETENESS + 0.9 * passed)
    held = []
    for seed in range(200):
        truth, score = sample(200, seed)
        one = roc_band(truth, score, x=FPR, n_boot=200, random_state=seed)
        two = precision_recall_band(
            truth, score, 0.1, x=COMPLETENESS, n_boot=200, random_state=seed
        )
        held.append(
            np.append(
                (one.low <= roc) & (roc <= one.high), (two.low <= purity) & (purity <= two.high)
            )
        )
    coverage = np.mean(held, axis=0)
    np.testing.assert_allclose(coverage, 0.95, atol=0.06)


@pytest.mark.parametrize("digits", [None, 1, 0])
def test_band_holds_its_own_curve(digits):
    truth, score = sample(digits=digits)
    fpr, tpr, _ = roc_curve(truth, score)
    band = roc_band(truth, score, random_state=0)
    curve = last_of_equals(band.x, fpr, tpr)
    assert np.all((band.low <= curve + 0.03) & (curve <= band.high + 0.03))
    assert np.all(np.diff(band.low) >= 0)
    assert np.all(np.diff(band.high) >= 0)


def test_scores_of_two_values_give_a_straight_roc_curve():
    """Among equal scores order says nothing: half of the way up, half of the way along."""
    truth = np.repeat([True, False], 50)
    band = roc_band(truth, np.zeros(100), x=[0, 0.25, 1], random_state=0)
    np.testing.assert_allclose(band.low, [0, 0.25, 1])
    np.testing.assert_allclose(band.high, [0, 0.25, 1])
    band = precision_recall_band(truth, np.zeros(100), 0.1, x=[0.2, 1], random_state=0)
    np.testing.assert_allclose(band.low, 0.1)


def test_perfect_separation_has_no_width():
    band = roc_band([True, True, False, False], [0.9, 0.8, 0.2, 0.1], random_state=0)
    assert np.all(band.low == 1)


def test_random_state_decides():
    truth, score = sample(60)
    one, two, other = (roc_band(truth, score, random_state=s).low for s in (0, 0, 1))
    np.testing.assert_array_equal(one, two)
    assert np.any(one != other)


def test_chunks_do_not_matter(monkeypatch):
    """The band of many small draws is that of a few large ones, within chance."""
    truth, score = sample()
    whole = roc_band(truth, score, x=FPR, n_boot=2000, random_state=0)
    monkeypatch.setattr("astrocnn.validation._bands._AT_ONCE", 7 * truth.size)
    parts = roc_band(truth, score, x=FPR, n_boot=2000, random_state=0)
    np.testing.assert_allclose(whole.low, parts.low, atol=0.02)


def test_one_class_has_no_band():
    assert roc_band([True, True], [0.1, 0.2]).x.size == 0
    assert precision_recall_band([False], [0.1]).x.size == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [0.5, 1.5]}, "between 0 and 1"),
        ({"n_boot": 0}, "n_boot"),
        ({"confidence": 95}, "confidence"),
    ],
)
def test_wrong_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        roc_band([True, False], [0.2, 0.1], **arguments)
    with pytest.raises(ValueError, match="completeness of 0"):
        precision_recall_band([True, False], [0.2, 0.1], x=[0, 0.5])
