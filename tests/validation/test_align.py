"""Truth brought row for row to a result."""

import numpy as np
import pandas as pd
import pytest
from astropy.table import MaskedColumn, QTable, Table

from astrocnn.exceptions import InvalidTargetError
from astrocnn.tables import read_file
from astrocnn.validation import align_truth, completeness_against, find_rows, validate


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
        ([0, 1, np.inf], "True or False"),
        (np.zeros(3, dtype="M8[s]"), "True or False"),
        (["cluster", "agn", "cluster"], "not 'agn'"),
        (QTable({"target_id": ["x"], "is_cluster": [True]}), "no identifier in common"),
    ],
)
def test_truth_that_does_not_fit(result, truth, message):
    with pytest.raises(InvalidTargetError, match=message):
        align_truth(result, truth)


def test_booleans_of_a_csv_file():
    result = QTable({"target_id": [0, 1, 2]})
    truth = QTable({"target_id": [2, 1, 0], "is_cluster": ["True", "false", "FALSE"]})
    assert align_truth(result, truth).tolist() == [False, False, True]


@pytest.mark.parametrize("theirs", ["TARGET_ID", "Name", "id", "source_id", "IAUName"])
@pytest.mark.parametrize("own", ["target_id", "NAME"])
def test_identifiers_by_any_usual_name(own, theirs):
    result = Table({own: ["a", "b", "c"], "proba_cluster": [0.9, 0.8, 0.1]})
    truth = Table({theirs: ["c", "b", "a"], "is_cluster": [False, True, True], "z": [3, 2, 1]})
    counts = validate(result, truth).confusion
    assert (counts.tp, counts.fp, counts.tn, counts.fn) == (2, 0, 1, 0)
    table = completeness_against(result, truth, "z", [0, 1.5, 2.5])
    assert table["n_clusters"].tolist() == [1, 1]


def test_target_id_goes_before_other_identifiers():
    truth = Table({"name": ["a", "b"], "target_id": [1, 0], "is_cluster": [True, False]})
    assert align_truth(Table({"target_id": [0, 1]}), truth).tolist() == [False, True]


def test_row_numbers_of_a_result():
    """Targets without identifiers are numbered: what is called otherwise may not mean that."""
    result = Table({"target_id": [0, 1, 2]})
    cluster = [True, False, False]
    assert align_truth(result, Table({"is_cluster": cluster})).tolist() == cluster
    for name in ("target_id", "id"):
        truth = Table({name: [2, 1, 0], "is_cluster": cluster})
        assert align_truth(result, truth).tolist() == cluster[::-1]
    for ids in (["A1", "A2", "A3"], [1, 2, 3], [1, 2, 3, 0]):
        truth = Table({"id": ids, "is_cluster": [True] * len(ids)})
        with pytest.raises(InvalidTargetError, match="numbered from 0, and the column 'id'"):
            align_truth(result, truth)
    truth = Table({"target_id": [1, 2, 3], "is_cluster": cluster})
    with pytest.raises(InvalidTargetError, match="begin at 0"):
        align_truth(result, truth)
    of_all = Table({"target_id": np.arange(9), "is_cluster": [*cluster, *cluster, *cluster]})
    assert align_truth(result, of_all).tolist() == cluster  # the first rows of a longer result


def test_identifiers_of_the_truth_alone():
    truth = Table({"target_id": ["a"], "is_cluster": [True]})
    with pytest.raises(InvalidTargetError, match="'target_id'. and the result has none"):
        align_truth(Table({"proba_cluster": [0.9]}), truth)
    both = Table({"is_cluster": [True], "proba_cluster": [0.9]})
    assert align_truth(both, both).tolist() == [True]


def test_blank_identifiers_match_nothing():
    result = Table({"target_id": [0, 2, 5]})
    ids = MaskedColumn([5, 0, 2], mask=[False, True, False])  # under the mask lies 0
    truth = Table({"target_id": ids, "is_cluster": [True, True, False]})
    assert align_truth(result, truth).tolist() == [None, False, True]
    floats = pd.DataFrame({"target_id": [5, None, 2], "is_cluster": [True, True, False]})
    assert align_truth(result, Table.from_pandas(floats)).tolist() == [None, False, True]
    result = Table({"target_id": MaskedColumn([5, 0, 2], mask=[False, True, False])})
    assert align_truth(result, truth).tolist() == [True, True, False]  # the same list: in order
    assert align_truth(result, truth[::-1]).tolist() == [True, None, False]


def test_blanks_around_identifiers_and_blank_ones():
    assert find_rows(["a", "", "b"], ["", "b ", " a", ""]).tolist() == [2, -1, 1]
    assert find_rows([1.0, np.nan, 2.5], ["2.5", "nan", "1"]).tolist() == [2, -1, 0]


def test_blank_identifiers_of_a_file(tmp_path):
    (tmp_path / "truth.csv").write_text("target_id,is_cluster\n5,True\n,True\n2,False\n")
    truth = read_file(tmp_path / "truth.csv")
    assert align_truth(Table({"target_id": [0, 2, 5]}), truth).tolist() == [None, False, True]


@pytest.mark.parametrize(
    "truth",
    [
        [1.0, 0.0, np.nan],
        MaskedColumn([1, 0, 0], mask=[False, False, True]),
        ["1", "0", ""],
        ["true", " False", "N/A"],
        np.array([b"cluster", b"non_cluster", b""]),
        np.array([True, False, None], dtype=object),
        np.array([1, 0.0, np.nan], dtype=object),
    ],
)
def test_truth_where_some_is_missing(result, truth):
    assert align_truth(result, truth).tolist() == [True, False, None]
    assert align_truth(result, Table({"is_cluster": truth})).tolist() == [True, False, None]


@pytest.mark.parametrize("cluster", [[True, None, False], [1, None, 0], ["cluster", None, "False"]])
def test_truth_of_pandas(cluster):
    result = pd.DataFrame({"proba_cluster": [0.9, 0.8, 0.1]})
    report = validate(result, pd.DataFrame({"is_cluster": cluster}))
    assert (report.confusion.tp, report.confusion.tn, report.n_no_truth) == (1, 1, 1)


LABELS = pd.Series([False, False, True, True], index=list("cdab"), name="is_cluster")


@pytest.mark.parametrize("truth", [LABELS, LABELS.to_frame()])
@pytest.mark.parametrize("take", [lambda t: t, lambda t: t.to_pandas().set_index("target_id")])
def test_index_of_text_without_a_name(truth, take):
    """It holds identifiers, and was dropped: rows met by their order."""
    result = Table({"target_id": list("abcd"), "proba_cluster": [0.9, 0.8, 0.1, 0.2]})
    frame = take(result)
    if isinstance(frame, pd.DataFrame):
        frame.index.name = None
    assert align_truth(frame, truth).tolist() == [True, True, False, False]
    assert validate(frame, truth).confusion.tp == 2


@pytest.mark.parametrize("take", [lambda t: t, lambda t: t.to_frame()])
def test_index_of_numbers_in_another_order(take):
    result = Table({"target_id": list("abcd"), "proba_cluster": [0.9, 0.8, 0.1, 0.2]})
    truth = take(LABELS.set_axis([2, 3, 0, 1]))
    for function in (align_truth, validate):
        with pytest.raises(
            InvalidTargetError, match="in another order than its index: reset_index"
        ):
            function(result, truth)
    # Both ways out work.
    assert validate(result, truth.sort_index()).confusion.tp == 2
    assert validate(result, truth.reset_index(drop=True)).confusion.tp == 0
    # Rows that were drawn from more have no such index, and are in the order of the result.
    assert validate(result, take(LABELS.set_axis([7, 3, 0, 12]))).confusion.tp == 0
