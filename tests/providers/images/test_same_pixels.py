"""Copies of an image that are turned, flipped or cut out: their photons count once."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.exceptions import FailedTargetWarning
from astrocnn.grid import CutoutGrid
from astrocnn.providers import FitsProvider
from astrocnn.surveys import get_band

CENTER = SkyCoord(150, 2, unit="deg")
GRID = CutoutGrid(CENTER, 6 * u.arcmin, 90)
XMM = get_band("xmm")


def header(pixels=150, size=10.0):
    return CutoutGrid(CENTER, size * u.arcmin, pixels).wcs.to_header()


def turned(data, cards, matrix):
    """An image and its header with other pixel axes, the same on the sky."""
    cards = cards.copy()
    old = np.diag([cards["CDELT1"], cards["CDELT2"]])
    for key in ("CDELT1", "CDELT2"):
        del cards[key]
    new = old @ np.array(matrix)
    cards["CD1_1"], cards["CD1_2"], cards["CD2_1"], cards["CD2_2"] = new.ravel()
    return data, cards


def copies(data):
    cards = header()
    return {
        "flipped in x": turned(data[:, ::-1], cards, [[-1, 0], [0, 1]]),
        "flipped in y": turned(data[::-1], cards, [[1, 0], [0, -1]]),
        "turned": turned(np.rot90(data), cards, [[0, -1], [1, 0]]),
        "transposed": turned(data.T, cards, [[0, 1], [1, 0]]),
        "cut out": (data[25:125, 25:125], header(100, 100 * 4 / 60)),
    }


@pytest.fixture
def data():
    return np.random.default_rng(7).poisson(1.0, (150, 150)).astype(np.int16)


@pytest.mark.parametrize("how", copies(np.zeros((150, 150))))
def test_photons_count_once(data, how, tmp_path):
    fits.PrimaryHDU(data, header()).writeto(tmp_path / "a.fits")
    fits.PrimaryHDU(*copies(data)[how]).writeto(tmp_path / "b.fits")
    right = data[30:120, 30:120].sum()
    alone = FitsProvider(tmp_path / "b.fits", XMM).cutout(GRID)
    assert alone.image.sum() == pytest.approx(right, rel=1e-5)
    with pytest.warns(FailedTargetWarning, match="copies"):
        both = FitsProvider(tmp_path, XMM)
    assert both.cutout(GRID).image.sum() == pytest.approx(right, rel=1e-5)


def test_tiles_share_their_borders(data, tmp_path):
    """Two parts of one image, with a strip that both have."""
    for name, columns in (("a", slice(0, 90)), ("b", slice(70, 150))):
        cards = header()
        cards["CRPIX1"] -= columns.start
        fits.PrimaryHDU(data[:, columns], cards).writeto(tmp_path / f"{name}.fits")
    with pytest.warns(FailedTargetWarning, match="1 images hold copies of photons"):
        pixels = FitsProvider(tmp_path, XMM).cutout(GRID)
    np.testing.assert_allclose(pixels.image, data[30:120, 30:120], atol=1e-4)


def test_other_photons_add(data, tmp_path):
    """Other images on the same pixels, and parts without a photon, are no copies."""
    other = np.random.default_rng(8).poisson(1.0, (150, 150)).astype(np.int16)
    fits.PrimaryHDU(data, header()).writeto(tmp_path / "a.fits")
    fits.PrimaryHDU(*copies(other)["cut out"]).writeto(tmp_path / "b.fits")
    fits.PrimaryHDU(*turned(other[::-1], header(), [[1, 0], [0, -1]])).writeto(tmp_path / "c.fits")
    total = FitsProvider(tmp_path / "[ab].fits", XMM).cutout(GRID).image.sum()
    assert total == pytest.approx((data + other)[30:120, 30:120].sum(), rel=1e-5)
    total = FitsProvider([tmp_path / "a.fits", tmp_path / "c.fits"], XMM).cutout(GRID).image.sum()
    assert total == pytest.approx((data + other)[30:120, 30:120].sum(), rel=1e-5)
    fits.PrimaryHDU(0 * data, header()).writeto(tmp_path / "a.fits", overwrite=True)
    total = FitsProvider(tmp_path / "[ab].fits", XMM).cutout(GRID).image.sum()
    assert total == pytest.approx(other[30:120, 30:120].sum(), rel=1e-5)
