"""Words of headers: passbands and units."""

import pytest

from astrocnn.providers._words import any_passband, find_passband, plate_passband, unit_reason


@pytest.mark.parametrize(
    "unit",
    ["MJy/sr", "MJy sr-1", "uJy", "nanomaggy", "nmgy", "ABmag", "mag/arcsec2", "adu", "DN/s",
     "electrons/s", "e-/s", "e/s", "nW/m2/sr", "W m-2", "erg/s/cm2/Hz", "erg s-1 cm-2 A-1",
     "1e-17 erg/cm2/s/A", "erg/cm2/s/Angstrom", "K", "mK", "uK_CMB", "K km/s", "mK,thermodynamic",
     "Kelvin", "Jy/beam", "sigma", "log10(ct/s)", "keV", "percent", "S/N",
     "ratio", "1e-17 erg/s/cm2/Ang", "km/s", "deg", "Msun", "mmag", "kpc"],
)  # fmt: skip
def test_units_that_are_none_of_xrays(unit):
    assert unit_reason(unit, "xray") == f"pixels in {unit}"


@pytest.mark.parametrize(
    "unit",
    ["", "count", "counts/s", "ct/pixel", "photon/cm2/s", "ph s-1 cm-2", "/cm**2 /s", "erg/cm2/s",
     "erg/s/cm2/arcmin2", "ct s-1 arcmin-2", "keV/s", "image", "Primary Array", "Thin1", "s", "ks",
     "cm**2 s", "unknown", "area"],
)  # fmt: skip
def test_units_of_xrays_and_words_that_are_none(unit):
    assert unit_reason(unit, "xray") == ""


@pytest.mark.parametrize("unit", ["Jy/beam", "Jy beam-1", "K", "ph/cm2/s", "/cm**2 /s", "km/s"])
def test_units_that_are_none_of_light(unit):
    for waveband in ("optical", "infrared", "ultraviolet"):
        assert unit_reason(unit, waveband)
    assert not unit_reason(unit, "radio")


@pytest.mark.parametrize(
    "unit", ["nanomaggy", "MJy/sr", "adu", "counts", "electron/s", "erg/s/cm2/A", "mag", "image"]
)
def test_units_of_light(unit):
    assert unit_reason(unit, "optical") == ""


@pytest.mark.parametrize(
    ("word", "passband"),
    [
        ("g", "g"), ("R", "r"), ("r'", "r"), ("r.00000", "r"), ("SDSS r", "r"), ("HSC-I", "i"),
        ("g DECam SDSS c0001 4720.0", "g"), ("r.MP9601", "r"), ("Ks", "ks"), ("IRAC 1", "irac1"),
        ("F814W", "f814w"), ("UVW1", "uvw1"), ("W1", "w1"), ("Johnson V", "v"), ("OG590", "og590"),
        ("Thin1", ""), ("Thick", ""), ("Medium", ""), ("Open", ""), ("CalClosed", ""), ("OBF", ""),
        ("CLEAR1L", ""), ("none", ""), ("", ""), ("Primary Array", ""), ("7", ""), ("grz", ""),
        ("ip", "i"), ("HSC-I2", "i"), ("ZTF_r", "r"), ("Rc", "r"), ("W-J-B", "b"),
        ("OG 590", "og590"), ("Blue", "b"), ("UVIS-I", ""), ("N708", "n708"),
        ("GG385", "gg385"), ("RG9", "rg9"), ("Halpha", "halpha"), ("NB816", "nb816"),
    ],
)  # fmt: skip
def test_passbands(word, passband):
    assert find_passband(word) == passband


@pytest.mark.parametrize(
    ("words", "passband"),
    [
        ("MegaPrime g", "g"), ("OCAM_g_SDSS", "g"), ("F606W;CLEAR2L", "f606w"), ("2MASS J", "j"),
        ("V/89_ESO843", "v"), ("g|clear", "g"), ("IIIaJ + GG385", "gg385"), ("NIR_H", "h"),
        ("B+Y", ""), ("gri", ""), ("CLEAR", ""), ("r", "r"),
    ],
)  # fmt: skip
def test_passbands_among_other_words(words, passband):
    assert any_passband(words) == passband


@pytest.mark.parametrize(
    ("survey", "passband"),
    [
        ("POSSII-F", "f"), ("POSSII-J", "j"), ("POSSII-N", "i"), ("SERC-EJ", "j"), ("SERC-J", "j"),
        ("SERC-ER", "r"), ("AAO-SES", "r"), ("POSS-E Red", "r"), ("POSS-O Blue", "b"),
        ("DSS2 Red", "r"), ("Digitized Sky Survey (blue)", "b"), ("DSS2", ""), ("LegacySurvey", ""),
        ("POSS-II", ""), ("POSSII", ""), ("POSS-I", ""), ("POSS-I Red", "r"), ("POSS-II F", "f"),
        ("POSSI-E", "r"), ("ESO-R", "r"), ("SERC-I", "i"), ("Palomar", ""),
        ("eRASS1", ""), ("", ""),
    ],
)  # fmt: skip
def test_passbands_of_plates(survey, passband):
    assert plate_passband(survey) == passband
