"""The simulation beside a real XMM-Newton field."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

_PATH = Path(__file__).parents[2] / "benchmarks" / "simulation_vs_real.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("simulation_vs_real", _PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def found(real_data, benchmark):
    return benchmark.compare(real_data / "a1835_xmm", realizations=4)


def pairs(found, start):
    return [(v, found["mean"][k]) for k, v in found["measured"].items() if k.startswith(start)]


def test_background(found):
    for real, simulated in pairs(found, "background"):
        assert simulated == pytest.approx(real, rel=0.15)


def test_vignetting(found):
    for real, simulated in pairs(found, "exposure"):
        assert simulated == pytest.approx(real, rel=0.08)


def test_distribution_of_counts(found):
    (zero, ours), (one, our_one), _ = pairs(found, "blank pixels")
    assert ours == pytest.approx(zero, abs=0.01)
    assert our_one == pytest.approx(one, abs=0.01)
    ((real, simulated),) = pairs(found, "variance")
    assert simulated == pytest.approx(real, abs=0.06)


def test_point_spread_function(found):
    # The real light within 20 arcsec is known to 0.03: counts, and the background below them
    real, simulated = found["encircled"]
    assert np.abs(real - simulated).mean() < 0.05
    assert np.abs(real - simulated).max() < 0.07


def test_profile_of_the_cluster(found):
    real, error, simulated = found["profile"]
    assert np.all(error < 0.06 * real)
    np.testing.assert_allclose(simulated, real, rtol=0.2)


def test_flux_of_the_cluster_is_the_published_one(found):
    fitted, bcs, mcxc = found["fluxes"]
    assert 0.9 * mcxc < fitted < 1.1 * bcs


def test_number_of_sources(found):
    (real, simulated), _ = pairs(found, "sources")
    assert abs(real - simulated) < 2 * np.sqrt(real)


def test_summary_and_figure(found, benchmark):
    table = benchmark.summary(found)
    assert len(table) == len(found["measured"]) + 5
    figure = benchmark.figure(found)
    assert [ax.get_title() for ax in figure.axes[:2]] == ["real, 1-2 keV", "simulated, 1-2 keV"]


def test_positions_are_those_of_the_real_image(benchmark):
    # A point source at a pixel of the real image, simulated alone, is at that pixel
    at = np.array([240.3, 401.6])
    field = benchmark.simulate([benchmark.Source("agn", 0.0, 0.0, 1e-12)], at, 64, time=1e6)
    np.testing.assert_allclose(benchmark.centroid(field, np.round(at)), at, atol=0.2)
    whole = benchmark.simulate([], benchmark.AXIS, 648)
    y, x = np.unravel_index(np.argmax(whole.exposure), whole.exposure.shape)
    np.testing.assert_allclose([x, y], benchmark.AXIS, atol=4)
