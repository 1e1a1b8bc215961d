"""Reports as files, and back."""

import json

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table

from astrocnn.exceptions import InvalidParameterError, UnknownNameError
from astrocnn.matching import match_sky
from astrocnn.validation import read_report, validate


@pytest.fixture
def report():
    rng = np.random.default_rng(2)
    truth = np.arange(60) % 3 == 0
    proba = np.ma.array(np.clip(rng.normal(0.3 + 0.4 * truth, 0.2), 0, 1), mask=np.arange(60) > 55)
    return validate(QTable({"proba_cluster": proba}), truth, prevalence=0.05, name="mine <b>")


@pytest.mark.parametrize("suffix", ["ecsv", "fits", "csv"])
def test_tables_come_back(report, tmp_path, suffix):
    path = report.write(tmp_path / f"report.{suffix}")
    again, table = Table.read(path), report.to_table()
    assert again["metric"].tolist() == table["metric"].tolist()
    for name in ("value", "low", "high"):
        np.testing.assert_allclose(np.ma.filled(again[name], np.nan), table[name].filled(np.nan))


def test_json_comes_back_whole(report, tmp_path):
    path = report.write(tmp_path / "report.json")
    again = read_report(path)
    assert str(again) == str(report)
    assert again.name == "mine <b>"
    assert again.confusion == report.confusion
    np.testing.assert_array_equal(again.proba, report.proba)
    for ours, theirs in zip(again.roc, report.roc, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    plain = json.loads(path.read_text())
    assert plain["estimates"]["completeness"]["value"] == report.completeness.value


def test_report_of_nothing(tmp_path):
    """What is not defined is null, not NaN, which JSON does not have."""
    empty = validate(QTable({"proba_cluster": np.empty(0)}), np.empty(0, dtype=bool))
    path = empty.write(tmp_path / "empty.json")
    assert "NaN" not in path.read_text()
    assert str(read_report(path)) == str(empty)
    assert empty.write(tmp_path / "empty.fits").exists()


def test_chance_rate_of_the_matches_travels(tmp_path):
    targets = match_sky(SkyCoord([10, 20], [0, 0], unit="deg"), SkyCoord([10.001], [0], unit="deg"))
    targets["proba_cluster"] = [0.9, 0.2]
    report = validate(targets, targets["matched"])
    assert report.matches == (targets.meta["match"]["description"],)
    assert "expected by chance" in str(report)
    assert read_report(report.write(tmp_path / "report.json")).matches == report.matches
    assert report.to_table().meta["matches"] == list(report.matches)
    again = Table.read(report.write(tmp_path / "report.ecsv"))
    assert again.meta["matches"] == list(report.matches)


def test_nothing_is_overwritten_unasked(report, tmp_path):
    path = report.write(tmp_path / "report.json")
    with pytest.raises(FileExistsError, match="exists"):
        report.write(path)
    assert report.write(path, overwrite=True) == path
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_other_formats(report, tmp_path):
    with pytest.raises(UnknownNameError, match=r"\.json"):
        report.write(tmp_path / "report.xlsx")
    with pytest.raises(UnknownNameError, match=r"astrocnn\.plotting\.write_report"):
        report.write(tmp_path / "report.html")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "other"}', "no JSON"])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="is no validation report"):
        read_report(path)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d["confusion"].update(tp=99), "not those of 56 targets"),
        (lambda d: d["confusion"].update(tp=d["confusion"]["tp"] + 1, fn=d["confusion"]["fn"] - 1),
         "not those of its completeness"),
        (lambda d: d["truth"].pop(), "one shape"),
        (lambda d: d["proba"].pop(), "no validation report"),
        (lambda d: d.update(n_no_verdict_clusters="x"), "no validation report"),
    ],
)  # fmt: skip
def test_edited_counts_are_refused(report, tmp_path, edit, message):
    path = report.write(tmp_path / "report.json")
    plain = json.loads(path.read_text())
    edit(plain)
    path.write_text(json.dumps(plain))
    with pytest.raises(InvalidParameterError, match=message):
        read_report(path)


def test_any_name_is_written(tmp_path):
    report = validate(QTable({"proba_cluster": [0.9, 0.2]}), [True, False], name=np.int64(5))
    assert read_report(report.write(tmp_path / "report.json")).name == "5"
