"""Every type of NumPy in every format: the same values, or a sentence before the work."""

import warnings
from importlib.util import find_spec

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Column, MaskedColumn, QTable, Table
from astropy.time import Time
from astropy.utils.masked import Masked

from astrocnn.exceptions import InvalidTargetError
from astrocnn.tables import check_output_path, read_file, write_result

needs_pyarrow = pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs pyarrow")
PARQUET = pytest.param(".parquet", marks=needs_pyarrow)
SUFFIXES = [".ecsv", ".fits", ".vot", ".csv", PARQUET]
TYPES = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "g", "c8", "c16", "?"]
TYPES += ["U5", "S5", "M8[s]", "M8[ns]", "M8[D]", "m8[ms]", "m8[D]", ">i4", ">f8"]
#: What each format has in place of a type, where it has not the type itself.
INSTEAD = {
    ".fits": {"i1": "i2", "f2": "f4", "g": "f8"},
    ".vot": {"i1": "i2", "u2": "i4", "u4": "i8", "u8": "i8", "f2": "f4", "g": "f8"},
    ".parquet": {"f2": "f4", "g": "f8"},
    ".ecsv": {},
    ".csv": {},
}


def by_astropy(path):
    """Read by astropy alone, which knows no suffix .vot in upper case and no plain Parquet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if path.suffix == ".parquet":
            return read_file(path)
        return Table.read(path, format={".vot": "votable"}.get(path.suffix))


def values_of(column):
    """Values as Python has them, None where masked, NaN, not a time, or empty."""
    values = np.asarray(getattr(column, "unmasked", column))
    mask = np.broadcast_to(getattr(column, "mask", False), values.shape)
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8")
    if values.dtype.kind == "M":
        values = np.where(np.isnat(values), "", np.datetime_as_string(values.astype("M8[ns]")))
    return [
        None if gone or value == "" or value != value else value
        for value, gone in zip(values.ravel().tolist(), mask.ravel(), strict=True)
    ]


def expected_of(column, suffix):
    """What shall come back: moments as text where the format has no moments."""
    kind = column.dtype.kind
    if kind == "m":
        gone = np.isnat(column) | getattr(column, "mask", False)
        return values_of(MaskedColumn(np.where(gone, 0, column.astype("i8")), mask=gone))
    if kind == "M" and suffix in (".ecsv", ".fits", ".vot", ".csv"):
        texts = np.where(np.isnat(column), "", np.datetime_as_string(np.asarray(column)))
        return values_of(MaskedColumn(texts, mask=getattr(column, "mask", False)))
    if kind == "b" and suffix == ".csv":
        return [None if value is None else str(value) for value in values_of(column)]
    return values_of(column)


def column_of(dtype, n, random):
    """A column of n values of a type, extreme ones among them, masked or not."""
    dtype = np.dtype(dtype)
    if dtype.kind in "US":
        values = random.choice(["", "a", "é b", "#1", '"q",', "007", "1e5"], n).astype("U5")
        values = np.char.encode(values, "utf-8") if dtype.kind == "S" else values
    elif dtype.kind in "iu":  # FITS and VOTable have a number that means "missing"
        limits = np.iinfo(dtype)
        some = [limits.min, limits.min + 1, limits.max, limits.max - 1, 0, 63]
        values = np.array(
            [int(random.choice(np.array(some, dtype=object))) for _ in range(n)], dtype
        )
    elif dtype.kind in "fc":
        some = np.array([0, 1 / 3, -1e-7, 6e4, np.inf, np.nan], "f2" if dtype == "f2" else "f4")
        values = random.choice(some, n).astype(dtype)
    elif dtype.kind in "mM":
        values = random.integers(-(10**4), 10**4, n).astype(dtype)
        values[random.random(n) < 0.2] = "NaT"
    else:
        values = random.random(n) < 0.5
    if random.random() < 0.5 or dtype == "f2":  # of which NumPy warns when it is masked
        return Column(values)
    return MaskedColumn(values, mask=random.random(n) < random.choice([0, 0.5, 1]))


def refused(column, suffix):
    """Whether a format has nothing for a column."""
    if column.dtype.kind == "c":
        return suffix not in (".fits", ".vot")
    beyond = column.dtype == "u8" and any((value or 0) >= 2**63 for value in values_of(column))
    return suffix == ".vot" and beyond


def check_column(column, again, dtype, suffix):
    """Same values, and the same type or the one that the format has in its place."""
    found, expected = values_of(again), expected_of(column, suffix)
    if suffix == ".csv" and column.dtype.kind in "USu":  # text of digits is read as a number
        for one, other in zip(found, expected, strict=True):
            assert str(one) == str(other) or float(one) == float(other)
        return
    assert found == expected, dtype
    if suffix == ".csv" or column.dtype.kind in "USmM" or (suffix == ".fits" and dtype == "?"):
        return
    wanted = np.dtype(INSTEAD[suffix].get(dtype, dtype))
    widened = dtype == "u1" and again.dtype.kind == "i"  # no number is left for "missing"
    assert widened or again.dtype.newbyteorder("=") == wanted.newbyteorder("=")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("seed", range(8))
def test_any_type(tmp_path, suffix, seed):
    random = np.random.default_rng(seed)
    n = int(random.integers(1, 6))
    table = Table({f"x{i}": column_of(dtype, n, random) for i, dtype in enumerate(TYPES)})
    for name in table.colnames:
        if refused(table[name], suffix):
            with pytest.raises(InvalidTargetError, match=f"column '{name}' cannot be .*{suffix} f"):
                check_output_path(tmp_path / f"a{suffix}", table=table[name,])
            table.remove_column(name)
    path = write_result(table, tmp_path / f"a{suffix}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy's, of unsigned numbers in CSV
        read = read_file(path), by_astropy(path)
    for again in read:
        for i, dtype in enumerate(TYPES):
            if f"x{i}" in table.colnames:
                check_column(table[f"x{i}"], again[f"x{i}"], dtype, suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_objects_of_one_kind(tmp_path, suffix):
    """As pandas has them: columns of that kind, masked where something is missing."""
    table = Table({
        "text": np.array(["a", None, b"b"], dtype=object),
        "number": np.array([1, None, 3], dtype=object),
        "float": np.array([1, np.nan, 2.5], dtype=object),
        "large": np.array([2**62, None, 5], dtype=object),
    })  # fmt: skip
    path = write_result(table, tmp_path / f"a{suffix}")
    for read in (read_file, by_astropy):
        again = read(path)
        assert values_of(again["text"]) == ["a", None, "b"]
        assert values_of(again["number"]) == [1, None, 3]
        assert values_of(again["float"]) == [1, None, 2.5]
        assert values_of(again["large"]) == [2**62, None, 5]
        assert again["number"].dtype.kind == "i"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "values", [[1, "a"], [{1, 2}, None], [2**70, 1], [True, 1], [1.5, 2**63 + 1]]
)
def test_objects_of_several_kinds(tmp_path, suffix, values):
    values = np.array(values, dtype=object)
    if suffix == ".ecsv" and not isinstance(values[0], set):  # it has JSON for them
        path = write_result(Table({"x": values}), tmp_path / "a.ecsv")
        assert read_file(path)["x"].tolist() == values.tolist()
        return
    with pytest.raises(
        InvalidTargetError, match="column 'x' cannot be written to a .*several kinds"
    ):
        write_result(Table({"x": values}), tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_bytes_that_are_no_text(tmp_path, suffix):
    table = Table(
        {"x": np.array([b"\xffA", b"ok"]), "y": ["a\x00b", "\x07c"], "z": ["\ud800", "d"]}
    )
    again = read_file(write_result(table, tmp_path / f"a{suffix}"))
    assert values_of(again["x"]) == ["\\xffA", "ok"]
    expected = ["a\x00b", "\x07c"] if suffix == ".parquet" else ["a\\x00b", "\\x07c"]
    assert values_of(again["y"]) == expected
    assert values_of(again["z"]) == ["\\ud800", "d"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_quantities_masks_and_dimensions(tmp_path, suffix):
    """Quantities of integers keep all digits; arrays in rows where the format has them."""
    table = QTable({
        "masked": Masked([1.5, 2.5] * u.km, mask=[False, True]),
        "plain": Masked(np.array([7, 8]), mask=[True, False]),
        "half": u.Quantity([0.5, 2], "deg", dtype="f2"),
    })  # fmt: skip
    table["large"] = u.Quantity([2**62 + 1, 3], "s", dtype="i8")
    again = read_file(write_result(table, tmp_path / f"a{suffix}"))
    assert values_of(again["masked"]) == [1.5, None]
    assert values_of(again["plain"]) == [None, 8]
    assert values_of(again["half"]) == [0.5, 2]
    if suffix != ".ecsv":  # astropy's own way of a Quantity
        assert values_of(again["large"]) == [2**62 + 1, 3]
    if suffix != ".csv":
        assert again["masked"].unit == u.km
    rows = Table({"x": MaskedColumn([[1, 2], [3, 4]], mask=[[False, True], [False, False]])})
    if suffix == ".csv":
        with pytest.raises(InvalidTargetError, match=r"column 'x'.*2 dimensions, one can be kept"):
            write_result(rows, tmp_path / f"b{suffix}")
    else:
        again = read_file(write_result(rows, tmp_path / f"b{suffix}"))
        assert values_of(again["x"]) == [1, None, 3, 4]


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "i4", "i8"])
def test_missing_numbers_of_arrays(tmp_path, kind):
    """The null of FITS is a number that no row has, and one that the column can hold."""
    most = min(np.iinfo(kind).max, 999999)  # NumPy's own number for it
    values, mask = np.array([[1, 2], [3, most]], kind), [[False, True], [False, False]]
    column = MaskedColumn(values, mask=mask, unit="ct", description="counts of two bands")
    again = read_file(write_result(Table({"x": column}), tmp_path / "a.fits"))
    assert values_of(again["x"]) == [1, None, 3, most]
    assert again["x"].unit == u.ct


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_tables_without_rows_or_columns(tmp_path, suffix):
    kinds = [dtype for dtype in TYPES if dtype[0] not in "gc"]
    empty = Table({f"x{i}": np.empty(0, dtype) for i, dtype in enumerate(kinds)})
    if suffix != ".csv":
        again = read_file(write_result(empty, tmp_path / f"a{suffix}"))
        assert again.colnames == empty.colnames


def test_truth_values_of_a_byte_that_has_all_numbers(tmp_path):
    """No number is left for "missing": a wider type is taken."""
    mask = np.zeros(257, bool)
    mask[256] = True
    values = np.arange(257).astype("u1")
    table = Table({"x": MaskedColumn(values, mask=mask)})
    for suffix in (".fits", ".vot"):
        again = read_file(write_result(table, tmp_path / f"a{suffix}"))
        assert values_of(again["x"]) == [*range(256), None]


@needs_pyarrow
def test_types_for_pandas(tmp_path):
    """Read by pandas itself: the types are NumPy's, moments are moments."""
    pandas = pytest.importorskip("pandas")
    names = ["i1", "i2", "u2", "u4", "u8", "f4", "f8", "?"]
    table = Table({name: np.array([0, 1], dtype=name) for name in names})
    table["M"] = np.array(["2020-01-01", "NaT"], dtype="M8[D]")
    frame = pandas.read_parquet(write_result(table, tmp_path / "a.parquet"))
    assert [frame[name].dtype for name in names] == [np.dtype(name) for name in names]
    assert frame["M"].dtype.kind == "M"
    assert frame["M"].isna().tolist() == [False, True]
    frame = pandas.read_csv(write_result(table, tmp_path / "a.csv"))
    assert frame["u8"].tolist() == [0, 1]
    assert frame["?"].tolist() == [False, True]
    assert frame["M"].tolist()[0] == "2020-01-01"


@pytest.mark.parametrize("suffix", [".fits", ".vot", ".csv", PARQUET])
def test_refused_before_the_work(tmp_path, suffix):
    """The same sentence from `check_output_path`, and nothing is written."""
    table = Table({"t": Time([5e4, 5.1e4], format="mjd")})
    with pytest.raises(InvalidTargetError, match=r"'t' \(Time\) cannot be written to a \."):
        check_output_path(tmp_path / f"a{suffix}", table=table)
    coords = QTable({"c": SkyCoord([1, 2], [3, 4], unit="deg")})
    assert check_output_path(tmp_path / f"a{suffix}", table=coords).name == f"a{suffix}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "name", ["größe", "a b", "TFORM1", "x" * 80, "a\nb", 'q"uote', "#c", "a,b"]
)
def test_any_column_name(tmp_path, suffix, name):
    """Kept or refused in a sentence."""
    table = Table({"first": [1, 2], name: [3, 4]})
    if name == "a\nb" or (suffix == ".fits" and name in ("größe", "x" * 80)):
        with pytest.raises(InvalidTargetError, match="cannot be written to a"):
            write_result(table, tmp_path / f"a{suffix}")
        return
    path = write_result(table, tmp_path / f"a{suffix}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that FITS does not like
        again = read_file(path)
    assert again[again.colnames[1]].tolist() == [3, 4]
    assert again.colnames == table.colnames
