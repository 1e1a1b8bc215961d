"""`ClusterClassifier.explain`: sums, rows without an image, input of every kind."""

import numpy as np
import pytest
import xarray as xr
from astropy.coordinates import SkyCoord
from sklearn.exceptions import NotFittedError

from astrocnn import ClusterClassifier
from astrocnn.cutouts import make_cutouts
from astrocnn.exceptions import NoCoverageError, SurveyMismatchError
from astrocnn.providers import Pixels, Provider
from astrocnn.simulation import simulate_cutouts
from astrocnn.surveys import get_band

PIXELS = 16
TARGETS = SkyCoord([10, 20, 30], [10, -70, 20], unit="deg")


class Blobs(Provider):
    """A blob on noise; no pixels south of declination -60 deg."""

    description = "made up"

    def cutout(self, grid):
        dec = grid.center.dec.deg
        if dec < -60:
            raise NoCoverageError("south of the survey")
        rng = np.random.default_rng(round(abs(dec) * 1e6))
        y, x = np.indices(grid.shape) - (grid.pixels - 1) / 2
        image = 20 * np.exp(-(x**2 + y**2) / 2 / 3**2) + rng.normal(0, 1, grid.shape)
        return Pixels(image.astype(np.float32), np.isfinite(image))


def untrained(bands=("xmm",), **changes):
    images = {band: Blobs(get_band(band)) for band in bands}
    parameters = {
        "weights": None, "bands": bands, "pixels": PIXELS, "images": images, "epochs": 1,
        "batch_size": 4, "random_state": 0,
    }  # fmt: skip
    return ClusterClassifier(**(parameters | changes))


@pytest.fixture(scope="module")
def fitted():
    targets = SkyCoord(np.arange(6), np.arange(6), unit="deg")
    return untrained(("xmm", "dss2-red")).fit(targets, np.arange(6) % 2)


def test_attributions_add_up_to_the_probability():
    cutouts, _ = simulate_cutouts(4, random_state=21, bands=["xmm"], pixels=178)
    explained = ClusterClassifier("xmm").explain(cutouts)
    gain = explained["proba"].values - explained.attrs["baseline_proba"]
    total = explained["attribution"].sum(("band", "y", "x")).values
    assert np.abs(gain).max() > 0.5
    assert np.abs(total - gain).max() < 0.04
    assert explained.attrs["simulated"]


def test_layout(fitted):
    explained = fitted.explain(TARGETS[[0, 2]], steps=2)
    assert explained["attribution"].dims == ("target", "band", "y", "x")
    assert explained["attribution"].shape == (2, 2, PIXELS, PIXELS)
    assert explained["band"].values.tolist() == ["xmm", "dss2-red"]
    cutouts = make_cutouts(TARGETS[[0, 2]], ["xmm", "dss2-red"], fitted.images, pixels=PIXELS)
    xr.testing.assert_identical(explained["image"], cutouts["image"])
    assert explained.attrs["class"] == "cluster"
    assert explained.attrs["steps"] == 2
    assert explained.attrs["weights"] == "fitted here"
    assert 0 < explained.attrs["baseline_proba"] < 1


def test_probability_is_the_networks_own(fitted):
    explained = fitted.explain(TARGETS[[0, 2]], steps=1)
    network = fitted._ready()
    tensor = network.preprocessing(explained.assign_coords(unit=("band", ["", ""])))
    expected = np.asarray(network.model.predict_on_batch(tensor))[:, 1]
    assert np.allclose(explained["proba"], expected, atol=1e-6)


def test_target_without_an_image(fitted):
    explained = fitted.explain(TARGETS, steps=1)
    assert explained["flag"].values.tolist() == ["", "no_coverage:xmm;no_coverage:dss2-red", ""]
    assert np.isfinite(explained["proba"]).values.tolist() == [True, False, True]
    finite = np.isfinite(explained["attribution"].values)
    assert finite[[0, 2]].all()
    assert not finite[1].any()


def test_no_target_has_an_image(fitted):
    explained = fitted.explain(TARGETS[[1]], steps=1)
    assert np.isnan(explained["attribution"].values).all()
    assert explained["flag"].values[0].startswith("no_coverage")


def test_flags_of_the_target_list(fitted):
    with pytest.warns(UserWarning, match="1 within"):
        explained = fitted.explain(TARGETS[[0, 0]], steps=1)
    assert explained["flag"].values.tolist() == ["", "duplicate"]


def test_image_unlike_the_training_is_explained_and_flagged(fitted, monkeypatch):
    class Domain:
        def judge(self, tensor):
            return np.array([0.5, 2.0])[: len(tensor)], np.array([-1, 2])[: len(tensor)]

    monkeypatch.setitem(fitted._ready().__dict__, "domain", Domain())
    explained = fitted.explain(TARGETS, steps=1)
    assert explained["flag"].values.tolist()[::2] == ["", "out_of_domain:xmm(sharpness)"]
    assert np.isfinite(explained["attribution"].values[2]).all()


def test_class_of_several():
    targets = SkyCoord(np.arange(6), np.arange(6), unit="deg")
    fitted = untrained().fit(targets, ["agn", "star", "cluster"] * 2)
    found = [
        fitted.explain(targets[:1], 1, name)["attribution"].values
        for name in ("agn", "star", "cluster")
    ]
    assert np.abs(found[0]).max() > 1e-6
    assert np.allclose(sum(found), 0, atol=1e-6)
    assert np.array_equal(fitted.explain(targets[:1], 1)["attribution"].values, found[2])
    with pytest.raises(ValueError, match="unknown class 'galaxy'; the network knows agn, star,"):
        fitted.explain(targets[:1], label="galaxy")


def test_bad_input(fitted):
    with pytest.raises(ValueError, match="steps must be a whole number above zero"):
        fitted.explain(TARGETS[:1], steps=0)
    with pytest.raises(NotFittedError):
        untrained().explain(TARGETS)
    cutouts = make_cutouts(TARGETS[:1], ["xmm"], {"xmm": Blobs(get_band("xmm"))}, pixels=PIXELS)
    with pytest.raises(SurveyMismatchError, match=r"xmm \+ dss2-red"):
        fitted.explain(cutouts)
