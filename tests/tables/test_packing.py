"""Packed tables: read, or refused by name."""

import bz2
import gzip
import lzma
import sys

import pytest

from astrocnn.exceptions import InvalidTargetError
from astrocnn.tables import read_targets

CSV = b"ra,dec\n150.0,2.0\n151.0,2.5\n"


@pytest.mark.parametrize(
    ("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)]
)
def test_read(tmp_path, ending, pack):
    path = tmp_path / f"a.csv.{ending}"
    path.write_bytes(pack(CSV))
    assert len(read_targets(path)) == 2


@pytest.mark.parametrize(
    ("ending", "start", "words"),
    [("zst", "28b52ffd", r"zstd: unpack it first \(unzstd a\.csv\.zst\)"),
     ("lz4", "04224d18", "lz4"), ("7z", "377abcaf271c", "7-Zip")],
)  # fmt: skip
def test_refused_by_name(tmp_path, ending, start, words):
    path = tmp_path / f"a.csv.{ending}"
    path.write_bytes(bytes.fromhex(start) + CSV)
    with pytest.raises(InvalidTargetError, match=rf"a\.csv\.{ending} is packed with {words}"):
        read_targets(path)


@pytest.mark.parametrize(
    ("module", "start"), [("uncompresspy", "1f9d90"), ("bz2", "425a68"), ("lzma", "fd377a585a")]
)
def test_module_that_is_missing(tmp_path, monkeypatch, module, start):
    path = tmp_path / "a.csv.packed"
    path.write_bytes(bytes.fromhex(start) + CSV)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InvalidTargetError, match=f"packed, and {module} is missing: unpack it fir"):
        read_targets(path)
