"""Splits that keep neighboring sky together."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold, cross_val_score

from astrocnn.training import sky_folds, sky_groups, split_sky


def positions(n, seed, width):
    """Positions in a field of so many degrees, in pairs 2 arcmin apart, and their labels."""
    rng = np.random.default_rng(seed)
    centers = SkyCoord(0 * u.deg, rng.uniform(-80, 80) * u.deg)
    first = centers.directional_offset_by(
        rng.uniform(0, 360, n) * u.deg, width * np.sqrt(rng.random(n)) * u.deg
    )
    second = first.directional_offset_by(rng.uniform(0, 360, n) * u.deg, 2 * u.arcmin)
    return SkyCoord([first, second]).ravel(), rng.integers(0, 2, 2 * n)


FIELDS = given(
    n=st.integers(20, 120), seed=st.integers(0, 10**6), width=st.sampled_from([8.0, 20.0])
)


def check_apart(coords, training, test, separation):
    """No cell on both sides, no neighbors across; nobody twice."""
    cells = sky_groups(coords)
    assert not set(cells[training]) & set(cells[test])
    assert not set(training) & set(test)
    _, nearest, _ = coords[training].match_to_catalog_sky(coords[test])
    assert (nearest >= separation).all()
    left_out = np.setdiff1d(np.arange(len(coords)), np.r_[training, test])
    if len(left_out):
        _, nearest, _ = coords[left_out].match_to_catalog_sky(coords[test])
        assert (nearest < separation).all()


class TestGroups:
    @pytest.mark.parametrize("size", [10 * u.arcmin, 1 * u.deg, 5 * u.deg])
    def test_size(self, size):
        import healpy

        rng = np.random.default_rng(0)
        coords = SkyCoord(rng.uniform(0, 360, 9), rng.uniform(-89, 89, 9), unit="deg")
        cells = sky_groups(coords, size)
        nside = next(
            n for n in 2 ** np.arange(29, -1, -1) if healpy.nside2resol(n) >= size.to_value("rad")
        )
        assert np.array_equal(
            cells, healpy.ang2pix(nside, coords.ra.deg, coords.dec.deg, nest=True, lonlat=True)
        )

    def test_frames_agree(self):
        coords, _ = positions(50, 0, 20.0)
        assert np.array_equal(sky_groups(coords), sky_groups(coords.galactic))

    def test_whole_sky_has_twelve_at_least(self):
        coords = SkyCoord(np.linspace(0, 359, 500), np.linspace(-90, 90, 500), unit="deg")
        assert sky_groups(coords, 180 * u.deg).max() < 12

    @pytest.mark.parametrize("size", [0 * u.deg, -1 * u.deg, np.nan * u.deg])
    def test_no_size(self, size):
        with pytest.raises(ValueError, match="size must be an angle above zero"):
            sky_groups(SkyCoord([1, 2] * u.deg, [1, 2] * u.deg), size)


class TestSplit:
    @FIELDS
    @settings(max_examples=25, deadline=None)
    def test_sides_are_apart(self, n, seed, width):
        coords, labels = positions(n, seed, width)
        training, test = split_sky(coords, labels, random_state=seed)
        assert len(training)
        assert len(test)
        check_apart(coords, training, test, 10 * u.arcmin)

    def test_size_and_mix_are_near_what_was_asked_for(self):
        coords, labels = positions(500, 1, 20.0)
        for share in (0.1, 0.3):
            _, test = split_sky(coords, labels, share, random_state=0)
            assert len(test) / len(labels) == pytest.approx(share, abs=0.03)
            assert labels[test].mean() == pytest.approx(labels.mean(), abs=0.05)

    def test_nothing_is_left_out_without_a_separation(self):
        coords, labels = positions(300, 1, 20.0)
        training, test = split_sky(coords, labels, random_state=0, separation=0 * u.deg)
        assert sorted([*training, *test]) == list(range(600))
        assert len(split_sky(coords, labels, random_state=0)[0]) < len(training)

    def test_seed(self):
        coords, labels = positions(100, 1, 20.0)
        first, second, other = (
            split_sky(coords, labels, random_state=seed)[1].tolist() for seed in (1, 1, 2)
        )
        assert first == second != other

    def test_one_cell(self):
        coords = SkyCoord([10.0, 10.01] * u.deg, [5.0, 5.0] * u.deg)
        with pytest.raises(ValueError, match=r"lie in 1 sky cell of 1.0 deg, 2 are needed"):
            split_sky(coords, [0, 1])

    def test_labels_that_do_not_fit(self):
        with pytest.raises(ValueError, match=r"labels have shape \(3,\), positions \(2,\)"):
            split_sky(SkyCoord([10.0, 50.0] * u.deg, [5.0, 5.0] * u.deg), [0, 1, 1])


class TestFolds:
    @FIELDS
    @settings(max_examples=15, deadline=None)
    def test_folds_are_apart_and_whole(self, n, seed, width):
        coords, labels = positions(n, seed, width)
        folds = sky_folds(coords, labels, 3, random_state=seed)
        assert sorted(np.concatenate([test for _, test in folds])) == list(range(2 * n))
        for training, test in folds:
            check_apart(coords, training, test, 10 * u.arcmin)

    def test_too_few_cells(self):
        coords = SkyCoord([10.0, 50.0] * u.deg, [5.0, 5.0] * u.deg)
        with pytest.raises(ValueError, match=r"lie in 2 sky cells of 1.0 deg, 5 are needed"):
            sky_folds(coords, [0, 1])


class TestLeaks:
    """Neighbors share their label, as overlapping cut-outs do: what a random split would tell."""

    @pytest.fixture
    def task(self):
        rng = np.random.default_rng(0)
        cells = np.repeat(np.arange(60), 10)
        coords = SkyCoord(cells * 6.0, rng.uniform(-0.1, 0.1, 600), unit="deg")
        features = np.eye(60)[cells]  # which part of the sky it is, and nothing else
        return coords, features, rng.integers(0, 2, 60)[cells]

    def test_scikit_learn_takes_groups_and_folds(self, task):
        coords, features, labels = task
        model = LogisticRegression()
        leaky = cross_val_score(model, features, labels, cv=KFold(5, shuffle=True, random_state=0))
        by_group = cross_val_score(
            model, features, labels, groups=sky_groups(coords), cv=GroupKFold(5)
        )
        by_fold = cross_val_score(model, features, labels, cv=sky_folds(coords, labels))
        assert leaky.mean() > 0.95
        assert by_group.mean() < 0.7
        assert by_fold.mean() < 0.7
