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
        SORTED,
        RESULT.to_pandas().sort_values("proba_cluster"),
        SORTED.to_pandas(),
        RESULT[[3, 0]],
        RESULT.to_pandas().iloc[1:],  # its index says what the numbers alone do not
        OWN,
        OWN.to_pandas().sort_values("proba_cluster"),
        OWN.to_pandas().iloc[[2, 1]],
    ],
)
def test_index_of_a_truth_counts_the_rows_of_the_list(result, truth):
    """By their order all would be wrong."""
    counts = validate(result, truth).confusion
    assert (counts.fp, counts.fn, counts.total) == (0, 0, len(result))


def test_whole_list_without_an_index():
    assert align_truth(RESULT[[3, 0]], CLUSTER).tolist() == [False, True]
    assert align_truth(RESULT[[3, 0]], Table({"is_cluster": CLUSTER})).tolist() == [False, True]
    with pytest.raises(InvalidTargetError, match="one value per target: 3"):
        align_truth(RESULT[1:], CLUSTER)  # from 1 on: may be the user's own numbers


def test_index_that_holds_the_identifiers():
    result = Table({"target_id": [10, 11, 12, 13], "proba_cluster": RESULT["proba_cluster"]})
    assert align_truth(result, SERIES.set_axis([13, 12, 11, 10])).tolist() == CLUSTER[::-1]
    # In both the same order, whatever it is.
    frame = RESULT.to_pandas().sort_values("proba_cluster")
    assert align_truth(frame, SERIES.iloc[::-1]).tolist() == CLUSTER[::-1]


@pytest.mark.parametrize("truth", [CLUSTER, np.array(CLUSTER), Table({"is_cluster": CLUSTER})])
@pytest.mark.parametrize("result", [SORTED, OWN.to_pandas().sort_values("proba_cluster")])
def test_order_of_the_list_or_of_the_result(result, truth):
    with pytest.raises(InvalidTargetError, match="may be in either: sort the result by target_id"):
        validate(result, truth)
    # The ways out work, and a column of the result itself has its order.
    ordered = result.sort_index() if hasattr(result, "sort_index") else result[::-1]
    assert validate(ordered, truth).confusion.tp == 2
    table = Table({"target_id": RESULT["target_id"], "is_cluster": CLUSTER})
    assert validate(SORTED, table).confusion.tp == 2
    known = SORTED.copy()
    known["is_cluster"] = CLUSTER[::-1]
    assert validate(known, known["is_cluster"]).confusion.tp == 2
    frame = known.to_pandas().sort_values("target_id")
    assert validate(frame, frame["is_cluster"]).confusion.tp == 2


@pytest.mark.parametrize("result", [RESULT[[0, 1, 3]], RESULT.to_pandas().iloc[1:]])
def test_first_rows_for_others(result):
    with pytest.raises(InvalidTargetError, match="has not the row numbers .* such as 3"):
        validate(result, SERIES[:3])
    by_order = SERIES[:3].to_numpy()
    assert validate(result, by_order).confusion.total == 3


def test_own_numbers_are_by_order():
    for truth in (CLUSTER, SERIES, SERIES.set_axis([7, 3, 0, 12])):
        assert validate(OWN, truth).confusion.tp == 2
    from_one = Table({"target_id": [1, 2, 3, 4], "proba_cluster": RESULT["proba_cluster"]})
    assert validate(from_one, SERIES).confusion.tp == 2
    assert validate(RESULT, SERIES.set_axis([7, 3, 0, 12])).confusion.tp == 2


def test_classes_and_values_of_a_sorted_result():
    classes = pd.Series(["hi", "hi", "point", "point"])
    assert confusion_by_class(SORTED, classes)["share"].tolist() == [1, 0]
    table = completeness_against(SORTED, SERIES, FRAME["z"], [0, 0.15, 1])
    assert table["n_clusters"].tolist() == [1, 1]
    assert table["n_non_clusters"].tolist() == [0, 2]
    named = Table({"target_id": list("abcd"), "proba_cluster": RESULT["proba_cluster"]})
    z = FRAME["z"].set_axis(list("dcba"))
    table = completeness_against(named, CLUSTER, z, [0, 0.35, 1])
    assert table["n_clusters"].tolist() == [1, 1]
