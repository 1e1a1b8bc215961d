"""Cells of text tables that could be lost, or be taken for those beside them."""

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.tables import read_file, read_targets


def write(tmp_path, content, name="a.txt"):
    path = tmp_path / name
    path.write_bytes(content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        "name\tra\tdec\tz\tM\nA\t1\t2\t\t4\n\t1\t3\t.3\t4\nC\t3\t4\t \t \n",
        "name\tra\tdec\tz\tM\r\nA\t1\t2\t\t4\r\n\t1\t3\t.3\t4\r\nC\t3\t4\t\t\r\n",
        "name\tra\tdec\tz\tM\n\tdeg\tdeg\t\t\nA\t1\t2\t\t4\n\t1\t3\t.3\t4\nC\t3\t4\t\t\n",
        "name|ra|dec|z|M\nA|1|2||4\n|1|3|.3|4\nC|3|4||\n",
        "|name|ra|dec|z|M|\n|----|--|---|-|-|\n|A|1|2||4|\n||1|3|.3|4|\n|C|3|4|||\n",
        "name ra dec z  M\n---- -- --- -- --\nA    1  2      4\n     1  3   .3 4\nC    3  4\n",
        "name;ra;dec;z;M\nA;1;2;;4\n;1;3;,3;4\nC;3;4;;\n",
        "#Table\tx\n#Column\tname\t(A4)\t\n#Column\tz\t(F4.2)\t\nname\tra\tdec\tz   \tM\n"
        " \tdeg\tdeg\t \t \n----\t--\t---\t----\t-\nA   \t1\t2\t    \t4\n    \t1\t3\t0.30\t4\n"
        "C   \t3\t4\t    \t \n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.tsv", "a.txt"])
def test_empty_cells_do_not_shift_others(tmp_path, content, name):
    catalog = read_catalog(write(tmp_path, content, name))
    assert catalog["source_id"].tolist() == ["A", None, "C"]
    assert catalog["ra"].value.tolist() == [1, 1, 3]
    assert catalog["dec"].value.tolist() == [2, 3, 4]
    assert catalog["z_spec"].tolist() == [None, 0.3, None]
    assert catalog["M"].tolist() == [4, 4, None]


def test_gaps_of_pandas(tmp_path):
    frame = pd.DataFrame({"name": ["a", None], "ra": [1.0, 2.0], "dec": [1.0, 2.0],
                          "z": [None, 0.2], "n": [7.0, None]})  # fmt: skip
    frame.to_csv(tmp_path / "a.tsv", sep="\t", index=False)
    catalog = read_catalog(tmp_path / "a.tsv")
    assert catalog["z_spec"].tolist() == [None, 0.2]
    assert catalog["n"].tolist() == [7, None]


def test_blanks_in_columns_of_a_width(tmp_path):
    """A line of dashes says where columns are, though blanks would make as many cells."""
    content = "name   ra   dec   z    M\n------ ---- ----- ---- ---\nA B    1.0  2.0        4.0\n"
    catalog = read_catalog(write(tmp_path, content))
    assert (catalog["source_id"][0], catalog["ra"][0].value) == ("A B", 1)
    assert catalog["z_spec"].mask.all()
    assert catalog["M"][0] == 4


def test_dashes_that_are_not_above_the_columns(tmp_path):
    path = write(tmp_path, "# name ra dec\n# ---- -- ---\nA1 10 2\nA2 11 3\n")
    assert read_targets(path)["target_id"].tolist() == ["A1", "A2"]
    head = "name ra     dec\nchar double double\n---- ------ ------\n"
    path = write(tmp_path, head + "A1   10     2\n")
    assert read_targets(path)["ra"][0].value == 10


@pytest.mark.parametrize(
    "content",
    [
        "name rah ram ras ded dem des\na 1 2 3 -00 30 00\nb 1 2 3 00 30 00\n",
        "name;RA (h);RA (m);RA (s);Dec (d);Dec (m);Dec (s)\na;1;2;3;-00;30;00\nb;1;2;3;00;30;00\n",
        "name,RA (h),RA (m),RA (s),Dec (d),Dec (m),Dec (s)\na,1,2,3,-00,30,00\nb,1,2,3,0,30,00\n",
        "name\tRAh\tRAm\tRAs\tDEd\tDEm\tDEs\na\t1\t2\t3\t-0\t30\t0\nb\t1\t2\t3\t0\t30\t0\n",
        "name,RAh,RAm,RAs,DE-,DEd,DEm,DEs\na,1,2,3,-1,0,30,0\nb,1,2,3,1,0,30,0\n",
    ],
)
def test_south_of_zero_degrees(tmp_path, content):
    targets = read_targets(write(tmp_path, content))
    np.testing.assert_allclose(targets["ra"].value, 15.5125)
    np.testing.assert_allclose(targets["dec"].value, [-0.5, 0.5])


def test_south_of_zero_degrees_in_floats():
    frame = pd.DataFrame({"RAh": [1], "RAm": [2], "DEd": [-0.0], "DEm": [30.0]})
    assert read_targets(frame)["dec"][0].value == -0.5


@pytest.mark.parametrize("minus", ["\u2212", "\u2013", "\u2010", "$-$"])
def test_minus_of_papers(tmp_path, minus):
    path = write(tmp_path, f"name;ra;dec\na;10.5;{minus}0.5\nb;20.5;{minus}00:30:00\n")
    assert read_targets(path)["dec"].value.tolist() == [-0.5, -0.5]


def test_numbers_that_are_names_keep_their_zeros(tmp_path):
    """VizieR says which columns are text."""
    content = "#Column\tAbell\t(A5)\tname\nAbell\tRAJ2000\tDEJ2000\n00123\t1\t2\n00124\t2\t3\n"
    assert read_file(write(tmp_path, content, "a.tsv"))["Abell"].tolist() == ["00123", "00124"]


@pytest.mark.parametrize("unit", ["hours", "h", "hr", "Hour"])
def test_unit_of_hours(tmp_path, unit):
    path = write(tmp_path, f"name,ra,dec\n,{unit},deg\nA,12.5,-3\n", "a.csv")
    assert read_targets(path)["ra"][0].value == pytest.approx(187.5)


def test_numbers_of_columns_are_no_row(tmp_path):
    path = write(tmp_path, "Name,RA,Dec,z\n,deg,deg,\n(1),(2),(3),(4)\nA,10,2,.1\n", "a.csv")
    assert read_targets(path)["target_id"].tolist() == ["A"]


@pytest.mark.parametrize(
    "content", ["name,ra,dec,ra,z\nA,1,2,3,4\n", "# name ra dec ra\nA 1 2 3\n"]
)
def test_names_that_several_columns_have(tmp_path, content):
    with pytest.warns(AstrocnnWarning, match="several columns 'ra': the first .* called 'ra_1'"):
        table = read_file(write(tmp_path, content))
    assert (table["ra"][0], table["ra_1"][0]) == (1, 3)


def test_digits_below_the_bars_of_a_table_of_irsa(tmp_path):
    """Astropy would read 0.5 for 10.5."""
    content = "|name |ra    |dec   |\n|char |double|double|\n A    10.5   2.5\n"
    path = write(tmp_path, content, "a.tbl")
    with pytest.raises(InvalidTargetError, match=r"A    10.5   2.5 has letters below a bar"):
        read_targets(path)
    path.write_text(content.replace(" A    10.5   2.5", " A     10.5   2.5  "))
    assert read_targets(path)["ra"][0].value == 10.5


def test_coordinates_that_astropy_writes_to_fits(tmp_path):
    there = SkyCoord([10], [2], unit="deg", frame="fk5", equinox="J1975")
    QTable({"name": ["a"], "place": there}).write(tmp_path / "a.fits")
    targets = read_targets(tmp_path / "a.fits")
    assert there.icrs.separation(SkyCoord(targets["ra"], targets["dec"]))[0].arcsec < 1e-6


@pytest.mark.parametrize(
    "names",
    [("RAB1950", "DEB1950"), ("RA 1950", "Dec 1950"), ("RA (B1950.0)", "Dec. (B1950.0)"),
     ("RAh1950", "RAm1950", "DEd1950", "DEm1950")],
)  # fmt: skip
def test_positions_of_1950(names):
    """Converted where they are alone, passed over beside others."""
    there = SkyCoord(10, 2, unit="deg", frame="fk4", equinox="B1950").icrs
    values = [[10.0], [2.0]] if len(names) == 2 else [[0], [40], [2], [0]]
    old = dict(zip(names, values, strict=True))
    for read in (read_targets, read_catalog):
        found = read(Table(old))
        assert there.separation(SkyCoord(found["ra"], found["dec"])).arcsec < 1e-6
        found = read(Table({**old, "RAJ2000": [11.0], "DEJ2000": [3.0]}))
        assert (found["ra"][0].value, found["dec"][0].value) == (11, 3)


def test_regions_of_casa(tmp_path):
    content = (
        "#CRTFv0 CASA Region Text Format version 0\nglobal coord=ICRS\n"
        "symbol [[12h34m56.7s, -00d12m34s], .], label='A'\n"
        "circle[[150.1deg, 2.2deg], 3arcsec]\n"
    )
    targets = read_targets(write(tmp_path, content, "a.crtf"))
    assert targets["target_id"].tolist() == ["A", "1"]
    np.testing.assert_allclose(targets["ra"].value, [188.73625, 150.1])
    np.testing.assert_allclose(targets["dec"].value, [-0.20944444, 2.2])


def test_regions_without_a_place_on_the_sky(tmp_path):
    for content in ("physical\ncircle(100,200,3)\n", "circle(100,200,3)\n"):
        with pytest.raises(InvalidTargetError, match="image coordinates .or physical .* fk5"):
            read_targets(write(tmp_path, content, "a.reg"))
    path = write(tmp_path, 'icrs\ncircle(100,20,3")\nphysical\ncircle(1,2,3)\n', "a.reg")
    with pytest.warns(AstrocnnWarning, match="are left out: .*circle.1,2,3"):
        assert len(read_targets(path)) == 1
    path.write_text("icrs\ncircle(100,20,3)\ncircle(10p,20p,5p)\nruler(1,2,3,4)\n")
    with pytest.warns(AstrocnnWarning, match="1 of 2 regions of .* are left out"):
        assert len(read_targets(path)) == 1
    path.write_text("icrs\npoint(150.1, 2.2) # point=square 5\n")
    assert len(read_targets(path)) == 1  # without a warning of the square
