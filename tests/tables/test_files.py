"""Files that are no tables: one sentence each, whatever they are called."""

import os
import threading

import pytest

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import InvalidTargetError
from astrocnn.tables import read_file

NAMES = ["a.csv", "a.tsv", "a.ecsv", "a.txt", "a.fits", "a.vot", "a.xml", "a.mrt", "a.h5", "a"]


@pytest.mark.parametrize("name", [*NAMES, "a.parquet"])
def test_empty(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    for read in (read_file, read_catalog):
        with pytest.raises(InvalidTargetError, match=r"cannot read .*: it is empty"):
            read(tmp_path / name)


@pytest.mark.parametrize("name", ["a.txt", "a.dat", "a"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_one_line_is_no_path(tmp_path, monkeypatch, name, end):
    """Text is never taken as the path or the address of another table."""
    (tmp_path / "other.csv").write_text("name,ra,dec\nA,1,2\n")
    (tmp_path / name).write_text("other.csv" + end)
    monkeypatch.chdir(tmp_path)
    assert read_file(name).colnames == ["other.csv"]


def test_pipe(tmp_path):
    """As of ``<(zcat a.csv.gz)`` in a shell: what is read of it is gone."""
    os.mkfifo(tmp_path / "a.csv")
    done = threading.Event()

    def read():
        with pytest.raises(InvalidTargetError, match="pipe or a device"):
            read_file(tmp_path / "a.csv")
        done.set()

    threading.Thread(target=read, daemon=True).start()
    assert done.wait(20)


def test_device():
    with pytest.raises(InvalidTargetError, match="cannot be read twice: save what"):
        read_catalog("/dev/null")


@pytest.mark.parametrize("read", [read_file, read_catalog])
def test_address(read):
    with pytest.raises(FileNotFoundError, match=r"'https://a.b/c.csv' is an address: download it"):
        read("https://a.b/c.csv")


def test_head_of_an_ecsv_file(tmp_path):
    (tmp_path / "a.ecsv").write_text("# %ECSV 1.0\n# ---\n")
    with pytest.raises(InvalidTargetError, match="its content is damaged, or of another format"):
        read_file(tmp_path / "a.ecsv")
