"""A band without images."""

import pickle

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from astrocnn import ClusterClassifier
from astrocnn.cutouts import make_cutouts
from astrocnn.exceptions import NoCoverageError, SurveyMismatchError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import NoImagesProvider, SkyImage, open_provider
from astrocnn.surveys import get_band

CENTER = SkyCoord(150.0, 2.0, unit="deg")
GRID = CutoutGrid(CENTER, 6 * u.arcmin, 30)


@pytest.mark.parametrize("word", ["none", "None", ["none"]])
def test_nothing_is_fetched(word):
    provider = open_provider(word, get_band("dss2"))
    assert isinstance(provider, NoImagesProvider)
    assert not provider.remote
    with pytest.raises(NoCoverageError, match="no dss2-red images were given"):
        provider.cutout(GRID)
    assert pickle.loads(pickle.dumps(provider)).identity == provider.identity


def test_a_file_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "none").write_bytes(b"")
    assert not isinstance(open_provider(None, get_band("dss2")), NoImagesProvider)
    with pytest.raises(Exception, match="none"):  # it is looked at, and holds nothing
        open_provider("./none", get_band("dss2")).cutout(GRID)


def test_cutouts_of_the_other_bands():
    image = SkyImage(np.ones((30, 30), "float32"), GRID.wcs, "counts", name="a")
    cutouts = make_cutouts(CENTER, ["xmm", "dss2-red"], {"xmm": image, "dss2-red": "none"},
                           pixels=30)  # fmt: skip
    assert cutouts["coverage"].values.tolist() == [[1.0, 0.0]]
    assert cutouts["status"].values[0, 1].startswith("no_coverage")


@pytest.mark.parametrize("band", ["xmm", "dss2-red"])
def test_weights_that_need_the_band(band):
    classifier = ClusterClassifier("xmm-dss2", images={band: "none"})
    with pytest.raises(SurveyMismatchError, match=f"need images of {band}: give some, or choose"):
        classifier.predict(CENTER)
