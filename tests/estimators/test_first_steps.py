"""What is easily given wrong the first time: a sentence that says how it is given."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astrocnn import ClusterClassifier
from astrocnn.cutouts import make_cutouts
from astrocnn.exceptions import InvalidParameterError, SurveyMismatchError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import SkyImage

COORDS = SkyCoord([150, 151], [2, 2], unit="deg")


def untouched(*_, **__):
    raise AssertionError("images are looked at")


@pytest.mark.parametrize("kind", [Table, lambda columns: Table(columns).to_pandas()])
def test_table_of_labels(kind):
    truth = kind({"target_id": ["a", "b"], "is_cluster": [True, False]})
    classifier = ClusterClassifier(weights=None, bands=["xmm"], pixels=16)
    with pytest.raises(InvalidParameterError, match=r"its column of labels.*truth\['is_cluster'\]"):
        classifier.fit(COORDS, truth)


@pytest.mark.parametrize(
    ("weights", "prior"), [("xmm", {"cluster": 0.05}), ("xmm-psf", {"cluster": 0.1, "point": 0.9})]
)
def test_prior_is_checked_first(monkeypatch, weights, prior):
    monkeypatch.setattr("astrocnn.estimators._gate.TargetSource.open", untouched)
    with pytest.raises(InvalidParameterError, match="a dict with the fraction of each of"):
        ClusterClassifier(weights, prior=prior).predict(COORDS)


def test_one_band_as_text():
    with pytest.raises(InvalidParameterError, match=r"bands is a list, such as \['xmm'\]"):
        make_cutouts(COORDS, "xmm", size=6 * u.arcmin, pixels=16)


def test_images_without_a_band():
    words = r"a dict from band to source: images=\{'xmm': \{'image': ..., 'exposure': ...\}\}"
    with pytest.raises(SurveyMismatchError, match=words):
        ClusterClassifier("xmm", images={"image": "a.fits", "exposure": "b.fits"}).predict(COORDS)


def test_weights_that_may_lack_a_band_are_named():
    field = CutoutGrid(COORDS[0], 6 * u.arcmin, 90)
    image = SkyImage(np.ones(field.shape, "float32"), field.wcs, "counts")
    with pytest.raises(SurveyMismatchError, match="such as 'xmm-dss2-psf' or 'erosita-legacy-psf'"):
        ClusterClassifier("xmm-dss2", images={"xmm": image, "dss2-red": "none"}).predict(COORDS)
