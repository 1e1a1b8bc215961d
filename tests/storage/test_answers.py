"""Answers kept on disk: whole or not at all, checked, bounded, shared by processes."""

import hashlib
import os
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from astrocnn.config import conf, n_bytes
from astrocnn.exceptions import AstrocnnError, AstrocnnWarning, StoreError
from astrocnn.storage import AnswerCache, _answers

CACHE = AnswerCache("image_cache", "images")
load, store = CACHE.load, CACHE.store


@pytest.fixture
def folder(tmp_path):
    """A folder of kept answers of up to 100 kB."""
    place = tmp_path / "kept images"
    with conf.set_temp("image_cache", str(place)), conf.set_temp("image_cache_size", "100 kB"):
        yield place


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_is_kept_comes_back(folder):
    content = bytes(range(256)) * 10
    assert load("CDS/P/DSS2/red", "a grid") is None
    store("CDS/P/DSS2/red", "a grid", content)
    found = load("CDS/P/DSS2/red", "a grid")
    assert found.content == content
    assert 0 <= found.age < 5
    assert load("CDS/P/DSS2/red", "another grid") is None
    assert load("CDS/P/DSS2/blue", "a grid") is None
    store("CDS/P/DSS2/red", "a grid", b"")
    assert load("CDS/P/DSS2/red", "a grid").content == b""
    assert len(files(folder)) == 1


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "longer", "not ours"])
def test_damaged_entry_is_deleted(folder, damage):
    store("a", "b", b"pixels" * 100)
    (path,) = files(folder)
    raw = path.read_bytes()
    path.write_bytes({
        "cut": raw[:-1],
        "bit": raw[:300] + bytes([raw[300] ^ 1]) + raw[301:],
        "empty": b"",
        "longer": raw + b"x",
        "not ours": os.urandom(100),
    }[damage])  # fmt: skip
    assert load("a", "b") is None
    assert files(folder) == []
    store("a", "b", b"pixels")
    assert load("a", "b").content == b"pixels"


def test_what_earlier_versions_kept_is_read(folder):
    """A file as they wrote it, byte by byte; the digests were worked out by hand."""
    rest = b'{"source": "CDS/P/DSS2/red", "request": "TAN 1", "kept": 1700000000.0}\npixels'
    digest = hashlib.sha256(rest).hexdigest().encode()
    name = hashlib.sha256(b"CDS/P/DSS2/red\nTAN 1").hexdigest()[:40]
    path = folder / "CDS_P_DSS2_red" / name[:2] / f"{name}.answer"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"astrocnn-cache-1 " + digest + b"\n" + rest)
    found = load("CDS/P/DSS2/red", "TAN 1")
    assert found.content == b"pixels"
    assert found.age == pytest.approx(time.time() - 1.7e9, abs=60)


def test_what_a_later_version_kept_is_refused_with_a_sentence(folder):
    store("a", "b", b"pixels")
    (path,) = files(folder)
    path.write_bytes(path.read_bytes().replace(b"cache-1", b"cache-2"))
    with pytest.warns(AstrocnnWarning, match=r"kept by another version of astrocnn; .* asked anew"):
        assert load("a", "b") is None
    store("a", "b", b"pixels")
    assert load("a", "b").content == b"pixels"


def test_entry_of_another_request_is_not_used(folder):
    """A file that was copied or renamed."""
    store("a", "b", b"other pixels")
    store("a", "c", b"pixels")
    place = {request: CACHE.place("a", request) for request in "bc"}
    place["c"].write_bytes(place["b"].read_bytes())
    assert load("a", "c") is None
    assert load("a", "b").content == b"other pixels"


def test_least_recently_used_make_room(folder):
    """The folder never holds more than its limit, and what is used stays."""
    for i in range(30):
        store("a", str(i), os.urandom(10_000))
        assert sum(path.stat().st_size for path in files(folder)) <= 100_000
        now = time.time() - 1000 + i  # the clock of the file system is coarse
        os.utime(CACHE.place("a", str(i)), (now, now))
        assert load("a", "0") is not None
    left = [i for i in range(30) if load("a", str(i))]
    assert left == [0, *range(30 - len(left) + 1, 30)]
    assert len(left) >= 8


def test_entry_larger_than_the_limit_is_not_kept(folder):
    store("a", "b", os.urandom(100_001))
    assert files(folder) == []


def test_nothing_is_kept_where_the_size_is_zero(folder):
    store("a", "b", b"pixels")
    with conf.set_temp("image_cache_size", "0 GB"):
        assert load("a", "b") is None
        store("a", "c", b"pixels")
    assert len(files(folder)) == 1


@pytest.mark.parametrize("source", ["..", "../../etc", "/etc/passwd", "a b\x00", "", "é"])
def test_names_stay_in_the_folder(folder, source):
    store(source, "request", b"pixels")
    (path,) = files(folder)
    assert path.resolve().is_relative_to(folder.resolve())
    assert load(source, "request").content == b"pixels"


@pytest.mark.parametrize(
    ("size", "number"), [("5 GB", 5e9), ("1.5 GiB", 1.5 * 2**30), ("0", 0), ("0 kB", 0)]
)
def test_sizes(size, number):
    assert n_bytes(size) == number


@pytest.mark.parametrize("size", ["5", "much", "5 m", "-1 GB", "nan GB", "inf GB", ""])
def test_sizes_that_are_none(size):
    with pytest.raises(AstrocnnError, match="size"):
        n_bytes(size)


def test_folder_that_cannot_be_written(tmp_path):
    """A warning, once; never an error."""
    (tmp_path / "file").write_text("")
    with (
        conf.set_temp("image_cache", str(tmp_path / "file" / "images")),
        conf.set_temp("image_cache_size", "1 MB"),
    ):
        with pytest.warns(AstrocnnWarning, match="not kept.*cannot be written.*conf.image_cache"):
            store("a", "b", b"pixels")
        store("a", "b", b"pixels")
        assert load("a", "b") is None


def test_full_disk(folder, monkeypatch):
    """No half file is left."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.warns(AstrocnnWarning, match="No space left on device"):
        store("a", "b", b"pixels")
    assert files(folder) == []


def test_files_of_killed_processes_are_deleted(folder):
    store("a", "b", b"pixels")
    (path,) = files(folder)
    old, new, mine = (path.with_name(f".incomplete-{end}") for end in ("a1b2c3d4", "_2345678", "1"))
    part = path.with_name(".astrocnn-part-abcd1234")
    part.mkdir()
    for half, age in ((old, 2 * 86400), (new, 10), (mine, 2 * 86400), (part / "x", 2 * 86400)):
        half.write_bytes(b"half")
        os.utime(half, (time.time() - age,) * 2)
    os.utime(part, (time.time() - 2 * 86400,) * 2)
    CACHE.evict(100_000)
    assert files(folder) == sorted([new, mine, path])


def test_files_of_others_in_a_shared_folder(folder, monkeypatch):
    """What may not be deleted stays, and other entries make room for new ones."""

    def unlink(path, missing_ok=False):
        if path in others:
            raise PermissionError(1, "Operation not permitted")
        os.unlink(path)

    for i in range(3):
        store("theirs", str(i), bytes(20_000))
    others = files(folder)
    monkeypatch.setattr("pathlib.Path.unlink", unlink)
    for i in range(9):
        store("mine", str(i), bytes(20_000))  # a warning would be an error here
    assert load("mine", "8").content == bytes(20_000)
    assert load("mine", "0") is None
    assert {*others} < {*files(folder)}
    for number, delete in ((60_000, CACHE.clear), (50_000, lambda: CACHE.evict(50_000))):
        with pytest.raises(StoreError, match="cannot be deleted: Operation not permitted"):
            delete()
        assert sum(path.stat().st_size for path in others) > number


def test_files_of_others_fill_a_shared_folder(folder, monkeypatch):
    """One's own entries stay: deleting them would not help."""
    store("mine", "old", bytes(100))
    for i in range(6):
        store("theirs", str(i), bytes(800))
    theirs, unlink = CACHE.part("theirs"), os.unlink

    def delete(path, missing_ok=False):
        if theirs in path.parents:
            raise PermissionError(1, "Operation not permitted")
        unlink(path)

    monkeypatch.setattr("os.access", lambda path, mode: theirs not in path.parents)
    monkeypatch.setattr("pathlib.Path.unlink", delete)
    _answers._SIZES.clear()
    with conf.set_temp("image_cache_size", "4 kB"):
        store("mine", "new", bytes(100))  # a warning would be an error here
        assert load("mine", "new").content == load("mine", "old").content == bytes(100)
        with pytest.raises(StoreError, match="Operation not permitted"):
            CACHE.evict(4_000)
        assert load("mine", "new") is not None


def answer(i):
    return np.random.default_rng(i).bytes(5_000)


def test_threads_read_and_write_at_once(folder):
    """Far more than fits: each read gives the right bytes or none."""

    def work(seed):
        rng, hits = np.random.default_rng(seed), 0
        for i in rng.integers(0, 40, 60):
            found = load("a", str(i))
            assert found is None or found.content == answer(i)
            hits += found is not None
            store("a", str(i), answer(i))
        return hits

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) > 0
    assert sum(path.stat().st_size for path in files(folder)) <= 110_000


def test_processes_read_and_write_at_once(folder):
    """Another process in the same folder, while entries make room for others."""
    script = textwrap.dedent("""
        import sys
        import numpy as np
        from astrocnn.config import conf, n_bytes
        from astrocnn.storage import AnswerCache

        cache = AnswerCache("image_cache", "images")
        load, store = cache.load, cache.store
        conf.image_cache, conf.image_cache_size = sys.argv[1], "100 kB"
        for i in np.random.default_rng(1).integers(0, 40, 100).tolist():
            found = load("a", str(i))
            assert found is None or found.content == np.random.default_rng(i).bytes(5_000)
            store("a", str(i), np.random.default_rng(i).bytes(5_000))
    """)
    command = [sys.executable, "-W", "error", "-c", script, str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        for i in range(40):
            store("a", str(i), answer(i))
        while process.poll() is None:
            for i in range(40):
                found = load("a", str(i))
                assert found is None or found.content == answer(i)
                store("a", str(i), answer(i))
                time.sleep(0.005)
        assert process.stderr.read() == ""
    assert sum(path.stat().st_size for path in files(folder)) <= 110_000


def test_home_that_cannot_be_written(tmp_path, monkeypatch):
    """Nothing is kept there, with a warning; no request ends with it."""
    def refused(_):
        raise PermissionError(13, "Permission denied", str(tmp_path / "file" / "cache"))

    (tmp_path / "file").touch()
    monkeypatch.setattr(_answers, "get_cache_dir", refused)
    with conf.set_temp("image_cache", ""), conf.set_temp("image_cache_size", "1 MB"):
        assert load("source", "request") is None
        with pytest.warns(AstrocnnWarning, match="answers of services are not kept"):
            store("source", "request", b"pixels")
        assert list(CACHE.entries()) == []
