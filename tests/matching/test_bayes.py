"""Equations of matching with probability, against integrals and limits."""

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from astrocnn.exceptions import InvalidTargetError
from astrocnn.matching import axis_error
from astrocnn.matching._bayes import (
    any_probability,
    fit_completeness,
    flag_pairs,
    log_bayes_factor,
    log_sum,
    relative_probability,
    share_within,
)

ARCSEC = np.radians(1 / 3600)
sigmas = st.floats(0.01, 3.0)


def density(psi, first, second):
    return 2 * np.pi * np.sin(psi) * np.exp(log_bayes_factor(psi, first, second)) / (4 * np.pi)


@given(sigmas, sigmas)
def test_bayes_factor_is_a_density_on_the_sphere(first, second):
    """Over 4 pi it integrates to one, at any error."""
    width = np.hypot(first, second)
    points = [min(k * width, 3.0) for k in (1, 3, 8)]
    total, _ = quad(density, 0, np.pi, args=(first, second), points=points, limit=200)
    assert total == pytest.approx(1, abs=1e-6)


@given(st.floats(0.01, 60), st.floats(0.001, 60), st.floats(0, 200))
def test_limit_of_small_errors(first, second, separation):
    """Budavari & Szalay 2008, equation 16."""
    square = (first**2 + second**2) * ARCSEC**2
    expected = np.log(2 / square) - (separation * ARCSEC) ** 2 / (2 * square)
    found = log_bayes_factor(separation * ARCSEC, first * ARCSEC, second * ARCSEC)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-5)


@given(sigmas, sigmas, st.floats(0, np.pi))
def test_bayes_factor_is_symmetric_and_falls_with_distance(first, second, psi):
    one, other = log_bayes_factor(psi, first, second), log_bayes_factor(psi, second, first)
    assert one == pytest.approx(other, abs=1e-9)
    assert one <= log_bayes_factor(psi / 2, first, second) + 1e-9


def test_bayes_factor_of_the_naive_formula():
    """sinh(w) / w times w_i / sinh(w_i), where it does not overflow."""
    w1, w2, psi = 2.0, 5.0, 0.7
    w = np.sqrt(w1**2 + w2**2 + 2 * w1 * w2 * np.cos(psi))
    naive = np.sinh(w) / w * w1 / np.sinh(w1) * w2 / np.sinh(w2)
    assert np.exp(log_bayes_factor(psi, w1**-0.5, w2**-0.5)) == pytest.approx(naive, rel=1e-12)


def test_no_error_at_all_is_finite():
    assert np.isfinite(log_bayes_factor(0.0, 0.0, 0.0))
    assert np.isfinite(log_bayes_factor(np.pi, 0.0, 1.0))


def test_useless_positions_say_nothing():
    assert log_bayes_factor(1.0, 1e3, 1e3) == pytest.approx(0, abs=1e-5)
    assert log_bayes_factor(1.0, 1e-3, 1e3) == pytest.approx(0, abs=1e-5)


@given(st.floats(0.02, 1.0), st.floats(0.01, 3.1))
def test_share_within_is_the_integral_of_the_law(sigma, radius):
    inside, _ = quad(density, 0, radius, args=(sigma, 0.0), limit=200)
    assert share_within(radius, sigma) == pytest.approx(inside, abs=1e-5)


def test_share_within_small_errors_is_that_of_rayleigh():
    found = share_within(np.array([1.0, 2.1460]) * ARCSEC, ARCSEC)
    np.testing.assert_allclose(found, [1 - np.exp(-0.5), 0.9], atol=1e-4)


def test_axis_error():
    assert axis_error(2.1460 * u.arcsec, 0.9).value == pytest.approx(1, abs=1e-4)
    assert axis_error([1, 2] * u.arcmin, 0.68).unit == u.arcmin
    with pytest.raises(InvalidTargetError, match="share must be between 0 and 1"):
        axis_error(1 * u.arcsec, 90)


def test_log_sum():
    values = np.log([1.0, 3.0, 5.0])
    found = log_sum(values, np.array([0, 0, 2]), 4)
    np.testing.assert_allclose(np.exp(found), [4, 0, 5, 0])
    tiny = log_sum(np.array([-1e5, -1e5]), np.array([1, 1]), 2)
    np.testing.assert_allclose(tiny, [-np.inf, -1e5 + np.log(2)])
    ruled_out = log_sum(np.array([-np.inf, -np.inf]), np.array([0, 0]), 1)
    assert ruled_out[0] == -np.inf
    assert relative_probability(np.array([-np.inf]), ruled_out, np.array([0])).tolist() == [0.0]


def test_any_probability_by_hand():
    """Odds are c S over 1 - c F."""
    found = any_probability(np.log([3.0]), 0.6, np.array([0.9]))
    assert found[0] == pytest.approx(0.6 * 3 / (0.6 * 3 + 1 - 0.54))
    assert any_probability(np.array([-np.inf, 1e6]), 0.6, 1.0).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_completeness_is_recovered_within_its_error(share):
    rng = np.random.default_rng(4)
    off = []
    for _ in range(40):
        # One number per target: a unit normal at 2.5 with a counterpart, at 0 without.
        x = rng.normal(np.where(rng.random(400) < share, 2.5, 0.0))
        found, error = fit_completeness(2.5 * x - 2.5**2 / 2, np.ones(400))
        off.append((found - share) / error)
    assert abs(np.mean(off)) < 3.5 / np.sqrt(40)
    assert 0.7 < np.std(off) < 1.35


def test_completeness_is_that_of_highest_likelihood():
    """With the one target more of either kind."""
    rng = np.random.default_rng(1)
    sums, within = rng.normal(0, 3, 60), rng.uniform(0.6, 1, 60)
    found, _ = fit_completeness(sums, within)
    grid = np.linspace(0.001, 0.999, 9981)[:, None]
    likelihood = np.log(1 - grid * within + grid * np.exp(sums)).sum(axis=1)
    likelihood += np.log(grid[:, 0]) + np.log1p(-grid[:, 0])
    assert found == pytest.approx(grid[np.argmax(likelihood), 0], abs=2e-4)


def test_one_target_does_not_make_completeness_certain():
    assert fit_completeness(np.array([50.0]), np.ones(1))[0] == pytest.approx(2 / 3, abs=1e-4)
    assert fit_completeness(np.array([-np.inf]), np.ones(1))[0] == pytest.approx(1 / 3, abs=1e-4)
    assert fit_completeness(np.zeros(0), np.zeros(0))[0] == pytest.approx(0.5)


def test_flags():
    target = np.array([0, 0, 0, 2, 2, 3])
    relative = np.array([0.3, 0.6, 0.1, 0.5, 0.5, 1.0])
    assert flag_pairs(relative, target, 0.5).tolist() == [2, 1, 0, 1, 2, 1]
    assert flag_pairs(relative, target, 0.6).tolist() == [0, 1, 0, 1, 2, 1]
    assert flag_pairs(np.zeros(0), np.zeros(0, dtype=int), 0.5).tolist() == []
