"""Verdicts of a result."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table

from astrocnn.exceptions import InvalidTargetError
from astrocnn.tables import read_file, read_targets, result_table, write_result
from astrocnn.validation import validate
from astrocnn.validation._rows import verdicts


def called(labels, **columns):
    """Verdicts of a table with these labels, None where there is none."""
    table = Table({"label": labels, "proba_cluster": [0.9, 0.8, 0.1], **columns})
    _, verdict, decided = verdicts(table)
    return [bool(v) if d else None for v, d in zip(verdict, decided, strict=True)]


def test_blanks_around_labels():
    assert called([" cluster", "cluster  ", " non_cluster "]) == [True, True, False]
    assert called(np.array([b"cluster", b"", b"non_cluster"])) == [True, None, False]


def test_empty_labels_are_no_verdict():
    assert called(["", "cluster", " "]) == [None, True, None]
    masked = MaskedColumn(["cluster", "cluster", "CLUSTER"], mask=[False, False, True])
    assert called(masked) == [True, True, None]
    report = validate(
        Table({"label": ["", "non_cluster"], "proba_cluster": [0.9, 0.1]}), [True, False]
    )
    assert (report.n_no_verdict_clusters, report.confusion.fn) == (1, 0)


@pytest.mark.parametrize(
    ("labels", "word"),
    [
        (["CLUSTER", "CLUSTER", "NON_CLUSTER"], "CLUSTER"),
        (["Cluster", "Cluster", ""], "Cluster"),
        (["cluster", "non-cluster", "non_cluster"], "non-cluster"),
        (["yes", "yes", "no"], "no"),
        ([True, True, False], "False"),
    ],
)
def test_other_words_are_an_error(labels, word):
    with pytest.raises(InvalidTargetError, match=f"column 'label' holds '{word}'"):
        called(labels)
    with pytest.raises(InvalidTargetError, match=f"column 'label' holds '{word}'"):
        called(labels, proba_star=[0.0, 0.1, 0.3], proba_err=[0.1, 0.1, 0.1])


@pytest.mark.parametrize("suffix", ["ecsv", "fits", "csv", "vot"])
def test_other_classes_are_no_clusters(tmp_path, suffix):
    targets = read_targets(SkyCoord([10, 20, 30], [0, 0, 0], unit="deg"))
    proba = [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.2, 0.7, 0.1]]
    result = result_table(targets, proba, classes=["star", "agn", "cluster"])
    write_result(result, tmp_path / f"result.{suffix}")
    _, verdict, decided = verdicts(read_file(tmp_path / f"result.{suffix}"))
    assert (verdict.tolist(), decided.all()) == ([False, True, False], True)


def test_the_other_of_two_classes_may_have_any_name():
    assert called(["agn", "cluster", "agn"], proba_err=[0.1, 0.1, 0.1]) == [False, True, False]


def test_words_for_missing_among_probabilities(tmp_path):
    (tmp_path / "a.csv").write_text("proba_cluster\n0.9\nN/A\n0.2\n")
    proba, verdict, decided = verdicts(read_file(tmp_path / "a.csv"))
    np.testing.assert_equal(proba, [0.9, np.nan, 0.2])
    assert (verdict.tolist(), decided.tolist()) == ([True, False, False], [True, False, True])
    with pytest.raises(InvalidTargetError, match="'proba_cluster' holds text.*high"):
        verdicts(Table({"proba_cluster": ["0.9", "high"]}))
