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


@pytest.fixture
def folder(tmp_path):
    """A folder of XGA: two cameras with their maps, and a file of regions."""
    for k, camera in enumerate(("mos1", "pn")):
        for kind, value in (("img", 3 + k), ("expmap", 1000 * (1 + k))):
            values = np.full(FIELD.shape, value, "float32")
            if kind == "img":
                values[k, 0] = 0  # so that they are no copies
            path = tmp_path / STEM.format(camera, kind)
            fits.PrimaryHDU(values, FIELD.wcs.to_header()).writeto(path)
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


def test_maps_in_a_folder_that_is_vouched_for_are_no_images(folder):
    with pytest.warns(match="2 of 4 files .*expmap.fits .exposure map by its name. left out"):
        provider = FitsProvider({"image": folder, "trusted": True}, get_band("erosita"))
    assert provider.cutout(FIELD).image[9, 9] == 7
    pixels = FitsProvider(
        {"image": folder, "exposure": folder, "trusted": True}, get_band("erosita")
    ).cutout(FIELD)
    assert pixels.exposure[9, 9] == 3000


def test_what_is_named_is_an_image(folder):
    path = folder / STEM.format("pn", "expmap")
    assert FitsProvider({"image": path}, XMM).cutout(FIELD).image[9, 9] == 2000


def test_no_fits_file(tmp_path):
    (tmp_path / "a.fits").write_text("name,ra,dec\n" * 500)
    with pytest.raises(ProviderError, match="a.fits cannot be read as a FITS image: it is no FITS"):
        FitsProvider(tmp_path / "a.fits", XMM)
