"""Names of sky columns, as headers of catalogs write them."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError, InvalidTargetWarning
from astrocnn.tables import read_targets, sky_columns

PAIRS = """
ra dec|RAJ2000 DEJ2000|_RAJ2000 _DEJ2000|RA_ICRS DE_ICRS|RAdeg DEdeg|RAdeg DECdeg|_RA.icrs _DE.icrs
RA(deg) Dec(deg)|RA_2000_ DEC_2000_|R.A. Decl.|R.A. Dec.|RightAscension Declination|RA2000 DE2000
right_ascension declination|raMean decMean|raStack decStack|s_ra s_dec|RA_BCG DEC_BCG|RA_X DEC_X
BCG_RA BCG_DEC|optRA optDec|X_WORLD Y_WORLD|ALPHA_J2000 DELTA_J2000|ALPHAWIN_J2000 DELTAWIN_J2000
ALPHA_SKY DELTA_SKY|MatchRA MatchDec|objra objdec|TARGET_RA TARGET_DEC|coord_ra coord_dec|RA_1 DEC_1
PLUG_RA PLUG_DEC|sc_ra sc_dec|RA_CENT DEC_CENT|ra_deg dec_deg|RA_hms DEC_dms|hms dms|\u03b1 \u03b4
"""
SPACED = [
    ("RA [deg]", "Dec [deg]"),
    ("RA (J2000)", "Dec (J2000)"),
    ("Right Ascension", "Declination"),
    ("Right Ascension (J2000) [deg]", "Declination (J2000) [deg]"),
    ("R.A. [J2000] (deg)", "Decl. [J2000] (deg)"),
    ("RA (degrees)", "DEC (degrees)"),
    ("Cluster RA", "Cluster Dec"),
]
NAMES = [*(tuple(p.split()) for line in PAIRS.split("\n") for p in line.split("|") if p), *SPACED]


@pytest.mark.parametrize("names", NAMES)
def test_names_are_recognized(names):
    errors = ["e_RAdeg", "e_DEdeg", "pmRA", "pmDE", "RA_ERR", "DEC_ERR", "raErr", "decErr"]
    table = Table([[9.0]] * 8 + [[-2.5], [10.5]], names=[*errors, names[1], names[0]])
    assert sky_columns(table) == (*names, "icrs")
    for read in (read_targets, read_catalog):
        assert (read(table)["ra"][0].value, read(table)["dec"][0].value) == (10.5, -2.5)


@pytest.mark.parametrize(
    ("names", "frame"),
    [
        (("GLON", "GLAT"), "galactic"), (("_Glon", "_Glat"), "galactic"), (("l", "b"), "galactic"),
        (("LII", "BII"), "galactic"), (("gal_l2", "gal_b2"), "galactic"),
        (("l (deg)", "b (deg)"), "galactic"), (("Gal_Long", "Gal_Lat"), "galactic"),
        (("ELON", "ELAT"), "barycentricmeanecliptic"), (("SGL", "SGB"), "supergalactic"),
        (("Ecliptic Longitude", "Ecliptic Latitude"), "barycentricmeanecliptic"),
    ],
)  # fmt: skip
def test_other_frames(names, frame):
    table = Table([[10.5], [-2.5]], names=names)
    expected = SkyCoord(10.5, -2.5, unit="deg", frame=frame).icrs
    for read in (read_targets, read_catalog):
        found = SkyCoord(read(table)["ra"][0], read(table)["dec"][0])
        assert found.separation(expected).arcsec < 1e-6


@pytest.mark.parametrize(
    "names",
    [
        ("pmRA", "pmDE"), ("RA_err", "DEC_err"),
        ("raErr", "decErr"), ("dra", "ddec"), ("L", "B"), ("ra_offset", "dec_offset"), ("x", "y"),
        ("grade", "decade"), ("e_RA", "e_DE"), ("ra", "depth"), ("clon", "clat"),
    ],
)  # fmt: skip
def test_names_of_something_else(names):
    table = Table([[1.0], [2.0]], names=names)
    for read in (read_targets, read_catalog):
        with pytest.raises(InvalidTargetError, match="no sky columns found: rename two columns"):
            read(table)


def test_the_position_of_the_row_itself_goes_first():
    names = ["RA_BCG", "DEC_BCG", "RA_PNT", "DEC_PNT", "RAJ2000", "DEJ2000", "RA_hms", "DE_dms"]
    table = Table(np.arange(8.0)[None], names=names)
    assert sky_columns(table)[:2] == ("RAJ2000", "DEJ2000")
    assert sky_columns(table[names[:4]])[:2] == ("RA_BCG", "DEC_BCG")


def test_positions_of_equal_right_are_said():
    table = Table([[1.0], [2.0], [3.0], [4.0]], names=["RA_foo", "DEC_foo", "RA_bar", "DEC_bar"])
    with pytest.warns(AstrocnnWarning, match="several positions: 'RA_foo' and 'DEC_foo' are taken"):
        assert read_targets(table)["ra"][0].value == 1


def test_hours_and_radians_by_name():
    hours = Table({"RA (h)": [14.0], "Dec (deg)": [2.0]})
    assert read_targets(hours)["ra"][0].value == pytest.approx(210)
    radians = Table({"ra_rad": [np.pi / 2], "dec_rad": [-np.pi / 4]})
    assert read_targets(radians)["ra"][0].value == pytest.approx(90)
    assert read_targets(radians)["dec"][0].value == pytest.approx(-45)


SEXAGESIMAL = {"RAh": [0, 23, 1], "RAm": [42, 0, 22], "RAs": [0.0, 30.0, 0.0]}


@pytest.mark.parametrize("sign", ["DE-", "DE.", "DE_", "DEC_sign"])
@pytest.mark.parametrize("read", [read_targets, read_catalog])
def test_hours_minutes_and_seconds_in_columns_of_their_own(sign, read):
    parts = {sign: ["-", "-", ""], "DEd": [2, 0, 3], "DEm": [30, 30, 30], "DEs": [0, 0, 0]}
    table = Table(SEXAGESIMAL | parts | {"GLON": [1.0, 2, 3], "GLAT": [1.0, 2, 3]})
    np.testing.assert_allclose(read(table)["ra"].value, [10.5, 345.125, 20.5])
    np.testing.assert_allclose(read(table)["dec"].value, [-2.5, -0.5, 3.5])


@pytest.mark.filterwarnings("ignore:.*without a valid position")
def test_parts_that_are_missing_or_none():
    table = Table({"RAh": ["10", "", "1"], "RAm": ["30.5", "1", "61"], "DEd": ["-1", "1", "1"],
                   "DEm": ["30", "2", "2"]})  # fmt: skip
    targets = read_targets(table)
    assert targets["flag"].tolist() == ["", "invalid_position", "invalid_position"]
    assert targets["ra"][0].value == pytest.approx(15 * (10 + 30.5 / 60))
    assert targets["dec"][0].value == -1.5
    table["RAm"], table["DEs"] = ["30.5", "1", "5"], ["", "", "3Q"]
    assert read_targets(table)["flag"].tolist() == ["", "invalid_position", "invalid_position"]
    assert len(read_catalog(table[:0])) == 0
    assert len(read_catalog(Table({"ra": ["x"], "dec": ["y"]})[:0])) == 0


@pytest.mark.parametrize(
    "text",
    ["00 42 00.0 -02 30 00", "00:42:00 -02:30:00", "10.5 -2.5", "10.5, -2.5", "(10.5; -2.5)",
     "00h42m00s -02d30m00s", "00h42m00s-02d30m00s", "00:42:00\u221202:30:00"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["coord", "Position", "RA, Dec", "coord1 (ICRS,J2000/2000)"])
def test_both_coordinates_in_one_column(name, text):
    targets = read_targets(Table({name: [text]}))
    assert targets["ra"][0].value == pytest.approx(10.5)
    assert targets["dec"][0].value == pytest.approx(-2.5)


def test_longitudes_go_around():
    table = Table({"ra": [370.0, -190.0, 0.0], "dec": [1, 2, 3]})
    assert read_targets(table)["ra"].value.tolist() == [10, 170, 0]


def test_right_ascensions_that_look_like_hours():
    table = Table({"ra": [1.2, 14.02, 23.5], "dec": [-40.0, 2.9, 60.0]})
    for read in (read_targets, read_catalog):
        with pytest.warns(InvalidTargetWarning, match="all 'ra' are from 0 to 24 .* 'hourangle'"):
            assert read(table)["ra"].value.tolist() == [1.2, 14.02, 23.5]
    table["ra"].unit = "hourangle"  # the advice
    assert read_targets(table)["ra"][1].value == pytest.approx(210.3)


@pytest.mark.parametrize(
    ("ra", "dec"), [([1.0, 2, 3], [0.0, 1, 2]), ([1.0, 14, 25], [-40.0, 3, 60]), ([10.0], [60.0])]
)
def test_fields_near_zero_hours_are_no_hours(ra, dec):
    read_targets(Table({"ra": ra, "dec": dec}))
