"""Photon energies of images: of names, and which belong to a band."""

from itertools import pairwise

import pytest
from astropy import units as u
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrocnn.providers._energies import (
    energies_inside,
    name_energies,
    told_energies,
    widest_apart,
)
from astrocnn.surveys import get_band, xmm_band

XMM, EROSITA = get_band("xmm"), get_band("erosita")


@pytest.mark.parametrize(
    ("name", "energies"),
    [
        ("0201903501_pn_exp1-0.50-2.00keVimg.fits.gz", (0.5, 2.0)),
        ("0201903501_mos1_exp1-2.00-10.00keVexpmap.fits.gz", (2.0, 10.0)),
        ("comb_0.5_2.0_keV_img.fits", (0.5, 2.0)),
        ("map_0p5to2p0keV.fits", (0.5, 2.0)),
        ("a-500-2000eV.img", (0.5, 2.0)),
        ("img_0300_0600.fits.gz", (0.3, 0.6)),
        ("expmap_norm_1600_2200.fits.gz", (1.6, 2.2)),
        ("pnS003-obj-im-400-1250.fits", (0.4, 1.25)),
        ("mos1S001-obj-image-sky-2000-7200.fits", (2.0, 7.2)),
        ("0.5-7.0_flux.img", (0.5, 7.0)),
        ("merged_0.5-2.fits", (0.5, 2.0)),
        ("0.5-2_events.fits", (0.5, 2.0)),
        ("src_2p0_10p0.fits", (2.0, 10.0)),
        ("e2.0to10.0.fits", (2.0, 10.0)),
        ("img_e500-2000.fits", (0.5, 2.0)),
        ("pn_PI2000-10000.fits", (2.0, 10.0)),
        ("img_500to2000.fits", (0.5, 2.0)),
        ("img_2_0-10_0keV.fits", (2.0, 10.0)),
        ("nu60061234A01_3to20keV.img", (3.0, 20.0)),
    ],
)
def test_energies_in_names(name, energies):
    assert name_energies(name) == energies


@pytest.mark.parametrize(
    "name",
    [
        "a.fits", "field_2010_2011.fits", "2021-10-22.fits", "P0098010101M2U009IMAGE_3000.FTZ",
        "em01_164087_024_Image_c010.fits.gz", "J095821.9-110350.fits", "v1.0-2.0.fits",
        "field_210.258_2.879.fits", "12345_67890.fits", "2_3evt.fits",
        "img_0600_0300.fits", "0098010101_0201903501.fits", "tile_101_203.fits", "a_20.5-30.2.fits",
        "spt_2344-4243.fits", "ngc_4038-4039.fits", "hard.fits",
    ],
)  # fmt: skip
def test_other_numbers_in_names_are_no_energies(name):
    assert name_energies(name) is None


def test_third_of_the_image_decides():
    assert energies_inside((1.0, 2.0), XMM)
    assert energies_inside((0.5, 5.0), XMM)  # 1.5 of 4.5: a third
    assert not energies_inside((0.5, 5.01), XMM)
    assert not energies_inside((2.0, 10.0), XMM)
    assert energies_inside((2.0, 10.0), xmm_band([2, 10] * u.keV))
    assert energies_inside((0.3, 0.6), EROSITA)
    assert energies_inside((2.0, 10.0), get_band("dss2"))


RANGES = st.lists(
    st.builds(
        lambda low, width: (low / 10, (low + width) / 10), st.integers(1, 60), st.integers(1, 60)
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RANGES)
def test_chosen_ranges_share_no_energy(ranges):
    chosen = sorted(widest_apart(ranges, EROSITA))
    assert set(chosen) <= set(ranges)
    assert all(b <= c for (_, b), (c, _) in pairwise(chosen))
    inside = [one for one in ranges if energies_inside(one, EROSITA)]
    assert bool(chosen) == bool(inside)
    for low, high in inside:  # what is left out overlaps with what is chosen
        assert any(low < b and a < high for a, b in chosen)


def test_sub_bands_are_summed_and_the_whole_goes_before_its_parts():
    parts = [(0.3, 0.6), (0.6, 1.1), (1.1, 1.6), (1.6, 2.2)]
    assert sorted(widest_apart(parts, EROSITA)) == parts
    assert widest_apart([*parts, (0.3, 2.2)], EROSITA) == [(0.3, 2.2)]


def test_ranges_inside_the_band_go_before_wider_ones_that_reach_beyond():
    assert widest_apart([(0.5, 2.0), (0.2, 3.0)], XMM) == [(0.5, 2.0)]
    assert widest_apart([(0.5, 1.0), (0.8, 3.0)], XMM) == [(0.5, 1.0)]


def test_words():
    assert told_energies((0.3, 0.6)) == "0.3-0.6 keV"
