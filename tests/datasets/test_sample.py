"""The embedded sample: made once, whole or not at all, the same everywhere."""

import hashlib
import re
import threading

import numpy as np
import pytest
from astropy import units as u

from astrocnn.cutouts import make_cutouts
from astrocnn.datasets import _sample, load_sample
from astrocnn.exceptions import StoreError
from astrocnn.providers import HipsProvider, open_provider
from astrocnn.surveys import get_band

KINDS = ["cluster", "agn", "blank"]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and a sample of three targets that is made in a second."""
    monkeypatch.setattr(_sample, "get_cache_dir_path", lambda name: str(tmp_path / "cache" / name))
    monkeypatch.setattr(_sample, "_KINDS", KINDS)
    return tmp_path / "cache" / "astrocnn"


def digest(folder):
    """Hash of the names and contents of all files, but for the time at which a HiPS was made."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = re.sub(rb"hips_release_date.*", b"", path.read_bytes())
            found.update(str(path.relative_to(folder)).encode() + content)
    return found.hexdigest()


def never(*_, **__):
    raise AssertionError("the sample was made again")


class TestSample:
    def test_targets_and_truth(self, cache):
        sample = load_sample()
        assert sample.targets.colnames == ["target_id", "ra", "dec"]
        assert sample.targets["ra"].unit == u.deg
        assert sorted(sample.truth["kind"]) == sorted(KINDS)
        assert sample.truth["is_cluster"].sum() == 1
        assert sample.truth.meta["simulated"] is True
        assert sample.truth["target_id"].tolist() == [0, 1, 2]
        assert sample.truth["exposure_map"].all()

    def test_images_show_the_targets(self, cache):
        sample = load_sample()
        assert list(sample.images) == ["xmm", "dss2-red"]
        for name, source in sample.images.items():
            assert isinstance(open_provider(source, get_band(name)), HipsProvider)
        cutouts = make_cutouts(sample.targets, list(sample.images), sample.images, pixels=60)
        assert (cutouts["coverage"].values[:, 1] == 1).all()
        assert (cutouts["coverage"].values[:, 0] > 0.3).all()
        xray = np.nan_to_num(cutouts["image"].values[:, 0])
        net = xray[:, 25:35, 25:35].mean(axis=(1, 2)) - np.median(xray, axis=(1, 2))
        assert net.argmin() == sample.truth["kind"].tolist().index("blank")

    def test_fields_do_not_touch(self):
        positions = _sample._positions(24)
        for i, one in enumerate(positions):
            assert all(one.separation(other) > 16 * u.arcmin for other in positions[:i])


class TestMaking:
    def test_only_once(self, cache, monkeypatch):
        first = load_sample()
        monkeypatch.setattr(_sample, "simulate_field", never)
        second = load_sample()
        assert second.path == first.path
        assert (second.truth["ra"] == first.truth["ra"]).all()

    def test_same_pixels_each_time(self, cache, monkeypatch, tmp_path):
        first = load_sample()
        monkeypatch.setattr(_sample, "get_cache_dir_path", lambda _: str(tmp_path / "other"))
        second = load_sample()
        assert second.path != first.path
        assert digest(second.path) == digest(first.path)

    @pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("no space left")])
    @pytest.mark.parametrize("step", ["write_hips", "truth_table"])
    def test_interrupted_one_leaves_nothing(self, cache, monkeypatch, step, error):
        def fail(*_, **__):
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(_sample, step, fail)
            with pytest.raises((KeyboardInterrupt, OSError)):
                load_sample()
        assert list(cache.iterdir()) == []
        assert len(load_sample().targets) == 3

    def test_what_a_killed_process_left_is_not_used(self, cache):
        left = cache / "sample-abc"
        (left / "xmm").mkdir(parents=True)
        assert load_sample().path.name == f"sample-{_sample._VERSION}"

    def test_part_of_it_was_removed(self, cache):
        sample = load_sample()
        before = digest(sample.path)
        (sample.path / "truth.ecsv").unlink()
        assert digest(load_sample().path) == before

    def test_cache_cannot_be_written(self, cache):
        cache.mkdir(parents=True)
        (cache / f"sample-{_sample._VERSION}").write_text("a file is in the way")
        with pytest.raises(OSError, match="cannot write the sample into the cache"):
            load_sample()


class TestTogether:
    def test_the_faster_one_wins_and_keeps_its_files(self, cache, monkeypatch):
        """Another process finishes while ours is at work, and is reading already."""
        elsewhere = load_sample().path.rename(cache / "finished")
        truth_table = _sample.truth_table

        def finish_elsewhere(*arguments):
            elsewhere.rename(cache / f"sample-{_sample._VERSION}")
            (cache / f"sample-{_sample._VERSION}" / "in use").touch()
            return truth_table(*arguments)

        monkeypatch.setattr(_sample, "truth_table", finish_elsewhere)
        sample = load_sample()
        assert (sample.path / "in use").is_file()
        assert [path.name for path in cache.iterdir()] == [sample.path.name]

    def test_at_once(self, cache):
        start, found = threading.Barrier(3), []

        def load():
            start.wait()
            found.append(load_sample())

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({digest(sample.path) for sample in found}) == 1
        assert len(found) == 3
        assert [path.name for path in cache.iterdir()] == [found[0].path.name]


def test_home_that_cannot_be_written(monkeypatch, tmp_path):
    """astropy makes the folder of the cache."""

    def no_home(name):
        raise PermissionError(13, "Permission denied", "/home/x/.cache")

    monkeypatch.setattr(_sample, "get_cache_dir_path", no_home)
    message = "cache '/home/x/.cache' .Permission denied.: make another .* set XDG_CACHE_HOME to it"
    with pytest.raises(StoreError, match=message):
        load_sample()
