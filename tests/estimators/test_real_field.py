"""Weights ``xmm`` on a real XMM-Newton field: brightness alone must not pass."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

_PATH = Path(__file__).parents[2] / "benchmarks" / "abell1835.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("abell1835", _PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def found(script, real_data):
    return script.evaluate(real_data / "a1835_xmm")


def test_abell_1835_is_a_cluster(found):
    assert found["cluster"] > 0.8


@pytest.mark.parametrize("net", [1000, 600])
def test_dimmed_cluster_is_above_a_point_source_as_bright(found, net):
    proba = found["dimmed"][net]
    assert np.sum((proba > 0.5) & (proba > found["sources"][0])) >= 18


def test_brightest_point_source_is_no_cluster(found):
    assert found["sources"][0] < 0.5


def test_point_sources_far_from_the_cluster(found):
    scored = found["field"].scored
    assert scored.sum() == 12
    assert np.sum(found["sources"][scored] < 0.5) >= 10


def test_blank_sky(found):
    assert len(found["blank"]) == 40
    assert np.sum(found["blank"] < 0.5) >= 36


@pytest.mark.parametrize(("net", "least"), [(1000, 3), (600, 2), (300, 1)])
def test_faint_clusters_stand_above_all_else(script, found, net, least):
    """Odds e**2 times those of any other position at 600 counts, on either side of one half."""
    others = np.concatenate([found["sources"][found["field"].scored], found["blank"]])
    assert script.margin(found, net, others) > least


def test_light_around_sources(found):
    """A source that the network doubts has more light around it than the other faint ones."""
    field = found["field"]
    faint = np.flatnonzero(field.scored)[1:]  # not the brightest: its own beam is seen so far out
    assert faint[np.argmax(field.light_around()[faint])] == faint[
        np.argmax(found["sources"][faint])
    ]


def test_real_images_are_not_novel(found, real_data):
    """A domain of simulated images holds the real ones, not those of a broader telescope."""
    from scipy.ndimage import gaussian_filter

    from astrocnn.cutouts import make_cutouts
    from astrocnn.preprocessing import Preprocessing
    from astrocnn.providers import SkyImage
    from astrocnn.training import ImageDomain, simulated_tensors

    def novelty(image):
        coords = image.wcs.pixel_to_world(*found["blank_xy"].T)
        return domain.score(
            Preprocessing()(make_cutouts(coords, ["xmm"], {"xmm": image}, pixels=178))
        )

    domain = ImageDomain.fit(simulated_tensors(400, 3, ["xmm"], pixels=178)[0])
    field = found["field"]
    assert np.mean(novelty(field.image()) > 1) < 0.1
    broad = gaussian_filter(field.counts.astype(np.float32), 30 / 2.355 / 4)
    assert np.mean(novelty(SkyImage(broad, field.wcs, "counts", field.exposure)) > 1) > 0.9
