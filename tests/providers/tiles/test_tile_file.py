"""Plain tiles are read straight to their place; all others as before."""

import gzip
import os

import numpy as np
import pytest
from astropy.io import fits

from astrocnn.exceptions import ProviderError
from astrocnn.providers._tiles._tile_file import fill_from_plain_tile, read_tile_image

WIDTH = 32
DATA = np.random.default_rng(0).normal(size=(WIDTH, WIDTH)).astype(np.float32)
DATA[3, 4] = np.nan


def written(path, data, cards=(), packed=False):
    """Path of a tile with more cards in its header."""
    header = fits.Header(cards)
    hdu = (fits.CompImageHDU if packed else fits.PrimaryHDU)(data, header)
    hdu.writeto(path)
    return path


def filled(path, root=None):
    """Pixels that were filled in, or None."""
    tile = np.full((WIDTH, WIDTH), -7, dtype=np.float32)
    return tile if fill_from_plain_tile(path, str(root or path.parent), tile) else None


@pytest.mark.parametrize("cards", [[], [(f"KEY{n}", n) for n in range(60)], [("BSCALE", 1.0)]])
def test_plain(tmp_path, cards):
    path = written(tmp_path / "tile.fits", DATA, cards)
    assert np.array_equal(filled(path), DATA, equal_nan=True)
    assert np.array_equal(filled(path), read_tile_image(path, str(tmp_path), WIDTH), equal_nan=True)


def test_without_padding(tmp_path):
    path = written(tmp_path / "tile.fits", DATA)
    path.write_bytes(path.read_bytes()[: 2880 + DATA.nbytes])
    assert np.array_equal(filled(path), DATA, equal_nan=True)
    path.write_bytes(path.read_bytes()[:-1])
    assert filled(path) is None


@pytest.mark.parametrize(
    "data", [DATA.astype(float), (9 * np.nan_to_num(DATA)).astype("i2"), DATA[:16], DATA[None]]
)
def test_other_pixels(tmp_path, data):
    assert filled(written(tmp_path / "tile.fits", data)) is None


@pytest.mark.parametrize("key", ["BSCALE", "BZERO"])
def test_scaled(tmp_path, key):
    # Astropy would scale the pixels.
    path = written(tmp_path / "tile.fits", DATA, [("SCALEKEY", 2.0)])
    path.write_bytes(path.read_bytes().replace(b"SCALEKEY=", f"{key:8}=".encode()))
    assert filled(path) is None


def test_other_files(tmp_path):
    tile = written(tmp_path / "tile.fits", DATA)
    (tmp_path / "gzip.fits").write_bytes(gzip.compress(tile.read_bytes()))
    assert filled(tmp_path / "gzip.fits") is None
    assert filled(written(tmp_path / "packed.fits", np.nan_to_num(DATA), packed=True)) is None
    written(tmp_path / "header.fits", DATA, [(f"KEY{n}", n) for n in range(200)])
    assert filled(tmp_path / "header.fits") is None
    assert filled(tmp_path / "none.fits") is None
    os.mkfifo(tmp_path / "pipe.fits")
    assert filled(tmp_path / "pipe.fits") is None


def test_outside(tmp_path):
    path, root = written(tmp_path / "tile.fits", DATA), tmp_path / "hips"
    root.mkdir()
    with pytest.raises(ProviderError, match="leads out"):
        filled(path, root)
