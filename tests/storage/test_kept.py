"""What earlier versions kept: read with the same numbers, or refused with a sentence."""

import json
import re
import runpy
import shutil
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from astropy.table import QTable

from astrocnn import ClusterClassifier, conf
from astrocnn.catalogs._cache import ANSWERS
from astrocnn.cutouts import open_cutouts, write_cutouts
from astrocnn.exceptions import (
    DamagedPartWarning,
    FailedTargetWarning,
    NoCoverageWarning,
    StoreError,
    WeightsError,
)
from astrocnn.networks import load_model
from astrocnn.providers import HipsProvider
from astrocnn.providers._remote._cache import IMAGES
from astrocnn.surveys import get_band
from astrocnn.tables import read_file
from astrocnn.validation import read_report

DATA = Path(__file__).parent / "data"
MAKE = runpy.run_path(DATA / "make_kept.py")
BANDS = ["xmm", "dss2-red"]
VERSIONS = ["0.1"]


@pytest.fixture(params=VERSIONS)
def kept(request, tmp_path):
    """A copy of what a version kept."""
    shutil.unpack_archive(DATA / f"kept-{request.param}.zip", tmp_path)
    with conf.set_temp("chunk_size", 4), warnings.catch_warnings():
        warnings.simplefilter("ignore", NoCoverageWarning)
        warnings.simplefilter("ignore", FailedTargetWarning)
        yield tmp_path


@pytest.fixture
def expected(kept):
    with np.load(kept / "expected.npz") as file:
        return dict(file)


def test_weights_and_run(kept, expected):
    """Weights are read; the parts are too, or refused with what differs."""
    classifier = ClusterClassifier(kept / "small.keras", images=MAKE["sources"]("xmm"))
    result = classifier.predict(MAKE["TARGETS"])
    np.testing.assert_allclose(result["proba_cluster"].filled(np.nan), expected["proba"], atol=1e-5)
    refusal = ""
    try:
        result = classifier.predict(MAKE["TARGETS"], folder=kept / "run")
    except StoreError as error:
        refusal = str(error)
    assert not refusal or re.search("another run: .* differ .*Choose another folder", refusal)
    np.testing.assert_allclose(result["proba_cluster"].filled(np.nan), expected["proba"], atol=1e-5)


def test_run_of_another_version_is_refused(kept, monkeypatch):
    text = (kept / "run" / "run.json").read_text()
    other = text.replace(f"astrocnn {version('astrocnn')}", "astrocnn 0.0")
    (kept / "run" / "run.json").write_text(other)
    classifier = ClusterClassifier(kept / "small.keras", images=MAKE["sources"]("xmm"))
    with pytest.raises(StoreError, match=r"another run: .*versions differ \(astrocnn 0\.0 there"):
        classifier.predict(MAKE["TARGETS"], folder=kept / "run")


def test_cutouts(kept, expected):
    dataset = open_cutouts(kept / "kept").load()
    np.testing.assert_array_equal(dataset["image"], expected["image"])
    np.testing.assert_array_equal(dataset["ra"], expected["ra"])
    assert dataset["target_id"].values[3] == "J03é"
    assert dataset["status"].values[2].tolist() == ["failed:xmm", "failed:dss2-red"]


@pytest.mark.parametrize("name", ["ra", "dec", "target_id"])
def test_cutouts_with_damaged_positions(kept, expected, name):
    """One flipped bit, or a chunk that is gone, is no other position; making them anew helps."""
    (chunk,) = (path for path in (kept / "kept/cutouts.zarr" / name / "c").rglob("*")
                if path.is_file())  # fmt: skip
    chunk.unlink()
    with pytest.raises(StoreError, match="positions are not those that were written.*again"):
        open_cutouts(kept / "kept")
    write_cutouts(kept / "kept", MAKE["TARGETS"], BANDS, MAKE["sources"](*BANDS), pixels=8)
    dataset = open_cutouts(kept / "kept").load()
    np.testing.assert_array_equal(dataset["image"], expected["image"])
    np.testing.assert_array_equal(dataset["ra"], expected["ra"])


@pytest.mark.parametrize("name", ["image", "valid"])
def test_cutouts_without_a_chunk(kept, expected, name):
    (kept / "kept/cutouts.zarr" / name / "c/1/0/0/0").unlink()
    dataset = open_cutouts(kept / "kept").load()
    assert dataset["status"].values[4:8, 0].tolist() == ["failed:xmm"] * 3 + ["no_coverage:xmm"]
    assert not dataset["valid"].values[4:8, 0].any()
    assert np.isnan(dataset["image"].values[4:8, 0]).all()
    assert len(dataset.attrs["faults"]) == 2 + 3
    with pytest.warns(DamagedPartWarning, match="4 cut-outs are made anew"):
        write_cutouts(kept / "kept", MAKE["TARGETS"], BANDS, MAKE["sources"](*BANDS), pixels=8)
    np.testing.assert_array_equal(open_cutouts(kept / "kept")["image"], expected["image"])


def test_cutouts_of_other_axes(kept):
    """Checksums are of bytes: they do not know which axis is which."""
    path = kept / "kept/cutouts.zarr/image/zarr.json"
    about = json.loads(path.read_text())
    about["dimension_names"] = ["target", "band", "x", "y"]
    path.write_text(json.dumps(about))
    with pytest.raises(StoreError, match="image has axes .*write_cutouts again"):
        open_cutouts(kept / "kept")


def test_cutouts_get_checksums(kept, expected):
    """Going on with cut-outs of 0.1 gives them what they lack."""
    write_cutouts(kept / "kept", MAKE["TARGETS"], BANDS, MAKE["sources"](*BANDS), pixels=8)
    shutil.rmtree(kept / "kept/cutouts.zarr/ra/c")
    np.testing.assert_array_equal(open_cutouts(kept / "kept")["ra"], expected["ra"])


@pytest.mark.parametrize("suffix", ["ecsv", "fits", "vot", "csv", "parquet"])
def test_results(kept, expected, suffix):
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    result = QTable(read_file(kept / f"result.{suffix}"))
    np.testing.assert_allclose(
        np.ma.filled(np.ma.masked_invalid(result["proba_cluster"]), np.nan), expected["proba"]
    )


def test_report(kept):
    assert str(read_report(kept / "report.json")).startswith("Validation: 11 targets")


def test_checkpoint(kept):
    from astrocnn.networks import build_cn
    from astrocnn.training import train_network

    images = np.random.default_rng(0).integers(0, 2, (8, 16, 16, 1)).astype("float32")
    with pytest.raises(WeightsError, match=r"state\.npz is of another training, it differs in "):
        train_network(
            build_cn((16, 16, 1)), images, np.arange(8) % 2, epochs=1, random_state=1,
            learning_rate=1e-30, checkpoint=kept / "checkpoint" / "state.npz",
        )  # fmt: skip


def test_caches(kept):
    """An answer in another form is asked for again; it is never another answer."""
    with conf.set_temp("catalog_cache", str(kept / "catalogs")):
        table = ANSWERS.load("mcxc.vot", "the request")
    with (
        conf.set_temp("image_cache", str(kept / "images")),
        conf.set_temp("image_cache_size", "1 GB"),
    ):
        answer = IMAGES.load("CDS/P/DSS2/red", "the request")
    assert all(kept is None or kept.content == b"the answer" for kept in (answer, table))


def test_hips(kept):
    assert HipsProvider(kept / "hips", get_band("xmm")).band.name == "xmm"


def test_half_weights(kept):
    model, description = load_model(kept / "small.keras")
    assert description.bands == ["xmm"]
    assert {*np.unique(model.get_weights()[0])} <= {-0.125, -0.0625, 0.0, 0.0625, 0.125}
