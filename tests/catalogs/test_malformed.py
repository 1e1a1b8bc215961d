"""Catalogs that are not as they should be: a clear error, or rows that are flagged."""

import gzip
import importlib.util

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import InvalidTargetError, UnknownNameError

needs_pyarrow = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed"
)


@pytest.fixture
def table():
    return Table({
        "NAME": ["A", "B", "C"],
        "RA": [10.0, 20.0, 30.0],
        "DEC": [-5.0, 0.0, 5.0],
        "Z": [0.1, 0.2, 0.3],
        "M500": [1.0, 2.0, 3.0],
    })  # fmt: skip


# Units --------------------------------------------------------------------------------------------


def test_positions_in_a_wrong_unit(table):
    table["RA"].unit = u.km
    with pytest.raises(InvalidTargetError, match=r"has the unit 'km', .* \(here 'ra' is 'RA'"):
        read_catalog(table)


def test_positions_in_hours_without_saying_so(table):
    """Declinations beyond the poles are noticed; hours that could be degrees cannot be."""
    table["DEC"] = [-5.0, 95.0, 120.0]
    with pytest.raises(InvalidTargetError, match="2 of 3 positions are out of range"):
        read_catalog(table)


@pytest.mark.parametrize(
    ("column", "unit"), [("mass", u.kpc), ("r500", u.Msun), ("position_error", u.Mpc),
                         ("richness", u.mag), ("contamination", u.km)]
)  # fmt: skip
def test_columns_in_a_wrong_unit(table, column, unit):
    table["M500"].unit = unit
    message = f"'M500' has the unit '{unit}', so it is no {column}: name another"
    with pytest.raises(InvalidTargetError, match=message):
        read_catalog(table, columns={column: "M500"})


@pytest.mark.parametrize("unit", [u.Msun, 1e14 * u.Msun, None, u.g])
def test_columns_in_a_right_unit_or_none(table, unit):
    table["M500"].unit = unit
    catalog = read_catalog(table, columns={"mass": "M500"})
    assert catalog.colnames[-1] == "mass"
    assert catalog["mass"].unit == (None if unit is None else u.Unit(unit))


def test_velocities_without_a_unit(table):
    table["Z"] = [29979.0, 59958.0, 89937.0]
    with pytest.raises(InvalidTargetError, match="'Z' goes to 89937, so it holds velocities"):
        read_catalog(table)
    assert read_catalog(table, columns={"z_spec": None})["z_spec"].mask.all()


@pytest.mark.parametrize("missing", [-99.0, 999.0, -9999.0, 1e20, -1.6e30])
def test_words_for_missing_are_no_velocities(table, missing):
    table["Z"] = [0.1, missing, missing]
    assert read_catalog(table)["z_spec"].tolist() == [0.1, None, None]


# Columns ------------------------------------------------------------------------------------------


def test_missing_columns(table):
    table.remove_columns(["RA"])
    with pytest.raises(InvalidTargetError, match="no sky columns found.*NAME, DEC, Z, M500"):
        read_catalog(table)


def test_columns_argument_that_names_none(table):
    catalog = read_catalog(table, columns={"source_id": None, "z_spec": None})
    assert catalog["source_id"].tolist() == [0, 1, 2]
    assert catalog["z_spec"].mask.all()
    with pytest.raises(InvalidTargetError, match="both 'ra' and 'dec'"):
        read_catalog(table, columns={"ra": "RA", "dec": None})


@pytest.mark.parametrize(
    ("redshift", "column"), [("spec", "z_spec"), ("phot", "z_phot"), ("mixed", "z_best")]
)
def test_kind_of_redshift(table, redshift, column):
    catalog = read_catalog(table, redshift=redshift)
    assert catalog[column].tolist() == [0.1, 0.2, 0.3]
    assert catalog["z_spec"].mask.all() == (redshift != "spec")
    assert "Z" not in catalog.colnames
    assert catalog[column].info.meta["ucd"].startswith("src.redshift")


def test_spectroscopic_column_beside_another(table):
    table["zspec"], table["zphot"] = [0.11, -1.0, 0.33], [0.1, 0.2, -1.0]
    catalog = read_catalog(table, redshift="mixed")
    assert catalog["z_spec"].tolist() == [0.11, None, 0.33]
    assert catalog["z_phot"].tolist() == [0.1, 0.2, None]
    assert catalog["z_best"].tolist() == [0.1, 0.2, 0.3]


def test_unknown_kind_of_redshift(table):
    with pytest.raises(UnknownNameError, match="unknown kind of redshift 'photo'; did you mean"):
        read_catalog(table, redshift="photo")


# Rows ---------------------------------------------------------------------------------------------


def test_rows_without_position_are_flagged(table):
    table["RA"] = MaskedColumn([10.0, 20.0, np.nan], mask=[False, True, False])
    catalog = read_catalog(table)
    assert catalog["row_flag"].tolist() == ["", "invalid_position", "invalid_position"]
    assert catalog.meta["flagged"] == {"invalid_position": 2}


def test_sexagesimal_strings_that_cannot_be_read_are_flagged(table):
    table["RA"] = ["00:40:00", "25:99:99", "n/a"]
    table["DEC"] = ["-05:00:00", "+00 00 00", "+05:00:00"]
    catalog = read_catalog(table)
    assert catalog["ra"][0].to_value("deg") == pytest.approx(10)
    assert catalog["row_flag"].tolist() == ["", "invalid_position", "invalid_position"]


def test_duplicated_identifiers_are_flagged(table):
    table["NAME"] = ["A", "B", "A"]
    catalog = read_catalog(table)
    assert catalog["row_flag"].tolist() == ["", "", "duplicate_id"]
    assert catalog.meta["flagged"] == {"duplicate_id": 1}
    assert len(catalog) == 3


@pytest.mark.parametrize("dtype", [object, "S1", "U1", int])
def test_duplicates_of_any_type(table, dtype):
    table["NAME"] = np.array([1, 2, 1]).astype(dtype)
    assert read_catalog(table)["row_flag"].tolist() == ["", "", "duplicate_id"]


def test_masked_identifiers_are_no_duplicates(table):
    table["NAME"] = MaskedColumn(["A", "A", "A"], mask=[False, True, True])
    assert "row_flag" not in read_catalog(table).colnames


def test_nothing_to_flag(table):
    catalog = read_catalog(table)
    assert "row_flag" not in catalog.colnames
    assert catalog.meta["flagged"] == {}


def test_flags_are_made_anew(table, tmp_path):
    """A catalog that was written and mended is judged as it is now."""
    table["NAME"] = ["A", "B", "A"]
    catalog = read_catalog(table)
    catalog.write(tmp_path / "c.ecsv")
    assert read_catalog(tmp_path / "c.ecsv").colnames == catalog.colnames
    mended = QTable(catalog)[:2]
    assert "row_flag" not in read_catalog(mended).colnames


@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore:all .* are from 0 to 24")  # may happen by chance
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.sampled_from("abc")),
            st.floats(-400, 400) | st.just(np.nan),
            st.floats(-80, 80),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_no_row_is_dropped(rows):
    ids, ra, dec = zip(*rows, strict=True)
    table = Table({
        "name": MaskedColumn([i or "" for i in ids], mask=[i is None for i in ids]),
        "ra": ra,
        "dec": dec,
    })  # fmt: skip
    try:
        catalog = read_catalog(table)
    except InvalidTargetError as error:
        assert "out of range" in str(error)  # noqa: PT017
        return
    assert len(catalog) == len(rows)
    invalid = ~np.isfinite(catalog["ra"].value)
    flags = catalog["row_flag"] if "row_flag" in catalog.colnames else np.full(len(rows), "")
    assert np.array_equal(np.asarray(flags) == "invalid_position", invalid)
    for i, flag in enumerate(flags):
        assert (flag == "duplicate_id") == (not invalid[i] and ids[i] is not None
                                            and ids[i] in ids[:i])  # fmt: skip


# Files --------------------------------------------------------------------------------------------

_HEAD = '<?xml version="1.0"?>'
_BODY = (
    '<VOTABLE version="1.4"><RESOURCE><TABLE><FIELD name="ra" datatype="double" unit="deg"/>'
    '<FIELD name="dec" datatype="double" unit="deg"/><FIELD name="name" datatype="char" '
    'arraysize="*"/><DATA><TABLEDATA><TR><TD>1</TD><TD>2</TD><TD>{}</TD></TR></TABLEDATA></DATA>'
    "</TABLE></RESOURCE></VOTABLE>"
)
LAUGHS = "".join(
    f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(10)
)  # 10 billion


@pytest.mark.parametrize("suffix", [".vot", ".xml", ".vot.gz", ".txt", ".unknown"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_billion_laughs(tmp_path, suffix, encoding):
    """An entity of a few hundred bytes that would grow to gigabytes is not even looked at."""
    head = _HEAD.replace("?>", f' encoding="{encoding}"?>')
    content = f"{head}<!DOCTYPE v [{LAUGHS}]>{_BODY.format('&l9;')}".encode(encoding)
    path = tmp_path / f"laughs{suffix}"
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    with pytest.raises(InvalidTargetError, match="laughs.*declares the XML entity 'l0'"):
        read_catalog(path)


@pytest.mark.parametrize(
    "entity",
    ['<!ENTITY x SYSTEM "file:///etc/hostname">', '<!ENTITY % x SYSTEM "http://127.0.0.1:9/x">'],
)
def test_external_entities(tmp_path, entity):
    path = tmp_path / "x.vot"
    path.write_text(f"{_HEAD}<!DOCTYPE v [{entity}]>{_BODY.format('&x;')}")
    with pytest.raises(InvalidTargetError, match="declares the XML entity 'x'"):
        read_catalog(path)


@pytest.mark.parametrize(
    "prolog",
    [
        "",
        '<!DOCTYPE VOTABLE SYSTEM "http://us-vo.org/xml/VOTable.dtd">',
        "<!-- <!ENTITY a 'b'> -->",
    ],
)
def test_harmless_votables_are_read(tmp_path, prolog):
    path = tmp_path / "x.vot"
    path.write_text(f"{_HEAD}{prolog}{_BODY.format('A &amp; B')}")
    assert read_catalog(path)["source_id"].tolist() == ["A & B"]


def test_xml_without_an_element(tmp_path):
    path = tmp_path / "x.vot"
    path.write_text(_HEAD + "<!-- " + "x" * (2**20 + 2**15) + " -->" + _BODY.format("A"))
    with pytest.raises(InvalidTargetError, match="hold no XML element"):
        read_catalog(path)


@pytest.mark.parametrize(
    "content", ["<VOTABLE><RESOURCE>", "<html><body>404</body></html>", "<VOTABLE></VOTABLE>"]
)
def test_votable_that_is_none(tmp_path, content):
    path = tmp_path / "x.vot"
    path.write_text(content)
    with pytest.raises(InvalidTargetError, match=r"cannot read the catalog '.*x\.vot'"):
        read_catalog(path)


def test_ragged_csv(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("name,ra,dec\nA,1,2\nB,3,4,5,6\n")
    with pytest.raises(InvalidTargetError, match=r"cannot read the catalog '.*x\.csv'"):
        read_catalog(path)


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"name,ra,dec\n"])
def test_csv_without_rows_or_of_zeros(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    if content.startswith(b"name"):
        assert len(read_catalog(path)) == 0
    else:
        with pytest.raises(InvalidTargetError):
            read_catalog(path)


@needs_pyarrow
def test_parquet(table, tmp_path):
    table["RA"].unit = table["DEC"].unit = u.deg
    table.write(tmp_path / "x.parquet")
    catalog = read_catalog(tmp_path / "x.parquet")
    assert catalog["source_id"].tolist() == ["A", "B", "C"]
    assert catalog["z_spec"].tolist() == [0.1, 0.2, 0.3]


@needs_pyarrow
def test_damaged_parquet(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1" + b"\x00" * 100)
    with pytest.raises(InvalidTargetError, match="cannot read the catalog"):
        read_catalog(tmp_path / "x.parquet")


@pytest.mark.slow
def test_long_csv(tmp_path):
    """A million rows, some of them bad: read and flagged, none lost."""
    n, block = 1_000_000, 100_000
    lines = "".join(f"G{i},{i % 360},{i % 90},{(i % 100) / 100:.2f}\n" for i in range(block))
    path = tmp_path / "long.csv"
    with open(path, "w") as file:
        file.write("name,ra,dec,z\n")
        for _ in range(n // block):
            file.write(lines)
        file.write("bad,-999,0,0.1\nbad,,,\n")
    catalog = read_catalog(path)
    assert len(catalog) == n + 2
    assert catalog.meta["flagged"] == {"invalid_position": 2, "duplicate_id": n - block}
    assert catalog["row_flag"][-2:].tolist() == ["invalid_position"] * 2
    assert catalog["z_spec"][:3].tolist() == [None, 0.01, 0.02]  # 0 is no cluster's redshift
