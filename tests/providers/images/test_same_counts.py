"""Images that hold the photons of others: rebinned, resampled, scaled, summed."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from reproject import reproject_exact

from astrocnn.exceptions import FailedTargetWarning
from astrocnn.grid import CutoutGrid
from astrocnn.providers import FitsProvider
from astrocnn.surveys import get_band

CENTER = SkyCoord(150, 2, unit="deg")
FIELD = CutoutGrid(CENTER, 10 * u.arcmin, 150)
GRID = CutoutGrid(CENTER, 6 * u.arcmin, 90)
XMM = get_band("xmm")


def sky(seed, mean=2.0):
    return np.random.default_rng(seed).poisson(mean, FIELD.shape).astype(np.int16)


DATA, OTHER = sky(1), sky(2)


def write(path, data, field=FIELD, **cards):
    header = field.wcs.to_header()
    header.update(cards)
    fits.PrimaryHDU(data, header).writeto(path)
    return path


def rebinned(data, n=2):
    ny, nx = (size // n for size in data.shape)
    return data.reshape(ny, n, nx, n).sum(axis=(1, 3)).astype(np.int16)


def reprojected():
    field = CutoutGrid(CENTER.directional_offset_by(30 * u.deg, 2.3 * u.arcsec), FIELD.size, 150)
    data, _ = reproject_exact((DATA.astype(float), FIELD.wcs), field.wcs, field.shape)
    return np.nan_to_num(data).astype("float32"), field, {"BUNIT": "count"}


COPIES = {
    "rebinned": lambda: (rebinned(DATA), CutoutGrid(CENTER, FIELD.size, 75), {}),
    "rebinned by 5": lambda: (rebinned(DATA, 5), CutoutGrid(CENTER, FIELD.size, 30), {}),
    "finer": lambda: (np.kron(DATA, np.full((2, 2), 0.25)), CutoutGrid(CENTER, FIELD.size, 300),
                      {"BUNIT": "count"}),
    "resampled": reprojected,
    "halved": lambda: (DATA * 0.5, FIELD, {"BUNIT": "count"}),
}  # fmt: skip


def total(data):
    return data[30:120, 30:120].sum()


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("named", [False, True])
def test_photons_of_a_copy_count_once(tmp_path, how, named):
    data, field, cards = COPIES[how]()
    files = [write(tmp_path / "a.fits", DATA), write(tmp_path / "b.fits", data, field, **cards)]
    with pytest.warns(FailedTargetWarning, match="1 images hold copies of photons .* vouch"):
        provider = FitsProvider({"image": files} if named else tmp_path, XMM)
    assert provider.cutout(GRID).image.sum() == pytest.approx(total(DATA), rel=2e-3)


@pytest.mark.parametrize("cameras", ["ab", "a"])
def test_sum_beside_its_parts(tmp_path, cameras):
    for name, data in (("a", DATA), ("b", OTHER)):
        if name in cameras:
            write(tmp_path / f"{name}.fits", data)
    write(tmp_path / "c.fits", DATA + OTHER)
    with pytest.warns(FailedTargetWarning, match="copies of photons"):
        pixels = FitsProvider(tmp_path, XMM).cutout(GRID)
    assert pixels.image.sum() == pytest.approx(total(DATA + OTHER))


def test_who_vouches_for_images_has_both(tmp_path):
    files = [write(tmp_path / "a.fits", DATA)]
    files.append(write(tmp_path / "b.fits", rebinned(DATA), CutoutGrid(CENTER, FIELD.size, 75)))
    pixels = FitsProvider({"image": files, "trusted": True}, XMM).cutout(GRID)
    assert pixels.image.sum() == pytest.approx(2 * total(DATA))


@pytest.mark.parametrize(
    ("other", "size"),
    [
        (rebinned(OTHER), 75),  # of another camera, in coarser pixels
        (sky(3, 50.0), 150),  # much deeper
        (sky(3, 0.02), 150),  # much shallower
        (np.full(FIELD.shape, 3, "int16"), 150),  # a model, without noise
    ],
)
def test_other_photons_add(tmp_path, other, size):
    write(tmp_path / "a.fits", DATA)
    write(tmp_path / "b.fits", other, CutoutGrid(CENTER, FIELD.size, size))
    alone = FitsProvider(tmp_path / "b.fits", XMM).cutout(GRID).image.sum()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        both = FitsProvider(tmp_path, XMM).cutout(GRID)
    assert both.image.sum() == pytest.approx(total(DATA) + alone, rel=1e-5)


def test_deep_and_shallow_images_of_bright_sources_add(tmp_path):
    """The same sources in both, ten times as bright in one."""
    y, x = np.indices(FIELD.shape)
    places = np.random.default_rng(4).uniform(10, 140, (12, 2))
    rate = 0.05 + sum(4 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 4) for a, b in places)
    draw = np.random.default_rng(5).poisson
    shallow, deep = (draw(k * rate).astype(np.int16) for k in (1, 10))
    write(tmp_path / "a.fits", shallow)
    write(tmp_path / "b.fits", deep)
    pixels = FitsProvider(tmp_path, XMM).cutout(GRID)
    assert pixels.image.sum() == pytest.approx(total(shallow.astype(int) + deep))


def test_stated_cameras_are_not_compared(tmp_path):
    """Who says of which camera an image is has said that its photons are others."""
    for name in ("EPN", "EMOS1"):
        write(tmp_path / f"{name}.fits", DATA + (name == "EPN"), INSTRUME=name)
    pixels = FitsProvider(tmp_path, XMM).cutout(GRID)
    assert pixels.image.sum() == pytest.approx(2 * total(DATA) + 8100)


def test_name_of_a_band_in_a_file_name(tmp_path):
    write(tmp_path / "pn_soft.fits", DATA)
    write(tmp_path / "pn_hard.fits", OTHER)
    with pytest.warns(FailedTargetWarning, match="pn_hard.fits .* 2-10 keV"):
        pixels = FitsProvider(tmp_path, XMM).cutout(GRID)
    assert pixels.image.sum() == total(DATA)


@pytest.mark.parametrize(
    ("unit", "value", "seconds", "words"),
    [
        ("ks", 28.3, 28300.0, None),
        ("", 28300.0, 28300.0, None),
        ("s", 28.3, 28.3, None),
        ("", 28.3, 28.3, "e.fits states no unit .* 28.3: it is taken for seconds"),
        ("", 3e9, 3e9, "e.fits states no unit"),
        ("", 0.9, None, "fractions of an exposure that is not known"),
    ],
)
def test_exposure_maps_without_a_unit(tmp_path, unit, value, seconds, words):
    image = write(tmp_path / "a.fits", DATA)
    cards = {"BUNIT": unit} if unit else {}
    exposure = write(tmp_path / "e.fits", np.full(FIELD.shape, value, "float32"), **cards)
    provider = FitsProvider({"image": image, "exposure": exposure}, XMM)
    if words:
        with pytest.warns(FailedTargetWarning, match=words):
            pixels = provider.cutout(GRID)
    else:
        pixels = provider.cutout(GRID)
    assert pixels.exposure_known == (seconds is not None)
    assert pixels.valid.all()
    if seconds:
        assert pixels.exposure.max() == pytest.approx(seconds)
    else:
        assert pixels.exposure is None


def test_folder_of_esas(tmp_path):
    """Products of XMM-ESAS: images, exposure maps and what is made of both."""
    band, ones = "400-1250.fits", np.ones(FIELD.shape, "float32")
    for camera, data in (("pnS003", DATA), ("mos1S001", OTHER)):
        write(tmp_path / f"{camera}-fovimsky-{band}", data)
        write(tmp_path / f"{camera}-expimsky-{band}", 1000 * ones)
        write(tmp_path / f"{camera}-backimsky-{band}", 0.1 * data)
    write(tmp_path / f"comb-fovimsky-{band}", DATA + OTHER)
    write(tmp_path / f"comb-expimsky-{band}", 2000 * ones)
    for name in ("adapt", "rate", "sigma", "size"):
        write(tmp_path / f"{name}-{band}", 0.7 * DATA)
    with pytest.warns(FailedTargetWarning):
        pixels = FitsProvider(tmp_path, XMM).cutout(GRID)
    assert pixels.image.sum() == total(DATA + OTHER)
    assert pixels.exposure.max() == 2000
