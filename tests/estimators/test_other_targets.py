"""Predictions of a list in which targets lie in each other's fields."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from astrocnn import ClusterClassifier, conf
from astrocnn.cutouts import make_cutouts
from astrocnn.exceptions import InvalidParameterError, StoreError
from astrocnn.extent import OtherTargets
from astrocnn.grid import CutoutGrid
from astrocnn.providers import SkyImage
from astrocnn.surveys import PointSpread

PSF = PointSpread(half_radius=8.0)


@pytest.fixture(scope="module")
def sky():
    """An extended source 44 arcsec from a bright point, a point far from them, and nothing."""
    grid = CutoutGrid(SkyCoord(150, 2, unit="deg"), 1200 * u.arcsec, 300)
    at = (np.arange(300) - 150) * 4.0
    halo = (1 + ((at[:, np.newaxis] + 200) ** 2 + (at + 200) ** 2) / 20**2) ** -1.5
    expected = 0.05 + 400 * halo / halo.sum()
    expected[:201, 11:212] += 1500 * PSF.image(4.0, 100)
    expected[200:, 200:] += 60 * PSF.image(4.0, 50)[:100, :100]
    image = np.random.default_rng(0).poisson(expected).astype("float32")
    x, y = np.array([100, 111, 250, 250]), np.array([100, 100, 250, 60])
    places = [grid.lonlat_at(x[i : i + 1], y[i : i + 1]) for i in range(4)]
    coords = SkyCoord(*np.array(places).reshape(4, 2).T, unit="deg")
    return {"xmm": SkyImage(image, grid.wcs, "counts", psf=PSF)}, coords


def clusters(result):
    return np.ma.filled(result["proba_cluster"], np.nan)


def classifier(sky, **given):
    return ClusterClassifier("xmm-psf", images=sky[0], judge_novel=True, **given)


def test_each_target_is_judged_by_its_own_source(sky):
    result = classifier(sky).predict(sky[1])
    alone = classifier(sky, mask_targets=False).predict(sky[1])
    assert clusters(alone)[:2].max() < 0.3
    assert clusters(result)[1] < 0.3 < 0.8 < clusters(result)[0]
    assert result["source_separation"][0] < 10 * u.arcsec
    assert alone["source_separation"][0] > 30 * u.arcsec
    # What lies alone is as it was.
    assert clusters(result)[2:] == pytest.approx(clusters(alone)[2:], abs=1e-6)
    assert clusters(classifier(sky).predict(sky[1][:1])) == pytest.approx(clusters(alone)[:1])


def test_chunks_and_order_change_nothing(sky, tmp_path):
    expected = clusters(classifier(sky).predict(sky[1]))
    with conf.set_temp("chunk_size", 1):
        assert clusters(classifier(sky).predict(sky[1])) == pytest.approx(expected, abs=1e-5)
        backward = classifier(sky).predict(sky[1][::-1])
        assert clusters(backward)[::-1] == pytest.approx(expected, abs=1e-5)
        kept = classifier(sky).predict(sky[1], folder=tmp_path / "run")
        assert clusters(kept) == pytest.approx(expected, abs=1e-5)
    cutouts = make_cutouts(sky[1], ["xmm"], sky[0], pixels=178)
    assert clusters(classifier(sky).predict(cutouts)) == pytest.approx(expected, abs=1e-5)
    proba = classifier(sky).predict_proba(sky[1])[:, 1]
    assert proba == pytest.approx(expected, abs=1e-5)
    with pytest.raises(StoreError, match="other targets"):
        classifier(sky, mask_targets=False).predict(sky[1], folder=tmp_path / "run")


def test_on_a_cluster(sky):
    distributed = pytest.importorskip("distributed")
    expected = clusters(classifier(sky).predict(sky[1]))
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False}
    options |= {"protocol": "tcp", "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with (
        conf.set_temp("chunk_size", 2),
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster) as client,
    ):
        found = classifier(sky).predict(sky[1], client=client)
    assert clusters(found) == pytest.approx(expected, abs=1e-5)


def test_cutouts_that_say_where_others_are(sky):
    """A part of a list knows the whole; unless nobody wants to hear of it."""
    expected = clusters(classifier(sky).predict(sky[1]))
    cutouts = make_cutouts(sky[1], ["xmm"], sky[0], pixels=178)
    others = OtherTargets(cutouts["ra"].values, cutouts["dec"].values).offsets(slice(None))
    part = cutouts.assign(other_targets=(OtherTargets.dims, others)).isel(target=[0])
    result = classifier(sky).predict(part)
    assert clusters(result) == pytest.approx(expected[:1], abs=1e-5)
    assert result.meta["other_targets"] == "masked"
    alone = classifier(sky, mask_targets=False).predict(part)
    assert clusters(alone) == pytest.approx(clusters(classifier(sky).predict(sky[1][:1])), abs=1e-5)
    assert "other_targets" not in alone.meta


@pytest.mark.parametrize("name", ["mask_targets", "judge_novel"])
def test_yes_or_no(sky, name):
    with pytest.raises(InvalidParameterError, match=f"{name} must be True or False, not 'no'"):
        ClusterClassifier("xmm-psf", **{name: "no"}).predict(sky[1])
