"""Pixels of HDUs: sections of large images, missing values, asinh magnitudes, damage."""

import gzip
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.exceptions import ProviderError
from astrocnn.grid import CutoutGrid, CutoutGrids
from astrocnn.providers import FitsProvider, Pixels, read_image
from astrocnn.providers._images import _pixels
from astrocnn.providers._images._fits_image import read_pixels
from astrocnn.surveys import get_band

OPTICAL, XMM = get_band("dss2-red"), get_band("xmm")
CENTER = SkyCoord(150, 2, unit="deg")
FIELD = CutoutGrid(CENTER, 10 * u.arcmin, 150)
RNG = np.random.default_rng(5)
FLOATS = RNG.normal(10, 1, FIELD.shape).astype(np.float32)
WHOLE = RNG.integers(1, 5000, FIELD.shape).astype(np.int16)


def header(**cards):
    found = FIELD.wcs.to_header()
    found.update(cards)
    return found


def grids(n=6):
    ra = 150 + np.linspace(-0.06, 0.06, n)
    return CutoutGrids(ra, np.full(n, 2.0), 3 * u.arcmin, 40)


def write_scaled(path):
    hdu = fits.PrimaryHDU(FLOATS.astype(float), header())
    hdu.scale("int16", bscale=0.01, bzero=10)
    hdu.header["BLANK"] = int(np.round((FLOATS[70, 70] - 10) / 0.01))
    hdu.writeto(path)


LAYOUTS = {
    "float32": lambda path: fits.PrimaryHDU(FLOATS, header()).writeto(path),
    "float64": lambda path: fits.PrimaryHDU(FLOATS.astype(float), header()).writeto(path),
    "int16": lambda path: fits.PrimaryHDU(WHOLE, header()).writeto(path),
    "uint16": lambda path: fits.PrimaryHDU(WHOLE.astype(np.uint16), header()).writeto(path),
    "scaled": write_scaled,
    "extension": lambda path: fits.HDUList(
        [fits.PrimaryHDU(), fits.ImageHDU(FLOATS, header())]
    ).writeto(path),
    "fpack": lambda path: fits.HDUList(
        [fits.PrimaryHDU(), fits.CompImageHDU(WHOLE, header(), compression_type="RICE_1")]
    ).writeto(path),
    "fpack floats": lambda path: fits.HDUList(
        [fits.PrimaryHDU(), fits.CompImageHDU(FLOATS, header(), compression_type="RICE_1")]
    ).writeto(path),
    "asinh": lambda path: fits.PrimaryHDU(FLOATS - 10, header(BOFFSET=3.0, BSOFTEN=0.5)).writeto(
        path
    ),
    "cube": lambda path: fits.PrimaryHDU(np.stack([FLOATS + 1, FLOATS]), header()).writeto(path),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("band", [OPTICAL, XMM], ids=str)
def test_sections_are_the_image(tmp_path, monkeypatch, layout, band):
    path = tmp_path / "a.fits"
    LAYOUTS[layout](path)
    plane = 1 if layout == "cube" else None
    with ThreadPoolExecutor(2) as pool:
        wanted = FitsProvider(path, band, plane=plane).cutouts(grids(), pool)
        monkeypatch.setattr(_pixels, "SECTIONS_FROM", 0)
        provider = FitsProvider(path, band, plane=plane)
        found = provider.cutouts(grids(), pool)
    assert all(
        isinstance(loaded.image.data, _pixels.FilePixels) for loaded in provider._cache.values()
    )
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one.image, other.image, rtol=1e-6)
        np.testing.assert_array_equal(one.valid, other.valid)
        assert one.exposure_known == other.exposure_known
    assert provider.cutout(grids()[0]).image.shape == (40, 40)


def test_sections_with_maps(tmp_path, monkeypatch):
    counts = RNG.poisson(3.0, FIELD.shape).astype(np.int16)
    for name, values in (("a", counts), ("e", FLOATS * 100), ("b", FLOATS)):
        fits.PrimaryHDU(values, header()).writeto(tmp_path / f"{name}.fits")
    source = {k: tmp_path / f"{k[0]}.fits" for k in ("exposure", "background")}
    source["image"] = tmp_path / "a.fits"
    wanted = FitsProvider(source, XMM).cutout(grids()[2])
    monkeypatch.setattr(_pixels, "SECTIONS_FROM", 0)
    monkeypatch.setattr(_pixels, "_ROWS", 40)
    found = FitsProvider(source, XMM).cutout(grids()[2])
    for name in ("image", "valid", "exposure", "background"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    assert found.full_exposure == wanted.full_exposure
    estimated = FitsProvider(
        {"image": source["image"], "exposure": source["exposure"]}, XMM, background="estimate"
    )
    assert np.isfinite(estimated.cutout(grids()[2]).background).all()


def test_many_targets_on_a_packed_image(tmp_path, monkeypatch):
    """Tiles are unpacked once, not for each target."""
    LAYOUTS["fpack"](tmp_path / "a.fits")
    monkeypatch.setattr(_pixels, "SECTIONS_FROM", 0)
    provider = FitsProvider(tmp_path / "a.fits", OPTICAL)
    with ThreadPoolExecutor(2) as pool:
        provider.cutouts(grids(20), pool)
    (loaded,) = provider._cache.values()
    assert isinstance(loaded.image.data, np.ndarray)


def test_truncated_large_image(tmp_path, monkeypatch):
    path = tmp_path / "a.fits"
    LAYOUTS["float32"](path)
    provider = FitsProvider(path, OPTICAL)
    path.write_bytes(path.read_bytes()[:-5000])
    monkeypatch.setattr(_pixels, "SECTIONS_FROM", 0)
    with pytest.raises(ProviderError, match=r"a.fits is truncated: \d+ bytes are missing"):
        provider.cutout(grids()[0])


def test_packed_as_a_whole_has_no_sections(tmp_path, monkeypatch):
    LAYOUTS["float32"](tmp_path / "a.fits")
    path = tmp_path / "b.fits.gz"
    path.write_bytes(gzip.compress((tmp_path / "a.fits").read_bytes()))
    monkeypatch.setattr(_pixels, "SECTIONS_FROM", 0)
    assert np.array_equal(read_pixels(path, 0), FLOATS)


@pytest.mark.parametrize("from_size", [0, 2**30])
@pytest.mark.parametrize("key", ["BLANK", "BAD_DATA", "MISSING"])
@pytest.mark.parametrize("data", [FLOATS, WHOLE], ids=["float", "whole"])
def test_values_that_stand_for_no_pixel(tmp_path, monkeypatch, from_size, key, data):
    monkeypatch.setattr(_pixels, "SECTIONS_FROM", from_size)
    data = data.copy()
    data[60:90, 60:90] = -9999
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy: BLANK is for integers
        fits.PrimaryHDU(data, header(**{key: -9999})).writeto(tmp_path / "a.fits")
    pixels = FitsProvider(tmp_path / "a.fits", OPTICAL).cutout(FIELD)
    assert np.isnan(pixels.image[60:90, 60:90]).all()
    assert not pixels.valid[60:90, 60:90].any()
    assert pixels.valid.mean() == pytest.approx(0.96, abs=1e-6)
    assert np.nanmin(pixels.image) > 0


def test_asinh_magnitudes(tmp_path):
    """Of Pan-STARRS: flux = BOFFSET + 2 BSOFTEN sinh(value / 1.0857)."""
    flux = RNG.normal(0, 300, FIELD.shape)
    stored = 1.0857362 * np.arcsinh((flux - 1.5) / (2 * 12.0))
    fits.PrimaryHDU(stored.astype(np.float32), header(BOFFSET=1.5, BSOFTEN=12.0)).writeto(
        tmp_path / "a.fits"
    )
    np.testing.assert_allclose(read_image(tmp_path / "a.fits").data, flux, atol=0.01, rtol=1e-5)
    image = FitsProvider(tmp_path / "a.fits", OPTICAL).cutout(FIELD).image
    np.testing.assert_allclose(image, flux, atol=0.01, rtol=1e-5)


class TestDamage:
    """A damaged image is left out, with a sentence; targets on others are not lost."""

    def two(self, tmp_path, damage, packed):
        east = CutoutGrid(SkyCoord(150.5, 2, unit="deg"), 10 * u.arcmin, 150)
        for name, field in (("bad", FIELD), ("good", east)):
            make = fits.CompImageHDU if packed else fits.ImageHDU
            hdu = make(WHOLE, field.wcs.to_header())
            fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(
                tmp_path / f"{name}.fits", checksum=damage == "bit"
            )
        path = tmp_path / "bad.fits"
        raw = bytearray(path.read_bytes())
        if damage == "bit":
            raw[-12000] ^= 4
        else:
            raw[-20000:-4000] = b"\xff" * 16000
        path.write_bytes(raw)
        targets = CutoutGrids([150.0, 150.5], [2.0, 2.0], 3 * u.arcmin, 40)
        with ThreadPoolExecutor(2) as pool:
            return FitsProvider(tmp_path, OPTICAL).cutouts(targets, pool)

    @pytest.mark.parametrize(("damage", "packed"), [("bit", False), ("bit", True), ("tiles", True)])
    def test_one_of_two(self, tmp_path, damage, packed):
        bad, good = self.two(tmp_path, damage, packed)
        assert isinstance(good, Pixels)
        assert isinstance(bad, ProviderError)
        assert "bad.fits" in str(bad)
        if damage == "bit":
            assert "damaged: its bytes do not agree with its DATASUM" in str(bad)

    def test_damaged_tiles_of_a_section(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_pixels, "SECTIONS_FROM", 0)
        bad, good = self.two(tmp_path, "tiles", True)
        assert isinstance(good, Pixels)
        assert isinstance(bad, ProviderError)


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32"])
@pytest.mark.parametrize("value", [-1, -99, -32768])
def test_negative_whole_counts_are_missing(dtype, value):
    field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 6 * u.arcmin, 90)
    data = np.full(field.shape, 5, dtype)
    data[:, 60:] = value
    pixels = FitsProvider(fits.PrimaryHDU(data, field.wcs.to_header()), get_band("xmm")).cutout(
        field
    )
    assert pixels.valid.mean() == pytest.approx(2 / 3)
    assert pixels.image[pixels.valid] == pytest.approx(5)
    # Fractions below zero are what is left where a background was subtracted.
    data = np.full(field.shape, -0.25, "float32")
    hdu = fits.PrimaryHDU(data, field.wcs.to_header())
    hdu.header["BUNIT"] = "count"
    assert FitsProvider(hdu, get_band("xmm")).cutout(field).image == pytest.approx(-0.25)


@pytest.mark.parametrize("value", [-9999.0, -999.0, np.inf, -1e30, 1e38])
@pytest.mark.parametrize("band", ["xmm", "legacy-r"])
def test_what_is_no_value_is_missing(band, value):
    field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 6 * u.arcmin, 90)
    data = np.full(field.shape, 5, "float32")
    data[:, 60:] = value
    hdu = fits.PrimaryHDU(data, field.wcs.to_header())
    if band == "xmm":
        hdu.header["BUNIT"] = "count"
    pixels = FitsProvider(hdu, get_band(band)).cutout(field)
    assert pixels.valid[:, :60].all()
    assert not pixels.valid[:, 61:].any()
    assert pixels.image[pixels.valid] == pytest.approx(5)
