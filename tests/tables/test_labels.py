"""One way to read labels, for training, scores, validation and figures."""

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table
from astropy.utils.masked import Masked

from astrocnn.exceptions import InvalidTargetError
from astrocnn.tables import read_targets, result_table
from astrocnn.tables._labels import known_labels, positive_column
from astrocnn.validation import align_truth, validate

TRUE = [True, False, None]


@pytest.mark.parametrize(
    "labels",
    [
        pd.Series([True, False, pd.NA], dtype="boolean"),
        pd.DataFrame({"y": pd.Series([True, False, pd.NA], dtype="boolean")})["y"],
        pd.Series([1, 0, pd.NA], dtype="Int64"),
        pd.Series(["cluster", "non_cluster", pd.NA], dtype="string"),
        pd.Series(["Cluster", "Non_Cluster", None], dtype="category"),
        np.array([True, False, None], dtype=object),
        np.array([1.0, 0.0, np.nan]),
        MaskedColumn([True, False, True], mask=[False, False, True]),
        MaskedColumn([b"CLUSTER", b"non_cluster", b"x"], mask=[False, False, True]),
        Masked(np.array([1, 0, 1]), mask=[False, False, True]),
        ["True", "False", ""],
        ["1", "0", " "],
        ["cluster", "non_cluster", "N/A"],
        [b"true", b"FALSE", b""],
        np.ma.array([1, 0, 7], mask=[False, False, True]),
    ],
)
def test_truth_in_any_form(labels):
    """As an array in the order of the result, and as a column of a table."""
    result = Table({"target_id": ["a", "b", "c"], "proba_cluster": [0.9, 0.2, 0.4]})
    assert align_truth(result, labels).tolist() == TRUE
    report = validate(result, labels)
    assert (report.confusion.tp, report.confusion.tn, report.n_no_truth) == (1, 1, 1)
    if isinstance(labels, pd.Series):
        frame = pd.DataFrame({"target_id": ["a", "b", "c"], "is_cluster": labels})
        assert validate(result, frame).confusion == report.confusion


@pytest.mark.parametrize("positive", ["cluster", "Cluster", "CLUSTER"])
@pytest.mark.parametrize("truth", [["cluster", "agn", "Cluster"], ["CLUSTER", "AGN", "CLUSTER"]])
def test_names_that_fit_takes(positive, truth):
    """Whatever ``fit`` calls its classes, ``validate`` takes the result and the same labels."""
    targets = read_targets(SkyCoord([10, 20, 30], [0, 0, 0], unit="deg"))
    proba = [[0.2, 0.8], [0.9, 0.1], [0.7, 0.3]]
    result = result_table(targets, proba, classes=["agn", positive])
    report = validate(result, truth)
    assert (report.confusion.tp, report.confusion.tn, report.confusion.fn) == (1, 1, 1)
    assert positive_column(result) == f"proba_{positive}"
    with pytest.raises(InvalidTargetError, match="'non_cluster' and 'agn', not 'star'"):
        validate(result, ["cluster", "star", "agn"])


def test_classes_beside_each_other():
    result = Table({"proba_Cluster": [0.9], "proba_cluster": [0.8]})
    with pytest.raises(InvalidTargetError, match="differ in upper and lower case only"):
        validate(result, [True])


def test_masks_of_labels():
    labels = known_labels(np.array([" agn", None, np.nan, b"cluster", ""], dtype=object))
    assert labels.tolist() == ["agn", None, None, "cluster", None]
    assert known_labels(QTable({"y": ["0", "1"]})["y"]).dtype == bool
    assert known_labels(["0", "2"]).dtype.kind == "U"


@pytest.mark.parametrize("word", ["nan", "N/A", "--", "null", "<NA>", "..."])
def test_words_for_missing_are_no_class(word):
    assert known_labels(["cluster", word, "none"]).tolist() == ["cluster", None, "none"]
    assert known_labels(["True", word, "False"]).tolist() == [True, None, False]
