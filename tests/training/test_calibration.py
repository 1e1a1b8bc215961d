"""Calibration and prevalence: what must hold whatever the numbers are."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special

from astrocnn.exceptions import InvalidParameterError
from astrocnn.training import adjust_prior, apply_calibration, fit_calibration

SHARES = st.floats(0.001, 0.999)
SCORES = arrays(float, st.integers(2, 30), elements=st.floats(0, 1))


def pairs(positive):
    return np.stack([1 - positive, positive], axis=-1)


def overconfident(n=20_000, seed=0):
    """Scores whose log-odds are three times what they should be, and the truth."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 1.5, n)
    truth = rng.random(n) < 1 / (1 + np.exp(-logit))
    return pairs(1 / (1 + np.exp(-3 * logit))), truth.astype(int)


def calibration_error(proba, truth, bins=15):
    which = np.minimum((proba * bins).astype(int), bins - 1)
    return np.abs(np.bincount(which, proba - truth)).sum() / len(proba)


@given(SCORES)
def test_temperature_one_changes_nothing(positive):
    proba = np.clip(pairs(positive), 1e-6, 1)
    found = apply_calibration(proba, {"method": "temperature", "temperature": 1.0})
    np.testing.assert_allclose(found, proba / proba.sum(axis=-1, keepdims=True), atol=1e-9)


@given(SCORES, st.floats(0.1, 10))
def test_temperature_keeps_order_and_sum(positive, temperature):
    found = apply_calibration(
        pairs(positive), {"method": "temperature", "temperature": temperature}
    )
    np.testing.assert_allclose(found.sum(axis=-1), 1)
    assert np.all(np.diff(found[np.argsort(positive), 1]) >= -1e-12)


@given(SCORES, SHARES, SHARES)
def test_prior_keeps_order_and_sum(positive, prior, trained):
    found = adjust_prior(pairs(positive), prior, trained)
    np.testing.assert_allclose(found.sum(axis=-1), 1)
    assert np.all(np.diff(found[np.argsort(positive), 1]) >= -1e-12)


@given(SCORES, SHARES)
def test_prior_of_the_training_changes_nothing(positive, prior):
    np.testing.assert_allclose(adjust_prior(pairs(positive), prior, prior), pairs(positive))


@given(SCORES, SHARES, SHARES)
def test_prior_there_and_back(positive, prior, trained):
    proba = pairs(np.clip(positive, 1e-3, 1 - 1e-3))
    there = adjust_prior(proba, prior, trained)
    np.testing.assert_allclose(adjust_prior(there, trained, prior), proba, atol=1e-9)


def test_prior_is_the_bayes_formula():
    """Two normal distributions: the posterior at any prevalence is known."""
    x = np.linspace(-3, 3, 13)

    def posterior(share):
        odds = np.exp(2 * x) * share / (1 - share)
        return pairs(odds / (1 + odds))

    np.testing.assert_allclose(adjust_prior(posterior(0.5), 0.05, 0.5), posterior(0.05))


@pytest.mark.parametrize("method", ["temperature", "vector", "beta", "isotonic"])
def test_overconfident_scores_are_mended(method):
    found = fit_calibration(*overconfident(), method)
    proba, truth = overconfident(seed=1)
    before = calibration_error(proba[:, 1], truth)
    after = calibration_error(apply_calibration(proba, found)[:, 1], truth)
    assert before > 0.1
    assert after < 0.02
    assert json.loads(json.dumps(found)) == found


def test_temperature_is_found():
    assert fit_calibration(*overconfident())["temperature"] == pytest.approx(3, rel=0.05)


def test_temperature_of_three_classes():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (20_000, 3))
    share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (share.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    sharp = share**2 / (share**2).sum(axis=1, keepdims=True)
    found = fit_calibration(sharp, truth)
    np.testing.assert_allclose(apply_calibration(sharp, found), share, atol=0.02)


@given(SCORES)
def test_beta_of_one_one_zero_changes_nothing(positive):
    proba = pairs(np.clip(positive, 1e-6, 1 - 1e-6))
    found = apply_calibration(proba, {"method": "beta", "coefficients": [1, 1, 0]})
    np.testing.assert_allclose(found, proba, atol=1e-9)


@given(SCORES, st.floats(0.05, 20), st.floats(0.05, 20), st.floats(-5, 5))
def test_beta_keeps_order_and_sum(positive, a, b, c):
    found = apply_calibration(pairs(positive), {"method": "beta", "coefficients": [a, b, c]})
    np.testing.assert_allclose(found.sum(axis=-1), 1)
    assert np.all(np.diff(found[np.argsort(positive), 1]) >= -1e-12)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_parts_of_a_class_that_nobody_names(temperature):
    """Only the sum of the parts is known to be right; guesses of the part would look too sure."""
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([0.7, 0.7, 0.7, 1.0], 40_000)
    part = (rng.random((len(proba), 1)) > proba.cumsum(axis=1)).sum(axis=1)
    sharper = special.softmax(np.log(proba) / temperature, axis=1)
    found = fit_calibration(sharper, part == 3, groups=[0, 0, 0, 1])
    assert found["temperature"] == pytest.approx(1 / temperature, rel=0.05)
    with pytest.raises(InvalidParameterError, match="use method='temperature'"):
        fit_calibration(sharper, part == 3, "vector", groups=[0, 0, 0, 1])
    with pytest.raises(InvalidParameterError, match="class of each of the 4 columns"):
        fit_calibration(sharper, part == 3, groups=[0, 1])


def test_vector_finds_scale_and_offset_of_each_class():
    rng = np.random.default_rng(3)
    scale, offset = np.array([0.5, 1.0, 2.0]), np.array([0.4, -1.0, 0.6])
    proba = rng.dirichlet([1, 1, 1], 40_000)
    right = special.softmax(np.log(proba) * scale + offset, axis=1)
    truth = (rng.random((len(proba), 1)) > right.cumsum(axis=1)).sum(axis=1)
    found = fit_calibration(proba, truth, "vector")
    np.testing.assert_allclose(found["scale"], [scale, offset], atol=0.06)
    np.testing.assert_allclose(apply_calibration(proba, found), right, atol=0.03)


def test_beta_is_logistic_regression_on_two_logarithms():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    positive = rng.beta(0.8, 1.4, 20_000)
    odds = 1.4 * np.log(positive) - 0.7 * np.log(1 - positive) + 0.5
    truth = (rng.random(20_000) < 1 / (1 + np.exp(-odds))).astype(int)
    weight = rng.uniform(0.5, 2, 20_000)
    found = fit_calibration(pairs(positive), truth, "beta", weight)["coefficients"]
    features = np.stack([np.log(positive), -np.log(1 - positive)], axis=1)
    peer = LogisticRegression(C=1e9, tol=1e-8).fit(features, truth, weight)
    np.testing.assert_allclose(found, [*peer.coef_[0], peer.intercept_[0]], atol=2e-3)
    np.testing.assert_allclose(found, [1.4, 0.7, 0.5], atol=0.15)


def test_beta_mends_one_side():
    """Probabilities of the middle too low, those of the ends right: no temperature does that."""
    rng = np.random.default_rng(2)
    share = rng.beta(0.7, 0.7, 20_000)
    truth = (rng.random(20_000) < share).astype(int)
    wrong = pairs(share**1.5)
    errors = {
        method: calibration_error(
            apply_calibration(wrong, fit_calibration(wrong, truth, method))[:, 1], truth
        )
        for method in ("temperature", "beta")
    }
    assert errors["beta"] < 0.015 < 0.03 < errors["temperature"]


def test_isotonic_rises_and_keeps_off_zero_and_one():
    found = fit_calibration(*overconfident(2000), "isotonic")
    grid = apply_calibration(pairs(np.linspace(0, 1, 500)), found)
    np.testing.assert_allclose(grid.sum(axis=1), 1)
    assert np.all(np.diff(grid[:, 1]) >= 0)
    assert 0 < grid[0, 1] < grid[-1, 1] < 1
    assert len(found["knots"][0]) <= 50


def test_weights_count_like_copies():
    proba, truth = overconfident(500)
    weight = np.arange(500) % 3
    repeated = fit_calibration(np.repeat(proba, weight, axis=0), np.repeat(truth, weight))
    weighted = fit_calibration(proba, truth, sample_weight=weight)
    assert weighted["temperature"] == pytest.approx(repeated["temperature"], rel=1e-3)


def test_perfect_scores_stay_finite():
    proba = pairs(np.array([0.0, 1.0] * 20))
    found = apply_calibration(proba, fit_calibration(proba, [0, 1] * 20))
    assert np.isfinite(found).all()


def test_rows_without_verdict_and_members_of_an_ensemble():
    proba = np.array([[[0.2, 0.8], [np.nan, np.nan]]])
    found = apply_calibration(proba, {"method": "temperature", "temperature": 2.0})
    assert found.shape == (1, 2, 2)
    assert np.isnan(adjust_prior(found, 0.1, 0.5)[0, 1]).all()
    assert np.isfinite(found[0, 0]).all()
    assert apply_calibration(proba, {}) is proba


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.2, 0.8], [0, 1]), r"shape \(n, n_classes\)"),
        (([[0.2, 0.8]], [0, 1]), r"shape \(n, n_classes\)"),
        (([[np.nan, 0.8]], [0]), "must be finite"),
        (([[0.2, 0.8]], [0], "platt"), "'temperature', 'vector', 'beta', 'isotonic', not 'platt'"),
        (([[0.2, 0.3, 0.5]] * 2, [0, 1], "isotonic"), "for two classes"),
        (([[0.2, 0.3, 0.5]] * 2, [0, 1], "beta"), "beta calibration is for two classes"),
        (([[0.2, 0.8]] * 2, [1, 1]), "needs targets of two classes"),
        (([[0.2, 0.8]] * 2, [0, 1], "temperature", [1.0, 0.0]), "needs targets of two classes"),
        (([[0.2, 0.8]] * 2, [0, 1], "temperature", [1.0, np.nan]), "one finite number"),
    ],
)
def test_wrong_input_of_a_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_calibration(*arguments)


def test_unknown_calibration():
    with pytest.raises(ValueError, match="no calibration 'platt'"):
        apply_calibration([[0.2, 0.8]], {"method": "platt"})


@pytest.mark.parametrize("prior", [0, 1, -0.2, [0.5, 0.6], [0.2, 0.3, 0.5], np.nan])
def test_wrong_prior(prior):
    with pytest.raises(ValueError, match="prior"):
        adjust_prior([[0.2, 0.8]], prior, 0.5)


@pytest.mark.parametrize("prior", [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [1.2, -0.5, 0.3]])
def test_every_share_lies_between_0_and_1(prior):
    proba = [[0.2, 0.3, 0.5]]
    for shares in ((prior, [0.2, 0.2, 0.6]), ([0.2, 0.2, 0.6], prior)):
        with pytest.raises(InvalidParameterError, match="between 0 and 1"):
            adjust_prior(proba, *shares)


@pytest.mark.parametrize("shape", [(3,), (5, 3), (4, 2, 3), (3, 2, 3), (2, 3, 2)])
def test_classes_are_along_the_last_axis(shape):
    """Members of an ensemble, and images, whatever their number; an oracle by hand."""
    proba = np.random.default_rng(0).dirichlet(np.ones(shape[-1]), shape[:-1])
    prior = np.arange(1, shape[-1] + 1) / sum(range(1, shape[-1] + 1))
    trained = prior[::-1]
    found = adjust_prior(proba, prior, trained)
    assert found.shape == shape
    for index in np.ndindex(shape[:-1]):
        scaled = [p * a / b for p, a, b in zip(proba[index], prior, trained, strict=True)]
        np.testing.assert_allclose(found[index], np.array(scaled) / sum(scaled))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_calibration("a", "b"), "proba must hold numbers"),
        (
            lambda: fit_calibration([[0.1, 0.9]] * 4, ["a", "b", "a", "b"]),
            "truth must hold numbers",
        ),
        (lambda: fit_calibration([[0.1, 0.9]] * 4, [0, 5, 1, 0]), "numbers of the classes, from 0"),
        (lambda: fit_calibration([[0.1, 0.9]] * 4, [0, -1, 1, 0]), "numbers of the classes, from"),
        (lambda: fit_calibration([[0.1, 0.9]] * 4, [0, 0.5, 1, 0]), "numbers of the classes, from"),
        (lambda: apply_calibration([[0.1, 0.9]], [1]), "what fit_calibration returned"),
        (lambda: apply_calibration([[0.1, 0.9]], {"method": "temperature"}), "lacks its numbers"),
        (lambda: apply_calibration([[0.1]], {"method": "isotonic", "knots": [[0], [0]]}), "lacks"),
        (lambda: adjust_prior(0.5, 0.1, 0.5), r"the shape \(..., n_classes\)"),
        (lambda: adjust_prior([[0.1, 0.9]], "a", 0.5), "a prior must hold numbers"),
        (lambda: adjust_prior("x", 0.1, 0.5), "proba must hold numbers"),
    ],
)
def test_what_is_no_calibration(call, message):
    with pytest.raises(InvalidParameterError, match=message):
        call()
