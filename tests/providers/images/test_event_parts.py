"""Parts of one exposure: chips and patterns that share no photon, and sums that share some."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.exceptions import FailedTargetWarning
from astrocnn.grid import CutoutGrid
from astrocnn.providers import FitsProvider
from astrocnn.providers._images._event_parts import chosen_chips, chosen_patterns
from astrocnn.surveys import get_band

CENTER = SkyCoord(150, 2, unit="deg")
FIELD = CutoutGrid(CENTER, 10 * u.arcmin, 150)
GRID = CutoutGrid(CENTER, 6 * u.arcmin, 90)
CAMERA = {"TELESCOP": "XMM", "INSTRUME": "EPN", "OBS_ID": "0201903501", "EXPIDSTR": "S003"}
PARTS = {
    "chips of the subspace": ({"DSTYP1": "CCDNR", "DSVAL1": "1"},
                              {"DSTYP1": "CCD_ID", "DSVAL1": "2:3"}),
    "chips of a filter": ({"SLCTEXPR": "CCDNR==1"}, {"SLCTEXPR": "(CCDNR in [2:6])"}),
    "patterns": ({"SLCTEXPR": "PATTERN==0"}, {"SLCTEXPR": "PATTERN>=1&&PATTERN<=4"}),
}  # fmt: skip


def sky(seed):
    return np.random.default_rng(seed).poisson(1.0, FIELD.shape).astype(np.int16)


def write(path, data, **cards):
    header = FIELD.wcs.to_header()
    header.update(CAMERA | cards)
    fits.PrimaryHDU(data, header).writeto(path)
    return path


def total(data):
    return data[30:120, 30:120].sum()


@pytest.mark.parametrize("parts", PARTS)
def test_parts_without_a_common_photon_add(tmp_path, parts):
    for seed, cards in enumerate(PARTS[parts]):
        write(tmp_path / f"{seed}.fits", sky(seed), **cards)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixels = FitsProvider(tmp_path, get_band("xmm")).cutout(GRID)
    assert pixels.image.sum() == total(sky(0) + sky(1))


@pytest.mark.parametrize(("parts", "seconds"), [("patterns", 1000), ("chips of a filter", 2000)])
def test_patterns_share_the_time_of_an_exposure(tmp_path, parts, seconds):
    for seed, cards in enumerate(PARTS[parts]):
        write(tmp_path / f"{seed}_img.fits", sky(seed), **cards)
        write(tmp_path / f"{seed}_exp.fits", np.full(FIELD.shape, 1000, "float32"), BUNIT="s")
    pixels = FitsProvider(tmp_path, get_band("xmm")).cutout(GRID)
    assert np.allclose(pixels.exposure, seconds)


def test_chips_share_the_map_of_their_camera(tmp_path):
    left, right = sky(0), sky(0)
    left[:, 75:], right[:, :75] = 0, 0
    write(tmp_path / "c4_img.fits", left, SLCTEXPR="CCDNR==4")
    write(tmp_path / "c7_img.fits", right, SLCTEXPR="CCDNR==7")
    write(tmp_path / "pn_expmap.fits", np.full(FIELD.shape, 1000, "float32"), BUNIT="s")
    pixels = FitsProvider(tmp_path, get_band("xmm")).cutout(GRID)
    assert pixels.image.sum() == total(sky(0))
    assert np.allclose(pixels.exposure, 1000)
    assert pixels.full_exposure == 1000


@pytest.mark.parametrize("mapped", [False, True])
def test_chips_of_some_energies_and_their_sum_of_others(tmp_path, mapped):
    for name, seed, chips, energies in (
        ("a", 0, "CCDNR==1", "500:1000"), ("b", 1, "CCDNR==2", "500:1000"),
        ("c", 2, "CCDNR in [1:2]", "1000:2000"),
    ):  # fmt: skip
        cuts = {"SLCTEXPR": f"{chips} && PI in [{energies}]"}
        write(tmp_path / f"{name}_img.fits", sky(seed), **cuts)
    if mapped:
        write(tmp_path / "pn_expmap.fits", np.full(FIELD.shape, 1000, "float32"), BUNIT="s")
    pixels = FitsProvider(tmp_path, get_band("xmm")).cutout(GRID)
    assert pixels.image.sum() == total(sky(0) + sky(1) + sky(2))
    assert pixels.full_exposure == (1000 if mapped else None)


@pytest.mark.parametrize("names", [("pn_img", "pn_img_nosrc"), ("pn_nosrc_img", "pn_whole_img")])
def test_image_with_holes_beside_the_whole_one(tmp_path, names):
    y, x = np.indices(FIELD.shape)
    whole, holes = sky(0), np.where(np.hypot(x - 75, y - 75) < 20, 0, sky(0))
    for name in names:
        write(tmp_path / f"{name}.fits", holes if "nosrc" in name else whole)
    with pytest.warns(FailedTargetWarning, match="nosrc"):
        pixels = FitsProvider(tmp_path, get_band("xmm")).cutout(GRID)
    assert pixels.image.sum() == total(whole)


@pytest.mark.parametrize("parts", PARTS)
def test_the_whole_goes_before_its_parts(tmp_path, parts):
    for seed, cards in enumerate(PARTS[parts]):
        write(tmp_path / f"{seed}.fits", sky(seed), **cards)
    write(tmp_path / "whole.fits", sky(0) + sky(1))
    with pytest.warns(FailedTargetWarning, match="2 copies .* of which whole.fits is used"):
        pixels = FitsProvider(tmp_path, get_band("xmm")).cutout(GRID)
    assert pixels.image.sum() == total(sky(0) + sky(1))


@pytest.mark.parametrize("name", ["all.fits", "total.fits"])
@pytest.mark.parametrize("other", [{"INSTRUME": "EMOS1"}, {"OBS_ID": "0201903601"}])
def test_sum_with_the_header_of_its_first_part(tmp_path, name, other):
    """What farith and the like write; wherever its name stands among the others."""
    write(tmp_path / "pn.fits", sky(0))
    write(tmp_path / "q.fits", sky(1), **other)
    write(tmp_path / name, sky(0) + sky(1))
    with pytest.warns(FailedTargetWarning, match=f"{name} .* but with more photons"):
        pixels = FitsProvider(tmp_path, get_band("xmm")).cutout(GRID)
    assert pixels.image.sum() == total(sky(0) + sky(1))


def test_sum_of_two_observations_that_states_one(tmp_path):
    """And the camera in fewer words: it holds the photons of both."""
    chips = {"DETNAM": "CCDS-123", "EXPIDSTR": ""}
    write(tmp_path / "a.fits", sky(0), **chips)
    write(tmp_path / "b.fits", sky(1), **chips | {"OBS_ID": "0201903601"})
    write(tmp_path / "c.fits", sky(0) + sky(1), EXPIDSTR="")
    with pytest.warns(FailedTargetWarning, match="2 images hold copies of photons"):
        pixels = FitsProvider(tmp_path, get_band("xmm")).cutout(GRID)
    assert pixels.image.sum() == total(sky(0) + sky(1))


@pytest.mark.parametrize(
    ("cards", "told"),
    [({"INSTRUME": "EMOS1"}, "EMOS1"), ({"OBS_ID": "0123456789"}, "0123456789"),
     ({"INSTRUME": "EPIC"}, ""), ({}, "")],
)  # fmt: skip
def test_exposure_map_of_another_camera_is_told(tmp_path, cards, told):
    image = write(tmp_path / "a.fits", sky(0))
    exposure = write(tmp_path / "e.fits", np.full(FIELD.shape, 900, "float32"), **cards)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FailedTargetWarning)
        FitsProvider({"image": image, "exposure": exposure}, get_band("xmm"))
    words = " ".join(str(one.message) for one in caught)
    assert (told in words and "list them in pairs" in words) if told else not words


@pytest.mark.parametrize(
    ("header", "chips"),
    [
        ({"SLCTEXPR": "(CCDNR==4||CCDNR in [7:8]) && PI in [500:2000]"}, {4, 7, 8}),
        ({"DSTYP1": "TIME", "DSVAL1": "TABLE", "DSTYP2": "ccd_id", "DSVAL2": "2:3,6"}, {2, 3, 6}),
        ({"DSTYP1": "CCD_ID", "DSVAL1": "3", "2DSVAL1": "5"}, {3, 5}),
        ({"SLCTEXPR": "PI in [500:2000]"}, None),
        ({"SLCTEXPR": "!(CCDNR==4)"}, None),
        ({"DSTYP1": "CCD_ID", "DSVAL1": "TABLE"}, None),
        ({"DSTYP1": "CCDNR", "DSVAL1": "1", "2DSVAL1": "2", "DSTYP4": "CCDNR", "DSVAL4": ":1"},
         {1}),
        ({"DSTYP1": "CCDNR", "DSVAL1": "TABLE", "DSTYP2": "CCDNR", "DSVAL2": "7"}, {7}),
        ({}, None),
    ],
)
def test_chips(header, chips):
    assert chosen_chips(header) == chips


@pytest.mark.parametrize(
    ("expression", "patterns"),
    [
        ("PATTERN==0", {0}), ("PATTERN in [1:4]", {1, 2, 3, 4}), ("PATTERN<=2", {0, 1, 2}),
        ("PATTERN < 2", {0, 1}), ("PATTERN>0 && PATTERN<3", {1, 2}), ("(FLAG==0)", None),
        ("PATTERN==0 || PATTERN==4", {0, 4}), ("PATTERN >= 30", {30, 31}),
    ],
)  # fmt: skip
def test_patterns(expression, patterns):
    assert chosen_patterns({"SLCTEXPR": expression}) == patterns


@pytest.mark.parametrize(
    ("value", "first", "last"), [(":4", 0, 4), (":12", 0, 12), ("1:", 1, 31), ("1:4", 1, 4)]
)
def test_open_ranges(value, first, last):
    """As SAS writes them."""
    patterns = set(range(first, last + 1))
    assert chosen_patterns({"DSTYP7": "PATTERN", "DSVAL7": value}) == patterns
    assert chosen_patterns({"SLCTEXPR": f"PATTERN in [{value}]"}) == patterns


def test_singles_are_no_part_of_their_own(tmp_path):
    singles = np.random.default_rng(9).binomial(sky(0), 0.6).astype(np.int16)
    write(tmp_path / "a.fits", sky(0), DSTYP1="PATTERN", DSVAL1=":4")
    write(tmp_path / "b.fits", singles, SLCTEXPR="PATTERN==0")
    with pytest.warns(FailedTargetWarning, match=r"b.fits|1 copies"):
        pixels = FitsProvider(tmp_path, get_band("xmm")).cutout(GRID)
    assert pixels.image.sum() == total(sky(0))
