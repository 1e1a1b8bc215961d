"""Plates: fluxes, galaxies of clusters, saturation."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from astrocnn.simulation import PLATE_RED, Source
from astrocnn.simulation._native import native_grid
from astrocnn.simulation._optical import _members, _moffat, _sersic_total, optical_image
from astrocnn.simulation._population import draw_cluster

_, X, Y = native_grid(SkyCoord(150, 2, unit="deg"), 300, 1.0, 0.05, np.random.default_rng(0))
SKY = 10 ** (0.4 * (25.0 - PLATE_RED.sky))


def intensity(plate):
    """Undo the plate's response; the zero point is 25."""
    return SKY * 10 ** ((plate - 6000.0) / PLATE_RED.gamma)


def plate(*sources, seed=0):
    return optical_image(list(sources), PLATE_RED, X, Y, np.random.default_rng(seed))


def difference(*sources, seed=0):
    """What sources add to the same sky: stars draw nothing from the stream."""
    return intensity(plate(*sources, seed=seed)) - intensity(plate(seed=seed))


class TestStars:
    @pytest.mark.parametrize("magnitude", [16.0, 18.0, 20.0])
    def test_flux(self, magnitude):
        for seed in range(3):
            added = difference(Source("star", 12.0, -20.0, 0, magnitude=magnitude), seed=seed)
            near = np.hypot(X - 12, Y + 20) < 25
            assert added[near].sum() == pytest.approx(10 ** (0.4 * (25 - magnitude)), rel=0.05)

    def test_position(self):
        added = difference(Source("agn", 40.0, 25.0, 0, magnitude=16.0)).clip(0)
        weight = added / added.sum()
        assert ((X * weight).sum(), (Y * weight).sum()) == pytest.approx((40, 25), abs=0.7)

    def test_seeing(self):
        """Two to four arcsec: half of the light within about two."""
        added = difference(Source("star", 0.0, 0.0, 0, magnitude=16.0))
        r = np.hypot(X, Y)
        width = 2 * np.sqrt((r[added > added.max() / 2] ** 2).max())
        assert 1.0 < width < 5.5

    def test_bright_ones_saturate_and_have_spikes(self):
        image = plate(Source("star", 0.0, 0.0, 0, magnitude=8.0))
        assert image.max() == pytest.approx(6000 + 2 * PLATE_RED.gamma)
        assert (image == image.max()).sum() > 20
        added = difference(Source("star", 0.0, 0.0, 0, magnitude=8.0))
        row, column = np.unravel_index(np.hypot(X, Y).argmin(), X.shape)
        along, diagonal = added[row, column + 45], added[row + 32, column + 32]
        assert along > 2 * diagonal

    def test_counterpart_of_no_magnitude(self):
        assert np.array_equal(plate(Source("agn", 0, 0, 1e-13)), plate())


class TestGalaxies:
    @pytest.mark.parametrize("index", [1.0, 4.0])
    def test_total_of_a_sersic_profile(self, index):
        """By numerical integration; half of it within one half-light radius."""
        r = np.geomspace(1e-6, 1e4, 200_000)
        profile = np.exp(-(2 * index - 1 / 3) * (r ** (1 / index) - 1)) * 2 * np.pi * r
        step = np.diff(r)
        parts = (profile[1:] + profile[:-1]) / 2 * step
        assert parts.sum() == pytest.approx(_sersic_total(index), rel=2e-3)
        assert parts[r[1:] < 1].sum() == pytest.approx(0.5 * parts.sum(), rel=1e-2)

    def test_nearby_galaxy_is_there(self):
        """Most of the light of a 14 mag galaxy; other draws of the stream move the rest."""
        galaxy = Source("galaxy", 0, 0, 1e-13, magnitude=14.0, axis_ratio=0.6, angle=0.3)
        near = np.hypot(X, Y) < 60
        found = [
            (intensity(plate(galaxy, seed=s)) - np.median(intensity(plate(seed=s))))[near].sum()
            for s in range(4)
        ]
        assert np.median(found) == pytest.approx(10 ** (0.4 * 11.0), rel=0.35)

    def test_moffat(self):
        psf = _moffat(3.0, 1.0)
        assert psf.sum() == pytest.approx(1)
        peak = psf.max()
        assert psf[30, 30 + 1] > peak / 2 > psf[30, 30 + 2]


class TestClusters:
    def clusters(self, z, n=12):
        rng = np.random.default_rng(5)
        return [draw_cluster(rng, 0.0, 0.0, z=(z, z + 0.02)) for _ in range(n)]

    def test_more_galaxies_than_the_field(self):
        """Light within 1 arcmin of a near cluster, above that of the same sky without it."""
        r = np.hypot(X, Y) < 60
        gain = [
            intensity(plate(cluster, seed=i))[r].sum() - intensity(plate(seed=i))[r].sum()
            for i, cluster in enumerate(self.clusters(0.1))
        ]
        assert np.mean(np.array(gain) > 0) > 0.9

    def test_brightest_galaxy_leads_and_fades_with_redshift(self):
        magnitudes = []
        for z in (0.08, 0.3, 0.8):
            rng = np.random.default_rng(0)
            members = [_members(cluster, rng) for cluster in self.clusters(z)]
            leads = [m[0][2] < min((g[2] for g in m[1:]), default=99) + 0.5 for m in members]
            assert np.mean(leads) > 0.8
            magnitudes.append(np.median([m[0][2] for m in members]))
        # M = -23.4 at a luminosity distance of 364, 1553 and 5000 Mpc, with K correction.
        assert magnitudes == pytest.approx([14.6, 17.9, 21.5], abs=0.7)

    def test_members_are_where_the_cluster_is(self):
        rng = np.random.default_rng(0)
        for cluster in self.clusters(0.2):
            members = np.array([g[:2] for g in _members(cluster, rng)])
            assert np.hypot(*(members[1:]).T).max(initial=0) <= 1.5 * cluster.r500
            assert np.hypot(*members[0]) < 30

    def test_richer_where_more_massive(self):
        rng = np.random.default_rng(0)
        clusters = self.clusters(0.15, 40)
        number = [len(_members(c, rng)) for c in clusters]
        mass = [c.m500 for c in clusters]
        assert np.corrcoef(np.log(mass), np.log(number))[0, 1] > 0.7


class TestSky:
    def test_noise_and_level(self):
        image = plate()
        level = np.median(image)
        assert level == pytest.approx(6000, abs=150)
        assert image.dtype == np.float32
        assert np.isfinite(image).all()

    def test_limit(self):
        """A star at the limit is found at about five times the noise of its disk."""
        found = []
        for seed in range(8):
            added = difference(Source("star", 3.0, 3.0, 0, magnitude=PLATE_RED.limit), seed=seed)
            blank = intensity(plate(seed=seed))
            noise = 1.4826 * np.median(np.abs(blank - np.median(blank)))
            r = np.hypot(X - 3, Y - 3)
            found.append(added[r < 6].sum() / (noise * np.sqrt(4 * np.pi * (2.9 / 2.355) ** 2)))
        assert 2.5 < np.median(found) < 7
