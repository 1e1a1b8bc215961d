"""What each class of the truth is called."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from astrocnn.exceptions import InvalidTargetError
from astrocnn.validation import confusion_by_class, proportion


@pytest.fixture
def result():
    silent = [False] * 6 + [True]
    return Table({
        "target_id": [10, 11, 12, 13, 14, 15, 16],
        "proba_cluster": MaskedColumn([0.9, 0.8, 0.4, 0.7, 0.2, 0.1, 0.0], mask=silent),
    })  # fmt: skip


NAMES = ["hi-z", "hi-z", "hi-z", "point", "point", "galaxy", "galaxy"]


def test_shares_and_intervals(result):
    table = confusion_by_class(result, NAMES)
    assert table["class"].tolist() == ["hi-z", "point", "galaxy"]
    assert table["n"].tolist() == [3, 2, 1]
    assert table["n_called"].tolist() == [2, 1, 0]
    assert table["n_no_verdict"].tolist() == [0, 0, 1]
    expected = proportion(2, 3)
    assert tuple(table[0]["share", "share_low", "share_high"]) == (
        expected.value, expected.low, expected.high,
    )  # fmt: skip


def test_table_in_any_order_and_another_column(result):
    truth = Table({"target_id": result["target_id"], "kind": NAMES})[::-1]
    table = confusion_by_class(result, truth, "kind")
    assert sorted(table["class"]) == ["galaxy", "hi-z", "point"]
    assert table["n"].tolist() == [3, 2, 1]


def test_unknown_classes_are_counted(result):
    names = MaskedColumn(NAMES, mask=[True] + [False] * 6)
    names[3] = ""
    table = confusion_by_class(result, names)
    assert table.meta["n_unknown"] == 2
    assert table["n"].sum() == 4


def test_class_without_a_verdict_and_no_class(result):
    table = confusion_by_class(result, ["a"] * 6 + ["b"])
    assert table["class"].tolist() == ["a", "b"]
    assert table["share"][1] is np.ma.masked
    empty = confusion_by_class(result, [""] * 7)
    assert len(empty) == 0
    assert empty.colnames == table.colnames


def test_bytes_whole_numbers_and_threshold(result):
    table = confusion_by_class(result, np.array(NAMES, dtype="S6"), threshold=0.75)
    assert table["class"].tolist()[0] == "hi-z"
    assert table["n_called"].tolist() == [2, 0, 0]
    assert confusion_by_class(result, np.arange(7))["class"].tolist()[0] == "0"


def test_wrong_input(result):
    with pytest.raises(InvalidTargetError, match="no column 'truth_class'"):
        confusion_by_class(result, Table({"target_id": result["target_id"]}))
    with pytest.raises(InvalidTargetError, match="names or whole numbers"):
        confusion_by_class(result, np.arange(7.0))
    with pytest.raises(InvalidTargetError, match="one value per row"):
        confusion_by_class(result, ["a"])


@pytest.mark.parametrize(
    "names", [["x", None, "x "], ["x", np.nan, "x"], ["x", "N/A", "x"], np.array([b"x", b"", b"x"])]
)
def test_missing_classes_are_no_class(names):
    table = confusion_by_class(Table({"proba_cluster": [0.9, 0.8, 0.3]}), names)
    assert (table["class"].tolist(), table["n"].tolist()) == (["x"], [2])
    assert table.meta["n_unknown"] == 1


def test_classes_of_bytes():
    table = confusion_by_class(Table({"proba_cluster": [0.9, 0.3]}), np.array([b"Ob\xe9", b"1\0x"]))
    assert table["class"].tolist() == [r"Ob\xe9", "1"]
