"""Whatever is given: a sentence that says what to do, or a flagged row; docs/user_guide/bad_input.

Of each case the class of the error and the words that help are held fast.
"""

import gzip
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import MaskedColumn, QTable, Table
from astropy.utils.masked import Masked

from astrocnn import ClusterClassifier
from astrocnn.catalogs import read_catalog
from astrocnn.config import conf
from astrocnn.exceptions import (
    FailedTargetWarning,
    InvalidImageError,
    InvalidTargetError,
    InvalidTargetWarning,
    NoCoverageWarning,
    ProviderError,
    SurveyMismatchError,
    UnknownNameError,
    WeightsError,
)
from astrocnn.grid import CutoutGrid
from astrocnn.surveys import get_survey

CENTER = SkyCoord(150, 2, unit="deg")


def write_image(path, center=CENTER, wcs=True, data=None):
    """A field of 12 arcmin with one count per pixel on average."""
    field = CutoutGrid(center, 12 * u.arcmin, 180)
    if data is None:
        data = np.random.default_rng(1).poisson(1.0, field.shape).astype("int16")
    fits.PrimaryHDU(data, field.wcs.to_header() if wcs else None).writeto(path)
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with good files and bad ones."""
    monkeypatch.chdir(tmp_path)
    whole = Path(write_image("field.fits")).read_bytes()
    Path("cut.fits").write_bytes(whole[: len(whole) // 2])
    Path("cut.fits.gz").write_bytes(gzip.compress(whole)[:9000])
    Path("header.fits").write_bytes(whole[:1000])
    Path("empty.fits").touch()
    Path("text.fits").write_text("no image at all\n" * 300)
    write_image("nowhere.fits", wcs=False)
    write_image("nan.fits", data=np.full((180, 180), np.nan))
    write_image("zero.fits", data=np.zeros((180, 180), dtype="int16"))
    Path("empty.csv").touch()
    Path("header.csv").write_text("ra,dec\n")
    Path("other.csv").write_text("x,y\n1,2\n")
    Path("swapped.csv").write_text("ra,dec\n2,150\n3,160\n")
    Path("binary.csv").write_bytes(bytes(range(256)))
    Path("cut.csv.gz").write_bytes(gzip.compress(b"ra,dec\n" + b"150,2\n" * 5000)[:60])
    Table({"ra": [150.0], "dec": [2.0]}).write("whole.fits")
    Path("cut_table.fits").write_bytes(Path("whole.fits").read_bytes()[:4000])
    Path("pixels.reg").write_text("image\ncircle(10,10,3)\n")
    Path("broken.keras").write_bytes(b"PK\x03\x04 and no more")
    return tmp_path


def classifier(**parameters):
    return ClusterClassifier(**{"weights": "xmm", "images": {"xmm": "field.fits"}} | parameters)


# ---- targets that are refused ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([], "the target list is empty: give at least one position"),
        (SkyCoord([], [], unit="deg"), "the target list is empty"),
        ((150, 2), r"not tuple of int: build one with SkyCoord\(ra, dec, unit='deg'\)"),
        ([(150, 2)], "not list of tuple: build one with SkyCoord"),
        (np.array([[150.0, 2.0]]), "not ndarray: build one with SkyCoord"),
        (None, "targets must be a SkyCoord, a list of SkyCoord, a table .* not NoneType"),
        (Table({"x": [1], "y": [2]}), "no sky columns found: rename .* the table has: x, y"),
        (
            QTable({"ra": [150] * u.m, "dec": [2] * u.deg}),
            "'ra' has the unit 'm', .*set it to 'deg'",
        ),
        (
            QTable({"ra": [150] * u.s, "dec": [2] * u.deg}),
            "'s', which is not an angle.*'hourangle'",
        ),
        (Table({"ra": [2.0], "dec": [150.0]}), "out of range .*check the order and the units"),
        (Table({"ra": [["a", "b"]], "dec": [[1, 2]]}), "must hold one number per row"),
        ("empty.csv", "cannot read 'empty.csv': it is empty"),
        ("header.csv", "target list 'header.csv': the target list is empty"),
        ("other.csv", "target list 'other.csv': no sky columns found.*the table has: x, y"),
        ("swapped.csv", "'swapped.csv': 2 of 2 positions are out of range .*check the order"),
        ("binary.csv", "cannot read 'binary.csv': "),
        ("cut.csv.gz", "cannot read 'cut.csv.gz': "),
        ("cut_table.fits", "cannot read 'cut_table.fits': "),
        ("field.fits", "cannot read 'field.fits': No table found"),
        ("pixels.reg", "1 of 1 regions are in image coordinates: save the file with sky coord"),
        (".", "is a folder: give the file that holds the table"),
    ],
)
@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyUserWarning")
def test_targets_that_are_refused(folder, targets, message):
    with pytest.raises(InvalidTargetError, match=message):
        classifier().predict(targets)


@pytest.mark.parametrize("targets", ["missing.csv", Path("missing.csv"), "Abell 1835"])
def test_missing_list(folder, targets):
    with pytest.raises(FileNotFoundError, match="there is no file '.*' .text is taken as the path"):
        classifier().predict(targets)


# ---- targets that are flagged ----------------------------------------------------------------


@pytest.mark.parametrize(
    "targets",
    [
        SkyCoord([150, np.nan], [2, 2], unit="deg"),
        SkyCoord(Masked([150, 10], mask=[False, True]) * u.deg, [2, 2] * u.deg),
        Table({"ra": MaskedColumn([150.0, 10.0], mask=[False, True]), "dec": [2.0, 2.0]}),
        Table({"ra": ["10:00:00", "no number"], "dec": ["2:00:00", "2:00:00"]}),
        Table({"ra": [150.0, 150.0], "dec": [2.0, 95.0]}),
    ],
)
def test_position_that_is_none(folder, targets):
    """The row stays, without a prediction; the other one has its own."""
    with pytest.warns(InvalidTargetWarning, match="2 targets: 1 without a valid position"):
        result = classifier().predict(targets)
    assert list(result["proba_cluster"].mask) == [False, True]
    assert "invalid_position" in result["flag"][1]


def test_position_given_twice(folder):
    with pytest.warns(InvalidTargetWarning, match="2 targets: 1 within 0.1 arcsec of an earlier"):
        result = classifier().predict([CENTER, CENTER])
    assert ["duplicate" in flag for flag in result["flag"]] == [False, True]
    assert result["proba_cluster"][0] == pytest.approx(result["proba_cluster"][1], abs=1e-5)


@pytest.mark.parametrize("frame", ["galactic", "fk5", "barycentrictrueecliptic"])
def test_another_frame_is_no_fault(folder, frame):
    result = classifier().predict(CENTER.transform_to(frame))
    assert result["ra"][0].to_value("deg") == pytest.approx(150)
    assert not result["label"].mask[0]


@pytest.mark.parametrize(("ra", "dec"), [(0, 90), (0, -90), (359.999, 5), (0.001, -5)])
def test_poles_and_the_wrap_of_right_ascension(folder, ra, dec):
    """There the field is as good as anywhere."""
    center = SkyCoord(ra, dec, unit="deg")
    images = {"xmm": write_image("there.fits", center)}
    beside = center.directional_offset_by(90 * u.deg, 20 * u.arcsec)
    result = classifier(images=images).predict([center, beside])
    assert not result["label"].mask.any()
    assert set(result["coverage_xray"]) == {1.0}


def test_outside_of_the_images(folder):
    with pytest.warns(NoCoverageWarning, match="1 of 2 targets has no XMM coverage"):
        result = classifier().predict(SkyCoord([150, 10], [2, -80], unit="deg"))
    assert result["flag"][1] == "no_coverage:xmm"
    assert result["label"].mask[1]


# ---- images ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        ({"xmn": "field.fits"}, UnknownNameError, "unknown band 'xmn'; did you mean 'xmm'"),
        (
            {"dss2": "field.fits"},
            SurveyMismatchError,
            "images of xmm are needed, but images=",
        ),
        ("field.fits", InvalidImageError, "images must be a dict .*such as {'xmm': '.*not 'field"),
        ({"xmm": "missing.fits"}, ProviderError, "no file matches 'missing.fits'"),
        ({"xmm": "*.FTZ"}, ProviderError, r"no file matches '\*.FTZ'"),
        ({"xmm": 7}, ProviderError, "images are files, patterns, .* not 7"),
        ({"xmm": "text.fits"}, ProviderError, "text.fits cannot be read as a FITS image"),
        ({"xmm": "empty.fits"}, ProviderError, "empty.fits cannot be read as a FITS image"),
        ({"xmm": "header.fits"}, ProviderError, "header.fits cannot be read as a FITS image"),
        ({"xmm": "cut.fits.gz"}, ProviderError, "cut.fits.gz cannot be read as a FITS image"),
        ({"xmm": "whole.fits"}, ProviderError, "no two-dimensional image with a celestial WCS"),
        ({"xmm": "nowhere.fits"}, ProviderError, "nowhere.fits has no .*celestial WCS; give an im"),
    ],
)
def test_images_that_are_refused(folder, images, error, message):
    with pytest.raises(error, match=message):
        classifier(images=images).predict(CENTER)


def test_truncated_image_is_the_fault_of_its_targets(folder):
    with pytest.warns(FailedTargetWarning, match="1 of 1 targets failed.*cut.fits .*truncated"):
        result = classifier(images={"xmm": "cut.fits"}).predict(CENTER)
    assert list(result["flag"]) == ["failed:xmm"]


def test_file_that_is_no_image_among_others(folder):
    """It is left out, and named."""
    with pytest.warns(FailedTargetWarning, match="1 of 2 files .*left out.*text.fits"):
        result = classifier(images={"xmm": ["field.fits", "text.fits"]}).predict(CENTER)
    assert not result["label"].mask[0]


@pytest.mark.parametrize(("name", "flag"), [("zero.fits", "no_signal:xmm")])
def test_image_without_content(folder, name, flag):
    result = classifier(images={"xmm": name}).predict(CENTER)
    assert flag in result["flag"][0].split(";")
    assert result["label"].mask[0]


def test_image_of_nan(folder):
    with pytest.warns(NoCoverageWarning):
        result = classifier(images={"xmm": "nan.fits"}).predict(CENTER)
    assert list(result["flag"]) == ["no_coverage:xmm"]


def test_no_network(folder, monkeypatch):
    """Each row is flagged, the sentence says what to do, and it does not take forever."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    targets = SkyCoord(np.arange(100.0), np.zeros(100), unit="deg")
    started = time.monotonic()
    with (
        conf.set_temp("hips2fits_server", "http://127.0.0.1:9/"),
        pytest.warns(
            FailedTargetWarning, match="100 of 100 targets failed.*could not reach .*local"
        ),
    ):
        result = ClusterClassifier().predict(targets)
    # Three requests of 1.5 s for each of two bands; 150 s if each target had its own.
    assert time.monotonic() - started < 100
    assert set(result["flag"]) == {"failed:xmm;failed:dss2-red"}
    assert result["label"].mask.all()


# ---- names, numbers, and the rest ------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ("xmn", UnknownNameError, "unknown weights 'xmn'; did you mean 'xmm'.*file named"),
        ("missing.keras", WeightsError, "there is no file 'missing.keras'"),
        ("broken.keras", WeightsError, "broken.keras is no model archive of astrocnn"),
        (None, ValueError, r"has no weights yet: call fit\(coords, labels\), or choose weights="),
    ],
)
def test_weights(folder, weights, error, message):
    with pytest.raises(error, match=message):
        classifier(weights=weights).predict(CENTER)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"threshold": 50}, "threshold must be a number from 0 to 1, not 50"),
        ({"threshold": np.nan}, "threshold must be a number from 0 to 1, not nan"),
        ({"threshold": "0.5"}, "threshold must be a number from 0 to 1, not '0.5'"),
        ({"batch_size": 0}, "batch_size must be a whole number above zero, not 0"),
        ({"epochs": 1.5}, "epochs must be a whole number above zero, not 1.5"),
        ({"learning_rate": 0}, "learning_rate must be a number above zero, not 0"),
    ],
)
def test_parameters(folder, parameters, message):
    with pytest.raises(ValueError, match=message):
        classifier(**parameters).predict(CENTER)


def test_size_without_a_unit(folder):
    untrained = ClusterClassifier(weights=None, bands=["xmm"], size=6, pixels=32)
    with pytest.raises(InvalidTargetError, match=r"one angle such as 6 \* u.arcmin, not 6"):
        untrained.fit([CENTER, CENTER], [True, False])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([True], r"y has shape \(1,\), but there are 2 targets"),
        ([True, True], "training needs targets of at least two classes"),
        ([1, 2], "numeric labels must be 0 and 1"),
        (np.ma.array([True, False], mask=[True, False]), "y has masked labels"),
    ],
)
def test_labels(folder, labels, message):
    untrained = ClusterClassifier(
        weights=None, bands=["xmm"], pixels=32, images={"xmm": "field.fits"}
    )
    with pytest.raises(ValueError, match=message):
        untrained.fit(SkyCoord([150, 150.01], [2, 2], unit="deg"), labels)


def test_dataset_of_something_else(folder):
    with pytest.raises(InvalidImageError, match="no variable 'image'; cut-outs are made with"):
        classifier().predict(xr.Dataset())


def test_unknown_survey():
    with pytest.raises(UnknownNameError, match="unknown survey 'dss3'; .*Choices: .*dss2"):
        get_survey("dss3")


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("missing.csv", FileNotFoundError, "there is no catalog 'missing.csv'"),
        ("binary.csv", InvalidTargetError, "cannot read the catalog 'binary.csv'"),
        ("other.csv", InvalidTargetError, "no sky columns found"),
    ],
)
def test_catalog(folder, source, error, message):
    with pytest.raises(error, match=message):
        read_catalog(source)
