"""Galaxies and stars: counts, colors, members of clusters."""

import numpy as np
import pytest

from astrocnn.simulation import Source
from astrocnn.simulation._clusters import ClusterDraw
from astrocnn.simulation._galaxies import (
    Galaxies,
    cluster_galaxies,
    extinction,
    field_galaxies,
    field_stars,
    nearby_galaxy,
)
from astrocnn.simulation._population import cluster_source


def clusters(z, n=12):
    rng = np.random.default_rng(5)
    return [cluster_source(rng, ClusterDraw.one(rng, 1e-14, (z, z + 0.06)), 0, 0) for _ in range(n)]


class TestField:
    def test_number_counts(self):
        """5,000 per square degree at R = 21, slopes 0.4 and 0.33; joined without a seam."""
        rng = np.random.default_rng(0)
        bright = field_galaxies(1800.0, 10.0, 21.8, rng).magnitude
        faint = field_galaxies(1800.0, 21.8, 24.0, rng).magnitude
        assert bright.max() <= 21.8 <= faint.min()
        magnitude = np.concatenate([bright, faint])
        for limit, slope in ((19.0, 0.4), (21.0, 0.4), (22.0, 0.33), (24.0, 0.33)):
            expected = 5000 * 10 ** (slope * (limit - 21))
            found = (magnitude < limit).sum()
            assert found == pytest.approx(expected, abs=4 * np.sqrt(expected) + 0.01 * expected)

    def test_spread_over_the_field(self):
        found = field_galaxies(270.0, 10.0, 22.5, np.random.default_rng(1))
        assert max(np.abs(found.x).max(), np.abs(found.y).max()) <= 270
        assert found.x.std() == pytest.approx(270 / np.sqrt(3), rel=0.2)

    def test_counterparts_are_among_the_stars(self):
        sources = [
            Source("agn", 1.0, 2.0, 1e-14, magnitude=18.0),
            Source("agn", 3.0, 4.0, 1e-14),
            Source("star", 5.0, 6.0, 1e-14, magnitude=9.0),
        ]
        stars = field_stars(sources, 200.0, np.random.default_rng(0))
        assert stars.magnitude[-2:].tolist() == [18, 9]
        assert stars.x[-2:].tolist() == [1, 5]
        assert stars.magnitude[:-2].max() <= 21


class TestColors:
    def test_red_sequence(self):
        """g - r of passive galaxies grows from 0.5-0.8 to 1.4 at z = 0.5 (Rykoff et al. 2014)."""
        z = np.array([0.05, 0.3, 0.5])
        galaxies = Galaxies(*(np.zeros(3) for _ in range(7)), z, np.ones(3))
        g_r = galaxies.magnitudes("g") - galaxies.magnitudes("r")
        r_z = galaxies.magnitudes("r") - galaxies.magnitudes("z")
        assert (np.diff(g_r) > 0).all()
        assert g_r[-1] == pytest.approx(1.4, abs=0.1)
        assert r_z[-1] == pytest.approx(1.1, abs=0.15)
        assert np.array_equal(galaxies.magnitudes("R"), galaxies.magnitude)

    def test_star_forming_ones_are_blue(self):
        both = Galaxies(*(np.zeros(2) for _ in range(7)), np.full(2, 0.2), np.array([True, False]))
        g_z = both.magnitudes("g") - both.magnitudes("z")
        assert g_z[0] > g_z[1] + 0.5

    def test_dust_reddens(self):
        assert extinction(1e21, "g") > extinction(1e21, "R") > extinction(1e21, "z") > 0
        assert extinction(0.0, "g") == 0


class TestClusters:
    def test_brightest_galaxy_leads_and_fades_with_redshift(self):
        magnitudes = []
        for z in (0.08, 0.3, 0.8):
            rng = np.random.default_rng(0)
            members = [cluster_galaxies(cluster, rng).magnitude for cluster in clusters(z)]
            assert np.mean([m[0] < min(m[1:], default=99) + 0.5 for m in members]) > 0.6
            magnitudes.append(np.median([m[0] for m in members]))
        # M = -23.1 at luminosity distances of 500, 1700 and 5300 Mpc, with K correction.
        assert magnitudes == pytest.approx([15.5, 18.4, 21.7], abs=0.8)

    def test_members_are_where_the_cluster_is(self):
        rng = np.random.default_rng(0)
        for cluster in clusters(0.2):
            galaxies = cluster_galaxies(cluster, rng)
            assert np.hypot(galaxies.x[1:], galaxies.y[1:]).max(initial=0) <= 1.5 * cluster.r500
            assert (galaxies.z == cluster.z).all()

    def test_number_follows_mass(self):
        """36 (M500 / 1e14)^0.87 within r500, a quarter more in all (Lin et al. 2004)."""
        rng = np.random.default_rng(0)
        found = clusters(0.15, 40)
        number = sum(len(cluster_galaxies(c, rng)) - 1 for c in found)
        expected = sum(45 * (c.m500 / 1e14) ** 0.87 for c in found)
        assert number == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_nearby_galaxy():
    source = Source("galaxy", 2.0, 3.0, 1e-13, magnitude=13.0, axis_ratio=0.5, angle=1.0, z=0.01)
    galaxy = nearby_galaxy(source, np.random.default_rng(0))
    assert len(galaxy) == 1
    assert (galaxy.x[0], galaxy.y[0], galaxy.magnitude[0]) == (2, 3, 13)
    assert 15 < galaxy.radius[0] < 60
