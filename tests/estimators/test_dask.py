"""``predict`` on cut-outs that Dask reads, and on the workers of a cluster."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn import ClusterClassifier, conf
from astrocnn.cutouts import open_cutouts, write_cutouts
from astrocnn.exceptions import FailedTargetWarning
from astrocnn.grid import CutoutGrid
from astrocnn.networks import build_network, save_model

dask = pytest.importorskip("dask")
PIXELS = 16
#: Flag of images without an exposure map.
SEEN = "exposure_unknown:xmm"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An X-ray image, and a small network that was not trained."""
    folder = tmp_path_factory.mktemp("dask")
    field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 40 * u.arcmin, 600)
    counts = np.random.default_rng(1).poisson(3.0, field.shape).astype("int16")
    header = field.wcs.to_header() + fits.Header({"TELESCOP": "XMM"})
    fits.PrimaryHDU(counts, header).writeto(folder / "field.fits")
    description = ClusterClassifier(weights=None, bands=("xmm",), pixels=PIXELS)._start_description(
        [False, True]
    )
    save_model(folder / "small.keras", build_network(description), description)
    return folder


@pytest.fixture(scope="module")
def images(folder):
    return {"xmm": str(folder / "field.fits")}


@pytest.fixture(scope="module")
def classifier(folder, images):
    return ClusterClassifier(folder / "small.keras", images=images, batch_size=8)


@pytest.fixture(scope="module")
def coords():
    """One of them outside of the image."""
    ra = np.linspace(149.8, 150.2, 21)
    return SkyCoord([*ra, 10.0], [*np.full(21, 2.0), -50.0], unit="deg")


@pytest.fixture(scope="module")
def kept(folder, images, coords):
    with conf.set_temp("chunk_size", 4):
        return write_cutouts(folder / "cutouts", coords, ["xmm"], images, pixels=PIXELS)


@pytest.fixture(autouse=True)
def small_chunks():
    with conf.set_temp("chunk_size", 4), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*no XMM coverage")
        yield


def assert_same(result, expected):
    assert result.colnames == expected.colnames
    assert result.meta == expected.meta
    for name in ("target_id", "label", "flag"):
        assert result[name].tolist() == expected[name].tolist()
    for name in ("proba_cluster", "coverage_xray", "ra"):
        np.testing.assert_allclose(
            np.ma.filled(np.ma.array(result[name]), -1),
            np.ma.filled(np.ma.array(expected[name]), -1),
            atol=1e-5,
        )


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_cutouts_on_disk_as_from_positions(classifier, kept, coords, scheduler):
    with dask.config.set(scheduler=scheduler):
        cutouts = open_cutouts(kept)
        assert_same(classifier.predict(cutouts), classifier.predict(coords))
    assert cutouts["image"].chunks is not None  # the pixels are not in memory


def test_chunks_are_read_one_after_the_other(classifier, kept, monkeypatch):
    from astrocnn.estimators._fitted import Fitted

    prepare, seen = Fitted.prepare, []

    def spy(self, dataset):
        seen.append(dataset.sizes["target"])
        return prepare(self, dataset)

    monkeypatch.setattr(Fitted, "prepare", spy)
    cutouts = open_cutouts(kept)
    classifier.predict(cutouts)
    assert seen == [4, 4, 4, 4, 4, 2]
    seen.clear()
    with conf.set_temp("chunk_size", 9):  # whole chunks of Dask, no half ones
        classifier.predict(cutouts)
    assert seen == [8, 8, 6]


def test_a_damaged_chunk_is_flagged_rows(classifier, folder, images, coords):
    path = write_cutouts(folder / "damaged", coords, ["xmm"], images, pixels=PIXELS)
    chunk = path / "cutouts.zarr" / "image" / "c" / "1" / "0" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes()[:-30])
    with pytest.warns(FailedTargetWarning, match="images of 4 of 22 targets failed"):
        result = classifier.predict(open_cutouts(path))
    assert list(result["flag"][3:9]) == [SEEN, *["failed:xmm"] * 4, SEEN]


@pytest.fixture(scope="module")
def client():
    """A cluster in this process: its two workers are threads."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=False,
            protocol="tcp",
            host="127.0.0.1",  # tests reach nothing else
            dashboard_address="127.0.0.1:0",  # any free port
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


class TestCluster:
    @pytest.mark.parametrize("given", ["positions", "dataset"])
    def test_same_as_here(self, classifier, kept, coords, client, given, monkeypatch):
        from astrocnn.estimators import _run

        targets = coords if given == "positions" else open_cutouts(kept)
        here = classifier.predict(targets, client=False)
        monkeypatch.setattr(_run.TargetSource, "chunks", None)  # not here
        assert_same(classifier.predict(targets), here)

    def test_goes_on(self, classifier, coords, client, tmp_path):
        """Chunks come back in any order; the folder takes them as they come."""
        here = classifier.predict(coords, client=False)
        classifier.predict(coords, folder=tmp_path, client=client)
        for part in sorted(tmp_path.glob("rows-*.npz"))[1:4]:
            part.unlink()
        assert_same(classifier.predict(coords, folder=tmp_path, client=client), here)

    def test_a_damaged_chunk(self, classifier, folder, images, coords, client, tmp_path):
        path = write_cutouts(tmp_path, coords, ["xmm"], images, pixels=PIXELS)
        chunk = path / "cutouts.zarr" / "image" / "c" / "1" / "0" / "0" / "0"
        chunk.write_bytes(chunk.read_bytes()[:-30])
        with pytest.warns(FailedTargetWarning, match="images of 4 of 22 targets failed"):
            result = classifier.predict(open_cutouts(path), client=client)
        assert list(result["flag"][3:9]) == [SEEN, *["failed:xmm"] * 4, SEEN]

    def test_cutouts_in_memory_stay_here(self, classifier, kept, client, monkeypatch):
        from astrocnn.estimators import _run

        monkeypatch.setattr(_run, "judge_on", None)
        assert len(classifier.predict(open_cutouts(kept).load())) == 22


@pytest.mark.slow
def test_two_processes(classifier, kept, coords):
    distributed = pytest.importorskip("distributed")
    here = classifier.predict(coords, client=False)
    with distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"):
        assert_same(classifier.predict(coords), here)
        assert_same(classifier.predict(open_cutouts(kept)), here)
