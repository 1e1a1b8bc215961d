"""Target lists in, result tables out."""

import gzip
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.coordinates import FK5, ICRS, AltAz, SkyCoord
from astropy.io.votable.ucd import check_ucd
from astropy.table import Column, MaskedColumn, QTable, Table
from astropy.utils.masked import Masked
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.exceptions import (
    AstrocnnWarning,
    InvalidParameterError,
    InvalidTargetError,
    InvalidTargetWarning,
)
from astrocnn.tables import (
    FLAGS,
    RESULT_COLUMNS,
    describe_result,
    has_flag,
    join_flags,
    probability_columns,
    read_file,
    read_targets,
    result_table,
    target_coords,
)

MODEST = settings(deadline=None, max_examples=60)
NEAR = 1e-6 * u.arcsec

#: Two targets, on either side of RA = 0.
PAIR = SkyCoord([359.99, 0.01], [-30.0, 60.0], unit="deg")


def assert_same_sky(targets, coords):
    """Every row is at the position asked for, none is flagged."""
    assert len(targets) == coords.size
    assert np.all(target_coords(targets).separation(coords.ravel()) < NEAR)
    assert set(targets["flag"]) == {""}


# ---- coordinates -----------------------------------------------------------------------------

right_ascension = st.one_of(st.sampled_from([0.0, 1e-12, 180.0, 359.9999999]), st.floats(0, 360))
declination = st.one_of(st.sampled_from([-90.0, 89.99999999, 90.0]), st.floats(-90, 90))
frames = st.sampled_from(
    ["icrs", "galactic", "supergalactic", "fk4", "fk5", FK5(equinox="J1975"),
     "geocentricmeanecliptic", "barycentrictrueecliptic"]
)  # fmt: skip


@MODEST
@given(st.lists(st.tuples(right_ascension, declination), min_size=1, max_size=5), frames)
def test_any_frame_becomes_icrs(positions, frame):
    """Poles and the wrap of right ascension included; as astropy converts it."""
    coords = SkyCoord(positions, unit="deg", frame=frame)
    ra, dec = (read_quietly(coords)[name].to_value(u.deg) for name in ("ra", "dec"))
    again = SkyCoord(ra, dec, unit="deg")
    assert np.all(again.separation(coords.icrs) < NEAR)
    assert np.all((ra >= 0) & (ra < 360))


@MODEST
@given(st.lists(st.tuples(right_ascension, declination, frames), min_size=1, max_size=6))
def test_list_of_mixed_frames_keeps_the_order(positions):
    coords = [SkyCoord(lon, lat, unit="deg", frame=frame) for lon, lat, frame in positions]
    table = read_quietly(coords)
    for row, coord in zip(target_coords(table), coords, strict=True):
        assert row.separation(coord.icrs) < NEAR


def read_quietly(coords):
    """Random positions may repeat: that warning is not the matter here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InvalidTargetWarning)
        return read_targets(coords)


def test_scalar_is_one_row():
    table = read_targets(PAIR[0])
    assert_same_sky(table, PAIR[:1])
    assert list(table["target_id"]) == [0]


def test_any_shape_is_read_in_order():
    coords = SkyCoord(np.arange(6.0).reshape(2, 3), np.ones((2, 3)), unit="deg", frame="fk5")
    assert_same_sky(read_targets(coords), coords.icrs)


@pytest.mark.parametrize("container", [list, tuple])
def test_list_may_mix_scalars_and_arrays(container):
    given = container([PAIR[1].galactic, PAIR.fk5, PAIR[:1]])
    with pytest.warns(InvalidTargetWarning, match="2 within 0.1 arcsec of an earlier one"):
        table = read_targets(given)
    np.testing.assert_allclose(table["dec"].value, [60, -30, 60, -30], atol=1e-9)


def test_object_array_of_coordinates():
    """What scikit-learn makes of a list when it splits it."""
    array = np.empty(2, dtype=object)
    array[:] = [PAIR[0], PAIR[1]]
    assert_same_sky(read_targets(array), PAIR)


def test_frame_without_skycoord():
    assert_same_sky(read_targets(ICRS(PAIR.ra, PAIR.dec)), PAIR)


def test_distance_and_proper_motion_change_nothing():
    galactic = PAIR.galactic
    coords = SkyCoord(
        galactic.l, galactic.b, [100, np.nan] * u.Mpc, frame="galactic",
        pm_l_cosb=[1, 2] * u.mas / u.yr, pm_b=[1, 2] * u.mas / u.yr,
    )  # fmt: skip
    assert_same_sky(read_targets(coords), PAIR)
    assert_same_sky(read_targets(list(coords)), PAIR)


def test_cartesian_positions():
    assert_same_sky(read_targets(SkyCoord(PAIR.cartesian, representation_type="cartesian")), PAIR)


def test_frame_that_cannot_be_converted():
    with pytest.raises(InvalidTargetError, match="frame 'altaz' cannot be converted to ICRS"):
        read_targets(SkyCoord(AltAz(az=1 * u.deg, alt=2 * u.deg)))


# ---- what is not as it should be -------------------------------------------------------------


@pytest.mark.parametrize("as_list", [False, True])
def test_invalid_positions_are_flagged_once_and_kept(as_list):
    masked = Masked([1.0, 2.0, 3.0], mask=[False, True, False]) * u.deg
    coords = SkyCoord(masked, [3, 4, np.nan] * u.deg, frame="galactic")
    with pytest.warns(InvalidTargetWarning, match="^3 targets: 2 without a valid") as caught:
        table = read_targets(list(coords) if as_list else coords)
    assert len(caught) == 1
    assert list(table["flag"]) == ["", "invalid_position", "invalid_position"]
    assert list(np.isnan(table["ra"])) == list(np.isnan(table["dec"])) == [False, True, True]


def test_duplicates_are_flagged_after_the_first():
    """Within 0.1 arcsec on the sky: also across RA = 0, and with cos(dec) at high declination."""
    dec = 80.0
    step = 0.05 / 3600 / np.cos(np.radians(dec))
    ra = [step / 2, 10, 360 - step / 2, 10, 10 + 3 * step, 10 + step]
    with pytest.warns(InvalidTargetWarning, match="^6 targets: 3 within 0.1 arcsec") as caught:
        table = read_targets(SkyCoord(ra, np.full(6, dec), unit="deg"))
    assert len(caught) == 1
    assert list(table["flag"]) == ["", "", "duplicate", "duplicate", "", "duplicate"]


def test_one_warning_for_both():
    table = Table({"ra": [1.0, 1.0, np.nan], "dec": [2.0, 2.0, 2.0]})
    with pytest.warns(InvalidTargetWarning, match=r"1 without .*, 1 within .*'flag'") as caught:
        read_targets(table)
    assert len(caught) == 1


def test_many_copies_of_one_position_are_quick():
    start = time.perf_counter()
    with pytest.warns(InvalidTargetWarning, match="99999 within"):
        read_targets(SkyCoord(np.full(100_000, 10.0), np.full(100_000, 5.0), unit="deg"))
    assert time.perf_counter() - start < 15


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ((210.2, 2.9), "not tuple of float: build one with SkyCoord"),
        ([(210.2, 2.9)], "not list of tuple"),
        ([PAIR, "M31"], "not list of str"),
        (np.ones((3, 2)), "not ndarray"),
        ({1, 2}, "not set"),
        (210.2, "not float"),
        (None, "not NoneType"),
        (ICRS(), "not ICRS"),
        ([], "the target list is empty"),
        (PAIR[:0], "the target list is empty"),
        (Table({"ra": [], "dec": []}), "the target list is empty"),
    ],
)
def test_what_is_no_target_list(targets, message):
    with pytest.raises(InvalidTargetError, match=message):
        read_targets(targets)


# ---- tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ("ra", "dec"), ("RA", "Dec"), ("RAJ2000", "DEJ2000"), ("raj2000", "dej2000"),
        ("_RAJ2000", "_DEJ2000"), ("RA_ICRS", "DE_ICRS"), ("RAdeg", "DEdeg"),
        ("ALPHA_J2000", "DELTA_J2000"),
    ],
)  # fmt: skip
def test_usual_names_in_degrees(names):
    table = Table([PAIR.ra.deg, PAIR.dec.deg, [1, 2]], names=[*names, "flux"])
    assert_same_sky(read_targets(table), PAIR)


@pytest.mark.parametrize("names", [("GLON", "GLAT"), ("l", "b")])
def test_galactic_names(names):
    table = Table([PAIR.galactic.l.deg, PAIR.galactic.b.deg], names=names)
    assert_same_sky(read_targets(table), PAIR)


def test_luminosity_and_magnitude_are_no_galactic_coordinates():
    with pytest.raises(InvalidTargetError, match="no sky columns found: .* the table has: L, B"):
        read_targets(Table({"L": [1.0], "B": [2.0]}))


@pytest.mark.parametrize("unit", ["hourangle", "rad", "arcmin"])
@pytest.mark.parametrize("kind", [Table, QTable])
def test_units_are_honored(kind, unit):
    table = kind({"ra": PAIR.ra.to(unit), "dec": PAIR.dec.to(u.rad)})
    assert_same_sky(read_targets(table), PAIR)


def test_degrees_spelled_otherwise():
    """TUNIT = 'degrees' is common in FITS files and unknown to the standard."""
    odd = u.Unit("degrees", parse_strict="silent")
    table = Table({"ra": Column(PAIR.ra.deg, unit=odd), "dec": Column(PAIR.dec.deg)})
    assert_same_sky(read_targets(table), PAIR)


@pytest.mark.parametrize("unit", ["mag", "ct"])
def test_unit_that_is_no_angle(unit):
    with pytest.raises(InvalidTargetError, match=f"'ra' has the unit '{unit}', which is not an"):
        read_targets(Table({"ra": Column([1.0], unit=unit), "dec": [2.0]}))


def test_hours_are_an_angle_here():
    table = Table({"ra": Column(PAIR.ra.hour, unit="h"), "dec": Column(PAIR.dec.deg, unit="deg")})
    assert_same_sky(read_targets(table), PAIR)


def test_skycoord_column_goes_first():
    table = QTable({"ra": [0.0, 0.0], "dec": [0.0, 0.0], "position": PAIR.galactic})
    assert_same_sky(read_targets(table), PAIR)


def test_several_skycoord_columns_are_ambiguous():
    with pytest.raises(InvalidTargetError, match=r"several SkyCoord columns \(a, b\)"):
        read_targets(QTable({"a": PAIR, "b": PAIR}))


def test_ucd_of_the_main_position():
    table = Table({"alpha": PAIR.ra.deg, "delta": PAIR.dec.deg, "alpha_B1950": [5.0, 6.0]})
    table["alpha_B1950"].info.meta = {"ucd": "pos.eq.ra;meta.main"}
    table["alpha"].info.meta = {"ucd": "pos.eq.ra;meta.main"}
    table["delta"].info.meta = {"ucd": "pos.eq.dec;meta.main"}
    assert_same_sky(read_targets(table), PAIR)


@pytest.mark.parametrize("word", ["N/A", "null", "--", "None", "unknown", ""])
@pytest.mark.parametrize("kind", [str, object])
def test_a_word_in_a_column_does_not_make_hours_of_its_numbers(word, kind):
    table = Table({"ra": np.array(["10.5", word], kind), "dec": ["-2.5", "3"]})
    with pytest.warns(InvalidTargetWarning, match="1 without a valid position"):
        targets = read_targets(table)
    assert targets["ra"][0] == 10.5 * u.deg
    assert targets["flag"].tolist() == ["", "invalid_position"]


def test_numbers_beside_none_are_degrees():
    table = Table({"ra": np.array([10.5, None], object), "dec": np.array([3, 4.0], object)})
    with pytest.warns(InvalidTargetWarning):
        targets = read_targets(table)
    assert (targets["ra"][0].value, targets["dec"][0].value) == (10.5, 3)


def test_numbers_beside_sexagesimal_hours_are_not_guessed():
    table = Table({"ra": ["10.5", "14:01:02"], "dec": ["2.5", "+02:52:42"]})
    with pytest.warns(InvalidTargetWarning):
        targets = read_targets(table)
    assert targets["flag"].tolist() == ["invalid_position", ""]


def test_numbers_with_a_unit_beside_words_have_that_unit():
    table = Table({"ra": Column(["2", "n/a"], unit="hourangle"), "dec": ["2.5", "3"]})
    with pytest.warns(InvalidTargetWarning):
        assert read_targets(table)["ra"][0].to_value(u.deg) == pytest.approx(30)


def test_sexagesimal_strings_are_hours_and_degrees():
    ra, dec = (
        PAIR.ra.to_string("hourangle", sep=":", precision=9),
        PAIR.dec.to_string(sep=" ", precision=9, alwayssign=True),
    )
    assert_same_sky(read_targets(Table({"ra": ra, "dec": dec})), PAIR)


def test_strings_may_say_their_unit():
    table = Table({"ra": ["10d30m", "10h30m"], "dec": ["-0d30m", "-0:30"]})
    np.testing.assert_allclose(read_targets(table)["ra"].value, [10.5, 157.5])
    np.testing.assert_allclose(read_targets(table)["dec"].value, [-0.5, -0.5])


def test_decimal_strings_are_degrees():
    table = Table({"ra": [" 10.5", ""], "dec": ["-0.5", "1"]})
    with pytest.warns(InvalidTargetWarning, match="1 without"):
        result = read_targets(table)
    np.testing.assert_allclose(result["ra"].value, [10.5, np.nan])


def test_string_that_is_no_angle_is_one_invalid_row():
    table = Table({"ra": ["10:30:00", "unknown", ""], "dec": ["1:00:00", "2:00:00", "3:00:00"]})
    with pytest.warns(InvalidTargetWarning, match="2 without"):
        result = read_targets(table)
    np.testing.assert_allclose(result["dec"].value, [1, np.nan, np.nan])


def test_infinite_numbers_are_invalid_and_nothing_else_is_said():
    table = Table({"ra": [np.inf, 1.0, 2.0], "dec": [1.0, -np.inf, 2.0]})
    with pytest.warns(InvalidTargetWarning) as caught:
        result = read_targets(table)
    assert len(caught) == 1
    assert np.isnan(result["ra"].value).tolist() == [True, True, False]
    assert np.isnan(result["dec"].value).tolist() == [True, True, False]


@pytest.mark.parametrize("kind", [Table, QTable])
def test_masked_rows_are_invalid(kind):
    table = kind({"ra": MaskedColumn([1.0, 2.0], mask=[0, 1], unit="deg"), "dec": [3, 4] * u.deg})
    with pytest.warns(InvalidTargetWarning, match="1 without"):
        assert list(read_targets(table)["flag"]) == ["", "invalid_position"]


def test_stray_position_out_of_range_is_one_invalid_row():
    """Such as -99 for "not measured"."""
    table = Table({"ra": [1, 2, 3, -999], "dec": [1, 95, 3, 4]})
    with pytest.warns(InvalidTargetWarning, match="2 without"):
        result = read_targets(table)
    assert list(has_flag(result["flag"], "invalid_position")) == [False, True, False, True]


def test_columns_that_are_swapped_are_an_error():
    table = Table({"ra": [1.0, 2.0, 3.0], "dec": [120.0, 250.0, 20.0]})
    with pytest.raises(InvalidTargetError, match="2 of 3 positions are out of range"):
        read_targets(table)


def test_negative_right_ascension_is_wrapped():
    ra = read_targets(Table({"ra": [-10.0, 360.0, -1e-20], "dec": [0, 1, 2]}))["ra"].value
    assert list(ra) == [350, 0, 0]


@pytest.mark.parametrize(
    ("ra", "message"), [([[1, 2]], "must hold one number per row"), ([True], "holds bool")]
)
def test_columns_that_hold_no_angles(ra, message):
    with pytest.raises(InvalidTargetError, match=f"column 'ra' {message}"):
        read_targets(Table({"ra": ra, "dec": [1]}))


def test_row_of_a_catalog():
    table = QTable({"name": ["a", "b"], "position": PAIR})
    one = read_targets(table[1])
    assert_same_sky(one, PAIR[1:])
    assert list(one["target_id"]) == ["b"]


def test_pandas():
    frame = pd.DataFrame({"RA": PAIR.ra.deg, "Dec": PAIR.dec.deg, "name": ["a", "b"]})
    table = read_targets(frame)
    assert_same_sky(table, PAIR)
    assert list(table["target_id"]) == ["a", "b"]


@pytest.mark.parametrize("name", ["target_id", "ID", "Name", "source_id", "MAIN_ID"])
@pytest.mark.parametrize("ids", [["A 1", "A 1"], [2**62, -5]])
def test_ids_are_kept_as_they_are(name, ids):
    """Repeated ones too: they are labels, not keys."""
    table = read_targets(Table({"ra": [1, 2], "dec": [3, 4], name: ids}))
    assert list(table["target_id"]) == ids


def test_masked_ids_stay_masked():
    ids = MaskedColumn([7, 8], mask=[False, True])
    table = read_targets(Table({"ra": [1, 2], "dec": [3, 4], "id": ids}))
    assert table["target_id"].tolist() == [7, None]


def test_input_is_not_changed():
    table = Table({"RA": [1.0, np.nan], "DEC": [2.0, 3.0], "id": ["a", "b"]}, meta={"x": 1})
    before = table.copy()
    with pytest.warns(InvalidTargetWarning):
        read_targets(table)["target_id"][0] = "z"
    assert table.colnames == before.colnames
    assert list(table["id"]) == ["a", "b"]
    assert table["id"].info.description is None
    np.testing.assert_array_equal(table["RA"], before["RA"])


# ---- files -----------------------------------------------------------------------------------

CATALOG = Table({"name": ["a", "b"], "RAJ2000": PAIR.ra, "DEJ2000": PAIR.dec})


@pytest.mark.parametrize(
    ("name", "written_as"),
    [
        ("t.ecsv", "ascii.ecsv"), ("t.csv", "ascii.csv"), ("t.fits", "fits"),
        ("t.xml", "votable"), ("t.vot", "votable"), ("t.txt", "ascii.basic"),
        ("t.tsv", "ascii.tab"), ("T.CSV", "ascii.csv"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_files_that_astropy_reads(tmp_path, name, written_as, compressed, kind):
    path = tmp_path / name
    CATALOG.write(path, format=written_as)
    if compressed:
        packed = path.with_name(name + ".gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
        path = packed
    table = read_targets(kind(path))
    assert_same_sky(table, PAIR)
    assert list(table["target_id"]) == ["a", "b"]


def test_skycoord_column_in_a_file(tmp_path):
    QTable({"position": PAIR.galactic}).write(tmp_path / "t.ecsv")
    assert_same_sky(read_targets(tmp_path / "t.ecsv"), PAIR)


def test_votable_with_ucd_only(tmp_path):
    table = Table({"x": PAIR.ra, "y": PAIR.dec})
    table["x"].info.meta = {"ucd": "pos.eq.ra;meta.main"}
    table["y"].info.meta = {"ucd": "pos.eq.dec;meta.main"}
    table.write(tmp_path / "t.xml", format="votable")
    assert_same_sky(read_targets(tmp_path / "t.xml"), PAIR)


REGIONS = """# Region file format: DS9
global color=green
fk5
circle(210.2583,2.8783,5") # text={Abell 1835}
point(14:01:00,+02:50:00) # point=cross
polygon(10.1,2.0,9.9,2.0,9.9,2.2,10.1,2.2)
line(0.1,0,359.9,0)
-circle(3,3,3")
galactic
ellipse(120,30,3",4",0)
"""


def test_ds9_regions(tmp_path):
    """Centers of the shapes; an excluded region is no target."""
    path = tmp_path / "t.reg"
    path.write_text(REGIONS)
    table = read_targets(path)
    expected = SkyCoord(
        [210.2583, 210.25, 10, 0, SkyCoord(120, 30, unit="deg", frame="galactic").icrs.ra.deg],
        [2.8783, 2 + 50 / 60, 2.1, 0, SkyCoord(120, 30, unit="deg", frame="galactic").icrs.dec.deg],
        unit="deg",
    )
    assert np.all(target_coords(table).separation(expected) < 0.2 * u.arcsec)
    assert list(table["target_id"]) == ["Abell 1835", "1", "2", "3", "4"]


def test_ds9_regions_without_text_are_numbered(tmp_path):
    path = tmp_path / "t.reg"
    path.write_text("icrs\ncircle(1,2,3)\ncircle(2,2,3)\n")
    assert list(read_targets(path)["target_id"]) == [0, 1]


def test_ds9_regions_in_pixels(tmp_path):
    path = tmp_path / "t.reg"
    path.write_text("icrs\ncircle(1,2,3)\nimage\ncircle(10,20,3)\n")
    with pytest.raises(InvalidTargetError, match="1 of 2 regions are in image coordinates"):
        read_targets(path)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_csv_files_of_spreadsheets(tmp_path, mark, separator, pack):
    path = tmp_path / ("t.csv" if pack is bytes else "t.csv.gz")
    lines = [["ra", "dec", "name"], ["10.5", "-2", "é, or b"], ["20", "3", "c"]]
    if separator == ",":
        lines[1][2] = '"é, or b"'
    content = mark + "\r\n".join(separator.join(line) for line in lines)
    path.write_bytes(pack(content.encode()))
    targets = read_targets(path)
    assert targets["ra"].value.tolist() == [10.5, 20]
    assert targets["target_id"].tolist() == ["é, or b", "c"]


def test_decimal_commas_of_spreadsheets(tmp_path):
    """As a spreadsheet of a French or German system writes them; words stay words."""
    path = tmp_path / "t.csv"
    path.write_text("name;ra;dec;z;note\na;10,5;-2,25;;1,2\nb;20;3,5E0;0,3;1,2 keV\n")
    targets = read_targets(path)
    assert targets["ra"].value.tolist() == [10.5, 20]
    assert targets["dec"].value.tolist() == [-2.25, 3.5]
    table = read_file(path)
    assert table["z"].mask.tolist() == [True, False]
    assert table["z"][1] == 0.3
    assert table["note"].tolist() == ["1,2", "1,2 keV"]


def test_text_in_another_encoding(tmp_path):
    (tmp_path / "t.csv").write_bytes("name,ra,dec\né,1,2\n".encode("latin-1"))
    with pytest.warns(AstrocnnWarning, match="no UTF-8 .the first at 12.: they are written as"):
        assert read_targets(tmp_path / "t.csv")["target_id"].tolist() == ["\\xe9"]


@pytest.mark.parametrize("name", ["none.fits", "M31", "none.reg"])
def test_missing_file_is_named(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=f"there is no file '.*{name}'"):
        read_targets(str(tmp_path / name))


def test_folder_is_no_file(tmp_path):
    with pytest.raises(InvalidTargetError, match="is a folder"):
        read_targets(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.fits", b""),
        ("noise.fits", b"SIMPLE  =                    T" + b"\x00" * 100),
        ("noise.xml", b"<VOTABLE><RESOURCE>"),
        ("noise.csv", b"ra,dec\n1,2\n1,2,3\n"),
        ("truncated.csv.gz", gzip.compress(b"ra,dec\n1,2\n", mtime=0)[:-9]),
        ("noise.ecsv", b"# %ECSV 1.0\n# ---\n# datatype: 5\na\n"),
        ("what.bin", b"\x00\x01"),
    ],
)
def test_unreadable_file_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidTargetError, match=f"cannot read '.*{name}': ."):
        read_targets(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.reg", "", "cannot read '.*t.reg': it is empty"),
        ("t.csv", "ra,dec\n", "target list '.*t.csv': the target list is empty"),
        ("t.csv", "", "cannot read '.*t.csv': it is empty"),
        ("t.csv", "x,y\n1,2\n", "target list '.*t.csv': no sky columns .* the table has: x, y"),
    ],
)
def test_file_without_targets_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(InvalidTargetError, match=message):
        read_targets(tmp_path / name)


def test_real_cluster_catalogs(real_data):
    """Every published list is read as it is: J2000 names, any case, with and without ids."""
    paths = sorted((real_data / "cluster_catalogues").glob("*.csv.gz"))
    assert paths
    for path in paths:
        table = read_quietly(path)
        raw = Table.read(path, format="ascii.csv")
        names = {name.lower(): name for name in raw.colnames}
        name = names.get("ra") or names["radeg"]
        assert len(table) == len(raw)
        np.testing.assert_allclose(table["ra"].value, raw[name] % 360, rtol=1e-12)
        assert not has_flag(table["flag"], "invalid_position").any()


def test_real_sexagesimal_list(real_data):
    path = real_data / "simbad_xclass" / "objects.csv.gz"
    table = read_quietly(Table.read(path, format="ascii.csv")[:2000])
    assert not has_flag(table["flag"], "invalid_position").any()
    row = table[0]
    assert row["target_id"] == "XCLASS 1013"
    assert SkyCoord(row["ra"], row["dec"]).separation(SkyCoord("00h39m42.20s +00d45m33.1s")) < NEAR


# ---- the table of targets --------------------------------------------------------------------


def test_columns_say_what_they_are():
    table = read_targets(PAIR)
    assert table.colnames == ["target_id", "ra", "dec", "flag"]
    assert table["ra"].unit == table["dec"].unit == u.deg
    for name in table.colnames:
        assert table[name].info.description
        assert check_ucd(table[name].info.meta["ucd"], check_controlled_vocabulary=True)


def test_a_target_list_is_a_target_list():
    """Reading one twice changes nothing; earlier flags are found anew."""
    with pytest.warns(InvalidTargetWarning):
        once = read_targets(Table({"ra": [1.0, np.nan, 1.0], "dec": [2, 3, 2], "id": list("abc")}))
    with pytest.warns(InvalidTargetWarning):
        twice = read_targets(once)
    for name in once.colnames:
        np.testing.assert_array_equal(once[name], twice[name])


def test_target_coords_keeps_invalid_rows():
    with pytest.warns(InvalidTargetWarning):
        table = read_targets(SkyCoord([1, np.nan], [2, 3], unit="deg"))
    coords = target_coords(table)
    assert coords.name == "icrs"
    assert list(np.isnan(coords.ra)) == [False, True]


def test_a_million_targets_are_read_in_seconds():
    rng = np.random.default_rng(0)
    n = 1_000_000
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    table = Table({"ra": rng.uniform(0, 360, n), "dec": dec})
    start = time.perf_counter()
    assert len(read_targets(table)) == n
    assert time.perf_counter() - start < 60  # about 0.6 s; a loop over the rows takes minutes


# ---- flags -----------------------------------------------------------------------------------


def test_flags_join_once_and_in_order():
    assert join_flags("", "failed:xmm", "duplicate;failed:xmm", "") == "failed:xmm;duplicate"
    assert join_flags() == ""


@pytest.mark.parametrize("word", ["no_coverage", "duplicate:xmm", "fine"])
def test_flags_outside_the_vocabulary_are_refused(word):
    with pytest.raises(ValueError, match=f"unknown flag '{word}'.*FLAGS has: invalid_position"):
        join_flags(word)


@pytest.mark.parametrize("word", FLAGS)
def test_every_flag_of_the_vocabulary_can_be_set_and_found(word):
    flag = join_flags("duplicate", word.replace("<band>", "dss2-red"))
    assert list(has_flag([flag, ""], word.partition(":")[0])) == [True, False]


def test_flag_of_one_band_or_of_any():
    flags = ["no_coverage:xmm", "duplicate;no_coverage:dss2-red", "failed:xmm", ""]
    assert list(has_flag(flags, "no_coverage")) == [True, True, False, False]
    assert list(has_flag(flags, "no_coverage:xmm")) == [True, False, False, False]
    assert list(has_flag(np.array(flags, dtype="S"), "failed:xmm")) == [False, False, True, False]
    with pytest.raises(InvalidParameterError, match="there is no flag 'no'; .* has: invalid_pos"):
        has_flag(flags, "no")


# ---- result ----------------------------------------------------------------------------------

META = {
    "weights": "xmm-dss2",
    "weights_sha256": "1a2b3c4d" * 8,
    "training": "simulated training, 50 % prevalence",
    "surveys": ["xmm", "dss2"],
    "versions": {"astrocnn": "0.1"},
}


@pytest.fixture
def result():
    """Four targets: a cluster, none, one without X-ray coverage, one without a position."""
    with pytest.warns(InvalidTargetWarning):
        targets = read_targets(SkyCoord([1, 2, 3, np.nan], [5, 6, 7, 8], unit="deg"))
    proba = np.array([[0.1, 0.9], [0.7, 0.3], [np.nan, np.nan], [np.nan, np.nan]])
    return result_table(
        targets,
        proba,
        coverage={"xray": [1, 0.75, 0, np.nan], "optical": [1, 1, 1, np.nan]},
        flags=["", "partial_coverage:xmm", "no_coverage:xmm", ""],
        meta=META,
    )


def test_result_has_a_row_per_target_in_order(result):
    assert result.colnames == [
        "target_id", "ra", "dec", "label", "proba_cluster", "proba_err", "coverage_xray",
        "coverage_optical", "flag",
    ]  # fmt: skip
    np.testing.assert_array_equal(result["dec"].value, [5, 6, 7, np.nan])
    assert list(result["flag"]) == [
        "", "partial_coverage:xmm", "no_coverage:xmm", "invalid_position",
    ]  # fmt: skip


def test_error_and_novelty():
    targets = read_targets(SkyCoord([1, 2, 3], [4, 5, 6], unit="deg"))
    proba = [[0.1, 0.9], [np.nan, np.nan], [0.7, 0.3]]
    result = result_table(
        targets,
        proba,
        error=[0.02, 0.03, np.nan],
        novelty=[0.4, 1.7, np.nan],
        flags=["", "out_of_domain:xmm(contrast)", ""],
    )
    assert result["proba_err"].tolist() == [0.02, None, None]
    assert result["novelty"].tolist() == [0.4, 1.7, None]
    assert check_ucd(result["novelty"].info.meta["ucd"], check_controlled_vocabulary=True)
    assert "above 1 is unusual" in result["novelty"].info.description
    with pytest.raises(ValueError, match="novelty has the shape"):
        result_table(targets, proba, novelty=[0.4])


def test_separation_of_the_source_that_was_judged():
    targets = read_targets(SkyCoord([1, 2], [4, 5], unit="deg"))
    proba = [[0.1, 0.9], [np.nan, np.nan]]
    result = result_table(targets, proba, separation=[12.5, np.nan])
    column = result["source_separation"]
    assert column.unit == "arcsec"
    assert column.mask.tolist() == [False, True]
    assert column.unmasked[0].value == 12.5
    assert check_ucd(column.info.meta["ucd"], check_controlled_vocabulary=True)
    assert "source_separation" not in result_table(targets, proba).colnames
    with pytest.raises(ValueError, match="separation has the shape"):
        result_table(targets, proba, separation=[0.4])


def test_no_verdict_is_masked(result):
    assert result["label"].tolist() == ["cluster", "non_cluster", None, None]
    assert result["proba_cluster"].tolist() == [0.9, 0.3, None, None]
    assert result["proba_err"].mask.all()
    assert result["coverage_xray"].tolist() == [1, 0.75, 0, None]
    assert str(result["label"]).split()[-1] == str(result["proba_cluster"]).split()[-1] == "--"


def test_result_columns_are_described(result):
    assert result["ra"].unit == u.deg
    for name in result.colnames:
        info = result[name].info
        assert info.description
        assert "<" not in info.description
        assert check_ucd(info.meta["ucd"], check_controlled_vocabulary=True)
    assert "class 'cluster'" in result["proba_cluster"].info.description
    stems = {name.partition("<")[0] for name in RESULT_COLUMNS}
    assert all(name.startswith(tuple(stems)) for name in result.colnames)


def test_result_survives_ecsv(result, tmp_path):
    """Every digit, the masks, descriptions, UCDs and the meta."""
    result.write(tmp_path / "r.ecsv")
    again = QTable.read(tmp_path / "r.ecsv")
    assert again.meta == result.meta
    for name in result.colnames:
        assert again[name].info.description == result[name].info.description
        assert again[name].info.meta == result[name].info.meta
        assert again[name].info.format == result[name].info.format
    for name in ("label", "proba_cluster", "proba_err", "coverage_xray"):
        assert again[name].tolist() == result[name].tolist()
    np.testing.assert_array_equal(again["ra"], result["ra"])
    assert list(again["flag"].filled("")) == list(result["flag"])  # '' comes back masked
    assert describe_result(again) == describe_result(result)
    np.testing.assert_array_equal(target_coords(again).ra.deg, result["ra"].value)


@pytest.mark.parametrize("written_as", ["fits", "votable", "ascii.csv"])
def test_result_survives_other_formats(result, tmp_path, written_as):
    """Verdicts and their absence, in formats that know less."""
    result.meta = {}
    path = tmp_path / "r.file"
    result.write(path, format=written_as)
    again = Table.read(path, format=written_as)
    assert again["proba_cluster"].mask.tolist() == [False, False, True, True]
    np.testing.assert_allclose(again["proba_cluster"][:2], [0.9, 0.3])
    assert describe_result(again).splitlines()[1:] == describe_result(result).splitlines()[1:]
    with pytest.warns(InvalidTargetWarning, match="^4 targets: 1 without"):
        targets = read_targets(again)  # a result is a target list, too
    np.testing.assert_array_equal(targets["target_id"], result["target_id"])
    np.testing.assert_allclose(targets["dec"].value, result["dec"].value, atol=1e-6)


def test_result_meta_is_what_was_given_and_what_decides(result):
    assert result.meta == {**META, "classes": ["non_cluster", "cluster"], "threshold": 0.5}


@pytest.mark.parametrize(("threshold", "label"), [(0.3, "cluster"), (0.31, "non_cluster")])
def test_threshold_is_reached_by_equality(threshold, label):
    table = result_table(read_targets(PAIR[0]), [[0.7, 0.3]], threshold=threshold)
    assert list(table["label"]) == [label]


def test_more_classes_take_the_most_probable():
    classes = ["star", "galaxy", "quasar"]
    proba = [[0.2, 0.5, 0.3], [np.nan, 0.9, 0.1]]
    table = result_table(read_targets(PAIR), proba, classes=classes, threshold=0.9)
    assert table["label"].tolist() == ["galaxy", None]
    assert [name for name in table.colnames if name.startswith("proba_")] == [
        "proba_star", "proba_galaxy", "proba_quasar", "proba_err",
    ]  # fmt: skip
    assert table["proba_quasar"].tolist() == [0.3, None]
    assert probability_columns(classes) == ["proba_star", "proba_galaxy", "proba_quasar"]
    assert describe_result(table) == "2 targets: 0 quasar, 1 galaxy, 0 star, 1 without a prediction"


def test_result_joins_the_flags_of_the_targets():
    with pytest.warns(InvalidTargetWarning):
        targets = read_targets(SkyCoord([1, 1], [2, 2], unit="deg"))
    table = result_table(targets, np.full((2, 2), 0.5), flags=["failed:xmm", "duplicate"])
    assert list(table["flag"]) == ["failed:xmm", "duplicate"]
    assert list(result_table(targets, np.full((2, 2), 0.5))["flag"]) == ["", "duplicate"]
    assert "label" not in targets.colnames


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"proba": np.ones((3, 2))}, r"proba has the shape \(3, 2\); the targets need \(2, 2\)"),
        ({"proba": np.ones(2)}, r"proba has the shape \(2,\)"),
        ({"coverage": {"xray": [1]}}, r"coverage of 'xray' has the shape \(1,\)"),
        ({"flags": [""]}, r"flags has the shape \(1,\)"),
        ({"flags": ["", "odd"]}, "unknown flag 'odd'"),
    ],
)
def test_result_of_parts_that_do_not_fit(arguments, message):
    arguments = {"proba": np.full((2, 2), 0.5), **arguments}
    with pytest.raises(ValueError, match=message):
        result_table(read_targets(PAIR), **arguments)


def test_summary_of_a_result(result):
    assert describe_result(result).splitlines() == [
        "4 targets: 1 cluster, 1 non_cluster, 2 without a prediction",
        "1 of 4 targets has no XMM coverage",
        "flags: 1 invalid_position, 1 partial_coverage:xmm",
        "weights xmm-dss2 (sha256 1a2b3c4d), simulated training, 50 % prevalence",
    ]


def test_summary_counts_what_has_no_coverage():
    targets = read_targets(SkyCoord(np.arange(20.0), np.arange(20.0), unit="deg"))
    flags = ["no_coverage:xmm"] * 15 + ["no_coverage:xmm;no_coverage:dss2-red"] * 2 + [""] * 3
    table = result_table(targets, np.full((20, 2), np.nan), flags=flags)
    assert describe_result(table).splitlines()[1] == (
        "2 of 20 targets have no DSS2-red coverage; 17 of 20 targets have no XMM coverage"
    )


def test_summary_of_one_target_without_meta():
    table = result_table(read_targets(PAIR[0]), [[0.2, 0.8]])
    assert describe_result(table) == "1 target: 1 cluster, 0 non_cluster, 0 without a prediction"


def test_summary_finds_the_weights_in_a_fits_header(result):
    """FITS keywords come back in upper case."""
    result.meta = {"WEIGHTS": "xmm", "TRAINING": "simulated training"}
    assert describe_result(result).splitlines()[-1] == "weights xmm, simulated training"
