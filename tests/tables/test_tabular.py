"""Tables of other libraries, wherever a table is taken."""

import warnings

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import QTable, Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import InvalidTargetError
from astrocnn.matching import match_sky
from astrocnn.tables import as_table, read_targets
from astrocnn.validation import align_truth, completeness_against, confusion_by_class, validate

RESULT = Table({"target_id": ["a", "b", "c"], "proba_cluster": [0.9, 0.8, 0.1]})
TRUTH = pd.DataFrame(
    {"target_id": ["c", "b", "a"], "is_cluster": [False, True, True], "z": [0.3, 0.2, 0.1]}
)
SKY = {"name": ["a", "b"], "ra": [10.5, 20.5], "dec": [-2.5, 3.5], "z": [0.1, 0.2]}


class NestedFrame(pd.DataFrame):
    """As LSDB has one: made from that of pandas, in a module of another name."""

    @property
    def _constructor(self):
        return NestedFrame


NestedFrame.__module__ = "nested_pandas.nestedframe.core"


def arrow(columns):
    return pytest.importorskip("pyarrow").table(dict(columns))


def hdu(columns):
    return fits.BinTableHDU(Table(columns))


KINDS = {
    "dict": dict,
    "frame": pd.DataFrame,
    "nested": NestedFrame,
    "arrow": arrow,
    "records": lambda columns: Table(columns).as_array(),
    "hdu": hdu,
    "fits_rec": lambda columns: hdu(columns).data,
    "rows": lambda columns: pd.DataFrame(columns).to_dict("records"),
    "index": lambda columns: pd.DataFrame(columns).set_index("name"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_all_kinds(kind):
    source = KINDS[kind](SKY)
    assert read_targets(source)["target_id"].tolist() == ["a", "b"]
    assert read_targets(source)["ra"].value.tolist() == [10.5, 20.5]
    catalog = read_catalog(source)
    assert (catalog["source_id"].tolist(), catalog["z_spec"].tolist()) == (["a", "b"], [0.1, 0.2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert match_sky(source, catalog, 1 * u.arcmin)["matched"].tolist() == [True, True]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"index"}))
def test_truth_of_all_kinds(kind):
    truth = KINDS[kind]({name: TRUTH[name].tolist() for name in TRUTH.columns})
    report = validate(RESULT, truth)
    assert (report.confusion.tp, report.confusion.fp, report.confusion.tn) == (2, 0, 1)
    assert align_truth(RESULT, truth).tolist() == [True, True, False]
    bins = completeness_against(RESULT, truth, "z", [0, 0.15, 0.25])
    assert bins["n_clusters"].tolist() == [1, 1]
    classes = confusion_by_class(RESULT, truth, "target_id")
    assert classes["n"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("result", [RESULT, RESULT.to_pandas().set_index("target_id")])
@pytest.mark.parametrize("take", [lambda t: t, lambda t: t["is_cluster"]])
def test_named_index_joins(result, take):
    """It was dropped, and the rows met by their order."""
    truth = take(TRUTH.set_index("target_id"))
    counts = validate(result, truth).confusion
    assert (counts.tp, counts.fp, counts.tn, counts.fn) == (2, 0, 1, 0)
    assert align_truth(result, truth).tolist() == [True, True, False]


def test_levels_of_an_index_are_columns():
    frame = TRUTH.set_index(["target_id", "z"])
    assert as_table(frame).colnames == ["target_id", "z", "is_cluster"]
    assert as_table(TRUTH[TRUTH.z > 0.15]).colnames == ["target_id", "is_cluster", "z"]
    assert as_table(TRUTH.set_index("z", drop=False)).colnames == ["target_id", "is_cluster", "z"]
    clash = TRUTH.set_index("z", drop=False)
    clash["z"] = 0.0
    with pytest.raises(InvalidTargetError, match="both an index and a column 'z'"):
        as_table(clash)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame([[1.0, 2.0, 3.0]], columns=["ra", "ra", "dec"]), "several columns 'ra'"),
        (pd.DataFrame([[1.0, 2.0]]), "2 of 2 columns of the DataFrame have no name but 0"),
        (pd.DataFrame([[1.0, 2.0]], columns=pd.MultiIndex.from_product([["a"], ["ra", "dec"]])),
         "names of several levels, such as .'a', 'ra'.: give them one name"),
        ({"ra": [1.0], "dec": [2.0, 3.0]}, "unequal lengths .'ra' 1, 'dec' 2"),
        ({"ra": [1.0, "x", None], "dec": [[1], 2, 3]}, "cannot be read as a table|no angles|holds"),
    ],
)  # fmt: skip
def test_odd_tables(frame, message):
    for read in (read_targets, read_catalog):
        with pytest.raises(InvalidTargetError, match=message):
            read(frame)


@pytest.mark.parametrize("backend", [None, "numpy_nullable", "pyarrow"])
def test_types_of_pandas(backend):
    frame = pd.DataFrame({"i": [1, 2], "f": [0.5, 1.5], "s": ["x", "yy"], "b": [True, False]})
    missing = frame.convert_dtypes().reindex([0, 1, 5])
    if backend == "pyarrow":
        pytest.importorskip("pyarrow")
    if backend is None:
        table = as_table(frame)
        assert [table[name].dtype.kind for name in "ifsb"] == ["i", "f", "U", "b"]
        return
    table = as_table(missing.convert_dtypes(dtype_backend=backend))
    assert [table[name].dtype.kind for name in "isb"] == ["i", "U", "b"]
    assert table["i"].tolist() == [1, 2, None]
    assert table["f"].tolist() == [0.5, 1.5, None]
    assert table["s"].tolist() == ["x", "yy", None]
    assert table["b"].tolist() == [True, False, None]


def test_lists_with_gaps():
    columns = {"id": [4512345678901234567, None], "f": [None, 0.5], "name": ["a", None]}
    table = as_table(columns)
    assert table["id"].tolist() == [4512345678901234567, None]
    assert table["f"].tolist() == [None, 0.5]
    assert table["name"].tolist() == ["a", None]
    rows = as_table([{"id": 4512345678901234567, "f": 1}, {"f": 0.5}, {"f": None}])
    assert rows["id"].tolist() == [4512345678901234567, None, None]
    assert rows["f"].tolist() == [1, 0.5, None]


def test_what_is_no_table_stays_as_it_is():
    values = np.ones(3)
    assert as_table(values) is values
    series = pd.Series([True, False, True])
    assert as_table(series) is series
    table = QTable({"a": [1]})
    assert as_table(table) is table
    assert as_table("a.csv") == "a.csv"


def test_units_of_a_dict():
    targets = read_targets({"ra": [1.0] * u.hourangle, "dec": [2.0] * u.deg})
    assert targets["ra"][0].value == pytest.approx(15)
    assert len(read_targets({"ra": 1.0, "dec": 2.0})) == 1


class Polars:
    """A frame that is known by the interface of Arrow only, as that of polars is."""

    def __init__(self, columns):
        self.table = arrow(columns)

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def test_interface_of_arrow():
    assert read_targets(Polars(SKY))["target_id"].tolist() == ["a", "b"]


def test_what_pandas_prints_is_no_table():
    with pytest.raises(InvalidTargetError, match="not Styler"):
        read_targets(pd.DataFrame(SKY).style)


def test_index_of_text_is_the_identifier():
    frame = pd.DataFrame({"ra": [1.0, 2.0], "dec": [0.0, 0.0]}, index=["A1", "A2"])
    assert read_targets(frame)["target_id"].tolist() == ["A1", "A2"]
    assert read_targets(frame.assign(name=["x", "y"]))["target_id"].tolist() == ["x", "y"]
    assert read_targets(frame.set_axis([5, 7]))["target_id"].tolist() == [0, 1]
