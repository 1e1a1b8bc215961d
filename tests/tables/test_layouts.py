"""Text tables of many layouts, as people and services write them: each has the same two rows."""

import gzip

import numpy as np
import pytest

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.tables import read_file, read_targets

#: Names of the files and what is in them; all of them hold (10.5, -2.5) and (20.5, 3.5).
FILES = {
    'csv_comment.csv': (
        "# made by me\n"
        "# 2024\n"
        "name,ra,dec,z\n"
        "A,10.5,-2.5,0.1\n"
        "B,20.5,3.5,0.2\n"
    ),
    'table1.csv': (
        "#Table1\n"
        "objid,ra,dec,z\n"
        "1237648720693755918,10.5,-2.5,0.1\n"
        "1237648720693755919,20.5,3.5,0.2\n"
    ),
    'hash.csv': (
        "# RA,DEC,z\n"
        "10.5,-2.5,0.1\n"
        "20.5,3.5,0.2\n"
    ),
    'asu.tsv': (
        "#\n"
        "#   VizieR Astronomical Server vizier.cds.unistra.fr\n"
        "#    Date: 2024-01-01T00:00:00 [V7.0]\n"
        "#-ref\tVIZ6\n"
        "#INFO\tvotable-version=1.99\n"
        "#RESOURCE=yCat\n"
        "#Column\tRAJ2000\t(F9.5)\t[0/360]\t[ucd=pos.eq.ra;meta.main]\n"
        "#Column\tDEJ2000\t(F9.5)\t[-90/90]\t[ucd=pos.eq.dec;meta.main]\n"
        "#Column\tMCXC\t(a12)\tName\t[ucd=meta.id;meta.main]\n"
        "\n"
        "RAJ2000\tDEJ2000\tMCXC\tz\n"
        "deg\tdeg\t \t \n"
        "---------\t---------\t------------\t------\n"
        " 10.50000\t-02.50000\tJ0000.1+0816\t0.1\n"
        " 20.50000\t+03.50000\tJ0000.4-0237\t0.2\n"
        "#END# \n"
    ),
    'asu_semi.tsv': (
        "#\n"
        "#   VizieR Astronomical Server vizier.cds.unistra.fr\n"
        "#    Date: 2024-01-01T00:00:00 [V7.0]\n"
        "#-ref;VIZ6\n"
        "#INFO;votable-version=1.99\n"
        "#RESOURCE=yCat\n"
        "#Column;RAJ2000;(F9.5);[0/360];[ucd=pos.eq.ra;meta.main]\n"
        "#Column;DEJ2000;(F9.5);[-90/90];[ucd=pos.eq.dec;meta.main]\n"
        "#Column;MCXC;(a12);Name;[ucd=meta.id;meta.main]\n"
        "\n"
        "RAJ2000;DEJ2000;MCXC;z\n"
        "deg;deg; ; \n"
        "---------;---------;------------;------\n"
        " 10.50000;-02.50000;J0000.1+0816;0.1\n"
        " 20.50000;+03.50000;J0000.4-0237;0.2\n"
        "#END# \n"
    ),
    'asu.txt': (
        "#\n"
        "#   VizieR\n"
        " RAJ2000   DEJ2000  Name\n"
        "   deg       deg\n"
        "--------- --------- ------------\n"
        " 10.50000 -02.50000 Abell 1\n"
        " 20.50000 +03.50000 Abell 22\n"
    ),
    'mrt.mrt': (
        "Title: Test\n"
        "Authors: Me\n"
        "Table: 1\n"
        "================================================================================\n"
        "Byte-by-byte Description of file: t1.txt\n"
        "--------------------------------------------------------------------------------\n"
        "   Bytes Format Units   Label    Explanations\n"
        "--------------------------------------------------------------------------------\n"
        "   1-  8 A8     ---     Name     Name\n"
        "  10- 11 I2     h       RAh      Hour of Right Ascension (J2000)\n"
        "  13- 14 I2     min     RAm      Minute of Right Ascension (J2000)\n"
        "  16- 19 F4.1   s       RAs      Second of Right Ascension (J2000)\n"
        "      21 A1     ---     DE-      Sign of the Declination (J2000)\n"
        "  22- 23 I2     deg     DEd      Degree of Declination (J2000)\n"
        "  25- 26 I2     arcmin  DEm      Arcminute of Declination (J2000)\n"
        "  28- 29 I2     arcsec  DEs      Arcsecond of Declination (J2000)\n"
        "  31- 34 F4.2   ---     z        Redshift\n"
        "--------------------------------------------------------------------------------\n"
        "A1       00 42 00.0 -02 30 00 0.10\n"
        "B2       01 22 00.0 +03 30 00 0.20\n"
    ),
    'commas.tsv': (
        "name,ra,dec\n"
        "A,10.5,-2.5\n"
        "B,20.5,3.5\n"
    ),
    'semi.tsv': (
        "name;ra;dec\n"
        "A;10.5;-2.5\n"
        "B;20.5;3.5\n"
    ),
    'noext': (
        "name ra dec z\n"
        "A 10.5 -2.5 0.1\n"
        "B 20.5 3.5 0.2\n"
    ),
    'hash.cat': (
        "# name ra dec z\n"
        "A 10.5 -2.5 0.1\n"
        "B 20.5 3.5 0.2\n"
    ),
    'sex.cat': (
        "#   1 NUMBER                 Running object number\n"
        "#   2 ALPHA_J2000            Right ascension of barycenter (J2000)  [deg]\n"
        "#   3 DELTA_J2000            Declination of barycenter (J2000)  [deg]\n"
        "#   4 FLAGS                  Extraction flags\n"
        "         1  10.5  -2.5  0\n"
        "         2  20.5  +3.5  0\n"
    ),
    'ipac.tbl': (
        "\\fixlen = T\n"
        "\\ comment\n"
        "|    name|       ra|      dec|\n"
        "|    char|   double|   double|\n"
        "|        |      deg|      deg|\n"
        "|    null|     null|     null|\n"
        "   A 1       10.5      -2.5   \n"
        "   B 2       20.5       3.5   \n"
    ),
    'ned.txt': (
        "NED Search Results\n"
        "\n"
        "Main Information Table for 2 objects\n"
        "\n"
        "No.|Object Name|RA|DEC|Type|Velocity|Redshift|Redshift Flag\n"
        "1|ABELL 0001|10.5|-2.5|GClstr|29979.2|0.1|\n"
        "2|ABELL 0002|20.5|3.5|GClstr|59958.4|0.2|\n"
    ),
    'simbad.txt': (
        "C.D.S.  -  SIMBAD4 rel 1.8  -  2024.01.01CET00:00:00\n"
        "\n"
        "coord 12 30 +12 20 (ICRS), radius: 2 arcmin\n"
        "---------------------------------------------\n"
        "\n"
        "Number of objects : 2\n"
        "\n"
        "#|dist(asec)|identifier |typ|coord1 (ICRS,J2000/2000) |Mag V |#bib\n"
        "-|----------|-----------|---|-------------------------|------|----\n"
        "1|      0.00|ACO 1      |ClG|00 42 00.0 -02 30 00     |  ~   |  10\n"
        "2|     10.00|ACO 2      |ClG|01 22 00.0 +03 30 00     | 12.1 |  1\n"
        "====================================================\n"
    ),
    'heasarc.txt': (
        "BATCHRETRIEVALCATALOG_2.0  mcxc\n"
        "No. of rows: 2\n"
        "|name            |ra         |dec        |redshift|\n"
        "|A 1             |00 42 00.0 |-02 30 00  | 0.1    |\n"
        "|B 2             |01 22 00.0 |+03 30 00  | 0.2    |\n"
    ),
    'heasarc.tdat': (
        "<HEADER>\n"
        "table_name = heasarc_x\n"
        "field[name] = char16 [meta.id]\n"
        "field[ra] = float8:.4f_degree [pos.eq.ra]\n"
        "field[dec] = float8:.4f_degree\n"
        "line[1] = name ra dec\n"
        "<DATA>\n"
        "A 1|10.5|-2.5|\n"
        "B 2|20.5|3.5|\n"
        "<END>\n"
    ),
    'topcat.txt': (
        "+-------+------+------+\n"
        "| name  | ra   | dec  |\n"
        "+-------+------+------+\n"
        "| A 1   | 10.5 | -2.5 |\n"
        "| B 2   | 20.5 | 3.5  |\n"
        "+-------+------+------+\n"
    ),
    'topcat_ascii.txt': (
        "# name  ra    dec\n"
        " \"A 1\"  10.5  -2.5\n"
        " \"B 2\"  20.5   3.5\n"
    ),
    'psql.txt': (
        " name | ra   | dec  \n"
        "------+------+------\n"
        " A 1  | 10.5 | -2.5\n"
        " B 2  | 20.5 |  3.5\n"
        "(2 rows)\n"
    ),
    'rdb.rdb': (
        "name\tra\tdec\n"
        "8S\t10N\t10N\n"
        "A\t10.5\t-2.5\n"
        "B\t20.5\t3.5\n"
    ),
    'tst.tst': (
        "QUERY\n"
        "\n"
        "id\tra\tdec\n"
        "--\t--\t---\n"
        "A\t10.5\t-2.5\n"
        "B\t20.5\t3.5\n"
        "[EOD]\n"
    ),
    'ciao.txt': (
        "#TEXT/SIMPLE\n"
        "# ra dec z\n"
        "10.5 -2.5 1\n"
        "20.5 3.5 2\n"
    ),
    'twospace.txt': (
        "Name      R.A. (J2000)   Decl. (J2000)   z\n"
        "Abell 1   00 42 00.0     -02 30 00       0.1\n"
        "Abell 22  01 22 00.0     +03 30 00      0.2\n"
    ),
    'unitsrow.csv': (
        "name,RA,Dec,z\n"
        ",deg,deg,\n"
        "A,10.5,-2.5,0.1\n"
        "B,20.5,3.5,0.2\n"
    ),
    'ids.csv': (
        "target_id,ra,dec\n"
        "00123,10.5,-2.5\n"
        "00124,20.5,3.5\n"
    ),
    'idse.csv': (
        "name,ra,dec\n"
        "1E0657,10.5,-2.5\n"
        "2E0123,20.5,3.5\n"
    ),
    'listed.dat': (
        "# 1: name\n"
        "# 2: ra\n"
        "# 3: dec\n"
        "A 10.5 -2.5\n"
        "B 20.5 3.5\n"
    ),
    'utf16.csv': "name,ra,dec\ncafé,10.5,-2.5\nB,20.5,3.5\n".encode("utf-16"),
    'crlf_mac.csv': 'name,ra,dec\rA,10.5,-2.5\rB,20.5,3.5\r',
    'aladin.txt': (
        "_RAJ2000\t_DEJ2000\tName\n"
        " \"h:m:s\"\t\"d:m:s\"\t\n"
        "------------\t------------\t-----\n"
        "00 42 00.0\t-02 30 00\tA\n"
        "01 22 00.0\t+03 30 00\tB\n"
    ),
    'csc.tsv': (
        "#Column name\n"
        "#\n"
        "name\tra\tdec\terr_ellipse_r0\n"
        "2CXO J1\t 00 42 00.0\t-02 30 00\t0.7\n"
        "2CXO J2\t 01 22 00.0\t+03 30 00\t0.8\n"
    ),
    'gaia.csv': (
        "source_id,ref_epoch,ra,ra_error,dec,dec_error,pmra,pmdec\n"
        "4512345678901234567,2016.0,10.5,0.1,-2.5,0.1,1,2\n"
        "4512345678901234568,2016.0,20.5,.1,3.5,.1,1,2\n"
    ),
    'bars.csv': (
        "name|ra|dec\n"
        "A|10.5|-2.5\n"
        "B|20.5|3.5\n"
    ),
    'aas.tex': (
        "\\begin{deluxetable}{ccc}\n"
        "\\tablehead{\\colhead{name} & \\colhead{ra} & \\colhead{dec}}\n"
        "\\startdata\n"
        "A & 10.5 & -2.5 \\\\\n"
        "B & 20.5 & 3.5 \\\\\n"
        "\\enddata\n"
        "\\end{deluxetable}\n"
    ),
    'tabbed.cat': (
        "#ID\tRA[deg]\tDEC[deg]\tz_cl\n"
        "A\t10.5\t-2.5\t0.1\n"
        "B\t20.5\t3.5\t0.2\n"
    ),
    'fixed.txt': (
        "|name|  ra|  dec|\n"
        "| A 1|10.5| -2.5|\n"
        "| B 2|20.5|  3.5|\n"
    ),
    'radeccol.csv': (
        "name,coord\n"
        "A,00 42 00.0 -02 30 00\n"
        "B,01 22 00.0 +03 30 00\n"
    ),
    'markdown.md': (
        "| name | ra | dec |\n"
        "|------|---:|:---:|\n"
        "| A | 10.5 | -2.5 |\n"
        "| B | 20.5 | 3.5 |\n"
    ),
    'percent.dat': (
        "% name ra dec\n"
        "A 10.5 -2.5\n"
        "B 20.5 3.5\n"
    ),
    'spt.txt': (
        "# SPT-SZ 2500d Catalog\n"
        "# SPT_ID: name\n"
        "# columns: ra and dec are in degrees, J2000\n"
        "#SPT_ID RA DEC XI THETA_CORE REDSHIFT\n"
        "SPT-CLJ0000-4356 10.5 -2.5 5.92 0.5 0\n"
        "SPT-CLJ0000-5748 20.5 3.5 8.49 0.5 0.702\n"
    ),
    'longid.csv': (
        "name,ra,dec\n"
        "12345678901234567890123,10.5,-2.5\n"
        "B,20.5,3.5\n"
    ),
    'emptyrow.csv': (
        "name,ra,dec\n"
        "\n"
        "A,10.5,-2.5\n"
        "\n"
        "B,20.5,3.5\n"
        "\n"
    ),
    'ra_hours.csv': (
        "name,RA (h),Dec (deg)\n"
        "A,0.7,-2.5\n"
        "B,1.3666666666667,3.5\n"
    ),
    'csvq.csv': (
        "\"Name\",\"RAh\",\"RAm\",\"RAs\",\"DE.\",\"DEd\",\"DEm\",\"DEs\",\"z\"\n"
        "\"A\",\"00\",\"42\",\"00.0\",\"-\",\"02\",\"30\",\"00\",\".1\"\n"
        "\"B\",\"1\",\"22\",\"0\",\"\",\"3\",\"30\",\"0\",\".2\"\n"
    ),
}

def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("name", FILES)
def test_rows_are_those_of_the_file(tmp_path, name):
    path = write(tmp_path / name, FILES[name])
    for read in (read_targets, read_catalog):
        table = read(path)
        np.testing.assert_allclose(table["ra"].to_value("deg"), [10.5, 20.5], atol=1e-9)
        np.testing.assert_allclose(table["dec"].to_value("deg"), [-2.5, 3.5], atol=1e-9)


@pytest.mark.parametrize("name", ["asu.tsv", "ned.txt", "mrt.mrt", "hash.cat"])
def test_packed_and_under_another_name(tmp_path, name):
    content = FILES[name].encode()
    for path in (tmp_path / f"{name}.gz", tmp_path / "clusters"):
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
        np.testing.assert_allclose(read_targets(path)["ra"].value, [10.5, 20.5])


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("asu.tsv", ["J0000.1+0816", "J0000.4-0237"]),
        ("asu.txt", ["Abell 1", "Abell 22"]),
        ("ipac.tbl", ["A 1", "B 2"]),
        ("ned.txt", ["ABELL 0001", "ABELL 0002"]),
        ("simbad.txt", ["ACO 1", "ACO 2"]),
        ("heasarc.txt", ["A 1", "B 2"]),
        ("heasarc.tdat", ["A 1", "B 2"]),
        ("topcat_ascii.txt", ["A 1", "B 2"]),
        ("twospace.txt", ["Abell 1", "Abell 22"]),
        ("spt.txt", ["SPT-CLJ0000-4356", "SPT-CLJ0000-5748"]),
        ("table1.csv", [1237648720693755918, 1237648720693755919]),
        ("ids.csv", ["00123", "00124"]),
        ("idse.csv", ["1E0657", "2E0123"]),
        ("longid.csv", ["12345678901234567890123", "B"]),
    ],
)
def test_identifiers(tmp_path, name, ids):
    path = write(tmp_path / name, FILES[name])
    assert read_targets(path)["target_id"].tolist() == ids
    assert read_catalog(path)["source_id"].tolist() == ids


def test_units_and_descriptions_of_vizier(tmp_path):
    table = read_file(write(tmp_path / "asu.tsv", FILES["asu.tsv"]))
    assert table["RAJ2000"].unit == "deg"
    assert table["MCXC"].info.meta["ucd"] == "meta.id;meta.main"
    assert table["z"].tolist() == [0.1, 0.2]


def test_a_south_of_zero_degrees(tmp_path):
    """-00 degrees, 30 minutes lies south: as a number it has no sign."""
    rows = "A,0,42,0.0,-02,30,0\nB,1,22,0,3,30,0\nC,1,22,0,-00,30,0\n"
    path = write(tmp_path / "a.csv", "Name,RAh,RAm,RAs,DEd,DEm,DEs\n" + rows)
    np.testing.assert_allclose(read_targets(path)["dec"].value, [-2.5, 3.5, -0.5])


@pytest.mark.filterwarnings("ignore:.*1 without a valid position")
def test_a_number_of_400_digits_is_one_invalid_row(tmp_path):
    content = f"name,ra,dec\nA,{'1' * 400},1\nB,2,3\nC,4,5\n"
    flags = read_targets(write(tmp_path / "a.csv", content))["flag"]
    assert flags.tolist() == ["invalid_position", "", ""]


def test_format_is_taken_at_its_word(tmp_path):
    path = write(tmp_path / "a.txt", "ra dec\n1 2\n3 4\n")
    assert len(read_targets(path, format="ascii.basic")) == 2
    assert len(read_catalog(path, format="ascii.basic")) == 2
    with pytest.raises(InvalidTargetError, match="cannot read .*a.txt"):
        read_targets(path, format="ascii.ecsv")


@pytest.mark.parametrize("name", ["a.txt", "a", "a.dat", "a.cat"])
def test_numbers_without_names_are_not_guessed(tmp_path, name):
    path = write(tmp_path / name, "10.5 -2.5 0.1\n20.5 3.5 0.2\n")
    for read in (read_targets, read_catalog):
        with pytest.raises(InvalidTargetError, match="no line with the names .* such as 'name,ra"):
            read(path)
    path.write_text("ra dec z\n" + path.read_text())
    assert len(read_targets(path)) == 2


def test_a_spreadsheet_is_refused(tmp_path):
    path = write(tmp_path / "a.xlsx", b"PK\x03\x04" + b"\0" * 100)
    with pytest.raises(InvalidTargetError, match="save the table as CSV"):
        read_targets(path)


def test_data_described_by_a_readme(tmp_path):
    """As the CDS keeps them: the bytes of the columns stand in another file."""
    head, _, _ = FILES["mrt.mrt"].rpartition("----\nA1")
    (tmp_path / "ReadMe").write_text(head.replace("t1.txt", "table1.dat") + "----\n")
    rows = [line for line in FILES["mrt.mrt"].splitlines() if line.startswith(("A1", "B2"))]
    path = write(tmp_path / "table1.dat", "\n".join(rows) + "\n")
    assert read_targets(path)["dec"].value.tolist() == [-2.5, 3.5]


def test_a_long_line_of_dashes_is_read_at_once(tmp_path):
    """A pattern of repeated repeats took for ever."""
    path = write(tmp_path / "a.txt", f"{'-' * 5000}x\nname ra dec\nA 10.5 -2.5\nB 20.5 3.5\n")
    assert read_targets(path)["ra"].value.tolist() == [10.5, 20.5]


def test_a_name_that_no_file_can_have():
    with pytest.raises(FileNotFoundError, match="there is no file '1111"):
        read_targets("1" * 400)
    with pytest.raises(FileNotFoundError, match="there is no catalog '1111"):
        read_catalog("1" * 400)


def test_decimal_commas_in_quotes(tmp_path):
    path = write(tmp_path / "a.csv", 'name,ra,dec,z,n\nA,"10,5","-2,5","0,1","1,234"\n')
    assert read_targets(path)["ra"].value.tolist() == [10.5]
    assert read_catalog(path)["z_spec"].tolist() == [0.1]
    assert read_file(path)["n"].tolist() == ["1,234"]  # a thousand, or little more than one


@pytest.mark.parametrize("ends", [",", ",,", ""])
def test_rows_that_end_with_separators(tmp_path, ends):
    path = write(tmp_path / "a.csv", f"name,ra,dec,z\nA,10.5,-2.5,0.1{ends}\nB,20.5,3.5,{ends}\n")
    targets = read_targets(path)
    assert targets["target_id"].tolist() == ["A", "B"]
    assert targets["dec"].value.tolist() == [-2.5, 3.5]
    assert read_catalog(path)["z_spec"].tolist() == [0.1, None]


RULED = "name         ra        dec\n-----------  --------  -------\n"


@pytest.mark.parametrize("far", [1, 4000])
def test_row_beyond_its_width(tmp_path, far):
    """Two blanks separate its cells, wherever in the file it is; else the file is refused."""
    rows = "".join(f"A{i:<10}  {10 + i / 100:8.4f}  {2.5:7.4f}\n" for i in range(far))
    path = tmp_path / "a.txt"
    last = "LONGNAME12345678  151.2345   2.5000\n# the end of it all, my friend\n"
    path.write_text(f"{RULED}{rows}{last}")
    table = read_file(path)
    assert table["ra"][-1] == 151.2345
    assert table["name"][-1] == "LONGNAME12345678"
    assert len(table) == far + 1
    path.write_text(f"{RULED}{rows}LONGNAME12345678 151.2345 2.5000\n")
    if far > 1000:
        with pytest.raises(InvalidTargetError, match="does not keep to the columns"):
            read_file(path)


def test_repeated_names_above_dashes(tmp_path):
    path = tmp_path / "a.txt"
    head = "      ra      dec     ra\n"
    path.write_text(f"{head}----  ------  ------  ----\nA     10.5    2.5     3.5\n")
    with pytest.warns(AstrocnnWarning, match="several columns 'ra'"):
        assert read_file(path)["ra"].tolist() == [10.5]


def test_tabs_in_quotes_and_at_ends(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('name\tra\tdec\n"A\t\tB"\t10\t20\nC\t\t21\n')
    table = read_file(path)
    assert table["name"].tolist() == ["A\t\tB", "C"]
    assert table["ra"].tolist() == [10, None]
    assert table["dec"].tolist() == [20, 21]
    path.write_text("name\tra\tdec\t\nA\t10\t20\t\nB\t11\t21\t\n")
    assert read_file(path).colnames == ["name", "ra", "dec"]
    path.write_text("name\tra\tdec\t\nA\t10\t20\t\nB\t11\t21\tx\n")
    assert read_file(path)["col4"].tolist() == [None, "x"]
