"""The public data set: from a file, a folder, a server; and what is refused."""

import importlib.util
import stat
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from astropy.config import get_cache_dir
from astropy.utils.data import is_url_in_cache

from astrocnn import ClusterClassifier
from astrocnn.config import conf
from astrocnn.cutouts import check_dataset
from astrocnn.datasets import KOSIBA2020_BANDS, KOSIBA2020_CLASSES, _zenodo, load_kosiba2020
from astrocnn.exceptions import (
    AstrocnnWarning,
    FailedTargetWarning,
    InvalidImageError,
    ProviderError,
    UnknownNameError,
)
from astrocnn.preprocessing import Preprocessing
from astrocnn.validation import validate

_spec = importlib.util.spec_from_file_location(
    "kosiba2020_archive", Path(__file__).with_name("kosiba2020_archive.py")
)
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

BANDS = [band.name for band in KOSIBA2020_BANDS]


@pytest.fixture
def archive(tmp_path):
    """An archive of twelve images of 16 x 16 pixels."""
    return made.write_archive(tmp_path / "Kosiba2020.zip")


class TestFile:
    def test_labels(self, archive):
        for split, classes in made.CLASSES.items():
            cutouts, labels = load_kosiba2020(split, archive)
            assert labels["class"].tolist() == classes
            assert labels["target_id"].tolist() == cutouts["target_id"].values.tolist()
            clusters = [name in ("low-z", "hi-z") for name in classes]
            assert labels["is_cluster"].tolist() == clusters
            assert labels.meta["split"] == split
        assert set(made.CLASSES["train"]) == set(KOSIBA2020_CLASSES)
        assert labels["target_id"][0] == "xclass9"

    def test_pixels(self, archive):
        """Optical is the second channel, X-ray the third; the top of the PNG is the end of y."""
        cutouts, labels = load_kosiba2020("train", archive)
        check_dataset(cutouts)
        assert cutouts["band"].values.tolist() == BANDS
        assert cutouts["waveband"].values.tolist() == ["optical", "xray"]
        assert cutouts["image"].dtype == np.uint8
        for i, name in enumerate(labels["class"]):
            expected = made.picture(i + 1, name)
            for b in (0, 1):
                assert (cutouts["image"].values[i, b] == expected[::-1, :, b + 1]).all()
        assert cutouts["image"].values[0, :, -1, 0].tolist() == [250, 255]

    def test_what_is_not_known_is_not_invented(self, archive):
        cutouts, _ = load_kosiba2020("test", archive)
        assert np.isnan(cutouts["ra"].values).all()
        assert np.isnan(cutouts["dec"].values).all()
        assert "exposure" not in cutouts
        assert not {"xmm", "dss2-red"} & set(BANDS)
        assert all(band.hips == () for band in KOSIBA2020_BANDS)

    def test_attributes(self, archive):
        cutouts, _ = load_kosiba2020("test", archive)
        assert cutouts.attrs["size"] == 6
        assert cutouts.attrs["pixel_scale"] == pytest.approx(360 / 16)
        assert cutouts.attrs["md5"] == _zenodo.md5(archive)
        assert "7236582" in cutouts.attrs["source"]

    def test_valid_pixels_take_no_memory(self, archive):
        cutouts, _ = load_kosiba2020("train", archive)
        assert cutouts["valid"].values.all()
        assert cutouts["valid"].values.strides == (1, 0, 0, 0)

    def test_folder_is_the_same(self, archive, tmp_path):
        with zipfile.ZipFile(archive) as file:
            file.extractall(tmp_path / "here")
        expected, _ = load_kosiba2020("train", archive)
        for folder in (tmp_path / "here", tmp_path / "here" / "Kosiba2020"):
            found, labels = load_kosiba2020("train", folder)
            assert (found["image"].values == expected["image"].values).all()
            assert len(labels) == 8
            assert "md5" not in found.attrs

    def test_nothing_is_unpacked(self, archive):
        before = sorted(archive.parent.iterdir())
        load_kosiba2020("train", archive)
        assert sorted(archive.parent.iterdir()) == before

    def test_four_channels(self, archive):
        """Opacity, as some programs write it, is left out."""
        image = np.dstack([made.picture(9), np.full((16, 16), 255, np.uint8)])
        made.write_archive(archive, {"Kosiba2020/test_images/xclass9.png": made.encode(image)})
        cutouts, _ = load_kosiba2020("test", archive)
        assert (cutouts["image"].values[0, 1] == made.picture(9)[::-1, :, 2]).all()

    def test_unknown_split(self, archive):
        with pytest.raises(UnknownNameError, match="unknown split 'validation'; choices: train, t"):
            load_kosiba2020("validation", archive)

    def test_without_pillow(self, archive, monkeypatch):
        monkeypatch.setitem(sys.modules, "PIL.Image", None)
        with pytest.raises(ImportError, match=r"PNG images need Pillow.*astrocnn\[plot\]"):
            load_kosiba2020("train", archive)


class TestUse:
    def test_fit_and_predict(self, archive):
        cutouts, labels = load_kosiba2020("train", archive)
        classifier = ClusterClassifier(
            weights=None, bands=KOSIBA2020_BANDS, pixels=16, epochs=1, batch_size=4,
            preprocessing=Preprocessing(smoothing={}, stretched=False), random_state=1,
        )  # fmt: skip
        classifier.fit(cutouts, labels["is_cluster"])
        assert classifier.n_targets_seen_ == 8
        cutouts, labels = load_kosiba2020("test", archive)
        result = classifier.predict(cutouts)
        assert result["target_id"].tolist() == labels["target_id"].tolist()
        assert not np.ma.getmaskarray(result["proba_cluster"]).any()
        assert (result["flag"] == "").all()
        assert validate(result, labels).confusion.total == 4

    def test_image_without_pixels_is_a_flagged_row(self, archive):
        made.write_archive(archive, {"Kosiba2020/train_images/xclass3.png": None})
        with pytest.warns(FailedTargetWarning):
            cutouts, labels = load_kosiba2020("train", archive)
        classifier = ClusterClassifier(
            weights=None, bands=KOSIBA2020_BANDS, pixels=16, epochs=1, batch_size=4
        )
        with pytest.warns(FailedTargetWarning, match="1 of 8 targets are left out of the training"):
            classifier.fit(cutouts, labels["is_cluster"])
        assert classifier.n_targets_seen_ == 7
        result = classifier.predict(cutouts)
        flagged = result["flag"][np.ma.getmaskarray(result["proba_cluster"])]
        assert flagged.tolist() == ["failed:kosiba2020-optical;failed:kosiba2020-xray"]


class TestDamage:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (None, "There is no item|no item|xclass3"),
            (b"", "not a PNG image"),
            (b"GIF89a" + bytes(60), "not a PNG image"),
            (made.encode(made.picture(3))[:20], "requires a buffer"),
            (made.encode(made.picture(3))[:150], "truncated|broken"),
            (made.encode(made.picture(3)[..., 0]), "not an image with three channels of 8 bits"),
            (made.encode(made.picture(3, pixels=20)), "20 pixels wide, others have 16"),
            (made.encode(made.picture(3)[:10]), "16 x 10 pixels: not a square cut-out"),
            (made.encode(np.zeros((5000, 5000, 3), np.uint8)), "5000 x 5000 pixels"),
        ],
    )
    def test_image_cannot_be_read(self, archive, content, reason):
        made.write_archive(archive, {"Kosiba2020/train_images/xclass3.png": content})
        expected = f"1 of 8 images cannot be read; the first: xclass3.png: .*({reason})"
        with pytest.warns(FailedTargetWarning, match=expected) as caught:
            cutouts, _ = load_kosiba2020("train", archive)
        assert len(caught) == 1
        assert cutouts["valid"].values.any(axis=(1, 2, 3)).tolist() == [True] * 2 + [False] + [
            True
        ] * 5
        assert cutouts["status"].values[2].tolist() == [f"failed:{name}" for name in BANDS]
        assert (cutouts["coverage"].values[2] == 0).all()

    def test_damaged_member(self, archive):
        data = bytearray(archive.read_bytes())
        with zipfile.ZipFile(archive) as file:
            info = file.getinfo("Kosiba2020/train_images/xclass3.png")
        for i in range(info.compress_size // 2, info.compress_size):
            data[info.header_offset + 30 + len(info.filename) + i] ^= 0xFF
        archive.write_bytes(data)
        with pytest.warns(FailedTargetWarning, match="1 of 8 images"):
            load_kosiba2020("train", archive)

    @pytest.mark.filterwarnings("ignore::astrocnn.exceptions.FailedTargetWarning")
    @pytest.mark.parametrize("flipped", [0x20, 0xFF])
    def test_every_byte(self, tmp_path, flipped):
        """Of the table, of an image, and of what the archive says of them: right, or refused."""
        path = tmp_path / "a.zip"
        changes = dict.fromkeys(made.contents().keys() - {"Kosiba2020/test_images/xclass9.png"})
        changes["Kosiba2020/test.csv"] = b"image_id,class\nxclass9,low-z\n"
        made.write_archive(path, changes, pixels=4)
        raw, (expected, _) = path.read_bytes(), load_kosiba2020("test", path)
        refused = 0
        for i in range(len(raw)):
            path.write_bytes(raw[:i] + bytes([raw[i] ^ flipped]) + raw[i + 1 :])
            try:
                cutouts, labels = load_kosiba2020("test", path)
            except InvalidImageError:
                refused += 1
            else:
                assert labels["class"].tolist() == ["low-z"]
                assert (cutouts["image"].values == expected["image"].values).all()
        assert refused > len(raw) / 2

    def test_damaged_table(self, archive):
        """The reason is told: what is compressed cannot be unpacked."""
        message = r"test.csv cannot be read, perhaps .*: get it anew \(Error -3 while decompressing"
        data = bytearray(archive.read_bytes())
        with zipfile.ZipFile(archive) as file:
            info = file.getinfo("Kosiba2020/test.csv")
        data[info.header_offset + 30 + len(info.filename)] ^= 0xFF
        archive.write_bytes(data)
        with pytest.raises(InvalidImageError, match=message):
            load_kosiba2020("test", archive)

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_another_compression(self, archive, method):
        with zipfile.ZipFile(archive, "a") as file:
            file.writestr("Kosiba2020/readme.txt", b"hello", method)
        with pytest.raises(InvalidImageError, match=rf"its compression \(method {method}\)"):
            load_kosiba2020("train", archive)

    def test_without_compression(self, archive):
        with zipfile.ZipFile(archive, "a") as file:
            file.writestr("Kosiba2020/readme.txt", b"hello", zipfile.ZIP_STORED)
        assert len(load_kosiba2020("train", archive)[1]) == 8

    def test_no_image_can_be_read(self, archive):
        missing = {f"Kosiba2020/test_images/xclass{i}.png": b"x" for i in range(9, 13)}
        made.write_archive(archive, missing)
        with pytest.raises(InvalidImageError, match=r"no image can be read; .*xclass9.png: not a"):
            load_kosiba2020("test", archive)

    def test_channels_in_another_order(self, archive):
        """What writes blue first leaves the empty channel last."""
        changes = {
            f"Kosiba2020/test_images/xclass{i}.png": made.encode(made.picture(i)[..., ::-1].copy())
            for i in range(9, 13)
        }
        made.write_archive(archive, changes)
        with pytest.warns(AstrocnnWarning, match="4 of 4 images are not flat in the first"):
            load_kosiba2020("test", archive)

    @pytest.mark.parametrize(
        ("table", "message"),
        [
            (b"", "is empty"),
            (b"image_id,class\n", "is empty"),
            (b"name,class\na,low-z\n", "columns image_id and class"),
            (b"image_id,class\na\n", "columns image_id and class"),
            (b"\xff\xfe\x00", "columns image_id and class"),
            (b"image_id,class\na,quasar\n", r"\['quasar'\], which are not among low-z, hi-z"),
            (b"image_id,class\na,low-z\na,hi-z\n", "names an image twice"),
            (b"image_id,class\n../../etc/passwd,low-z\n", "is no name of an image"),
            (b"image_id,class\n/etc/passwd,low-z\n", "is no name of an image"),
            (b"image_id,class\n,low-z\n", "is no name of an image"),
        ],
    )
    def test_table(self, archive, table, message):
        made.write_archive(archive, {"Kosiba2020/test.csv": table})
        with pytest.raises(InvalidImageError, match=message):
            load_kosiba2020("test", archive)

    def test_table_with_a_byte_order_mark(self, archive):
        table = "\ufeffimage_id,class\r\nxclass9, low-z\r\n".encode()
        made.write_archive(archive, {"Kosiba2020/test.csv": table})
        assert load_kosiba2020("test", archive)[1]["target_id"].tolist() == ["xclass9"]

    def test_split_is_missing(self, archive):
        made.write_archive(archive, {"Kosiba2020/test.csv": None})
        with pytest.raises(InvalidImageError, match=r"there is no test.csv in the data set"):
            load_kosiba2020("test", archive)

    def test_another_archive(self, archive):
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("other/readme.txt", "hello")
        with pytest.raises(InvalidImageError, match=r"neither train.csv nor Kosiba2020/train.csv"):
            load_kosiba2020("train", archive)

    @pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x03\x04" + bytes(50)])
    def test_no_zip_file(self, archive, content):
        archive.write_bytes(content)
        with pytest.raises(InvalidImageError, match=r"'Kosiba2020.zip' cannot be read as a zip"):
            load_kosiba2020("train", archive)

    def test_truncated_zip_file(self, archive):
        archive.write_bytes(archive.read_bytes()[:-200])
        with pytest.raises(InvalidImageError, match="cannot be read as a zip file"):
            load_kosiba2020("train", archive)

    def test_no_file(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"there is no file or folder '.*nothing.zip'"):
            load_kosiba2020("train", tmp_path / "nothing.zip")


def member(name, mode=0, flags=0):
    """An entry of an archive with a name that `zipfile` would not choose."""
    info = zipfile.ZipInfo("x" * len(name))
    info.filename = info.orig_filename = name
    info.external_attr, info.flag_bits = mode << 16, flags
    return info


class TestRefused:
    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("../evil.png", r"'../evil.png': the path leads out of the archive"),
            ("Kosiba2020/../../evil.png", "the path leads out"),
            ("/etc/evil.png", "not a relative path"),
            ("C:/evil.png", "not a relative path"),
            ("..\\evil.png", "not a relative path"),
        ],
    )
    def test_names_that_point_outside(self, archive, name, message):
        with zipfile.ZipFile(archive, "a") as file:
            file.writestr(member(name), b"x")
        with pytest.raises(InvalidImageError, match=f"'Kosiba2020.zip' is refused: .*{message}"):
            load_kosiba2020("train", archive)
        assert not list(archive.parent.parent.rglob("evil.png"))

    def test_name_with_a_null_byte(self, archive):
        """`zipfile` cuts it there: two names become one."""
        with zipfile.ZipFile(archive, "a") as file:
            file.writestr(zipfile.ZipInfo("good.png#evil"), b"x")
        archive.write_bytes(archive.read_bytes().replace(b"good.png#evil", b"good.png\0evil"))
        with pytest.raises(InvalidImageError, match="not a relative path"):
            load_kosiba2020("train", archive)

    def test_symbolic_link(self, archive):
        with zipfile.ZipFile(archive, "a") as file:
            file.writestr(member("Kosiba2020/link.png", stat.S_IFLNK | 0o777), b"/etc/passwd")
        with pytest.raises(InvalidImageError, match=r"link.png': a symbolic link"):
            load_kosiba2020("train", archive)

    def test_two_of_one_name(self, archive):
        with zipfile.ZipFile(archive, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("Kosiba2020/train.csv", b"image_id,class\n")
        with pytest.raises(InvalidImageError, match=r"train.csv': there are two of that name"):
            load_kosiba2020("train", archive)

    def test_password(self, archive):
        data = archive.read_bytes()
        at = data.index(b"PK\x01\x02")
        archive.write_bytes(data[: at + 8] + b"\x01" + data[at + 9 :])
        with pytest.raises(InvalidImageError, match="it has a password"):
            load_kosiba2020("train", archive)

    def test_bomb(self, archive):
        with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as file:
            file.writestr("Kosiba2020/bomb.png", bytes(30_000_000))
        assert archive.stat().st_size < 100_000
        with pytest.raises(InvalidImageError, match=r"bomb.png': it unpacks to 30 MB"):
            load_kosiba2020("train", archive)

    @pytest.mark.parametrize(("name", "value"), [("_MAX_MEMBERS", 13), ("_MAX_TOTAL", 5000)])
    def test_too_much(self, archive, monkeypatch, name, value):
        monkeypatch.setattr(f"astrocnn.datasets._archive.{name}", value)
        with pytest.raises(InvalidImageError, match=r"it unpacks to 14 files of 0.0 GB"):
            load_kosiba2020("train", archive)


def cached(url):
    return is_url_in_cache(url + "/records/7236582/files/Kosiba2020.zip?download=1", "astrocnn")


class TestDownload:
    @pytest.fixture
    def serve(self, archive, monkeypatch):
        """A function that starts a server."""
        running = []

        def start(**faults):
            server = made.ZenodoServer(archive.read_bytes(), **faults)
            running.append(server.__enter__())
            monkeypatch.setattr(_zenodo, "_SERVER", server.url)
            return server

        yield start
        for server in running:
            server.__exit__()

    def test_once(self, serve, archive):
        server = serve()
        cutouts, _ = load_kosiba2020("train")
        expected, _ = load_kosiba2020("train", archive)
        assert (cutouts["image"].values == expected["image"].values).all()
        assert len(server.requests) == 2
        assert len(load_kosiba2020("test")[1]) == 4
        assert len(server.requests) == 2
        assert cached(server.url)

    def test_in_our_part_of_the_cache(self, serve):
        serve()
        load_kosiba2020("test")
        assert any(Path(get_cache_dir("astrocnn")).rglob("contents"))

    @pytest.mark.parametrize(
        ("record", "reason"),
        [
            ("404", "status 404"),
            ("html", "did not say its checksum"),
            ("other", "did not say its checksum"),
            ("sha256", "checksum of another kind, 'sha256'"),
            ("truncated", "did not say its checksum"),
        ],
    )
    def test_not_verified(self, serve, archive, record, reason):
        serve(record=record)
        md5 = _zenodo.md5(archive)
        with pytest.warns(AstrocnnWarning, match=f"could not be verified: .*{reason}.*{md5}"):
            _, labels = load_kosiba2020("train")
        assert len(labels) == 8

    @pytest.mark.parametrize(
        ("faults", "message"),
        [
            ({"record": "wrong"}, "the record says d41d8cd98f00b204e9800998ecf8427e"),
            ({"fault": "html"}, "answered with something that is no zip file"),
            ({"fault": "truncated"}, "is no zip file, or only a part of one"),
            ({"fault": "404"}, r"cannot download .*status 404"),
            ({"fault": "cut"}, r"cannot download .*broke off its answer .*\d+ more were expected"),
            ({"fault": "slow"}, r"cannot download .*did not answer within 0\.5 s"),
        ],
    )
    def test_failure_says_what_to_do_and_leaves_nothing(self, serve, faults, message):
        server = serve(**faults)
        seconds = 0.5 if faults.get("fault") == "slow" else 60
        with (
            conf.set_temp("timeout", seconds),
            pytest.raises(ProviderError, match=message) as caught,
        ):
            load_kosiba2020("train")
        assert str(caught.value).endswith(
            f"get Kosiba2020.zip from {server.url}/records/7236582 on a computer with a connection "
            "and give its place with path="
        )
        assert not cached(server.url)
        server.fault = server.record = None
        assert len(load_kosiba2020("train")[1]) == 8

    def test_no_network(self, monkeypatch):
        monkeypatch.setattr(_zenodo, "_SERVER", "http://127.0.0.1:9")
        with pytest.raises(ProviderError, match=r"cannot download .*refused.*give its place with"):
            load_kosiba2020("train")

    def test_file_in_the_cache_was_damaged(self, serve):
        server = serve()
        load_kosiba2020("test")
        (path,) = (
            path for path in Path(get_cache_dir("astrocnn")).rglob("contents")
            if server.url in path.with_name("url").read_text()
        )  # fmt: skip
        path.write_bytes(path.read_bytes()[:100])
        assert len(load_kosiba2020("test")[1]) == 4
        assert len(server.requests) == 4

    def test_cache_cannot_be_written(self, serve, monkeypatch):
        serve()

        def fail(*_, **__):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(_zenodo.data, "import_file_to_cache", fail)
        with pytest.warns(AstrocnnWarning, match=r"is not kept, .*\(Permission denied\)"):
            _, labels = load_kosiba2020("test")
        assert len(labels) == 4


@pytest.mark.remote_data
def test_the_real_data_set():
    """The figures of the article: 170 test images, half of them clusters."""
    cutouts, labels = load_kosiba2020("test")
    assert cutouts["image"].shape == (170, 2, 356, 356)
    assert cutouts["valid"].values.all()
    assert labels["is_cluster"].sum() == 85
    assert (cutouts["image"].values.max(axis=(2, 3)) > 0).all()
    train, train_labels = load_kosiba2020("train")
    assert train["image"].shape[1:] == (2, 356, 356)
    assert set(train_labels["class"]) == set(KOSIBA2020_CLASSES)
    assert not set(train_labels["target_id"]) & set(labels["target_id"])
