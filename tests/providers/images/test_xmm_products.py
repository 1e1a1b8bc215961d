"""XMM-Newton pipeline products are known by their names."""

from pathlib import Path

import pytest
from astropy import units as u

from astrocnn.exceptions import ProviderError
from astrocnn.providers._images._file_choice import choose_files
from astrocnn.providers._images._left_out import LeftOut
from astrocnn.providers._images._xmm_products import describe_xmm
from astrocnn.surveys import get_band, xmm_band

XMM = get_band("xmm")
M2, PN = "P0098010101M2U009", "P0098010101PNS003"


def chosen(names, band=XMM):
    """Names of image and map, and what names the exposure, of what is chosen."""
    left = LeftOut(band)
    try:
        choice = choose_files([Path(name) for name in names], band, left)
    except ProviderError:
        return []
    assert [left.maps, left.others, left.faults, left.copies] == [[]] * 4
    maps = {product.pair: path.name for path, product in choice.maps}
    return [(path.name, maps.get(p.pair), "".join(p.series)) for path, p in choice.images]


def test_image_is_paired_with_the_map_of_its_camera_exposure_and_band():
    names = [
        f"{e}{kind}{b}000.FTZ" for e in (M2, PN) for kind in ("IMAGE_", "EXPMAP") for b in (2, 3)
    ]
    assert chosen(names) == [
        (f"{e}IMAGE_{b}000.FTZ", f"{e}EXPMAP{b}000.FTZ", e[1:]) for e in (M2, PN) for b in (2, 3)
    ]


def test_order_of_the_files_does_not_matter():
    names = [f"{M2}EXPMAP3000.FTZ", f"{M2}IMAGE_3000.FTZ"]
    assert chosen(names) == chosen(names[::-1])


def test_image_without_a_map():
    assert chosen([f"{M2}IMAGE_3000.FTZ", f"{M2}EXPMAP2000.FTZ", f"{PN}EXPMAP3000.FTZ"]) == [
        (f"{M2}IMAGE_3000.FTZ", None, M2[1:])
    ]


@pytest.mark.parametrize(
    "name",
    [
        f"{M2}BKGMAP3000.FTZ",  # holds cluster light
        "P0098010101M2X000BKGMAP3000.FTZ",
        f"{M2}EXPMAP3000.FTZ",
        f"{M2}DETMSK3000.FTZ",
        f"{M2}EXSNMP3000.FTZ",
        f"{M2}MIEVLI0000.FTZ",
        f"{M2}SRSPEC000A.FTZ",
        "P0098010101EPX000OIMAGE8000.FTZ",  # mosaic of all cameras and energies
        "P0098010101OMS005SIMAGE1000.FTZ",  # optical monitor
        "P0098010101OMS005IMAGE_1000.FTZ",
        "P0098010101R1S001IMAGE_2000.FTZ",  # grating spectrometer
    ],
)
def test_other_products_are_left_alone(name):
    assert chosen([name]) == []
    assert describe_xmm(Path(name)).kind != "image"


@pytest.mark.parametrize(
    ("energy", "bands"),
    [
        ((0.5, 2.0), "23"),
        ((1.0, 2.0), "3"),
        ((0.2, 12.0), "8"),  # holds the photons of the others
        ((2.0, 12.0), "45"),
        ((0.6, 1.9), ""),
    ],
)
def test_energy(energy, bands):
    names = [f"{M2}IMAGE_{b}000.FTZ" for b in "1234589"]
    found = chosen(names, xmm_band(energy * u.keV))
    assert [name[0][len(M2) + 6] for name in found] == list(bands)


def test_unit_of_the_energy_does_not_matter():
    assert len(chosen([f"{M2}IMAGE_3000.FTZ"], xmm_band([500, 2000] * u.eV))) == 1


def test_band_without_energy_takes_all():
    assert len(chosen([f"{M2}IMAGE_{b}000.FTZ" for b in "1245"], XMM.with_(energy=None))) == 4
    assert len(chosen([f"{M2}IMAGE_{b}000.FTZ" for b in "12458"], XMM.with_(energy=None))) == 1


@pytest.mark.parametrize("name", ["field.fits", "my_P0098010101M2U009IMAGE_3000.fits", "P1.FTZ"])
def test_other_names(name):
    assert describe_xmm(Path(name)) is None


@pytest.mark.parametrize("ending", ["FTZ", "FIT", "fits", "fits.gz"])
def test_any_format(ending):
    product = describe_xmm(Path(f"/somewhere/{M2}IMAGE_3000.{ending}"))
    assert (product.kind, product.energy) == ("image", (1.0, 2.0))
    assert product.selection.named == ("0098010101", "EMOS2", "U009")  # as headers have it
