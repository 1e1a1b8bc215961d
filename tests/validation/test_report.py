"""The report: counts, edge cases, what it prints."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, QTable
from sklearn.metrics import roc_auc_score, roc_curve

from astrocnn.exceptions import InvalidTargetError
from astrocnn.validation import completeness_against, confusion_by_class, validate


@pytest.fixture
def truth():
    return np.repeat([True, False], 50)


@pytest.fixture
def result(truth):
    """A result of 100 targets; every tenth has no prediction."""
    proba = np.clip(np.random.default_rng(4).normal(0.35 + 0.3 * truth, 0.2), 0, 1)
    silent = np.arange(100) % 10 == 0
    label = MaskedColumn(np.where(proba > 0.5, "cluster", "non_cluster"), mask=silent)
    proba = MaskedColumn(np.where(silent, np.nan, proba), mask=silent)
    return QTable({"target_id": np.arange(100), "label": label, "proba_cluster": proba})


def test_counts_and_rates_are_those_of_the_rows_with_a_verdict(result, truth):
    report = validate(result, truth)
    said = ~np.asarray(result["label"].mask)
    called = np.asarray(result["label"].data == "cluster")
    counts = report.confusion
    assert counts.tp == np.sum(said & called & truth)
    assert counts.fp == np.sum(said & called & ~truth)
    assert counts.total == 90
    assert (report.n_no_verdict, report.n_no_verdict_clusters, report.n_no_truth) == (10, 5, 0)
    assert report.completeness.value == pytest.approx(counts.tp / 45)
    assert report.completeness_of_all.value == pytest.approx(counts.tp / 50)
    assert report.purity.value == pytest.approx(counts.tp / (counts.tp + counts.fp))
    assert report.accuracy.value == pytest.approx((counts.tp + counts.tn) / 90)
    assert report.false_positive_rate.value == pytest.approx(counts.fp / 45)


def test_roc_is_that_of_scikit_learn(result, truth):
    report = validate(result, truth)
    said = ~np.asarray(result["proba_cluster"].mask)
    score = result["proba_cluster"].data.data[said]
    for ours, theirs in zip(
        report.roc, roc_curve(truth[said], score, drop_intermediate=False), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert report.auc.value == pytest.approx(roc_auc_score(truth[said], score))


def test_truth_table_in_another_order_gives_the_same_report(result, truth):
    order = np.random.default_rng(0).permutation(100)
    table = QTable({"target_id": np.arange(100)[order], "is_cluster": truth[order]})
    assert str(validate(result, table)) == str(validate(result, truth))


@pytest.mark.parametrize("value", [90.0, -0.2, 1.01])
def test_numbers_that_are_no_probabilities(result, truth, value):
    result["proba_cluster"][1] = value
    with pytest.raises(InvalidTargetError, match=f"'proba_cluster' holds {value:g}, and probabil"):
        validate(result, truth)
    result["proba_cluster"][1] = np.nextafter(np.float32(1), np.float32(2))
    assert validate(result, truth).confusion.total == 90


def test_frames_of_pandas(result, truth):
    table = QTable({"target_id": np.arange(100), "is_cluster": truth, "z": np.arange(100) / 100})
    frames = result.to_pandas(), table.to_pandas()
    assert str(validate(*frames)) == str(validate(result, table))
    bins = completeness_against(*frames, "z", [0, 0.5, 1])
    assert bins.pformat() == completeness_against(result, table, "z", [0, 0.5, 1]).pformat()
    table["truth_class"] = np.where(truth, "hi-z", "agn")
    classes = confusion_by_class(frames[0], table.to_pandas())
    assert classes.pformat() == confusion_by_class(result, table).pformat()


def test_threshold_replaces_the_labels(result, truth):
    strict, loose = (validate(result, truth, threshold=t) for t in (0.8, 0.2))
    assert strict.completeness.value < loose.completeness.value
    assert strict.confusion.fp < loose.confusion.fp
    assert strict.auc == loose.auc
    result.remove_column("label")
    assert validate(result, truth).confusion == validate(result, truth, threshold=0.5).confusion


def test_unknown_truth_is_left_out_and_counted(result, truth):
    partly = np.ma.array(truth, mask=np.arange(100) >= 90)
    report = validate(result, partly)
    assert report.n_no_truth == 10
    assert report.confusion.total + report.n_no_verdict == 90
    assert "10 targets were left out: their truth is unknown" in str(report)


def test_one_class_gives_reasons_not_numbers(result):
    report = validate(result, np.ones(100, dtype=bool))
    assert report.completeness.defined
    assert not report.auc.defined
    assert report.false_positive_rate.reason == "no true non-cluster with a prediction"
    assert report.roc.fpr.size == 0
    assert "undefined (no true non-cluster with a prediction)" in str(report)


def test_no_verdict_at_all(result, truth):
    result["proba_cluster"].mask = True
    report = validate(result, truth)
    assert report.confusion.total == 0
    assert report.completeness_of_all.value == 0
    assert "No target has a prediction" in str(report)


def test_empty_result():
    report = validate(QTable({"proba_cluster": np.empty(0)}), np.empty(0, dtype=bool))
    assert report.auc.reason == "no target has a prediction"


def test_printed_report(result, truth):
    text = str(validate(result, truth, prevalence=0.05, name="xmm"))
    lines = text.splitlines()
    assert lines[0] == "Validation of xmm: 100 targets with known truth"
    assert lines[5].split() == ["no", "verdict", "5", "5"]
    assert any(line.startswith("purity at 5 % clusters") for line in lines)
    assert "Intervals: 95 %; Wilson for fractions, DeLong for AUC." in text
    assert max(map(len, lines)) <= 100


def test_table_of_the_report(result, truth, tmp_path):
    report = validate(result, truth, name="xmm")
    table = report.to_table()
    rows = {row["metric"]: row for row in table}
    assert rows["AUC"]["value"] == report.auc.value
    assert rows["AUC"]["trials"] is np.ma.masked
    assert rows["completeness"]["trials"] == 45
    assert table.meta["false_positives"] == report.confusion.fp
    table.write(tmp_path / "report.ecsv")
    again = QTable.read(tmp_path / "report.ecsv")
    assert again.meta["name"] == "xmm"
    assert again["low"][0] == pytest.approx(report.completeness.low)


def test_purity_at_is_undefined_without_non_clusters(result):
    assert not validate(result, np.ones(100, dtype=bool)).purity_at(0.1).defined


def test_result_without_probabilities_is_refused(truth):
    with pytest.raises(InvalidTargetError, match="proba_cluster"):
        validate(QTable({"target_id": np.arange(100)}), truth)


def test_truth_that_is_empty_is_what_is_missing():
    report = validate(QTable({"proba_cluster": [0.9, 0.2]}), [None, None])
    assert report.completeness.reason == report.auc.reason == "no target has a known truth"
    report = validate(QTable({"proba_cluster": [np.nan, np.nan]}), [True, None])
    assert report.accuracy.reason == "no target has a prediction"
