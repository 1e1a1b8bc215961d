"""Rows that were sorted or taken out, and a truth without identifiers."""

import numpy as np
import pandas as pd
import pytest
from astropy.table import QTable, Table

from astrocnn.exceptions import InvalidTargetError
from astrocnn.validation import align_truth, completeness_against, confusion_by_class, validate

CLUSTER = [True, True, False, False]
RESULT = QTable({"target_id": [0, 1, 2, 3], "proba_cluster": [0.9, 0.8, 0.3, 0.1]})
FRAME = pd.DataFrame({"z": [0.1, 0.2, 0.3, 0.4], "is_cluster": CLUSTER})
SERIES = FRAME["is_cluster"]
SORTED = RESULT[np.argsort(RESULT["proba_cluster"])]
OWN = Table({"target_id": [101, 205, 309, 7], "proba_cluster": RESULT["proba_cluster"]})


@pytest.mark.parametrize("truth", [SERIES, FRAME])
@pytest.mark.parametrize(
    "result",
    [
        RESULT.to_pandas().sort_values("proba_cluster"),
        RESULT.to_pandas().iloc[1:],
        RESULT.to_pandas().iloc[[3, 0]],
        OWN.to_pandas().sort_values("proba_cluster"),
        OWN.to_pandas().iloc[[2, 1]],
    ],
)
def test_frames_are_joined_by_their_indexes(result, truth):
    """By their order all would be wrong."""
    counts = validate(result, truth).confusion
    assert (counts.fp, counts.fn, counts.total) == (0, 0, len(result))


def test_frames_with_one_index_are_row_for_row():
    """Whatever the numbers in target_id are."""
    frame = RESULT.to_pandas().assign(is_cluster=CLUSTER).sort_values("proba_cluster")
    for one in (frame, frame.reset_index(drop=True), frame.iloc[[2, 0]]):
        for truth in (one["is_cluster"], one[["is_cluster"]], one):
            counts = validate(one, truth).confusion
            assert (counts.fp, counts.fn, counts.total) == (0, 0, len(one))
        z = pd.Series(np.arange(len(one)) + 0.5, one.index)
        table = completeness_against(one, one, z, [0, 1, 4])
        first = int(one["is_cluster"].iloc[0])
        assert table["n_clusters"][0] == first


def test_index_that_holds_the_identifiers():
    result = Table({"target_id": [10, 11, 12, 13], "proba_cluster": RESULT["proba_cluster"]})
    assert align_truth(result, SERIES.set_axis([13, 12, 11, 10])).tolist() == CLUSTER[::-1]
    # In both the same order, whatever it is.
    frame = RESULT.to_pandas().sort_values("proba_cluster")
    assert align_truth(frame, SERIES.iloc[::-1]).tolist() == CLUSTER[::-1]
    with pytest.raises(InvalidTargetError, match="in another order than its index: reset_index"):
        align_truth(RESULT, SERIES.iloc[::-1])


def test_arrays_are_in_the_order_of_the_result():
    """And so are tables without identifiers."""
    for result in (SORTED, RESULT[[3, 0, 1, 2]], OWN.to_pandas().sort_values("proba_cluster")):
        own = [CLUSTER[list(RESULT["proba_cluster"]).index(p)] for p in result["proba_cluster"]]
        for truth in (own, np.array(own), Table({"is_cluster": own})):
            counts = validate(result, truth).confusion
            assert (counts.fp, counts.fn) == (0, 0)


@pytest.mark.parametrize("truth", [SERIES, FRAME])
def test_sorted_table_and_a_truth_of_pandas(truth):
    """Nothing says whether the truth is sorted too; the ways out work."""
    with pytest.raises(InvalidTargetError, match="may be in either: sort the result by target_id"):
        validate(SORTED, truth)
    assert validate(SORTED[::-1], truth).confusion.tp == 2
    table = Table({"target_id": RESULT["target_id"], "is_cluster": CLUSTER})
    assert validate(SORTED, table).confusion.tp == 2
    assert validate(SORTED, SERIES[::-1].to_numpy()).confusion.tp == 2


@pytest.mark.parametrize("rows", [[0, 1, 3], [1, 2, 3], [0, 3]])
def test_rows_that_were_taken_out(rows):
    """A truth of the same length is row for row, whichever rows are left."""
    truth = SERIES.iloc[rows].reset_index(drop=True)
    counts = validate(RESULT[rows], truth).confusion
    assert (counts.fp, counts.fn, counts.total) == (0, 0, len(rows))
    with pytest.raises(InvalidTargetError, match=f"one value per target: {len(rows)}"):
        validate(RESULT[rows], CLUSTER)


def test_own_numbers_are_by_order():
    for truth in (CLUSTER, SERIES, SERIES.set_axis([7, 3, 0, 12])):
        assert validate(OWN, truth).confusion.tp == 2
    from_one = Table({"target_id": [1, 2, 3, 4], "proba_cluster": RESULT["proba_cluster"]})
    assert validate(from_one, SERIES).confusion.tp == 2
    assert validate(RESULT, SERIES.set_axis([7, 3, 0, 12])).confusion.tp == 2


def test_classes_and_values_of_a_sorted_result():
    frame = RESULT.to_pandas().sort_values("proba_cluster")
    classes = pd.Series(["hi", "hi", "point", "point"])
    assert confusion_by_class(frame, classes)["share"].tolist() == [1, 0]
    table = completeness_against(frame, SERIES, FRAME["z"], [0, 0.15, 1])
    assert table["n_clusters"].tolist() == [1, 1]
    assert table["n_non_clusters"].tolist() == [0, 2]
    # An array has the order of the result, also where the truth has identifiers.
    truth = Table({"target_id": RESULT["target_id"], "is_cluster": CLUSTER})
    table = completeness_against(SORTED, truth, np.array([0.4, 0.3, 0.2, 0.1]), [0, 0.15, 1])
    assert table["n_clusters"].tolist() == [1, 1]
    named = Table({"target_id": list("abcd"), "proba_cluster": RESULT["proba_cluster"]})
    z = FRAME["z"].set_axis(list("dcba"))
    table = completeness_against(named, CLUSTER, z, [0, 0.35, 1])
    assert table["n_clusters"].tolist() == [1, 1]
