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
    truth = Table({name: ["d", "c", "b", "a"], "is_cluster": CLUSTER})
    assert align_truth(RESULT, truth).tolist() == CLUSTER[::-1]
    assert align_truth(RESULT[1:], truth).tolist() == [False, False, True]
    numbers = Table({"target_id": [11, 12, 13, 14]})
    truth = Table({name: [14, 13, 12, 11], "is_cluster": CLUSTER})
    assert align_truth(numbers, truth).tolist() == CLUSTER[::-1]


def test_named_index_with_the_identifiers():
    truth = pd.Series(CLUSTER, pd.Index(["d", "c", "b", "a"], name="zzz"))
    assert align_truth(RESULT, truth).tolist() == CLUSTER[::-1]


@pytest.mark.parametrize(
    ("result", "values", "much"),
    [
        (RESULT, ["d", "c", "b", "x"], "some"),
        (RESULT, ["d", "c", "b", "b"], "some"),
        (Table({"target_id": [0, 1, 2, 3]}), [3, 1, 2, 0], "all"),  # or a rank
        (Table({"target_id": [1, 2, 3, 4]}), [3, 1, 2, 4], "all"),
    ],
)
def test_column_that_may_hold_the_identifiers(result, values, much):
    truth = Table({"which": values, "is_cluster": CLUSTER})
    with pytest.raises(InvalidTargetError, match=f"column 'which' of the truth holds {much}"):
        align_truth(result, truth)
    del truth["which"]
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
