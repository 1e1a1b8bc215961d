"""f_cont and the contamination of a sample: simulated mixtures whose truth is known."""

import numpy as np
import pytest
from astropy import units as u
from astropy.utils.masked import Masked

from astrocnn.exceptions import InvalidTargetError
from astrocnn.validation import contamination


def mixture(seed, n=800, m=8000, share=0.7, poor=False):
    """Candidates of which a fraction are chance superpositions, random positions, and the truth."""
    rng = np.random.default_rng(seed)
    chance = rng.random(n) < share

    def redshifts(k):
        return np.clip(rng.gamma(3, 0.1, k), 0.03, 1.2)

    def superpositions(z):
        return rng.exponential(8 * (1 - 0.4 * z))

    z = np.where(chance, redshifts(n), np.clip(rng.normal(0.25, 0.1, n), 0.03, 1))
    clusters = rng.lognormal(np.log(30 if poor else 60), 0.5 if poor else 0.3, n)
    richness = np.where(chance, superpositions(z), clusters)
    random_z = redshifts(m)
    return (z, richness, random_z, superpositions(random_z)), chance


def test_definition():
    """Both integrals counted by hand; all redshifts in one window."""
    rng = np.random.default_rng(0)
    richness, at_random = rng.exponential(20, 30), rng.exponential(8, 100)
    found = contamination(np.full(30, 0.2), richness, np.full(100, 0.2), at_random, least=10)
    above = (at_random >= richness[:, None]).mean(axis=1)
    expected = above / (richness >= richness[:, None]).mean(axis=1)
    np.testing.assert_allclose(found.table["f_cont"], expected)
    assert set(found.table["n_random"]) == {100}


def test_window_in_redshift():
    z = np.array([0.1, 0.1, 0.5])
    found = contamination(z, [10, 20, 10], [0.1] * 60 + [0.5] * 30, [15] * 90, least=40)
    # 60 of 90 against 2 of 3; none of 90; too few random positions.
    np.testing.assert_allclose(found.table["f_cont"].filled(-1), [1, 0, -1])
    assert found.table["n_candidates"].tolist() == [2, 2, 1]
    assert found.table["n_random"].tolist() == [60, 60, 30]


def test_f_cont_falls_with_richness_at_one_redshift():
    (z, richness, random_z, at_random), _ = mixture(1)
    z, random_z = np.full_like(z, 0.3), np.full_like(random_z, 0.3)
    f_cont = contamination(z, richness, random_z, at_random).table["f_cont"]
    rich = np.argsort(richness)[300:]  # among the poor both shares are near 1
    assert np.corrcoef(np.argsort(np.argsort(-richness[rich])), f_cont[rich])[0, 1] > 0.9


@pytest.mark.parametrize("poor", [False, True])
def test_contamination_of_mixtures(poor):
    """No bias, and 95 % intervals that hold the true fraction of the very sample."""
    cuts = [None, 0.3, 0.1, 0.05]
    off, held = [], []
    for seed in range(40):
        sample, chance = mixture(seed, n=500, m=3000, poor=poor)
        found = contamination(*sample)
        f_cont = found.table["f_cont"]
        for cut in cuts:
            estimate = found.initial() if cut is None else found.sample(cut)
            passes = ~f_cont.mask if cut is None else f_cont.filled(np.inf) < cut
            truth = chance[passes].mean()
            assert cut is None or estimate.trials == passes.sum()
            off.append(estimate.value - truth)
            held.append(estimate.low <= truth <= estimate.high)
    off = np.reshape(off, (-1, len(cuts)))
    error = off.std(axis=0) / np.sqrt(len(off))
    assert np.all(np.abs(off.mean(axis=0)) < 3.5 * error + 0.003)
    assert np.all(np.reshape(held, off.shape).mean(axis=0) >= 0.85)


def test_cut_times_initial_contamination():
    """The rule of Klein et al. 2023, for a sample large enough."""
    sample, _ = mixture(7, n=2000, m=8000)
    found = contamination(*sample)
    assert found.sample(0.2).value == pytest.approx(0.2 * found.initial().value, rel=0.15)


def test_only_superpositions_and_none():
    sample, _ = mixture(3, n=300, m=2000, share=1.0)
    assert contamination(*sample).initial().high > 0.95
    sample, _ = mixture(3, n=300, m=2000, share=0.0)
    assert contamination(*sample).initial().high < 0.05


def test_positions_without_a_peak_count():
    """Where half of the random positions have no peak, a peak is worth more."""
    z, rich = np.full(50, 0.2), np.linspace(5, 50, 50)
    at_random = np.linspace(1, 20, 200)
    plain = contamination(z, rich, np.full(200, 0.2), at_random)
    padded = contamination(
        z,
        rich,
        np.append(np.full(200, 0.2), np.full(200, np.nan)),
        np.append(at_random, np.zeros(200)),
    )
    np.testing.assert_allclose(padded.table["f_cont"], plain.table["f_cont"] / 2)


def test_not_measured_is_masked_and_left_out():
    sample, _ = mixture(5, n=300, m=3000)
    z, rich = sample[:2]
    whole = contamination(*sample)
    extra = contamination(np.append(z, [np.nan, 0.2]), np.append(rich, [12.0, np.nan]), *sample[2:])
    assert extra.table["f_cont"].mask[-2:].all()
    np.testing.assert_array_equal(extra.table["f_cont"][:-2], whole.table["f_cont"])
    assert str(extra.sample(0.1)) == str(whole.sample(0.1))
    masked = contamination(np.ma.array(z, mask=z > 0.3), *sample[1:])
    np.testing.assert_array_equal(masked.table["f_cont"].mask[z > 0.3], True)


def test_random_state_and_reasons():
    sample, _ = mixture(2, n=200, m=2000)
    found = contamination(*sample)
    assert found.sample(0.1, random_state=1) == found.sample(0.1, random_state=1)
    assert "no candidate has f_cont below 1e-12" in str(contamination(
        np.full(60, 0.2), np.ones(60), np.full(60, 0.2), np.ones(60)).sample(1e-12))  # fmt: skip
    far = contamination([0.9], [20], np.full(60, 0.1), np.ones(60))
    assert "enough random positions" in far.initial().reason


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1, 0.2], [1], [0.1], [1]), "candidates: redshift and richness need one value"),
        (([0.1], [-1], [0.1], [1]), "richness below 0"),
        (([-2.0], [1], [0.1], [1]), "redshift below -1"),
        (([0.1], [1], [], []), "random positions: no line of sight"),
        (([np.nan], [1], [0.1], [1]), "candidates: no line of sight"),
    ],
)
def test_wrong_input(arguments, message):
    with pytest.raises(InvalidTargetError, match=message):
        contamination(*arguments)


def test_wrong_options():
    sample, _ = mixture(2, n=100, m=500)
    with pytest.raises(ValueError, match="width must be above 0"):
        contamination(*sample, width=0)
    with pytest.raises(ValueError, match="f_cont_max must be above 0"):
        contamination(*sample).sample(0)


def test_masked_quantities():
    rng = np.random.default_rng(0)
    z, rich = rng.uniform(0.1, 0.5, 500), rng.exponential(8, 500)
    plain = contamination([0.3, np.nan, 0.3], [10, 20, 30], z, rich, least=5)
    masked = Masked([0.3, 0.9, 0.3] * u.one, mask=[False, True, False])
    found = contamination(masked, [10, 20, 30] * u.one, z * u.one, rich, least=5)
    assert found.table["f_cont"].tolist() == plain.table["f_cont"].tolist()
    assert found.table["f_cont"].mask.tolist() == [False, True, False]
