"""Result files: nothing is lost on the way, and no half file is left."""

import json
import os
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io.votable import parse_single_table
from astropy.table import Column, MaskedColumn, QTable, Table, join, vstack

from astrocnn.exceptions import (
    InvalidParameterError,
    InvalidTargetError,
    StoreError,
    UnknownNameError,
)
from astrocnn.matching import describe_match, match_sky
from astrocnn.tables import (
    RESULT_COLUMNS,
    check_output_path,
    describe_result,
    read_file,
    read_targets,
    result_table,
    write_result,
)

PARQUET = pytest.param(
    ".parquet",
    marks=pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs pyarrow"),
)
SUFFIXES = [".ecsv", ".fits", ".csv", ".vot", ".xml", PARQUET]
META = {
    "weights": "xmm",
    "weights_sha256": "ab" * 32,
    "training": "simulated training, 50 % prevalence",
    "bands": ["xmm"],
    "size_arcmin": 6.0,
    "versions": {"astrocnn": "0.1", "keras": "3.15"},
    "faults": ["target 2: dür\nch" + 100 * "x", "target 3: cut"],
}


@pytest.fixture
def result():
    """Four targets, two of them without a prediction, matched with a catalog."""
    targets = QTable()
    targets["target_id"] = ["Ü Cen", "b c", "#3", '"4",']
    targets["ra"] = [210.123456789012, 150.0, 359.0, 3.0] * u.deg
    targets["dec"] = [2.0, -3.0, 4.0, -90.0] * u.deg
    targets = read_targets(targets)
    first, last = 0.12345678901234567, 1 - 1e-12
    proba = np.array([[1 - first, first], [np.nan, np.nan], [np.nan, np.nan], [1 - last, last]])
    flags = ["", "no_coverage:xmm", "failed:xmm", "exposure_unknown:xmm;partial_coverage:xmm"]
    coverage = {"xray": np.array([1, 0, np.nan, 0.1], dtype="float32")}
    result = result_table(targets, proba, flags=flags, coverage=coverage, meta=META)
    return match_sky(result, SkyCoord([210.1, 12], [2, 3], unit="deg"))


def read(path):
    """With astropy, but for Parquet: there it takes what is null for the word "None"."""
    if path.suffix == ".parquet":
        return QTable(read_file(path))
    return QTable.read(path, format="votable") if path.suffix == ".xml" else QTable.read(path)


def plain(column):
    """Values of a column as a list; what is missing, NaN or empty is None."""
    missing = np.broadcast_to(getattr(column, "mask", False), len(column))
    values = np.asarray(getattr(column, "unmasked", column))
    values = np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values
    return [
        None if gone or value == "" or value != value else value
        for value, gone in zip(values.tolist(), missing, strict=True)
    ]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_come_back(result, tmp_path, suffix):
    """To the last bit, in the same order, and what is masked stays so; CSV knows no booleans."""
    if suffix == ".csv":
        result["matched"] = result["matched"].astype(str)
    path = write_result(result, tmp_path / f"result{suffix}")
    assert path == tmp_path / f"result{suffix}"
    again = read(path)
    assert again.colnames == result.colnames
    for name in result.colnames:
        assert plain(again[name]) == plain(result[name]), name


@pytest.mark.parametrize("suffix", [".ecsv", ".fits", ".vot", ".xml", PARQUET])
def test_units_descriptions_and_ucds_come_back(result, tmp_path, suffix):
    again = read(write_result(result, tmp_path / f"result{suffix}"))
    assert again["ra"].unit == u.deg
    assert again["separation"].unit == u.arcsec
    for name in ("label", "proba_cluster", "coverage_xray", "match_id"):
        assert again[name].info.description == result[name].info.description
        assert again[name].info.meta["ucd"] == result[name].info.meta["ucd"]
    assert again["flag"].info.meta["ucd"] == RESULT_COLUMNS["flag"].ucd


@pytest.mark.filterwarnings("ignore::astropy.utils.metadata.MergeConflictWarning")
def test_stacked_results_are_counted_once(result, tmp_path):
    """Lists in meta are those of both tables; matches are counted, not taken from the last one."""
    stacked = vstack([result, result])
    assert isinstance(stacked, type(result))
    first = describe_result(stacked).split("\n")[0]
    assert first == "8 targets: 2 cluster, 2 non_cluster, 4 without a prediction"
    assert "weights xmm (sha256 abababab)" in describe_result(stacked)
    path = write_result(stacked, tmp_path / "a.ecsv")
    assert describe_result(read(path)) == describe_result(stacked)
    assert "2 of 8 targets matched within" in describe_match(stacked)
    assert "known of each alone" in describe_match(stacked)
    assert describe_match(result) == describe_match(result[:2])
    assert describe_result(result[:1]).startswith("1 target: 0 cluster, 1 non_cluster")
    other = QTable({"target_id": ["b c"], "note": ["x"]}, meta={"classes": ["p", "q"]})
    joined = join(result, other, "target_id", "left")
    assert describe_result(joined).startswith("4 targets: 0 q, 0 p, 1 cluster, 1 non_cluster, 2")


@pytest.mark.parametrize("suffix", [".ecsv", ".fits", PARQUET])
def test_summary_comes_back(result, tmp_path, suffix):
    again = read(write_result(result, tmp_path / f"result{suffix}"))
    assert describe_result(again) == describe_result(result)
    assert "weights xmm (sha256 abababab), simulated training" in describe_result(again)


def test_ecsv_keeps_all_meta(result, tmp_path):
    assert read(write_result(result, tmp_path / "a.ecsv")).meta == result.meta


def test_fits_keywords_are_flat_and_ascii(result, tmp_path):
    meta = read(write_result(result, tmp_path / "a.fits")).meta
    assert meta["CLASSES"] == ["non_cluster", "cluster"]
    assert (meta["VERSIONS_KERAS"], meta["THRESHOLD"]) == ("3.15", 0.5)
    assert meta["FAULTS"][0] == "target 2: d\\xfcr ch" + 100 * "x"
    assert meta["MATCH_N_MATCHED"] == 1
    assert meta["MATCH_DESCRIPTION"].endswith("expected by chance")


def test_votable_says_what_it_is(result, tmp_path):
    table = parse_single_table(write_result(result, tmp_path / "a.vot"))
    assert "4 targets: 1 cluster, 1 non_cluster" in " ".join(table.description.split())
    params = {param.name: param.value for param in table.params}
    assert params["weights_sha256"] == "ab" * 32
    assert params["classes"] == "non_cluster; cluster"
    assert params["match_catalog"] == ""


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_meta_of_any_kind_can_be_written(tmp_path, suffix):
    """Also what the user put there: numpy numbers, infinities, nothing, long names."""
    table = QTable({"target_id": [1]})
    table.meta = {
        "a": np.float32(1.5), "b": np.inf, "c": None, "d": np.arange(3), "e": (), "f": True,
        "a name of many words": {"deep": {"deeper": "x" * 300}}, "NAXIS": "no keyword",
    }  # fmt: skip
    table["a name"] = ["of a column"]
    assert len(read(write_result(table, tmp_path / f"a{suffix}"))) == 1


def test_no_number_means_masked(tmp_path):
    """999999 is what astropy writes for a masked integer, and a fair identifier."""
    table = QTable({"target_id": MaskedColumn([999999, 5, 7], mask=[False, True, False])})
    again = read(write_result(table, tmp_path / "a.fits"))
    assert plain(again["target_id"]) == [999999, None, 7]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_input_is_left_alone(result, tmp_path, suffix):
    before = result.meta.copy(), result["ra"].info.format, str(result)
    write_result(result, tmp_path / f"a{suffix}")
    assert (result.meta, result["ra"].info.format, str(result)) == before


def test_plain_table_and_string_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_result(Table({"a": Column([1], unit="deg")}), "a.csv")
    assert (tmp_path / "a.csv").read_text() == "a\n1\n"


# ---- places ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["result", "result.txt", "result.ecsv.gz"])
def test_unknown_suffix(result, tmp_path, name):
    with pytest.raises(
        UnknownNameError, match=r"must end in \.ecsv, \.fits, \.csv, \.vot, \.xml or \.parquet"
    ):
        write_result(result, tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_upper_case_suffix(result, tmp_path):
    assert len(QTable.read(write_result(result, tmp_path / "A.FITS"), format="fits")) == 4


def test_existing_file(result, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match=r"a\.csv' exists: choose another name, or replace"):
        write_result(result, path)
    assert path.read_text() == "precious"
    write_result(result, path, overwrite=True)
    assert path.read_text().startswith("target_id,ra")


def test_link_stays_a_link(result, tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    write_result(result, link)
    write_result(result, link, overwrite=True)
    assert link.is_symlink()
    assert target.read_text().startswith("target_id,ra")


def test_missing_folder(result, tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"cannot write '.*a\.csv': there is no folder '.*no"
    ):
        write_result(result, tmp_path / "no" / "a.csv")


def test_folder_instead_of_file(result, tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder: give the name of a file"):
        write_result(result, tmp_path / "a.csv", overwrite=True)


def test_folder_without_permission(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(PermissionError, match="no permission in the folder"):
        check_output_path(tmp_path / "a.csv")


def test_other_suffixes(tmp_path):
    assert check_output_path(tmp_path / "a.keras", suffixes=[".keras"]) == tmp_path / "a.keras"
    with pytest.raises(UnknownNameError, match=r"the name must end in \.keras$"):
        check_output_path(tmp_path / "a.csv", suffixes=[".keras"])


def test_not_a_table(tmp_path):
    with pytest.raises(InvalidTargetError, match="a result is a table, not list"):
        write_result([1, 2], tmp_path / "a.csv")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_full_disk_leaves_what_was_there(result, tmp_path, suffix, monkeypatch):
    """The system refuses to write more than 200 bytes, as a full disk does."""
    resource = pytest.importorskip("resource", reason="limits on files are a Unix thing")
    # Python cuts compiled modules too, and stumbles over them when they are imported again.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / f"a{suffix}"
    path.write_text("precious")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        with pytest.raises(OSError, match=rf"cannot write '.*a\{suffix}': File too large"):
            write_result(result, path, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(tmp_path) == [path.name]
    assert path.read_text() == "precious"


def test_interruption_leaves_what_was_there(result, tmp_path, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    path = write_result(result, tmp_path / "a.csv")
    before = path.read_text()
    monkeypatch.setattr(QTable, "write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_result(result, path, overwrite=True)
    assert os.listdir(tmp_path) == ["a.csv"]
    assert path.read_text() == before


def test_meta_stays_readable_by_others(result, tmp_path):
    """Plain types only, so that ECSV needs no astropy to be read."""
    text = write_result(result, tmp_path / "a.ecsv").read_text()
    assert "!!python" not in text
    assert "!numpy" not in text
    json.dumps(result.meta)


@pytest.mark.parametrize("names", [["#1"], ["#1 a", "# 2", "x#", '#"', "#"]])
def test_identifier_that_looks_like_a_comment(tmp_path, names):
    for table in (QTable({"target_id": names}), QTable({"target_id": names, "#": names})):
        again = read(write_result(table, tmp_path / "a.ecsv", overwrite=True))
        assert list(again["target_id"]) == names


@pytest.mark.parametrize("suffix", [".ecsv", ".csv"])
def test_arrays_without_rows(tmp_path, suffix):
    """Of no rows, astropy cannot read which shape the arrays in them had."""
    table = Table({"a": np.zeros((0, 2), "i2"), "b": np.zeros(0)})
    path = write_result(table, tmp_path / f"a{suffix}")
    form = {".ecsv": "ascii.ecsv", ".csv": "ascii.csv"}[suffix]
    for again in (read_file(path), Table.read(path, format=form)):
        assert (len(again), again.colnames) == (0, ["a", "b"])


def test_name_that_fits_does_not_have(tmp_path):
    table = Table({"rédshift": [0.3]})
    with pytest.raises(InvalidTargetError, match="FITS has names in ASCII only; rename it"):
        check_output_path(tmp_path / "a.fits", table=table)
    assert read_file(write_result(table, tmp_path / "a.vot")).colnames == ["rédshift"]


def test_paths_that_cannot_be(tmp_path):
    with pytest.raises(InvalidParameterError, match="holds a NUL character"):
        check_output_path("a\0b.ecsv")
    (tmp_path / "a.ecsv").symlink_to("a.ecsv")
    assert check_output_path(tmp_path / "a.ecsv").name == "a.ecsv"
    with pytest.raises(StoreError):
        write_result(Table({"a": [1]}), tmp_path / "a.ecsv")
