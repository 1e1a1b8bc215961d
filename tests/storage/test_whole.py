"""Whole files: a name is a whole file or none, and what was there keeps what was its own."""

import errno
import os
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from astrocnn.exceptions import StoreError
from astrocnn.storage import remove_parts, write_whole


@pytest.fixture
def umask():
    """The usual umask, whatever that of the person who runs the tests is."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def recreate(part):
    """Write a file as astropy does: what is there is removed first."""
    part.write_text("first")
    part.unlink()
    part.write_text("new")


@pytest.mark.parametrize(
    "content", [b"new", "new", lambda part: part.write_text("new"), recreate],
    ids=["bytes", "text", "writer", "writer that removes"],
)  # fmt: skip
def test_content(tmp_path, content):
    assert write_whole(tmp_path / "a.txt", content) == tmp_path / "a.txt"
    assert (tmp_path / "a.txt").read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_text_is_utf8(tmp_path):
    assert write_whole(tmp_path / "a.txt", "dür\n").read_bytes() == b"d\xc3\xbcr\n"


def test_writer_gets_the_name(tmp_path):
    """Formats are told by the suffix, also by two of them; NumPy adds one that is missing."""
    names = []
    write_whole(tmp_path / "a.fits.gz", lambda part: (names.append(part.name), part.touch()))
    assert names == ["a.fits.gz"]
    write_whole(tmp_path / "b.npz", lambda part: np.savez(part, x=np.arange(3)))
    with np.load(tmp_path / "b.npz") as file:
        assert file["x"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("length", [1, 200, 255])
def test_name_as_long_as_the_system_allows(tmp_path, length):
    assert write_whole(tmp_path / ("a" * length), b"x").read_bytes() == b"x"


@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
@pytest.mark.parametrize("content", ["x", recreate], ids=["text", "writer"])
def test_new_file_follows_the_umask(tmp_path, umask, mask, expected, content):
    umask(mask)
    assert mode(write_whole(tmp_path / "a", content)) == expected


@pytest.mark.parametrize("kept", [0o600, 0o640, 0o644, 0o755, 0o666])
@pytest.mark.parametrize("content", ["new", recreate], ids=["text", "writer"])
def test_permissions_are_kept(tmp_path, umask, kept, content):
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(kept)
    os.utime(path, (1e9, 1e9))
    write_whole(path, content)
    assert (path.read_text(), mode(path)) == ("new", kept)
    assert path.stat().st_mtime > 1.7e9


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root gives files away")
def test_owner_is_kept(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    os.chown(path, 1234, 4321)
    write_whole(path, "new")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


def test_content_is_private_meanwhile(tmp_path, umask):
    """What replaces a private file is in no moment readable by others."""
    path, seen = tmp_path / "a", []
    path.write_text("old")
    path.chmod(0o600)
    write_whole(path, lambda part: (part.write_text("new"), seen.append(mode(part.parent))))
    assert seen == [0o700]


def test_read_only_file_stays(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("precious")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everything
    with pytest.raises(StoreError, match=r"cannot write .*a': Permission denied \(choose another"):
        write_whole(path, "new")
    assert path.read_text() == "precious"


@pytest.mark.parametrize("there", [True, False])
def test_link_stays_and_its_file_is_replaced(tmp_path, there):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    file, link = tmp_path / "one" / "file", tmp_path / "two" / "link"
    if there:
        file.write_text("old")
        file.chmod(0o600)
    link.symlink_to(Path("..", "one", "file"))
    write_whole(link, "new")
    assert os.readlink(link) == "../one/file"
    assert file.read_text() == "new"
    assert not there or mode(file) == 0o600
    assert os.listdir(tmp_path / "two") == ["link"]


def test_circle_of_links(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(StoreError, match="cannot write .*a': Too many levels of symbolic links"):
        write_whole(tmp_path / "a", "new")


def test_links_of_others_are_not_followed(tmp_path):
    """Names that a program might have used for its temporary file lead elsewhere."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("a.part", ".a", "a.tmp", "a~", f"a.{os.getpid()}.part", ".a.part"):
        (tmp_path / name).symlink_to(victim)
    write_whole(tmp_path / "a", "new")
    assert victim.read_text() == "precious"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipe_stays(tmp_path):
    os.mkfifo(tmp_path / "a")
    with pytest.raises(StoreError, match="cannot write .*a': it is no regular file"):
        write_whole(tmp_path / "a", "new")
    assert stat.S_ISFIFO((tmp_path / "a").stat().st_mode)


def test_folder_in_its_place(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(
        StoreError, match=r"cannot write .*a': Is a directory \(choose another place"
    ):
        write_whole(tmp_path / "a", "new")


def test_missing_folder(tmp_path):
    with pytest.raises(StoreError, match="cannot write .*a': No such file or directory") as caught:
        write_whole(tmp_path / "no" / "a", "new")
    assert caught.value.errno == errno.ENOENT


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["fsync", "mkdir"])
def test_full_disk(tmp_path, monkeypatch, number, call):
    """The disk is full when the folder is made, or when the file is flushed."""

    def full(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    path = tmp_path / "a"
    path.write_text("precious")
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(StoreError, match=r"cannot write .*a': .* \(free some space") as caught:
            write_whole(path, "new")
    assert caught.value.errno == number
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("full", [True, False])
def test_full_disk_in_words(tmp_path, monkeypatch, full):
    """astropy says of FITS files: 320000 requested and 27008 written."""

    def write(part):
        part.write_text("half")
        raise OSError("320000 requested and 27008 written")

    def fsync(_):
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StoreError, match="cannot write .*a.fits") as caught:
        write_whole(tmp_path / "a.fits", write)
    assert caught.value.errno == (errno.ENOSPC if full else errno.EIO)
    assert ("(free some space, or choose" in str(caught.value)) == full
    assert ("320000 requested" in str(caught.value)) != full
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, MemoryError])
def test_interruption_leaves_what_was_there(tmp_path, error):
    def interrupt(part):
        part.write_text("half")
        raise error

    path = tmp_path / "a"
    path.write_text("precious")
    with pytest.raises(error):
        write_whole(path, interrupt)
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == ["a"]


def test_writers_at_once(tmp_path):
    """Each name is always a whole file, whichever of several writers was the last."""
    path, sizes = tmp_path / "a", set()
    write_whole(path, b"0" * 10_000)
    threads = [
        threading.Thread(target=lambda n=n: [write_whole(path, str(n) * 10_000) for _ in range(20)])
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        content = path.read_text()
        sizes.add((len(content), len(set(content))))
    assert sizes == {(10_000, 1)}
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "none"])
def test_file_that_came_meanwhile_stays(tmp_path, monkeypatch, links):
    """Of several programs that write a name at once, which none may replace, one does."""
    path = tmp_path / "a"

    def refuse(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    def write(part):
        part.write_text("mine")
        path.write_text("another's")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(FileExistsError, match="a' exists: choose another name, or replace it"):
        write_whole(path, write, replace=False)
    assert path.read_text() == "another's"
    assert write_whole(tmp_path / "b", "mine", replace=False).read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]
    assert (tmp_path / "b").stat().st_nlink == 1


def test_remove_parts(tmp_path):
    """Only folders of our own form go, and no file of the user's, hidden or not."""
    part = tmp_path / ".astrocnn-part-abcd0_12"
    part.mkdir()
    (part / "result.ecsv").touch()
    mine = [".notes.json", ".secret.npz", ".astrocnn-part-", ".astrocnn-part-abcd0_12.txt", "a"]
    for name in mine:
        (tmp_path / name).touch()
    (tmp_path / ".astrocnn-part-linklink").symlink_to(tmp_path / "a")
    (tmp_path / ".astrocnn-part-filefile").touch()
    before = sorted(os.listdir(tmp_path))
    assert remove_parts(tmp_path, older_than=3600) == 0
    assert sorted(os.listdir(tmp_path)) == before
    assert remove_parts(tmp_path) == 1
    assert sorted(os.listdir(tmp_path)) == [name for name in before if name != part.name]


def test_remove_parts_of_no_folder(tmp_path):
    assert remove_parts(tmp_path / "no") == 0


def test_file_that_the_writer_finds(tmp_path):
    """What a function that writes meets elsewhere is not the file itself."""

    def write(part):
        raise FileExistsError(errno.EEXIST, "File exists", "elsewhere")

    with pytest.raises(StoreError, match="cannot write '.*a': File exists"):
        write_whole(tmp_path / "a", write)
