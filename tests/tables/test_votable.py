"""VOTables: names, and coordinate systems, of their columns."""

import gzip
import re

import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.tables import read_file, read_targets
from astrocnn.validation import catalog_truth, validate

TABLE = """<?xml version="1.0"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>{systems}<TABLE>
<FIELD ID="c1" name="name" datatype="char" arraysize="*"/>
<FIELD ID="c2" name="{lon}" datatype="double" unit="deg" {ref}/>
<FIELD ID="c3" name="{lat}" datatype="double" unit="deg" {ref}/>
<FIELD ID="c4" name="z_spec" datatype="double"/>
<DATA><TABLEDATA>
<TR><TD>A</TD><TD>10</TD><TD>1</TD><TD>0.3</TD></TR>
<TR><TD>B</TD><TD>11</TD><TD>-85</TD><TD>0.2</TD></TR>
<TR><TD>C</TD><TD/><TD>1</TD><TD/></TR>
</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"""
FK4 = '<COOSYS ID="old" system="eq_FK4" equinox="B1950"/>'
J2000 = '<COOSYS ID="new" system="eq_FK5" equinox="J2000."/>'


@pytest.fixture
def write(tmp_path):
    def call(systems="", ref="", lon="ra", lat="dec", name="a.vot"):
        content = TABLE.format(systems=systems, ref=ref, lon=lon, lat=lat).encode()
        packed = gzip.compress(content) if name.endswith(".gz") else content
        (tmp_path / name).write_bytes(packed)
        return tmp_path / name

    return call


def separation(path, frame="icrs", **keys):
    """Distance (arcsec) of the first two positions from the numbers in that frame."""
    expected = SkyCoord([10, 11], [1, -85], unit="deg", frame=frame, **keys).icrs
    found = []
    for table in (read_targets(path), read_catalog(path), read_targets(read_file(path))):
        found.append(SkyCoord(table["ra"], table["dec"])[:2].separation(expected).arcsec.max())
    return max(found)


@pytest.mark.parametrize("name", ["a.vot", "a.xml", "a.votable", "a.vot.gz"])
def test_names_not_ids(write, name):
    assert read_file(write(name=name)).colnames == ["name", "ra", "dec", "z_spec"]
    assert read_catalog(write(name=name))["z_spec"].tolist() == [0.3, 0.2, None]


@pytest.mark.filterwarnings("ignore:.*without a valid position")
@pytest.mark.parametrize(
    ("systems", "ref"),
    [
        (FK4, 'ref="old"'),
        (FK4 + J2000, 'ref="old"'),
        (FK4, ""),  # the only one of the file
        ('<COOSYS ID="old" system="FK4"/>', 'ref="old"'),
        ('<COOSYS ID="old" system="eq_FK4" equinox="1950.0"/>', 'ref="old"'),
    ],
)
def test_another_equinox_is_converted(write, systems, ref):
    assert separation(write(systems, ref), "fk4", equinox="B1950") < 1e-6


@pytest.mark.filterwarnings("ignore:.*without a valid position")
def test_fk5_of_another_equinox(write):
    path = write('<COOSYS ID="s" system="eq_FK5" equinox="J1975"/>', 'ref="s"')
    assert separation(path, "fk5", equinox="J1975") < 1e-6


@pytest.mark.filterwarnings("ignore:.*without a valid position")
@pytest.mark.parametrize(
    ("systems", "ref"),
    [
        ("", ""),
        (J2000, 'ref="new"'),
        ('<COOSYS ID="s" system="ICRS" epoch="J2015.5"/>', 'ref="s"'),
        ('<COOSYS ID="s" system="eq_FK5" equinox="2000"/>', ""),
        (FK4 + J2000, ""),  # nobody says which
        (J2000, 'ref="elsewhere"'),
    ],
)
def test_equinox_2000_is_icrs(write, systems, ref):
    assert separation(write(systems, ref)) < 1e-6


@pytest.mark.filterwarnings("ignore:.*without a valid position")
def test_columns_that_are_named(write):
    path = write(FK4, 'ref="old"', "RAB1950", "DEB1950")
    for columns in (None, {"ra": "RAB1950", "dec": "DEB1950"}):
        catalog = read_catalog(path, columns=columns)
        assert catalog["ra"][0].value == pytest.approx(10.6417, abs=1e-4)
    kept = read_file(path)
    kept.write(path.with_suffix(".ecsv"))  # the system stays with the column
    kept = Table.read(path.with_suffix(".ecsv"))
    kept.rename_columns(["RAB1950", "DEB1950"], ["ra", "dec"])
    assert read_targets(kept)["ra"][0].value == pytest.approx(10.6417, abs=1e-4)


def said(status, text="", table=True):
    """A VOTable in which a service says how it went."""
    info = f'<INFO name="QUERY_STATUS" value="{status}">{text}</INFO>'
    content = TABLE.format(systems=info, ref="", lon="ra", lat="dec")
    content = content.replace('name="z_spec" datatype="double"', 'name="is_cluster" datatype="int"')
    content = content.replace("<TD>0.3</TD>", "<TD>1</TD>").replace("<TD>0.2</TD>", "<TD>0</TD>")
    return content if table else re.sub("<TABLE>.*</TABLE>", "", content, flags=re.DOTALL)


@pytest.mark.filterwarnings("ignore:.*without a valid position")
@pytest.mark.parametrize("status", ["OVERFLOW", "ERROR"])
def test_rows_that_a_service_left_out(tmp_path, status):
    path = tmp_path / "a.vot"
    path.write_text(said(status, "more than 3 rows"))
    for read in (read_file, read_targets, read_catalog):
        with pytest.warns(AstrocnnWarning, match=r"a\.vot' is not whole: more than 3 rows"):
            table = read(path)
    with pytest.warns(AstrocnnWarning, match="not whole"):
        truth = read_file(path)
    result = Table({"target_id": ["A", "B"], "proba_cluster": [0.9, 0.1]})
    with pytest.raises(InvalidTargetError, match="the truth is not whole.*more than 3 rows"):
        validate(result, truth)
    with pytest.raises(InvalidTargetError, match="the catalog is not whole.*more than 3 rows"):
        catalog_truth(read_targets(Table({"ra": [10.0], "dec": [1.0]})), table)


def test_whole_votables_are_a_truth(tmp_path):
    path = tmp_path / "a.vot"
    path.write_text(said("OK"))
    result = Table({"target_id": ["A", "B"], "proba_cluster": [0.9, 0.1]})
    assert validate(result, read_file(path)).confusion.tp == 1


def test_an_error_without_a_table(tmp_path):
    path = tmp_path / "a.vot"
    path.write_text(said("ERROR", "no such column", table=False))
    with pytest.raises(InvalidTargetError, match="no table; the service says: no such column"):
        read_targets(path)


def test_the_table_with_positions_is_taken(tmp_path):
    path = tmp_path / "a.vot"
    content = TABLE.format(systems="", ref="", lon="ra", lat="dec")
    start, end = content.index("<TABLE>"), content.index("</TABLE>") + len("</TABLE>")
    other = content[start:end].replace('name="ra"', 'name="x"').replace('"dec"', '"y"')
    path.write_text(content[:start] + other + content[start:])
    assert read_file(path).colnames == ["name", "ra", "dec", "z_spec"]
    path.write_text(content[:end] + content[start:])
    with pytest.warns(AstrocnnWarning, match="holds 2 tables with positions, and the first"):
        assert len(read_file(path)) == 3
