"""Pairs on the sky against brute force and against astropy."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.matching._pairs import nearest_pairs, sky_pairs

# Positions that trees, pixels and angles stumble over: poles, RA 0, antipodes, identical ones.
_LON = st.one_of(st.sampled_from([0.0, 360.0, 359.9999, 180.0, 90.0]), st.floats(0, 360))
_LAT = st.one_of(st.sampled_from([-90.0, 90.0, 0.0, 89.9999, -89.9999]), st.floats(-90, 90))
_POSITIONS = st.lists(st.tuples(_LON, _LAT), min_size=0, max_size=12)
_RADIUS = st.one_of(st.sampled_from([0.0, 1e-9, 1e-4, 90.0, 180.0]), st.floats(0, 180))


def sky(positions):
    lon, lat = np.reshape(positions, (-1, 2)).T
    return SkyCoord(lon, lat, unit="deg")


def brute_force(coords, entries, radius):
    if not len(coords) or not len(entries):
        return np.zeros((len(coords), len(entries)))
    separation = coords[:, np.newaxis].separation(entries)
    return separation.to_value(u.rad)


@settings(max_examples=200, deadline=None)
@given(_POSITIONS, _POSITIONS, _RADIUS)
def test_all_pairs(left, right, degrees):
    coords, entries, radius = sky(left), sky(right), degrees * u.deg
    separation = brute_force(coords, entries, radius)
    pairs = sky_pairs(coords, entries, radius)
    found = np.zeros(separation.shape, dtype=bool)
    found[pairs.target, pairs.entry] = True
    assert found.sum() == len(pairs)  # each once
    # What lies on the circle is in or out by the last digit.
    near = np.abs(separation - np.deg2rad(degrees)) < 1e-12
    np.testing.assert_array_equal((found | near), (separation <= np.deg2rad(degrees)) | near)
    np.testing.assert_allclose(
        pairs.separation, separation[pairs.target, pairs.entry], atol=1e-15, rtol=1e-12
    )


@settings(max_examples=200, deadline=None)
@given(_POSITIONS, _POSITIONS, _RADIUS, st.integers(1, 4))
def test_nearest(left, right, degrees, k):
    coords, entries, radius = sky(left), sky(right), degrees * u.deg
    separation = np.sort(brute_force(coords, entries, radius), axis=1)
    pairs = nearest_pairs(coords, entries, radius, k)
    assert pairs.rank.max(initial=0) < k
    for row in range(len(coords)):
        expected = separation[row][separation[row] <= np.deg2rad(degrees) - 1e-12][:k]
        got = pairs.separation[pairs.target == row]
        assert len(got) >= len(expected)
        np.testing.assert_allclose(got[: len(expected)], expected, atol=1e-9)


@pytest.mark.parametrize("radius", [40 * u.arcsec, 3 * u.arcmin, 1 * u.deg, 20 * u.deg])
def test_same_pairs_as_astropy(radius):
    rng = np.random.default_rng(5)

    def drawn(n):
        # Everywhere, and crowded around a pole and around RA 0.
        lat = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
        lat[: n // 4] = 90 - np.abs(rng.normal(0, 1, n // 4))
        lon = rng.uniform(0, 360, n)
        lon[n // 4 : n // 2] = rng.normal(0, 0.5, n // 2 - n // 4) % 360
        return SkyCoord(lon, lat, unit="deg")

    coords, entries = drawn(300), drawn(4000)
    pairs = sky_pairs(coords, entries, radius)
    one, other, *_ = search_around_sky(coords, entries, radius)
    assert len(pairs) == len(one) > 0
    ours = set(zip(pairs.target.tolist(), pairs.entry.tolist(), strict=True))
    assert ours == set(zip(one.tolist(), other.tolist(), strict=True))
    index, distance, _ = coords.match_to_catalog_sky(entries)
    first = nearest_pairs(coords, entries, radius)
    assert first.target.tolist() == np.flatnonzero(distance <= radius).tolist()
    assert first.entry.tolist() == index[distance <= radius].tolist()


def test_long_catalogs_are_looked_at_in_parts(monkeypatch):
    monkeypatch.setattr("astrocnn.matching._pairs._CHUNK", 37)
    rng = np.random.default_rng(0)
    entries = SkyCoord(rng.uniform(10, 12, 1000), rng.uniform(-1, 1, 1000), unit="deg")
    coords = entries[:50].directional_offset_by(30 * u.deg, 2 * u.arcsec)
    pairs = sky_pairs(coords, entries, 3 * u.arcsec)
    assert pairs.entry[pairs.rank == 0].tolist() == list(range(50))


def test_one_radius_per_target():
    coords = SkyCoord([10.0, 20.0, 30.0, 40.0], np.zeros(4), unit="deg")
    entries = SkyCoord([10.001, 20.001, 30.001, 40.001], np.zeros(4), unit="deg")
    radius = [5, 1, np.nan, 36000] * u.arcsec
    pairs = sky_pairs(coords, entries, radius)
    assert pairs.target.tolist() == [0, 3, 3]
    assert pairs.entry.tolist() == [0, 3, 2]
    assert nearest_pairs(coords, entries, radius).target.tolist() == [0, 3]


def test_positions_that_are_none():
    nan = np.nan
    coords = SkyCoord([nan, 10.0, 20.0], [0.0, nan, 0.0], unit="deg")
    entries = SkyCoord([20.0, nan, 20.0, 0.0], [0.0, 0.0, nan, 0.0], unit="deg")
    for pairs in (sky_pairs(coords, entries, 1 * u.deg), nearest_pairs(coords, entries, 1 * u.deg)):
        assert pairs.target.tolist() == [2]
        assert pairs.entry.tolist() == [0]


def test_nothing_at_all():
    nothing, one = SkyCoord([], [], unit="deg"), SkyCoord([1.0], [1.0], unit="deg")
    for left, right in ((nothing, one), (one, nothing), (nothing, nothing)):
        assert len(sky_pairs(left, right, 1 * u.deg)) == 0
        assert len(nearest_pairs(left, right, 1 * u.deg, 3)) == 0


def test_crowded_targets_have_all_their_pairs():
    rng = np.random.default_rng(1)
    entries = SkyCoord(rng.normal(50, 0.01, 500), rng.normal(0, 0.01, 500), unit="deg")
    coords = SkyCoord([50.0, 50.5], [0.0, 0.0], unit="deg")
    pairs = sky_pairs(coords, entries, 10 * u.arcmin)
    assert len(pairs) == 500
    assert pairs.rank.tolist() == list(range(500))
    assert (np.diff(pairs.separation) >= 0).all()
    assert pairs.first(3).rank.tolist() == [0, 1, 2]
