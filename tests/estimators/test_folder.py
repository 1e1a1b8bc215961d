"""``predict`` with a folder: what is done is kept, read, and never done again."""

import os
import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import QTable

from astrocnn import ClusterClassifier, conf
from astrocnn.cutouts import make_cutouts
from astrocnn.estimators._fitted import Fitted
from astrocnn.estimators._gate import TargetSource
from astrocnn.estimators._labels import sorted_labels
from astrocnn.estimators._run import run_identity
from astrocnn.exceptions import (
    DamagedPartWarning,
    FailedTargetWarning,
    InvalidTargetWarning,
    NoCoverageError,
    PredictionInterrupted,
    ProviderError,
    StoreError,
)
from astrocnn.grid import CutoutGrid
from astrocnn.networks import build_network, save_model
from astrocnn.providers import FitsProvider, Pixels, Provider
from astrocnn.surveys import get_band
from astrocnn.tables import has_flag

PIXELS = 16


class CountingProvider(Provider):
    """Noise that depends on the position; remembers what it was asked for."""

    description = "made up"
    remote = True  # asked in the order of the targets

    def __init__(self, band="xmm", fail=(), interrupt_after=None):
        super().__init__(get_band(band))
        self.fail, self.interrupt_after = set(fail), interrupt_after
        self.asked = []

    def cutout(self, grid):
        ra = round(grid.center.ra.deg)
        if len(self.asked) == self.interrupt_after:
            raise KeyboardInterrupt
        self.asked.append(ra)
        if ra in self.fail:
            raise ProviderError("the connection broke")
        if ra % 10 == 3:
            raise NoCoverageError("a hole")
        image = np.random.default_rng(ra).normal(size=grid.shape).astype(np.float32)
        return Pixels(image, np.isfinite(image))


def small_network():
    """A small network, not trained."""
    maker = ClusterClassifier(weights=None, bands=("xmm",), pixels=PIXELS)
    description = maker._start_description([False, True])
    return build_network(description), description


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """A classifier that has loaded its network."""
    path = tmp_path_factory.mktemp("weights") / "small.keras"
    return ClusterClassifier(save_model(path, *small_network()), batch_size=8)


@pytest.fixture
def coords():
    return SkyCoord(np.arange(1.0, 24), np.linspace(-60, 60, 23), unit="deg")


@pytest.fixture(autouse=True)
def small_chunks():
    with conf.set_temp("chunk_size", 4), conf.set_temp("threads", 1), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*have no XMM coverage")
        yield


def predict(classifier, coords, folder, provider=None, retry_failed=False, **parameters):
    provider = CountingProvider() if provider is None else provider
    usual = {"threshold": 0.5, "prior": None}
    classifier.set_params(images={"xmm": provider}, **(usual | parameters))
    return classifier.predict(coords, folder=folder, retry_failed=retry_failed)


def assert_same(result, expected):
    assert result.colnames == expected.colnames
    assert result.meta == expected.meta
    for name in result.colnames:
        one, two = result[name], expected[name]
        np.testing.assert_array_equal(getattr(one, "mask", False), getattr(two, "mask", False))
        if one.dtype.kind == "f":
            np.testing.assert_allclose(
                np.ma.filled(np.ma.array(one), 0), np.ma.filled(np.ma.array(two), 0), atol=1e-5
            )
        else:
            assert one.tolist() == two.tolist()


def test_the_second_call_asks_for_nothing(classifier, coords, tmp_path):
    first = predict(classifier, coords, tmp_path / "run")
    again = CountingProvider()
    assert_same(predict(classifier, coords, tmp_path / "run", again), first)
    assert again.asked == []
    assert_same(predict(classifier, coords, None), first)


def test_goes_on_after_an_interruption(classifier, coords, tmp_path):
    stop = CountingProvider(interrupt_after=9)
    with pytest.raises(PredictionInterrupted, match=r"after 8 of 23.*folder=.* goes on") as caught:
        predict(classifier, coords, tmp_path, stop)
    assert list(caught.value.result["flag"][8:]) == ["interrupted"] * 15
    again = CountingProvider()
    with conf.set_temp("chunk_size", 7):  # may change from call to call
        result = predict(classifier, coords, tmp_path, again)
    assert again.asked == list(range(9, 24))
    assert_same(result, predict(classifier, coords, None))


def test_local_images_are_read_along_the_sky(classifier, tmp_path, monkeypatch):
    """Neighbors together, whatever the order of the targets, and the table in that order."""
    ra = np.random.default_rng(2).permutation(np.arange(1.0, 24))
    coords = SkyCoord([*ra, np.nan], [*np.full(23, 5.0), 5.0], unit="deg")
    given = CountingProvider()
    with pytest.warns(InvalidTargetWarning):
        expected = predict(classifier, coords, None, given)
    assert given.asked == ra.tolist()
    monkeypatch.setattr(CountingProvider, "remote", False)
    local, stop = CountingProvider(), CountingProvider(interrupt_after=9)
    with pytest.warns(InvalidTargetWarning), pytest.raises(PredictionInterrupted) as caught:
        predict(classifier, coords, tmp_path, stop)
    assert has_flag(caught.value.result["flag"], "interrupted").sum() == 16
    with pytest.warns(InvalidTargetWarning):
        assert_same(predict(classifier, coords, tmp_path, local), expected)
    assert len(stop.asked[:8] + local.asked) == 23
    assert np.abs(np.diff(stop.asked[:8] + local.asked)).mean() < 3


@pytest.mark.parametrize("sizes", [(2, 64), (64, 2)])
def test_other_chunks_on_the_same_folder(classifier, tmp_path, monkeypatch, sizes):
    """Local images are read along the sky, also where all targets fit into one chunk."""
    coords = SkyCoord([17.0, 15.0, 16.0, 18.0], [5.0] * 4, unit="deg")
    monkeypatch.setattr(CountingProvider, "remote", False)
    first, again = CountingProvider(), CountingProvider()
    with conf.set_temp("chunk_size", sizes[0]):
        expected = predict(classifier, coords, tmp_path, first)
    with conf.set_temp("chunk_size", sizes[1]):
        assert_same(predict(classifier, coords, tmp_path, again), expected)
    assert sorted(first.asked) == [15, 16, 17, 18]
    assert again.asked == []


def test_other_thresholds_on_the_same_folder(classifier, coords, tmp_path):
    predict(classifier, coords, tmp_path)
    again = CountingProvider()
    result = predict(classifier, coords, tmp_path, again, threshold=0.999)
    assert again.asked == []
    assert set(result["label"].compressed()) == {"non_cluster"}


@pytest.mark.parametrize(
    ("change", "word"),
    [("targets", "targets"), ("order", "targets"), ("prior", "priors"), ("network", "weights")],
)
def test_another_run_is_refused(classifier, coords, tmp_path, change, word):
    predict(classifier, coords, tmp_path / "run")
    parameters = {}
    if change == "targets":
        coords = SkyCoord([*coords[:-1], SkyCoord(100, 0, unit="deg")])
    elif change == "order":
        coords = coords[::-1]
    elif change == "prior":
        parameters = {"prior": 0.1}
    else:
        classifier = ClusterClassifier(save_model(tmp_path / "b.keras", *small_network()))
    with pytest.raises(StoreError, match=f"another run: {word} differ .*Choose another folder"):
        predict(classifier, coords, tmp_path / "run", **parameters)


def test_identifiers_belong_to_the_targets(classifier, coords, tmp_path):
    ids = [f"A{i}" for i in range(23)]
    table = QTable({"name": ids, "ra": coords.ra, "dec": coords.dec})
    predict(classifier, table, tmp_path)
    assert list(predict(classifier, table, tmp_path)["target_id"]) == ids
    table["name"][3] = "B"
    with pytest.raises(StoreError, match="targets differ"):
        predict(classifier, table, tmp_path)


def test_a_damaged_part_is_computed_anew(classifier, coords, tmp_path):
    first = predict(classifier, coords, tmp_path)
    path = tmp_path / "rows-000000004-000000008.npz"
    path.write_bytes(path.read_bytes()[:-20])
    again = CountingProvider()
    with pytest.warns(DamagedPartWarning, match="4 rows have to be computed anew"):
        assert_same(predict(classifier, coords, tmp_path, again), first)
    assert again.asked == [5, 6, 7, 8]


def test_failed_rows_are_asked_for_again_when_wanted(classifier, coords, tmp_path):
    with pytest.warns(FailedTargetWarning, match="3 of 23"):
        predict(classifier, coords, tmp_path, CountingProvider(fail=(2, 6, 7)))
    again = CountingProvider(fail=(7,))
    with pytest.warns(FailedTargetWarning, match="3 of 23"):
        predict(classifier, coords, tmp_path, again)
    assert again.asked == []
    with pytest.warns(FailedTargetWarning, match="1 of 23"):
        predict(classifier, coords, tmp_path, again, retry_failed=True)
    assert again.asked == [2, 6, 7]
    result = predict(classifier, coords, tmp_path, CountingProvider(), retry_failed=True)
    assert_same(result, predict(classifier, coords, None))


def test_retrying_needs_a_folder(classifier, coords):
    with pytest.raises(ValueError, match="give one"):
        predict(classifier, coords, None, retry_failed=True)


def test_full_disk_keeps_what_is_done(classifier, coords, tmp_path, monkeypatch):
    written, fsync = [], os.fsync

    def full(handle):
        written.append(handle)
        if len(written) > 6:  # the manifest, and two for each part
            raise OSError(28, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"No space left .* \(after 8 of 23") as caught:
        predict(classifier, coords, tmp_path)
    assert len(caught.value.result) == 23
    monkeypatch.setattr(os, "fsync", fsync)
    again = CountingProvider()
    assert_same(predict(classifier, coords, tmp_path, again), predict(classifier, coords, None))
    assert 4 not in again.asked


def test_other_images_are_another_run(classifier, tmp_path):
    """Whatever they are called."""
    coords = SkyCoord([150.0, 150.05], [2.0, 2.05], unit="deg")
    field = CutoutGrid(coords[0], 20 * u.arcmin, 150)
    noise = np.random.default_rng(0).poisson(9, (2, *field.shape)).astype("int16")
    one, two = (fits.PrimaryHDU(data, field.wcs.to_header()) for data in noise)

    def judge(images=one, folder="run", X=coords, **settings):
        if not isinstance(images, Provider):
            images = FitsProvider(images, get_band("xmm"), **settings)
        return predict(classifier, X, tmp_path / folder, images)["proba_cluster"]

    expected = judge()
    np.testing.assert_allclose(judge(), expected)
    for images, settings in ((two, {}), (one, {"quantity": "rate"})):
        with pytest.raises(StoreError, match=r"images differ \(xmm: the given HDU"):
            judge(images, **settings)
    datasets = [make_cutouts(coords, ["xmm"], {"xmm": x}, pixels=PIXELS) for x in (one, two)]
    with pytest.raises(StoreError, match=r"images differ .* a Dataset of cut-outs"):
        judge(X=datasets[0])
    np.testing.assert_allclose(judge(X=datasets[0], folder="of"), expected, atol=1e-5)
    np.testing.assert_allclose(judge(X=datasets[0].copy(deep=True), folder="of"), expected, 1e-5)
    with pytest.raises(StoreError, match="images differ"):
        judge(X=datasets[1], folder="of")


def test_cutouts_of_dask_are_known_by_name(classifier, coords, tmp_path):
    """Not read; what is done to them is another run."""
    pytest.importorskip("dask")
    images = {"xmm": CountingProvider()}
    dataset = make_cutouts(coords, ["xmm"], images, pixels=PIXELS).chunk(target=8)
    first = classifier.predict(dataset, folder=tmp_path)
    assert_same(classifier.predict(dataset.copy(), folder=tmp_path), first)
    with pytest.raises(StoreError, match="images differ"):
        classifier.predict(dataset.assign(image=dataset["image"] + 1), folder=tmp_path)


def test_fitted_networks_have_an_identity(classifier):
    """Weights of a fit are in no file whose hash could be taken."""
    model, description = small_network()
    digests = []
    for change in (0, 0, 1):
        model.set_weights([array + change for array in model.get_weights()])
        fitted = Fitted(description, None, *sorted_labels([False, True]), trained=True)
        fitted._model = model
        source = TargetSource.open(
            SkyCoord(1, 1, unit="deg"), description, {"xmm": CountingProvider()}
        )
        digests.append(run_identity(fitted, source)["weights"])
    assert digests[0] == digests[1] != digests[2]
    assert len(digests[0]) == 64
