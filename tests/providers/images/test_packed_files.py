"""Packed files: unpacked, or left out by name."""

import bz2
import gzip
import io
import lzma
import shutil
import subprocess
import sys
import zipfile

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.exceptions import FailedTargetWarning, ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import FitsProvider, HealpixProvider
from astrocnn.providers._images._packed_files import readable
from astrocnn.surveys import get_band

XMM = get_band("xmm")
FIELD = CutoutGrid(SkyCoord(150, 2, unit="deg"), 6 * u.arcmin, 90)


def compress(content: bytes, widest: int = 16, clear_after: int | None = None) -> bytes:
    """What the Unix tool ``compress`` writes (Welch 1984), by the book."""
    out, group, bits = [bytes([0x1F, 0x9D, 0x80 | widest])], [], 9

    def flush(width):
        number = sum(code << (width * k) for k, code in enumerate(group))
        size = width if len(group) == 8 or pad else -(-len(group) * width // 8)
        out.append(number.to_bytes(size, "little"))
        group.clear()

    pad = True
    words, free, word = {bytes([k]): k for k in range(256)}, 257, b""
    for k, byte in enumerate(content):
        longer = word + bytes([byte])
        if longer in words:
            word = longer
            continue
        group.append(words[word])
        if len(group) == 8:
            flush(bits)
        if free < 1 << widest:
            words[longer] = free
            free += 1
            if free > (1 << bits) and bits < widest:
                if group:
                    flush(bits)
                bits += 1
        word = bytes([byte])
        if clear_after and k and k % clear_after == 0:
            group.append(words[word])
            if len(group) == 8:
                flush(bits)
            group.append(256)
            flush(bits)
            words, free, word, bits = {bytes([k]): k for k in range(256)}, 257, b"", 9
    pad = False
    if word:
        group.append(words[word])
    if group:
        flush(bits)
    return b"".join(out)


def fits_bytes(seed=1):
    counts = np.random.default_rng(seed).poisson(2, FIELD.shape).astype("int16")
    file = io.BytesIO()
    fits.PrimaryHDU(counts, FIELD.wcs.to_header()).writeto(file)
    return file.getvalue(), counts.sum()


def zipped(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("b.fits", content)
    return file.getvalue()


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=3000), st.integers(10, 16), st.sampled_from([None, 700]))
def test_compress_round_trip(tmp_path_factory, content, widest, clear_after):
    path = tmp_path_factory.mktemp("z") / "a.Z"
    path.write_bytes(compress(content * 3, widest, clear_after))
    assert readable(path).getvalue() == content * 3


@pytest.mark.skipif(shutil.which("gzip") is None, reason="needs gzip as the judge")
@pytest.mark.parametrize(("widest", "clear_after"), [(16, None), (12, None), (16, 9000)])
def test_gzip_agrees(tmp_path, widest, clear_after):
    content = fits_bytes()[0]
    path = tmp_path / "a.fits.Z"
    path.write_bytes(compress(content, widest, clear_after))
    judged = subprocess.run(["gzip", "-dc", path], capture_output=True, check=True).stdout
    assert judged == content == readable(path).getvalue()


@pytest.mark.parametrize(
    ("ending", "pack"),
    [("Z", compress), ("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress),
     ("zip", zipped)],
)  # fmt: skip
def test_unpacked(tmp_path, ending, pack):
    content, total = fits_bytes()
    path = tmp_path / f"b.fits.{ending}"
    path.write_bytes(pack(content))
    for source in (path, tmp_path):
        assert FitsProvider(source, XMM).cutout(FIELD).image.sum() == total


@pytest.mark.parametrize(
    ("start", "words"),
    [("28b52ffd", r"zstd: unpack it first \(unzstd b\.fits\.x\)"), ("04224d18", "lz4"),
     ("377abcaf271c", "7-Zip"), ("526172211a07", "RAR"), ("1f9d05", "codes of 5 bits"),
     ("1f9d", "damaged"), ("1f9d90ffff", "damaged"), ("504b0304", "cannot be read")],
)  # fmt: skip
def test_left_out_by_name(tmp_path, start, words):
    content, total = fits_bytes()
    path = tmp_path / "b.fits.x"
    path.write_bytes(bytes.fromhex(start) + bytes(100))
    with pytest.raises(ProviderError, match=rf"b\.fits\.x.*({words})"):
        FitsProvider(path, XMM)
    (tmp_path / "a.fits").write_bytes(content)
    with pytest.warns(FailedTargetWarning, match=r"1 of 2 files .*; the first: b\.fits\.x"):
        assert FitsProvider(tmp_path, XMM).cutout(FIELD).image.sum() == total


@pytest.mark.parametrize("module", ["bz2", "lzma"])
def test_python_without_a_module(tmp_path, monkeypatch, module):
    content, total = fits_bytes()
    (tmp_path / "a.fits").write_bytes(content)
    (tmp_path / "b.fits.packed").write_bytes({"bz2": bz2, "lzma": lzma}[module].compress(content))
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.warns(FailedTargetWarning, match=f"b.fits.packed is packed with {module}"):
        assert FitsProvider(tmp_path, XMM).cutout(FIELD).image.sum() == total


def test_healpix_map(tmp_path):
    values = np.random.default_rng(0).random(12 * 16**2).astype("float32")
    healpy.write_map(tmp_path / "a.fits", values, coord="C", dtype="float32")
    (tmp_path / "a.fits.Z").write_bytes(compress((tmp_path / "a.fits").read_bytes()))
    wide = CutoutGrid(SkyCoord(33, 41.8, unit="deg"), 30 * u.deg, 20)
    found = [HealpixProvider(tmp_path / name, XMM).cutout(wide) for name in ("a.fits", "a.fits.Z")]
    np.testing.assert_array_equal(found[0].image, found[1].image)
