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


def test_roc_band_is_near_that_of_a_plain_bootstrap():
    truth, score = sample()
    band = roc_band(truth, score, x=FPR, n_boot=2000, random_state=1)
    expected = plain_bootstrap(truth, score, sklearn_roc)
    # The plain one moves in steps of one target of 100.
    np.testing.assert_allclose([band.low, band.high], expected, atol=0.05)


def test_precision_recall_band_is_near_that_of_a_plain_bootstrap():
    truth, score = sample()
    band = precision_recall_band(truth, score, x=COMPLETENESS, n_boot=2000, random_state=1)
    expected = plain_bootstrap(truth, score, sklearn_purity)
    np.testing.assert_allclose([band.low[1:], band.high[1:]], expected[:, 1:], atol=0.05)
    assert band.low[0] < expected[0, 0]  # few non-clusters there, and fewer than few are possible


def test_share_above_a_threshold_is_that_of_jeffreys():
    """All clusters alike: the false-positive rate among them has the posterior of its count."""
    score = np.concatenate([np.zeros(20), np.full(3, 1.0), np.full(37, -1.0)])
    truth = np.arange(60) < 20
    band = precision_recall_band(truth, score, 0.5, x=[0.5], n_boot=20000, random_state=0)
    passed = 0.5 * (1 / np.array([band.high[0], band.low[0]]) - 1)  # from Bayes' rule
    jeffreys = stats.beta.ppf([0.025, 0.975], 3.5, 37.5)
    np.testing.assert_allclose(passed, jeffreys, rtol=0.05)


def test_coverage_of_the_true_curve():
    """Of 200 simulated samples, the fraction whose 95 % band holds the true curve at a point."""
    roc = stats.norm.sf(stats.norm.isf(FPR) - 1.5)
    passed = stats.norm.sf(stats.norm.isf(COMPLETENESS) + 1.5)
    purity = 0.1 * COMPLETENESS / (0.1 * COMPLETENESS + 0.9 * passed)
    held = []
    for seed in range(200):
        truth, score = sample(100, seed)
        options = {"n_boot": 300, "random_state": seed}
        one = roc_band(truth, score, x=FPR, **options)
        two = precision_recall_band(truth, score, 0.1, x=COMPLETENESS, **options)
        held.append(
            [
                *((one.low <= roc) & (roc <= one.high)),
                *((two.low <= purity) & (purity <= two.high)),
            ]
        )
    coverage = np.mean(held, axis=0)
    assert coverage.min() > 0.91
    assert coverage.mean() == pytest.approx(0.96, abs=0.025)


@pytest.mark.parametrize("digits", [None, 1, 0])
def test_band_holds_its_own_curve(digits):
    truth, score = sample(digits=digits)
    fpr, tpr, _ = roc_curve(truth, score)
    band = roc_band(truth, score, random_state=0)
    curve = last_of_equals(band.x, fpr, tpr)
    inner = (band.x > 0.03) & (band.x < 0.97)
    assert np.all(((band.low <= curve + 0.02) & (curve <= band.high + 0.02))[inner])
    assert np.all(np.diff(band.low) >= 0)
    assert np.all(np.diff(band.high) >= 0)


def test_equal_scores_give_a_straight_roc_curve():
    """Among equal scores order says nothing: half of the way up, half of the way along."""
    truth = np.repeat([True, False], 2000)
    band = roc_band(truth, np.zeros(4000), x=[0, 0.25, 1], random_state=0)
    np.testing.assert_allclose(band.low, [0, 0.25, 1], atol=0.003)
    np.testing.assert_allclose(band.high, [0, 0.25, 1], atol=0.003)
    band = precision_recall_band(truth, np.zeros(4000), 0.1, x=[0.2, 0.9], random_state=0)
    np.testing.assert_allclose(band.low, 0.1, atol=0.002)


def test_perfect_separation_of_few_targets_is_not_certain():
    truth = np.repeat([True, False], 10)
    band = roc_band(truth, truth + 0.0, x=[0.1, 0.5], random_state=0)
    assert np.all(band.low < 0.95)
    assert np.all(band.high == pytest.approx(1, abs=1e-3))
    purity = precision_recall_band(truth, truth + 0.0, 0.05, x=[0.5], random_state=0)
    assert purity.low[0] < 0.3  # none of 10 non-clusters passed: the rate may be 0.2


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
