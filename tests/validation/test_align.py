"""Truth brought row for row to a result."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, QTable

from astrocnn.exceptions import InvalidTargetError
from astrocnn.validation import align_truth, find_rows


@pytest.fixture
def result():
    return QTable({"target_id": ["a", "b", "c"]})


def test_table_is_joined_by_identifier(result):
    truth = QTable({"target_id": ["c", "x", "a"], "is_cluster": [True, True, False]})
    aligned = align_truth(result, truth)
    assert aligned.tolist() == [False, None, True]


def test_table_without_identifier_is_taken_in_order(result):
    assert align_truth(result, QTable({"is_cluster": [1, 0, 1]})).tolist() == [True, False, True]


def test_another_column_can_be_the_truth(result):
    truth = QTable({"target_id": ["a", "b", "c"], "confirmed": [True, False, True]})
    assert align_truth(result, truth, "confirmed").tolist() == [True, False, True]
    with pytest.raises(InvalidTargetError, match="no column 'is_cluster'.*confirmed"):
        align_truth(result, truth)


def test_labels_and_masked_values(result):
    words = MaskedColumn(["cluster", "non_cluster", "cluster"], mask=[False, False, True])
    assert align_truth(result, words).tolist() == [True, False, None]


def test_numbers_and_bytes_are_compared_as_text():
    assert find_rows([1, 2], np.array([b"2", b"1"])).tolist() == [1, 0]
    assert find_rows(np.array(["7"]), [7]).tolist() == [0]
    assert find_rows([], [1]).shape == (0,)


def test_repeated_identifiers():
    assert find_rows(["a", "a"], ["a", "a"]).tolist() == [0, 1]  # the same list: in order
    assert find_rows(["b"], ["a", "b", "a"]).tolist() == [1]  # not among those wanted
    with pytest.raises(InvalidTargetError, match="'a' occurs more than once"):
        find_rows(["a"], ["a", "b", "a"])


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ([True, False], "one value per target: 3"),
        ([0.2, 0.9, 0.4], "True or False"),
        ([0, 1, 2], "True or False"),
        (["cluster", "agn", "cluster"], "not 'agn'"),
        (QTable({"target_id": ["x"], "is_cluster": [True]}), "no target_id in common"),
    ],
)
def test_truth_that_does_not_fit(result, truth, message):
    with pytest.raises(InvalidTargetError, match=message):
        align_truth(result, truth)


def test_booleans_of_a_csv_file():
    result = QTable({"target_id": [0, 1, 2]})
    truth = QTable({"target_id": [2, 1, 0], "is_cluster": ["True", "false", "FALSE"]})
    assert align_truth(result, truth).tolist() == [False, False, True]
