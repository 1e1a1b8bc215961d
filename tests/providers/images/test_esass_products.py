"""eROSITA products are known by their names."""

from pathlib import Path

import pytest
from astropy import units as u

from astrocnn.exceptions import ProviderError
from astrocnn.providers._images._esass_products import describe_esass
from astrocnn.providers._images._file_choice import choose_files
from astrocnn.providers._images._left_out import LeftOut
from astrocnn.surveys import get_band

BAND = get_band("erosita")
NAME = "em01_164087_02{}_{}_c010.fits.gz"


def chosen(names, band=BAND):
    """Names of image and map of what is chosen."""
    left = LeftOut(band)
    try:
        choice = choose_files([Path(name) for name in names], band, left)
    except ProviderError:
        return []
    assert [left.maps, left.others, left.faults, left.copies] == [[]] * 4
    maps = {product.pair: path.name for path, product in choice.maps}
    return [(path.name, maps.get(product.pair)) for path, product in choice.images]


def test_image_is_paired_with_the_map_of_its_tile_and_band():
    names = [
        f"em01_{tile}_02{band}_{kind}_c010.fits.gz"
        for tile in ("164087", "167087")
        for band in "14"
        for kind in ("Image", "ExposureMap", "BackgrImage")
    ]
    wanted = [
        (f"em01_{t}_024_Image_c010.fits.gz", f"em01_{t}_024_ExposureMap_c010.fits.gz")
        for t in ("164087", "167087")
    ]
    assert chosen(names) == chosen(names[::-1])[::-1] == wanted


@pytest.mark.parametrize(
    ("codes", "energy", "taken"),
    [
        ("0124", (0.2, 2.3), "4"),  # 021 + 022 are the photons of 024
        ("12", (0.2, 2.3), "12"),
        ("01234567", (0.2, 5.0), "43"),
        ("567", (0.2, 2.3), "567"),
        ("4567", (0.5, 2.0), "67"),
        ("4", (0.5, 2.0), ""),
        ("0", (0.2, 10.0), "0"),
    ],
)
def test_energy(codes, energy, taken):
    names = [NAME.format(code, "Image") for code in codes]
    found = chosen(names, BAND.with_(energy=energy * u.keV))
    assert sorted(name for name, _ in found) == sorted(NAME.format(c, "Image") for c in taken)


def test_band_without_energy_takes_the_widest():
    names = [NAME.format(code, "Image") for code in "0124"]
    assert chosen(names, BAND.with_(energy=None)) == [(NAME.format("0", "Image"), None)]


@pytest.mark.parametrize(
    "kind",
    ["BackgrImage", "EventList", "DetectionMask", "DetMsk", "SensMap1Blik5", "UnvExpMap",
     "CheeseMask", "ExposureMap", "SourceMap", "BkgMap", "Srd1Map", "SrcMap", "PSFMap", "DetMask",
     "SourceCat", "MaxLikSourceList", "SourceSpec"],
)  # fmt: skip
def test_other_products_are_left_alone(kind):
    name = NAME.format("4", kind)
    assert describe_esass(Path(name)).kind != "image"
    assert chosen([name]) == []


@pytest.mark.parametrize(
    ("image", "exposure"),
    [
        ("eb01_182057_024_Image_c010.fits.gz", "eb01_182057_024_ExposureMap_c010.fits.gz"),
        ("fm00_500171_024_ImageTot_c001.fits", "fm00_500171_024_ExposureMap_c001.fits"),
        ("064102_024_EvtImg.fits", "064102_024_ExpMap.fits"),
    ],
)
def test_other_owners_modes_and_names_of_ones_own(image, exposure):
    assert chosen([exposure, image]) == [(image, exposure)]


def test_map_of_another_release_or_tile_is_not_taken():
    image = NAME.format("4", "Image")
    others = [
        "em01_164087_024_ExposureMap_c020.fits.gz",
        "em02_164087_024_ExposureMap_c010.fits.gz",
        "em01_167087_024_ExposureMap_c010.fits.gz",
        "em01_164087_124_ExposureMap_c010.fits.gz",
        "em01_164087_024_UnvExpMap_c010.fits.gz",
    ]
    assert chosen([image, *others]) == [(image, None)]


@pytest.mark.parametrize(
    "name", ["field.fits", "P0098010101M2U009IMAGE_3000.FTZ", "my_em01_164087_024_Image_c010.fits"]
)
def test_other_names(name):
    assert describe_esass(Path(name)) is None
