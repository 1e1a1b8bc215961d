"""What a result says of itself after a way through each kind of file."""

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table, vstack

from astrocnn.exceptions import InvalidTargetError
from astrocnn.matching import describe_match, match_probability, match_sky
from astrocnn.tables import describe_result, read_file, read_targets, result_table, write_result
from astrocnn.validation import validate

PARQUET = pytest.param(
    ".parquet", marks=pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs pyarrow")
)
KEEP_META = [".ecsv", ".fits", ".vot", PARQUET]


@pytest.fixture
def result():
    """Three targets matched with two catalogs; the last has no prediction."""
    targets = read_targets(SkyCoord([10, 20, 30], [0, 0, 0], unit="deg"))
    proba = np.array([[0.1, 0.9], [0.8, 0.2], [np.nan, np.nan]])
    meta = {"weights": "xmm", "training": "50 ± 1 % by Müller", "prior": 0.25}
    flags = ["", "duplicate", "no_coverage:xmm"]
    table = result_table(targets, proba, flags=flags, meta=meta)
    catalog = Table({"ra": [10, 50.0], "dec": [0, 0.0]}, meta={"name": "Böhringer"})
    return match_sky(match_sky(table, catalog), catalog[1:], prefix="psz2_")


@pytest.mark.parametrize("suffix", KEEP_META)
def test_summaries_come_back_from_files(result, tmp_path, suffix):
    again = read_file(write_result(result, tmp_path / f"a{suffix}"))
    assert describe_result(again) == describe_result(result)
    for prefix, n in (("", 1), ("psz2_", 0)):
        assert describe_match(again, prefix) == describe_match(result, prefix)
        assert describe_match(again, prefix).startswith(f"{n} of 3 targets")
    assert "prior 0.25, 50 ± 1 % by Müller" in describe_result(again)
    expected = validate(result, [1, 0, 1]).matches
    assert len(expected) == 2
    assert validate(again, [1, 0, 1]).matches == expected


@pytest.mark.parametrize("suffix", [".fits", PARQUET])
def test_summaries_of_what_astropy_reads(result, tmp_path, suffix):
    again = QTable.read(write_result(result, tmp_path / f"a{suffix}"))
    assert describe_result(again) == describe_result(result)
    assert describe_match(again, "psz2_") == describe_match(result, "psz2_")
    report = validate(again, [1, 0, 1])
    assert (report.confusion.tp, report.confusion.tn, report.n_no_verdict) == (1, 1, 1)


def test_summaries_of_other_tables(result):
    frame = pd.DataFrame({"label": ["cluster", None], "flag": ["", "duplicate"]})
    assert describe_result(frame).startswith("2 targets: 1 cluster, 1 without a prediction")
    for describe in (describe_result, describe_match):
        with pytest.raises(InvalidTargetError, match="a result is a table, not int"):
            describe(3)
    with pytest.raises(InvalidTargetError, match="no result of match_sky .* keeps no meta"):
        describe_match(result.to_pandas())


def test_stacked_tables_of_probable_matches():
    targets = SkyCoord([10, 20], [0, 0], unit="deg")
    matches = match_probability(
        targets, targets[:1], 10 * u.arcsec, target_error=2 * u.arcsec, completeness=0.9
    )
    found = matches.targets
    stacked = vstack([found, found], metadata_conflicts="silent")
    assert describe_match(stacked).startswith("2 of 4 targets matched within 10.0 arcsec")


def test_words_of_ones_own_among_the_flags(result, tmp_path):
    flags = result["flag"].astype("U20")
    flags[0] = "checked_by_eye"
    result["flag"] = flags
    assert "1 checked_by_eye" in describe_result(result)
    assert len(read_file(write_result(result, tmp_path / "a.vot"))) == len(result)


def test_class_that_is_called_none(tmp_path):
    targets = read_targets(SkyCoord([1, 2, 3], [0, 0, 0], unit="deg"))
    proba = np.array([[0.1, 0.9], [0.8, 0.2], [0.2, 0.8]])
    result = result_table(targets, proba, classes=["None", "cluster"])
    back = read_file(write_result(result, tmp_path / "n.csv"))
    assert validate(back, [1, 0, 1]).confusion.tn == 1


@pytest.mark.parametrize(
    "meta",
    [
        {"XMATCH_DESCRIPTION": "TOPCAT sky match, 5 arcsec"},
        {"match_description": "x", "match_n_targets": "many", "match_radius": "5 arcsec"},
        {"match": {"description": "x"}},
    ],
)
def test_matches_of_others(meta):
    table = Table({"target_id": [0, 1], "proba_cluster": [0.9, 0.1]}, meta=meta)
    assert validate(table, [1, 0]).matches == ()
