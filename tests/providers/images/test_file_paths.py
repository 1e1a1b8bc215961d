"""Files of folders and patterns, and the kinds among them."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.exceptions import ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import FitsProvider
from astrocnn.surveys import get_band

FIELD = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 30)
XMM = get_band("xmm")
STEM = "0201903501_{}_exp1-0.50-2.00keV{}.fits"


def write(path, value):
    """An image of one value, but for a pixel of images, so that they are no copies."""
    values = np.full(FIELD.shape, value, "float32")
    if value < 10:
        values[int(value), 0] = 0
    fits.PrimaryHDU(values, FIELD.wcs.to_header()).writeto(path)


@pytest.fixture
def folder(tmp_path):
    """A folder of XGA: two cameras with their maps, and a file of regions."""
    for k, camera in enumerate(("mos1", "pn")):
        for kind, value in (("img", 3 + k), ("expmap", 1000 * (1 + k))):
            write(tmp_path / STEM.format(camera, kind), value)
    (tmp_path / "0201903501.reg").write_text("image\ncircle(3,3,2)\n")
    (tmp_path / "notes.txt").write_text("deep\n")
    return tmp_path


def test_regions_and_notes_are_no_images(folder):
    pixels = FitsProvider(folder, XMM).cutout(FIELD)  # warnings are errors
    assert pixels.image[9, 9] == 7
    assert pixels.exposure[9, 9] == 3000


def test_folder_without_images(tmp_path):
    (tmp_path / "obs").mkdir()
    with pytest.raises(ProviderError, match=r"no image in the folder .*such as 'folder/\*/\*.fits"):
        FitsProvider(tmp_path, XMM)


def test_pattern_of_folders(folder):
    assert (
        FitsProvider(folder.parent / f"{folder.name}*" / "*img*", XMM).cutout(FIELD).exposure_known
        is False
    )


@pytest.mark.parametrize("name", [".", "*.fits", "0201903501_*"])
def test_one_folder_for_images_and_maps(folder, name):
    source = {"image": folder / name, "exposure": folder / name}
    pixels = FitsProvider(source, XMM).cutout(FIELD)
    assert pixels.image[9, 9] == 7
    assert pixels.exposure[9, 9] == 3000


@pytest.mark.parametrize("maps", [{}, {"exposure": "."}])
@pytest.mark.parametrize("trusted", [True, "."])
def test_maps_in_a_folder_that_is_vouched_for_are_maps(folder, monkeypatch, maps, trusted):
    monkeypatch.chdir(folder)
    source = {"image": ["."], "trusted": trusted, **maps}
    pixels = FitsProvider(source, get_band("erosita")).cutout(FIELD)
    assert (pixels.image[9, 9], pixels.exposure[9, 9]) == (7, 3000)


@pytest.mark.parametrize("maps", [{}, {"exposure": "."}])
def test_one_image_that_is_vouched_for_leaves_the_maps_of_all(tmp_path, monkeypatch, maps):
    """It has its own, and the others keep theirs; it may be in the folder and named once more."""
    monkeypatch.chdir(tmp_path)
    for k, camera in enumerate(("pn", "mos1")):
        write(tmp_path / STEM.format(camera, "img"), 3 + k)
        write(tmp_path / STEM.format(camera, "expmap"), 1000.0 * (1 + k))
    hard = STEM.replace("0.50-2.00", "2.00-10.00")
    write(tmp_path / hard.format("mos2", "img"), 5)
    write(tmp_path / hard.format("mos2", "expmap"), 4000.0)
    one = hard.format("mos2", "img")
    source = {"image": [".", one], "trusted": [one], **maps}
    pixels = FitsProvider(source, XMM).cutout(FIELD)
    assert pixels.image[9, 9] == 3 + 4 + 5
    assert pixels.exposure[9, 9] == 1000 + 2000 + 4000
    assert pixels.exposure_known


def test_what_is_named_is_an_image(folder):
    path = folder / STEM.format("pn", "expmap")
    assert FitsProvider({"image": path}, XMM).cutout(FIELD).image[9, 9] == 2000


def test_no_fits_file(tmp_path):
    (tmp_path / "a.fits").write_text("name,ra,dec\n" * 500)
    with pytest.raises(ProviderError, match="a.fits cannot be read as a FITS image: it is no FITS"):
        FitsProvider(tmp_path / "a.fits", XMM)
