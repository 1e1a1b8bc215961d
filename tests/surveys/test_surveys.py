"""Definitions of surveys and bands."""

import dataclasses
import pickle
import re

import pytest
from astropy import units as u

from astrocnn.exceptions import UnknownNameError
from astrocnn.surveys import BANDS, SURVEYS, Band, get_band, get_survey, survey_table, xmm_band

ALL_BANDS = [band for survey in SURVEYS.values() for band in survey.bands]
EVERY_BAND = pytest.mark.parametrize("band", ALL_BANDS, ids=lambda band: band.name)


@pytest.mark.parametrize("survey", SURVEYS.values(), ids=lambda survey: survey.name)
def test_survey_stands_for_its_first_band(survey):
    assert get_survey(survey.name) is survey
    assert get_band(survey.name) is survey.default is survey.bands[0]
    assert 0 < survey.sky_fraction <= 1


def test_band_names_are_unique():
    names = [band.name for band in ALL_BANDS]
    assert len(names) == len(set(names))
    assert set(names) <= set(BANDS)


@EVERY_BAND
def test_band_is_found_by_name(band):
    assert get_band(band.name) is band
    assert get_band(band) is band


@EVERY_BAND
def test_band_units(band):
    """Pixel values fit the quantity, angles are angles, a PSF is not below half a pixel."""
    if band.quantity == "counts":
        assert band.unit == u.ct
    else:
        assert band.unit != u.ct
    assert band.psf > band.pixel_scale / 2
    assert 0 * u.arcsec < band.pixel_scale < 10 * u.arcmin


@EVERY_BAND
def test_band_has_a_reference_and_hips(band):
    assert re.fullmatch(r"\d{4}[A-Za-z&.]{5}[\w.]{9}[A-Z]", band.reference)
    assert band.hips
    for hips in band.hips:
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)+", hips)


@EVERY_BAND
def test_xray_bands_say_their_energies(band):
    if band.waveband == "xray":
        low, high = band.energy.to_value(u.keV)
        assert 0 < low < high
        assert band.detector
    else:
        assert band.energy is None


@EVERY_BAND
def test_pickle_keeps_a_band(band):
    """Bands travel to worker processes."""
    again = pickle.loads(pickle.dumps(band))
    assert again == band
    assert hash(again) == hash(band)


def test_hips_are_shared_by_no_two_bands():
    hips = [name for band in ALL_BANDS for name in band.hips]
    assert len(hips) == len(set(hips))


def test_definitions_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        get_band("xmm").hips = ()
    changed = get_band("xmm").with_(hips=("my/own",))
    assert changed.hips == ("my/own",)
    assert get_band("xmm").hips != changed.hips


@pytest.mark.parametrize("name", ["xmm2", "DSS2", "", None, 5])
def test_unknown_band_lists_the_choices(name):
    with pytest.raises(UnknownNameError, match="unknown band .*Choices: xmm, .*dss2-red"):
        get_band(name)


def test_unknown_survey_lists_the_choices():
    with pytest.raises(UnknownNameError, match="did you mean 'erosita'.* Choices: xmm, "):
        get_survey("eROSITA")


def test_unknown_quantity():
    with pytest.raises(ValueError, match="quantity must be one of .*not 'flux'"):
        get_band("xmm").with_(quantity="flux")


@pytest.mark.parametrize(
    ("energy", "tiles"),
    [
        ([0.5, 1] * u.keV, ["eb2"]),
        ([1, 2] * u.keV, ["eb3"]),
        ([0.5, 2] * u.keV, ["eb2", "eb3"]),
        ([500, 4500] * u.eV, ["eb2", "eb3", "eb4"]),
        ([0.5, 1.5] * u.keV, []),
        ([0.2, 2] * u.keV, []),
        ([2, 7] * u.keV, []),
    ],
)
def test_xmm_hips_tile_the_energy_range_exactly(energy, tiles):
    assert xmm_band(energy).hips == tuple(f"xcatdb/P/XMM/PN/{tile}" for tile in tiles)


def test_xmm_other_cameras_have_no_hips():
    band = xmm_band([1, 2] * u.keV, "MOS2")
    assert band.hips == ()
    assert band.detector == "EPIC-MOS2"


def test_bands_of_other_energies_differ():
    """Also where the energies are all that differs: MOS has no HiPS to tell them apart."""
    soft, hard = xmm_band([0.5, 1] * u.keV, "MOS1"), xmm_band([1, 2] * u.keV, "MOS1")
    assert soft != hard
    assert soft == xmm_band([500, 1000] * u.eV, "MOS1")
    assert xmm_band() == get_band("xmm")
    assert soft != "xmm"


def test_xmm_unknown_detector():
    with pytest.raises(UnknownNameError, match="unknown detector 'RGS'; Choices: PN, MOS1, MOS2"):
        xmm_band(detector="RGS")


@pytest.mark.parametrize(
    "energy", [[2, 0.5] * u.keV, 1 * u.keV, (0.5, 2), [0.5, 2] * u.cm, [0.5, 1, 2] * u.keV]
)
def test_xmm_energy_must_be_a_range(energy):
    with pytest.raises(ValueError, match="two rising energies"):
        xmm_band(energy)


def test_table_has_a_row_per_band():
    table = survey_table()
    assert list(table["band"]) == [band.name for band in ALL_BANDS]
    assert table["pixel_scale"].unit == u.arcsec
    (row,) = table[table["band"] == "xmm"]
    assert row["hips"] == "xcatdb/P/XMM/PN/eb2 + xcatdb/P/XMM/PN/eb3"
    assert all(isinstance(BANDS[name], Band) for name in table["band"])
