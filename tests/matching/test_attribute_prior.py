"""Priors that are learned from the values of counterparts and field."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn

from astrocnn.exceptions import InvalidTargetError
from astrocnn.matching import AttributePrior


def test_ratio_of_known_distributions():
    rng = np.random.default_rng(3)
    prior = AttributePrior.learn(rng.normal(18, 1, 20_000), rng.uniform(14, 24, 200_000))
    values = np.array([16.5, 17.5, 18.0, 19.0])
    expected = 10 * np.exp(-((values - 18) ** 2) / 2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(prior(values), expected, rtol=0.2)
    assert prior([23.5])[0] < 0.01


def test_ratio_averages_to_one_over_the_field():
    rng = np.random.default_rng(5)
    field = rng.uniform(0, 1, 5000)
    prior = AttributePrior.learn(rng.uniform(0.3, 0.6, 300), field)
    assert prior(field).mean() == pytest.approx(1, abs=1e-9)


def test_missing_values_say_nothing():
    values = MaskedColumn([18.0, 18.0, np.nan], mask=[False, True, False])
    prior = AttributePrior.learn([18.0] * 100, np.linspace(14, 24, 1000))
    assert prior(values)[0] > 5
    assert prior(values)[1:].tolist() == [1.0, 1.0]
    np.testing.assert_array_equal(prior(values.filled(np.nan) * u.mag), prior(values))


def test_few_counterparts_say_little():
    field = np.linspace(14, 24, 1000)
    assert AttributePrior.learn([18.0] * 10, field)([18.0, 23.0]).tolist() == [1.0, 1.0]
    assert (AttributePrior.learn([], field)(field) == 1).all()
    assert AttributePrior.learn([18.0] * 100, field)([23.0])[0] < 0.2


def test_weights_are_those_of_the_counterparts():
    field = np.linspace(0, 10, 2000)
    values = np.r_[np.full(400, 2.0), np.full(400, 8.0)]
    prior = AttributePrior.learn(values, field, np.r_[np.ones(400), np.zeros(400)])
    assert prior([2.0])[0] > 5
    assert prior([8.0])[0] < 0.1


def test_one_value_for_all():
    prior = AttributePrior.learn(np.ones(300), np.ones(3000))
    assert prior([1.0])[0] == pytest.approx(1)


def test_field_without_values():
    with pytest.raises(InvalidTargetError, match="field has no values"):
        AttributePrior.learn([1.0], [np.nan])
