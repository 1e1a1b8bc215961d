"""Folders of parts: whole or not at all, of one run, of one process."""

import os
import random
import signal
import time
import warnings

import numpy as np
import pytest

from astrocnn.exceptions import DamagedPartWarning, StoreError
from astrocnn.storage import FolderLock, RunFolder, gaps, make_folder

WHO = {"targets": "ten", "weights": "a" * 64}


@pytest.fixture
def folder(tmp_path):
    """Two parts, with a gap."""
    with RunFolder(tmp_path / "run", WHO) as folder:
        folder.write(0, 4, {"a": np.arange(4.0)})
        folder.write(8, 10, {"a": np.arange(2.0), "b": np.array([b"x", b"yy"])})
    return tmp_path / "run"


def test_comes_back(folder):
    with RunFolder(folder, WHO) as again:
        assert again.parts() == [(0, 4), (8, 10)]
        arrays = again.read(8, 10)
    assert arrays["a"].tolist() == [0, 1]
    assert arrays["b"].tolist() == [b"x", b"yy"]


def test_gaps():
    assert gaps(10, [(0, 4), (8, 10)], 3) == [slice(4, 7), slice(7, 8)]
    assert gaps(3, [(0, 3)], 2) == []
    covered = [i for rows in gaps(7, [], 2) for i in range(rows.start, rows.stop)]
    assert covered == list(range(7))


def test_another_run_is_refused(folder):
    other = {"targets": "ten", "weights": "b" * 64}
    message = r"holds another run: weights differ \(aaaaaaaa there, bbbbbbbb here\)\. Choose"
    with pytest.raises(StoreError, match=message), RunFolder(folder, other):
        pass
    with RunFolder(folder, WHO):  # the lock is free again
        pass


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(StoreError, match=r"no folder of a run.*thesis\.tex"):
        RunFolder(tmp_path, WHO).__enter__()
    assert [path.name for path in tmp_path.iterdir() if path.suffix] == ["thesis.tex"]


def test_damaged_manifest(folder):
    (folder / "run.json").write_text("{")
    with pytest.raises(StoreError, match=r"run\.json' is damaged"), RunFolder(folder, WHO):
        pass


@pytest.mark.parametrize(
    "text",
    ["", "[]", "3", "null", '"a"', "{}", '{"format": 1, "targets": 3}', '{"format": 1, "a": null}',
     "[" * 100_000, '{"format": 1, "targets": "\\ud800"'],
)  # fmt: skip
def test_no_manifest(folder, text):
    (folder / "run.json").write_text(text)
    with pytest.raises(StoreError, match=r"run\.json' is damaged \(.+\): choose another folder"):
        RunFolder(folder, WHO).__enter__()
    with pytest.raises(StoreError, match=r"run\.json' is damaged"):
        RunFolder.existing(folder)


def test_manifest_that_is_no_text(folder):
    (folder / "run.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StoreError, match=r"run\.json' is damaged"):
        RunFolder(folder, WHO).__enter__()


def test_newer_manifest(folder):
    (folder / "run.json").write_text('{"format": 7, "targets": "ten"}')
    with pytest.raises(StoreError, match="written by another version of astrocnn: choose another"):
        RunFolder(folder, WHO).__enter__()


def test_every_bit_and_every_length_counts(folder):
    """Damage anywhere in a part is seen: one flipped bit, or any end that is missing."""
    path = folder / "rows-000000008-000000010.npz"
    content = path.read_bytes()
    rng = random.Random(3)
    damaged = [content[:n] for n in range(len(content))]
    for i in range(len(content)):
        changed = bytearray(content)
        changed[i] ^= 1 << rng.randrange(8)
        damaged.append(bytes(changed))
    again, n_warned = RunFolder.existing(folder), 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for content in damaged:
            path.write_bytes(content)
            assert again.read(8, 10, discard=False) is None
            n_warned += 1
    assert [w.category for w in caught] == [DamagedPartWarning] * n_warned


def test_part_of_other_rows(folder):
    """Under another name a part is that of other rows."""
    (folder / "rows-000000000-000000004.npz").rename(folder / "rows-000000004-000000008.npz")
    with (
        RunFolder(folder, WHO) as again,
        pytest.warns(DamagedPartWarning, match="of other rows"),
    ):
        assert again.read(4, 8) is None


def test_parts_without_a_checksum(folder):
    """As astrocnn 0.1 wrote them: read, unless the checksums of the zip file say no."""
    path = folder / "rows-000000000-000000004.npz"
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "rows"}
    np.savez_compressed(path, **arrays)
    again, content, results = RunFolder.existing(folder), path.read_bytes(), []
    assert again.read(0, 4)["a"].tolist() == [0, 1, 2, 3]
    for i in range(len(content)):
        path.write_bytes(content[:i] + bytes([content[i] ^ 4]) + content[i + 1 :])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            arrays = again.read(0, 4, discard=False)
        results.append(None if arrays is None else {k: v.tolist() for k, v in arrays.items()})
        assert (arrays is None) == (len(caught) == 1)
    assert results.count(None) > len(content) / 2  # others are dates, and the like
    assert all(found is None or found == {"a": [0, 1, 2, 3]} for found in results)


def test_part_that_may_not_be_read_stays(folder, monkeypatch):
    def denied(*_):
        raise PermissionError(13, "Permission denied")

    with RunFolder(folder, WHO) as again, monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.read_bytes", denied)
        with pytest.raises(StoreError, match="cannot be read: Permission denied"):
            again.read(0, 4)
    assert again.parts() == [(0, 4), (8, 10)]


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "zeros", "of another run"])
def test_a_damaged_part_is_never_read(folder, damage):
    path = folder / "rows-000000000-000000004.npz"
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        content[len(content) // 4] ^= 1
    elif damage == "empty":
        content = b""
    elif damage == "zeros":
        content = bytes(len(content))
    else:
        with RunFolder(folder.parent / "other", {"targets": "twelve"}) as other:
            other.write(0, 4, {"a": np.zeros(4)})
        content = (folder.parent / "other" / path.name).read_bytes()
    path.write_bytes(content)
    with RunFolder(folder, WHO) as again:
        with pytest.warns(DamagedPartWarning, match="its 4 rows have to be computed anew"):
            assert again.read(0, 4) is None
        assert again.parts() == [(8, 10)]


def test_what_a_killed_writer_leaves_is_removed(folder):
    """And nothing else: hidden files are the user's."""
    left = folder / ".astrocnn-part-abcdefgh"
    left.mkdir()
    (left / "rows-000000004-000000008.npz").write_bytes(b"half")
    mine = [".tmpabc.npz", ".notes.json", ".lock", "rows-1-2.npz", "rows-a-b.npz", "thesis.npz"]
    for name in mine:
        (folder / name).write_bytes(b"precious")
    with RunFolder(folder, WHO) as again:
        assert again.parts() == [(0, 4), (8, 10)]
    assert not left.exists()
    assert all((folder / name).read_bytes() == b"precious" for name in mine)


def test_remove(folder):
    """The folder goes, unless something else is in it."""
    (folder / ".notes.json").write_bytes(b"precious")
    RunFolder.existing(folder).remove()
    assert os.listdir(folder) == [".notes.json"]
    with RunFolder(folder.parent / "other", WHO) as other:
        other.write(0, 1, {})
    RunFolder.existing(folder.parent / "other").remove()
    assert not (folder.parent / "other").exists()


def test_remove_while_another_process_begins(folder, monkeypatch):
    """All of the old run is deleted; the folder stays to the new one."""
    real = os.rmdir

    def begin(path):
        (folder / ".new").touch()
        real(path)

    monkeypatch.setattr("pathlib.Path.rmdir", begin)
    RunFolder.existing(folder).remove()
    assert os.listdir(folder) == [".new"]


def test_folder_in_use_is_not_removed(folder):
    with RunFolder(folder, WHO) as run:
        with pytest.raises(StoreError, match="is in use"):
            RunFolder.existing(folder).remove()
        assert run.parts() == [(0, 4), (8, 10)]
    RunFolder.existing(folder).remove()
    assert not folder.exists()


@pytest.mark.parametrize("again", [False, True], ids=["gone", "made anew"])
def test_lock_whose_file_is_deleted_keeps_nobody_out(tmp_path, monkeypatch, again):
    """Who opened the file before it was deleted does not hold the lock of the new one."""
    lock, opened = FolderLock(tmp_path), []

    def delete_meanwhile(path, *args, **options):
        opened.append(real(path, *args, **options))
        if len(opened) == 1:
            os.unlink(path)
            if again:
                open(path, "w").close()
        return opened[-1]

    real = os.open
    monkeypatch.setattr(os, "open", delete_meanwhile)
    with lock:
        assert len(opened) == 2
        monkeypatch.undo()
        with pytest.raises(StoreError, match="is in use"), FolderLock(tmp_path):
            pass


def test_lock_follows_no_link(tmp_path):
    """Nor is the file that it leads to emptied."""
    (tmp_path / "victim").write_bytes(b"precious")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".astrocnn-lock").symlink_to(tmp_path / "victim")
    with pytest.raises(StoreError, match="cannot write .*run'"), RunFolder(tmp_path / "run", WHO):
        pass
    assert (tmp_path / "victim").read_bytes() == b"precious"


def test_one_process_at_a_time(folder):
    message = f"is in use by process {os.getpid()} on .*: wait for it"
    with (
        RunFolder(folder, WHO),
        pytest.raises(StoreError, match=message),
        RunFolder(folder, WHO),
    ):
        pass


def test_full_disk(folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with RunFolder(folder, WHO) as again:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="cannot write .*No space left on device"):
            again.write(4, 8, {"a": np.zeros(4)})
        assert again.parts() == [(0, 4), (8, 10)]
    assert not list(folder.glob(".astrocnn-part-*"))


def _write_until_killed(path, run):
    """Child: write what is missing; each value says in which run it was computed."""
    try:
        with RunFolder(path, WHO) as folder:
            for rows in gaps(400, folder.parts(), 4):
                folder.write(rows.start, rows.stop, {"a": np.full(4, run)})
    finally:
        os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_ten_times(tmp_path):
    path, rng, before = tmp_path / "run", random.Random(5), {}
    for run in range(10):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # fork and threads
            child = os.fork()
        if child == 0:
            _write_until_killed(path, run)
        wanted, deadline = len(before) + rng.randrange(4), time.monotonic() + 10
        while len(list(path.glob("rows-*.npz"))) < wanted and time.monotonic() < deadline:
            time.sleep(0.0005)
        time.sleep(rng.uniform(0, 0.003))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with RunFolder(path, WHO) as folder:  # the lock died with the child
            after = {part: folder.read(*part)["a"].tolist() for part in folder.parts()}
        assert all(len(set(values)) == 1 for values in after.values())
        assert {part: after[part] for part in before} == before  # nothing is computed again
        before = after
    assert 0 < len(before) < 100
    assert not list(path.glob(".astrocnn-part-*"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("file", "'.*file' is a file: give a folder"),
        ("file/run", "'.*file' is a file, '.*run' cannot be a folder in it"),
    ],
    ids=["in place", "above"],
)
def test_file_in_place_of_a_folder(tmp_path, name, message):
    (tmp_path / "file").write_text("of the user")
    with pytest.raises(StoreError, match=f"^{message}"), RunFolder(tmp_path / name, WHO):
        pass
    with pytest.raises(StoreError, match="is no folder of a run: it "):
        RunFolder.existing(tmp_path / name)
    assert (tmp_path / "file").read_text() == "of the user"


def test_full_disk_when_a_folder_is_made(tmp_path, monkeypatch):
    """One sentence, without the number of the system's error."""

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "mkdir", full)
    with pytest.raises(StoreError, match=r"^cannot write '.*new': No space left .*free some space"):
        make_folder(tmp_path / "new")


def test_link_to_nothing_in_place_of_a_folder(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    with pytest.raises(StoreError, match="'.*link' is a link to nothing: give a folder"):
        make_folder(tmp_path / "link")
