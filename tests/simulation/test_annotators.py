"""Simulated experts and volunteers."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from astrocnn.simulation import (
    confirmed_clusters,
    expert_labels,
    fit_volunteers,
    simulate_field,
    truth_table,
    volunteer_labels,
)


@pytest.fixture(scope="module")
def made():
    """A truth table made by hand: extended clusters, point-like and a few extended others."""
    rng = np.random.default_rng(3)
    n = 3000
    cluster = rng.random(n) < 0.5
    extent = np.where(cluster, rng.lognormal(2.7, 0.6, n), np.where(rng.random(n) < 0.1, 12, 0))
    return QTable(
        {
            "is_cluster": cluster,
            "snr": np.where(cluster, rng.lognormal(2.7, 0.9, n), rng.lognormal(2.0, 1.2, n)),
            "extent": extent * u.arcsec,
        }
    )


@pytest.fixture(scope="module")
def simulated():
    return truth_table([simulate_field(i, 11, bands=()).truth for i in range(4000)], 11)


def rates(truth, seeds=8, **volunteers):
    """Recall, recall on confirmed clusters, precision of both for the paper's shares."""
    cluster, found = np.asarray(truth["is_cluster"]), []
    for seed in range(seeds):
        labels = volunteer_labels(truth, seed, **volunteers)
        bright = confirmed_clusters(truth, seed)
        found.append([labels[cluster].mean(), labels[bright].mean(), labels[~cluster].mean()])
    recall, bright_recall, wrong = np.mean(found, axis=0)
    return (
        recall,
        bright_recall,
        254 * recall / (254 * recall + 150 * wrong),
        bright_recall / (bright_recall + wrong),
    )


def check_rates(found):
    recall, bright_recall, precision, bright_precision = found
    # A list of 2000 clusters has a scatter of 0.011 of its own, its confirmed ones of 0.018.
    assert recall == pytest.approx(0.40, abs=0.03)
    assert bright_recall == pytest.approx(0.65, abs=0.04)
    assert 0.98 <= precision <= 0.993
    assert 0.98 <= bright_precision <= 0.993


def test_volunteers_of_the_simulation(simulated):
    """The stated parameters give the recalls of the paper on the simulation as it is."""
    check_rates(rates(simulated))


def test_fit_finds_the_rates_on_any_list(made):
    check_rates(rates(made, volunteers=fit_volunteers(made)))


def test_fit_says_what_cannot_be_reached(made):
    same = made.copy()
    same["snr"], same["extent"] = 5.0, 0.0
    with pytest.raises(ValueError, match="differ too little"):
        fit_volunteers(same)


def test_votes_rise_with_signal_and_extent():
    truth = QTable({"is_cluster": np.ones(3000, bool)})
    truth["snr"] = np.repeat([3.0, 10.0, 30.0], 1000)
    truth["extent"] = np.full(3000, 15.0)
    small = truth.copy()
    small["extent"] = 3.0
    large, little = (volunteer_labels(t, 1).reshape(3, -1).mean(axis=1) for t in (truth, small))
    assert np.all(np.diff(large) > 0)
    assert np.all(little <= large)
    assert little[1] < large[1]


def test_experts_err_little_and_more_where_faint(made):
    cluster = np.asarray(made["is_cluster"])
    wrong = np.mean([expert_labels(made, seed) != cluster for seed in range(20)], axis=0)
    assert 0.02 < wrong.mean() < 0.08
    assert wrong[made["snr"] < 3].mean() > 2 * wrong[made["snr"] > 20].mean()


def test_no_signal_is_no_cluster():
    """A blank target, and one without a number, cannot be seen as a cluster."""
    truth = QTable({"is_cluster": [False] * 1000, "extent": np.zeros(1000)})
    truth["snr"] = np.ma.masked_array(np.zeros(1000), mask=np.arange(1000) % 2 == 0)
    assert not volunteer_labels(truth, 1).any()
    assert expert_labels(truth, 1).mean() < 0.05


def test_seed_decides(made):
    for label in (expert_labels, volunteer_labels, confirmed_clusters):
        assert np.array_equal(label(made, 4), label(made, 4))
        assert not np.array_equal(label(made, 4), label(made, 5))


def test_confirmed_are_the_brighter(made):
    chosen = confirmed_clusters(made, 1, n=200)
    cluster = np.asarray(made["is_cluster"])
    assert chosen.sum() == 200
    assert not np.any(chosen & ~cluster)
    assert np.median(made["snr"][chosen]) > 1.5 * np.median(made["snr"][cluster])


@pytest.mark.parametrize("label", [expert_labels, volunteer_labels, confirmed_clusters])
def test_missing_column(label):
    with pytest.raises(ValueError, match="snr"):
        label(QTable({"is_cluster": [True]}))
