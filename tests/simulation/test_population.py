"""What is on the simulated sky."""

import numpy as np
import pytest
from astropy import units as u
from astropy.cosmology import FlatLambdaCDM

from astrocnn.simulation import KINDS, LIMITS, draw_sources
from astrocnn.simulation._population import _MIN_COUNTS, _field_agn, at_redshift, draw_cluster

EXPOSURE = 1e4 * 6.5e11  # counts per erg/s/cm2


def draw(kind, n=60, seed=0, exposure=EXPOSURE):
    return [draw_sources(kind, exposure, np.random.default_rng([seed, i])) for i in range(n)]


def test_shares():
    assert sum(KINDS.values()) == pytest.approx(1)
    assert KINDS["cluster"] == 0.5


@pytest.fixture(scope="module")
def clusters():
    rng = np.random.default_rng(0)
    return [draw_cluster(rng, 0, 0) for _ in range(400)]


class TestClusters:
    def test_limits_hold(self, clusters):
        assert min(c.m500 for c in clusters) >= LIMITS["m500"]
        assert min(c.flux for c in clusters) >= LIMITS["flux"]
        assert max(c.m500 for c in clusters) <= 10**15.2
        assert all(0.05 <= c.z <= 1.2 for c in clusters)

    def test_flux_follows_mass_and_redshift(self, clusters):
        """The scaling relation, with 0.4 of scatter in the logarithm."""
        cosmology = FlatLambdaCDM(H0=70, Om0=0.3)
        z = np.array([c.z for c in clusters])
        distance = cosmology.luminosity_distance(z).to_value(u.cm)
        luminosity = np.array([c.flux for c in clusters]) * 4 * np.pi * distance**2
        model = 0.8e44 * (np.array([c.m500 for c in clusters]) / 2e14) ** 1.85
        model *= cosmology.efunc(z) ** (7 / 3)
        scatter = np.log(luminosity / model)
        assert scatter.std() == pytest.approx(0.4, abs=0.06)
        assert 0 < scatter.mean() < 0.3  # the flux limit prefers the bright ones

    def test_r500_holds_500_times_the_critical_density(self, clusters):
        cosmology = FlatLambdaCDM(H0=70, Om0=0.3)
        for cluster in clusters[:20]:
            radius = cluster.r500 * u.arcsec / cosmology.arcsec_per_kpc_proper(cluster.z)
            mass = 500 * cosmology.critical_density(cluster.z) * 4 / 3 * np.pi * radius**3
            assert mass.to_value(u.Msun) == pytest.approx(cluster.m500, rel=1e-3)

    def test_shares_of_the_components(self, clusters):
        for cluster in clusters:
            assert sum(core[0] for core in cluster.cores) == pytest.approx(1)
            assert all(core[1] > 0 for core in cluster.cores)
        assert 0.4 < np.mean([len(c.cores) == 2 for c in clusters]) < 0.6


class TestKinds:
    @pytest.mark.parametrize("kind", KINDS)
    def test_label_is_physics(self, kind):
        """A cluster above the limits within 1 arcmin, in clusters and in nothing else."""
        for sources in draw(kind, 40):
            near = [
                s for s in sources
                if s.kind == "cluster" and np.hypot(s.x, s.y) <= LIMITS["distance"]
            ]  # fmt: skip
            assert bool(near) == (kind == "cluster")

    @pytest.mark.parametrize("kind", _MIN_COUNTS)
    @pytest.mark.parametrize("exposure", [EXPOSURE, EXPOSURE / 30])
    def test_every_candidate_is_detected(self, kind, exposure):
        for i in range(30):
            rng = np.random.default_rng(i)
            sources = draw_sources(kind, exposure, rng)
            near = [s for s in sources if np.hypot(s.x, s.y) < LIMITS["distance"]]
            assert sum(s.flux for s in near) * exposure >= _MIN_COUNTS[kind]

    @pytest.mark.parametrize("kind", ["blank", "artifact"])
    def test_nothing_but_the_field(self, kind):
        assert {s.kind for sources in draw(kind, 20) for s in sources} == {"agn"}

    def test_wing_has_its_cluster_outside(self):
        for sources in draw("wing", 20):
            clusters = [s for s in sources if s.kind == "cluster"]
            assert len(clusters) == 1
            assert 200 <= np.hypot(clusters[0].x, clusters[0].y) <= 480

    def test_pairs_are_close(self):
        for sources in draw("pair", 20):
            first = [s for s in sources[:3] if np.hypot(s.x, s.y) < 25]
            assert len(first) >= 2


class TestField:
    def test_number_counts(self):
        """70 per square degree above 1e-14, slopes 1.6 and 0.75."""
        flux = np.concatenate(
            [[s.flux for s in _field_agn(np.random.default_rng(i))] for i in range(400)]
        )
        area = 400 * (540 / 3600) ** 2
        for limit, number in ((5e-16, 70 * 0.05**-0.75), (2e-15, 70 * 0.2**-0.75), (1e-14, 70),
                              (4e-14, 70 * 4**-1.6)):  # fmt: skip
            expected = number * area
            assert (flux >= limit).sum() == pytest.approx(expected, abs=4 * np.sqrt(expected))

    def test_spread_over_the_field(self):
        places = np.concatenate(
            [[(s.x, s.y) for s in _field_agn(np.random.default_rng(i))] for i in range(50)]
        )
        assert np.abs(places).max() <= 270
        assert places.std(axis=0) == pytest.approx([270 / np.sqrt(3)] * 2, rel=0.1)

    def test_optical_counterparts(self):
        """log(fx / fo) of active nuclei lies around zero."""
        found = _field_agn(np.random.default_rng(0)) + _field_agn(np.random.default_rng(1))
        ratio = [np.log10(s.flux) + 5.5 + s.magnitude / 2.5 for s in found]
        assert np.mean(ratio) == pytest.approx(0, abs=0.25)


@pytest.mark.parametrize("z", [0.05, 0.3, 1.2])
def test_cosmology_table(z):
    cosmology = FlatLambdaCDM(H0=70, Om0=0.3)
    assert at_redshift("dl", z) == pytest.approx(
        cosmology.luminosity_distance(z).to_value(u.cm), rel=1e-3
    )
    assert at_redshift("e", z) == pytest.approx(cosmology.efunc(z), rel=1e-4)
    scale = cosmology.arcsec_per_kpc_proper(z).to_value(u.arcsec / u.Mpc)
    assert at_redshift("arcsec", z) == pytest.approx(scale, rel=1e-3)
