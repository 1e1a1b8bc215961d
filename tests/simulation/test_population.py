"""What is on the simulated sky."""

import numpy as np
import pytest

from astrocnn.simulation import KINDS, LIMITS, draw_sources
from astrocnn.simulation._clusters import ClusterDraw
from astrocnn.simulation._population import _MIN_COUNTS, cluster_source, field_agn

EXPOSURE = 1e4 * 6.5e11  # counts per erg/s/cm2


def draw(kind, n=60, seed=0, exposure=EXPOSURE):
    return [draw_sources(kind, exposure, np.random.default_rng([seed, i])) for i in range(n)]


def test_shares():
    assert sum(KINDS.values()) == pytest.approx(1)
    assert KINDS["cluster"] == 0.5


class TestKinds:
    @pytest.mark.parametrize("kind", KINDS)
    def test_what_makes_the_target_comes_first(self, kind):
        """A cluster above the limits within 1 arcmin, in clusters; else only by chance."""
        found = []
        for sources in draw(kind, 40):
            near = [
                s for s in sources
                if s.kind == "cluster" and np.hypot(s.x, s.y) <= LIMITS["distance"]
                and s.flux >= LIMITS["flux"] and s.m500 >= LIMITS["m500"]
            ]  # fmt: skip
            found.append(bool(near))
            assert (sources[0].kind == "cluster") == (kind == "cluster") or kind == "wing" or near
        assert np.mean(found) == 1 if kind == "cluster" else np.mean(found) < 0.15

    @pytest.mark.parametrize("kind", _MIN_COUNTS)
    @pytest.mark.parametrize("exposure", [EXPOSURE, EXPOSURE / 30])
    def test_every_candidate_is_detected(self, kind, exposure):
        for i in range(30):
            rng = np.random.default_rng(i)
            sources = draw_sources(kind, exposure, rng)
            near = [s for s in sources if np.hypot(s.x, s.y) < LIMITS["distance"]]
            assert sum(s.flux for s in near) * exposure >= 0.999 * _MIN_COUNTS[kind]

    @pytest.mark.parametrize("kind", ["blank", "artifact"])
    def test_nothing_but_the_field(self, kind):
        """Active nuclei and groups, at random: as many as the number counts hold."""
        sources = [s for sources in draw(kind, 40) for s in sources]
        assert {s.kind for s in sources} == {"agn", "cluster"}
        assert np.mean([np.hypot(s.x, s.y) < 60 for s in sources]) < 0.1

    def test_wing_has_its_cluster_outside(self):
        for sources in draw("wing", 20):
            first = next(s for s in sources if s.kind == "cluster")
            assert 200 <= np.hypot(first.x, first.y) <= 480
            assert first.flux >= 3e-13

    def test_pairs_are_close(self):
        for sources in draw("pair", 20):
            first = [s for s in sources[:3] if np.hypot(s.x, s.y) < 25]
            assert len(first) >= 2


class TestField:
    def test_number_counts(self):
        """70 per square degree above 1e-14, slopes 1.6 and 0.75."""
        flux = np.concatenate(
            [[s.flux for s in field_agn(np.random.default_rng(i))] for i in range(400)]
        )
        area = 400 * (540 / 3600) ** 2
        for limit, number in ((5e-16, 70 * 0.05**-0.75), (2e-15, 70 * 0.2**-0.75), (1e-14, 70),
                              (4e-14, 70 * 4**-1.6)):  # fmt: skip
            expected = number * area
            assert (flux >= limit).sum() == pytest.approx(expected, abs=4 * np.sqrt(expected))

    def test_spread_over_the_field(self):
        places = np.concatenate(
            [[(s.x, s.y) for s in field_agn(np.random.default_rng(i))] for i in range(50)]
        )
        assert np.abs(places).max() <= 270
        assert places.std(axis=0) == pytest.approx([270 / np.sqrt(3)] * 2, rel=0.1)

    def test_optical_counterparts(self):
        """log(fx / fo) of active nuclei lies around zero."""
        found = field_agn(np.random.default_rng(0)) + field_agn(np.random.default_rng(1))
        ratio = [np.log10(s.flux) + 5.5 + s.magnitude / 2.5 for s in found]
        assert np.mean(ratio) == pytest.approx(0, abs=0.25)

    def test_halos(self):
        """Groups and clusters come at random places, as many as the mass function holds."""
        sources = [s for i in range(60) for s in draw_sources("blank", 1, np.random.default_rng(i))]
        halos = [s for s in sources if s.kind == "cluster"]
        assert 80 < len(halos) < 350
        assert np.abs([(s.x, s.y) for s in halos]).max() <= 270
        assert np.median([s.m500 for s in halos]) < 6e13


class TestShapes:
    def test_of_clusters(self):
        rng = np.random.default_rng(0)
        draws = [ClusterDraw.one(rng, 3e-14) for _ in range(200)]
        sources = [cluster_source(rng, d, 1.0, 2.0) for d in draws]
        for source, drawn in zip(sources, draws, strict=True):
            assert sum(core[0] for core in source.cores) == pytest.approx(1)
            assert all(core[1] > 0 for core in source.cores)
            assert (source.x, source.y, source.flux, source.z) == (1, 2, drawn.flux, drawn.z)
            assert source.spectrum == ("thermal", drawn.kt, drawn.z)
        assert 0.35 < np.mean([len(s.cores) == 2 for s in sources]) < 0.65
        relative = [s.cores[0][1] / s.r500 for s in sources]
        assert np.median(relative) == pytest.approx(0.15, rel=0.15)

    def test_extent(self):
        assert draw("agn", 1)[0][0].extent == 0
        galaxy = draw("galaxy", 1)[0][0]
        assert galaxy.extent == galaxy.cores[0][1]
