"""Identifiers under any name, and those that are none."""

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from astrocnn.exceptions import InvalidTargetError
from astrocnn.validation import align_truth, find_rows

RESULT = Table({"target_id": ["a", "b", "c", "d"]})
CLUSTER = [True, False, False, False]


@pytest.mark.parametrize("name", ["target", "Cluster", "field", "obs", "key", "ID_1", "srcid2"])
def test_column_of_any_name_with_the_identifiers(name):
    """Of a longer list they can be nothing else; in another order they may refer to others."""
    truth = Table({name: ["d", "c", "b", "a"], "is_cluster": CLUSTER})
    assert align_truth(RESULT[1:], truth).tolist() == [False, False, True]
    assert align_truth(RESULT, truth[::-1]).tolist() == CLUSTER[::-1]
    with pytest.raises(InvalidTargetError, match=f"column '{name}' of the truth holds all of the"):
        align_truth(RESULT, truth)
    truth.rename_column(name, "target_id")
    assert align_truth(RESULT, truth).tolist() == CLUSTER[::-1]
    numbers = Table({"target_id": [11, 12, 13, 14]})
    truth = Table({name: [14, 13, 12, 11, 15], "is_cluster": [*CLUSTER, True]})
    assert align_truth(numbers, truth).tolist() == CLUSTER[::-1]
    with pytest.raises(InvalidTargetError, match="in another order: call it target_id"):
        align_truth(numbers, truth[:4])


def test_named_index_with_the_identifiers():
    truth = pd.Series([*CLUSTER, True], pd.Index(["d", "c", "b", "a", "e"], name="zzz"))
    assert align_truth(RESULT, truth).tolist() == CLUSTER[::-1]


@pytest.mark.parametrize(
    ("result", "values"),
    [
        (RESULT, ["d", "c", "b", "x"]),  # such as what each is next to
        (RESULT, ["d", "c", "b", "b"]),
        (Table({"target_id": [0, 1, 2, 3]}), [3, 1, 2, 0]),  # or a rank
        (Table({"target_id": [1, 2, 3, 4]}), [3, 1, 2, 4]),
        (Table({"target_id": ["1", "2", "3", "4"]}), ["3", "1", "2", "4"]),
    ],
)
def test_column_of_something_else(result, values):
    truth = Table({"which": values, "is_cluster": CLUSTER})
    assert align_truth(result, truth).tolist() == CLUSTER


def test_columns_of_classes_are_no_identifiers():
    truth = Table({"kind": ["a", "x", "y", "x"], "flag": [1, 0, 1, 0], "is_cluster": CLUSTER})
    assert align_truth(RESULT, truth).tolist() == CLUSTER
    flags = Table({"is_cluster": [1, 0]})
    assert align_truth(Table({"target_id": [0, 1]}), flags).tolist() == [True, False]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_objects_match_nothing(missing):
    ids = np.array(["a", missing, "c"], dtype=object)
    assert find_rows(ids, ids[[1, 2, 0]]).tolist() == [2, -1, 1]
    mixed = np.array([1, missing, "c"], dtype=object)
    assert find_rows(mixed, mixed[[1, 2, 0]]).tolist() == [2, -1, 1]


def test_bytes_as_fits_has_them():
    assert find_rows([b"Ob\xe9", b"A\0x"], ["A", r"Ob\xe9"]).tolist() == [1, 0]
    objects = np.array([b"A\0x", 5], dtype=object)
    assert find_rows(objects, ["5", "A"]).tolist() == [1, 0]
