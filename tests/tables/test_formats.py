"""What each format keeps: values, masks, units, descriptions, UCDs; read by us and by others."""

import sys
from importlib.util import find_spec
from xml.etree import ElementTree

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.io.votable import parse_single_table
from astropy.table import Column, MaskedColumn, QTable, Table
from astropy.time import Time
from astropy.utils.masked import Masked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.matching import match_sky
from astrocnn.tables import read_file, read_targets, target_coords, write_result

needs_pyarrow = pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs pyarrow")
PARQUET = pytest.param(".parquet", marks=needs_pyarrow)
RICH = [".ecsv", ".fits", ".vot", PARQUET]
MODEST = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def matched():
    """Three targets matched with a catalog of two; one without a match."""
    catalog = read_catalog(
        Table({"name": ["A1835", "Abell 2029 é"], "ra": [210.258, 227.733], "dec": [2.879, 5.745],
               "z": [0.2532, -99.0]}),
        name="Abell",
    )  # fmt: skip
    targets = Table({"id": ["a", "b", "c"], "ra": [210.26, 227.73, 12.0],
                     "dec": [2.88, 5.74, -40.0]})  # fmt: skip
    return match_sky(read_targets(targets), catalog)


def values_of(column):
    """Values as a list; what is missing, NaN, or empty text is None."""
    missing = np.broadcast_to(getattr(column, "mask", False), np.shape(column))
    values = np.asarray(getattr(column, "unmasked", column))
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8")
    return [
        None if gone or value == "" or value != value else value
        for value, gone in zip(values.ravel().tolist(), missing.ravel(), strict=True)
    ]


def assert_same(again, table, suffix):
    assert again.colnames == table.colnames
    for name in table.colnames:
        assert values_of(again[name]) == values_of(table[name]), name
        if suffix != ".csv":
            assert again[name].unit == table[name].unit, name
            assert again[name].info.description == table[name].info.description
            ucd = (table[name].info.meta or {}).get("ucd")
            assert (again[name].info.meta or {}).get("ucd") == ucd


# ---- round trips -----------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", RICH)
def test_matches_come_back(matched, tmp_path, suffix):
    """A match table is the same table after writing and reading, twice."""
    once = read_file(write_result(matched, tmp_path / f"once{suffix}"))
    assert_same(once, matched, suffix)
    twice = read_file(write_result(once, tmp_path / f"twice{suffix}"))
    assert_same(twice, matched, suffix)


@pytest.mark.parametrize("suffix", [*RICH, ".csv"])
def test_targets_and_catalogs_come_back(matched, tmp_path, suffix):
    path = write_result(matched, tmp_path / f"a{suffix}")
    targets = read_targets(path)
    assert targets["target_id"].tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(targets["ra"], matched["ra"])
    np.testing.assert_array_equal(targets["dec"], matched["dec"])
    catalog = read_catalog(path)
    assert catalog["source_id"].tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(catalog["ra"], matched["ra"])
    assert values_of(catalog["z_spec"]) == values_of(matched["z_spec"]) == [0.2532, None, None]
    if suffix != ".csv":
        assert catalog["separation"].unit == u.arcsec
        assert values_of(catalog["separation"]) == values_of(matched["separation"])


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8)
units = st.sampled_from([None, u.deg, u.arcmin, u.erg / u.s / u.cm**2, u.km / u.s, u.mag])
ucds = st.sampled_from([None, "src.redshift", "phot.flux;em.X-ray", "meta.id;meta.main"])


@st.composite
def columns(draw, n):
    """A column of n rows: numbers or text, with or without mask, unit, description, UCD."""
    kind = draw(st.sampled_from("fFiIbU"))
    dtype = {"f": "f8", "F": "f4", "i": "i8", "I": "i2", "b": "?"}.get(kind)
    if kind == "U":
        values = np.array(draw(st.lists(words, min_size=n, max_size=n)), dtype="U8")
    elif kind == "i":  # the smallest one stands for "missing" in FITS
        values = draw(arrays.arrays(dtype, n, elements=st.integers(-(2**63) + 1, 2**63 - 1)))
    elif kind == "I":
        values = draw(arrays.arrays(dtype, n, elements=st.integers(-(2**15) + 1, 2**15 - 1)))
    else:
        values = draw(arrays.arrays(dtype, n))
    mask = draw(st.none() | arrays.arrays(bool, n))
    column = Column(values) if mask is None else MaskedColumn(values, mask=mask)
    if kind in "fF":
        column.unit = draw(units)
    long = "of many words " * 20
    column.description = draw(st.sampled_from([None, "Flux of it", f"{long}it", "a; b: 'c'"]))
    ucd = draw(ucds)
    column.info.meta = {"ucd": ucd} if ucd else None
    return column


@st.composite
def tables(draw):
    n = draw(st.integers(1, 4))
    names = draw(st.lists(st.sampled_from(["a", "B2", "z_spec", "m500", "proba_x", "flag"]),
                          min_size=1, max_size=4, unique=True))  # fmt: skip
    return Table({name: draw(columns(n)) for name in names})


@pytest.mark.parametrize("suffix", RICH)
@MODEST
@given(table=tables())
def test_any_table_comes_back(tmp_path, suffix, table):
    """Whatever is masked stays masked, whatever has a value keeps it to the last bit."""
    path = write_result(table, tmp_path / f"a{suffix}", overwrite=True)
    assert_same(read_file(path), table, suffix)


def test_units_that_fits_does_not_have(tmp_path):
    table = Table({"x": Column([1.0], unit=u.dex(u.one)), "y": Column([1.0], unit="deg")})
    with pytest.warns(AstrocnnWarning, match=r"cannot say the units of x \(dex.*\.ecsv"):
        write_result(table, tmp_path / "a.fits")
    assert read_file(tmp_path / "a.fits")["y"].unit == u.deg


@pytest.mark.parametrize("suffix", RICH)
def test_truth_values_may_be_missing(tmp_path, suffix):
    table = Table({"x": MaskedColumn([True, True, False], mask=[False, True, False])})
    again = read_file(write_result(table, tmp_path / f"a{suffix}"))
    assert values_of(again["x"]) == [True, None, False]
    if suffix == ".vot":
        assert 'datatype="boolean"' in (tmp_path / "a.vot").read_text()


def test_numbers_without_rows(tmp_path, matched):
    for suffix in (".ecsv", ".fits", ".vot"):
        again = read_file(write_result(matched[:0], tmp_path / f"a{suffix}"))
        assert again.colnames == matched.colnames
        assert len(again) == 0


# ---- as others read it -----------------------------------------------------------------------


def test_votable_fields(matched, tmp_path):
    """Read as XML: attributes and DESCRIPTION of each FIELD."""
    root = ElementTree.parse(write_result(matched, tmp_path / "a.vot")).getroot()
    space = {"v": root.tag[1:].partition("}")[0]}
    fields = {field.get("name"): field for field in root.iterfind(".//v:FIELD", space)}
    assert list(fields) == matched.colnames
    assert fields["ra"].get("ucd") == "pos.eq.ra;meta.main"
    assert fields["separation"].get("unit") == "arcsec"
    assert fields["separation"].get("ucd") == "pos.angDistance"
    description = fields["z_spec"].find("v:DESCRIPTION", space).text.strip()
    assert description == "Redshift of the match; masked where unknown"
    for element in root.iterfind(".//v:TABLE/v:DESCRIPTION", space):
        assert element.text.strip()


def test_fits_keywords(matched, tmp_path):
    """Read as a header: what STILTS and TOPCAT look for."""
    header = fits.getheader(write_result(matched, tmp_path / "a.fits"), 1)
    number = matched.colnames.index("separation") + 1
    assert header[f"TTYPE{number}"] == "separation"
    assert header[f"TUNIT{number}"] == "arcsec"
    assert header[f"TUCD{number}"] == "pos.angDistance"
    assert header[f"TCOMM{number}"] == "Distance to the match; masked without one"


def test_fits_of_others(tmp_path):
    """A file with those keywords and without astropy's comments, as TOPCAT writes it."""
    hdu = fits.BinTableHDU.from_columns([
        fits.Column("name", "3A", array=["a", "b"]),
        fits.Column("alpha", "D", unit="deg", array=[1.0, 2.0]),
        fits.Column("delta", "D", unit="deg", array=[3.0, 4.0]),
    ])  # fmt: skip
    hdu.header["TUCD2"], hdu.header["TUCD3"] = "pos.eq.ra;meta.main", "pos.eq.dec;meta.main"
    hdu.header["TCOMM1"], hdu.header["TUCD9"] = "Name of it", "src.redshift"
    hdu.writeto(tmp_path / "a.fits")
    table = read_file(tmp_path / "a.fits")
    assert table["name"].info.description == "Name of it"
    assert not {"TUCD2", "TUCD9", "TCOMM1"} & set(table.meta)
    assert read_targets(tmp_path / "a.fits")["ra"].value.tolist() == [1, 2]


def test_keywords_follow_their_columns(matched, tmp_path):
    """Those of the file that was read do not end up on other columns."""
    again = QTable.read(write_result(matched, tmp_path / "a.fits"))
    assert again.meta["TUCD2"] == "pos.eq.ra;meta.main"
    moved = again["separation", "ra", "dec"]
    header = fits.getheader(write_result(moved, tmp_path / "b.fits"), 1)
    assert header["TUCD1"] == "pos.angDistance"
    assert header["TUCD2"] == "pos.eq.ra;meta.main"
    assert "TUCD4" not in header


# ---- Parquet ---------------------------------------------------------------------------------


@needs_pyarrow
def test_parquet_for_pyarrow_and_pandas(matched, tmp_path):
    """Nulls where masked, one column per column, and what it means."""
    from pyarrow import parquet

    path = write_result(matched, tmp_path / "a.parquet")
    table = parquet.read_table(path)
    assert table.column_names == matched.colnames
    assert table["match_id"].to_pylist() == ["A1835", "Abell 2029 é", None]
    assert table["z_spec"].to_pylist() == [0.2532, None, None]
    metadata = table.schema.field("separation").metadata
    assert metadata[b"unit"] == b"arcsec"
    assert metadata[b"ucd"] == b"pos.angDistance"
    pandas = pytest.importorskip("pandas")
    assert pandas.read_parquet(path)["z_spec"].isna().tolist() == [False, True, True]


@needs_pyarrow
def test_parquet_for_astropy(matched, tmp_path):
    """Units, descriptions and meta are where astropy looks for them."""
    pytest.importorskip("pandas")
    again = QTable.read(write_result(matched, tmp_path / "a.parquet"))
    assert again["separation"].unit == u.arcsec
    np.testing.assert_array_equal(again["ra"], matched["ra"])
    assert again["z_spec"].info.description == matched["z_spec"].info.description
    assert again.meta["match"] == matched.meta["match"]


@needs_pyarrow
def test_parquet_has_a_votable(matched, tmp_path):
    """VOParquet, as TOPCAT reads it: a VOTable of the same fields without rows."""
    from io import BytesIO

    from pyarrow import parquet

    metadata = parquet.read_schema(write_result(matched, tmp_path / "a.parquet")).metadata
    assert metadata[b"IVOA.VOTable-Parquet.version"] == b"1.0"
    table = parse_single_table(BytesIO(metadata[b"IVOA.VOTable-Parquet.content"]))
    assert [field.name for field in table.fields] == matched.colnames
    assert table.get_field_by_id("separation").ucd == "pos.angDistance"
    assert len(table.array) == 0


@needs_pyarrow
def test_parquet_of_others(matched, tmp_path):
    """By pandas; by astropy, which has columns for masks; with a VOTable alone."""
    from pyarrow import parquet

    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"ra": [1.0, 2.0], "dec": [3.0, None], "id": ["a", None],
                              "kind": pandas.Categorical(["x", "y"])})  # fmt: skip
    frame.to_parquet(tmp_path / "pandas.parquet")
    table = read_file(tmp_path / "pandas.parquet")
    assert values_of(table["dec"]) == [3.0, None]
    assert values_of(table["id"]) == ["a", None]
    assert values_of(table["kind"]) == ["x", "y"]
    matched.write(tmp_path / "astropy.parquet")
    assert_same(QTable(read_file(tmp_path / "astropy.parquet")), matched, ".csv")
    content = parquet.read_table(write_result(matched, tmp_path / "a.parquet"))
    kept = {k: v for k, v in content.schema.metadata.items() if k.startswith(b"IVOA")}
    bare = content.replace_schema_metadata(kept)
    for i, name in enumerate(bare.column_names):
        bare = bare.set_column(i, name, bare[name])
    parquet.write_table(bare, tmp_path / "vo.parquet")
    assert_same(read_file(tmp_path / "vo.parquet"), matched, ".vot")


@needs_pyarrow
def test_arrays_in_parquet(tmp_path):
    table = Table({"a": [[1, 2, 3], [4, 5, 6]]})
    again = read_file(write_result(table, tmp_path / "a.parquet"))
    assert again["a"].tolist() == [[1, 2, 3], [4, 5, 6]]
    table = Table({"cube": np.zeros((2, 2, 2))})
    with pytest.raises(InvalidTargetError, match=r"column 'cube' cannot be written.*3 dimensions"):
        write_result(table, tmp_path / "b.parquet")
    table = Table({"any": np.array([1, "a"], dtype=object)})
    with pytest.raises(InvalidTargetError, match="column 'any' cannot be written"):
        write_result(table, tmp_path / "b.parquet")


def test_without_pyarrow(matched, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"pip install astrocnn\[parquet\]"):
        write_result(matched, tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    with pytest.raises(ImportError, match=r"pip install astrocnn\[parquet\]"):
        read_targets(tmp_path / "b.parquet")


@needs_pyarrow
def test_damaged_parquet(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(InvalidTargetError, match=r"cannot read '.*a\.parquet'"):
        read_targets(tmp_path / "a.parquet")


# ---- columns of other classes ----------------------------------------------------------------


@pytest.mark.parametrize("suffix", [*RICH, ".csv"])
def test_coordinates_come_back(tmp_path, suffix):
    """A SkyCoord column is two columns of degrees, in its own frame."""
    coords = SkyCoord([340.4, 6.7], [60.6, 50.5], unit="deg", frame="galactic")
    table = QTable({"name": ["a", "b"], "position": coords})
    path = write_result(table, tmp_path / f"a{suffix}")
    if suffix != ".ecsv":
        assert read_file(path).colnames == ["name", "l", "b"]
    back = target_coords(read_file(path))
    assert np.all(back.separation(coords) < 1e-6 * u.arcsec)


def test_names_of_coordinates_that_are_taken(tmp_path):
    coords = SkyCoord(Masked([1.0, 2.0] * u.deg, mask=[False, True]), [3.0, 4.0] * u.deg)
    table = QTable({"ra": [9, 9], "position": coords})
    again = read_file(write_result(table, tmp_path / "a.vot"))
    assert again.colnames == ["ra", "position_ra", "position_dec"]
    assert values_of(again["position_ra"]) == [1.0, None]


@pytest.mark.parametrize("suffix", [".fits", ".vot", PARQUET, ".csv"])
def test_classes_that_do_not_fit(tmp_path, suffix):
    table = QTable({"epoch": Time([50000.0, 50001.0], format="mjd")})
    with pytest.raises(InvalidTargetError, match=r"'epoch' \(Time\) cannot be written to a \."):
        write_result(table, tmp_path / f"a{suffix}")
    assert len(read_file(write_result(table, tmp_path / "a.ecsv"))) == 2
