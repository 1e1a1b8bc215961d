"""Completeness and false-positive rate in bins."""

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table
from astropy.utils.masked import Masked
from hypothesis import given
from hypothesis import strategies as st

from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.validation import completeness_against, proportion, validate


@pytest.fixture
def result():
    proba = MaskedColumn([0.9, 0.2, 0.8, 0.7, 0.6, 0.1, 0.5], mask=[0, 0, 0, 0, 0, 0, 1])
    return QTable({"target_id": list("abcdefg"), "proba_cluster": proba})


@pytest.fixture
def truth():
    flux = [1, 2, 3, 4, 1, 3, 2] * u.mJy
    return QTable({
        "target_id": list("abcdefg"),
        "is_cluster": [True, True, True, True, False, False, True],
        "flux": flux,
        "z": [0.1, 0.2, 0.3, np.nan, np.nan, np.nan, 0.25],
    })  # fmt: skip


def test_counts_and_intervals(result, truth):
    table = completeness_against(result, truth, "flux", [1, 3, 5] * u.mJy)
    assert table["n_clusters"].tolist() == [2, 2]
    assert table["n_non_clusters"].tolist() == [1, 1]
    assert table["n_no_verdict"].tolist() == [1, 0]
    for row, (found, total) in zip(table, [(1, 2), (2, 2)], strict=True):
        expected = proportion(found, total)
        assert row["completeness"] == expected.value
        assert (row["completeness_low"], row["completeness_high"]) == (expected.low, expected.high)
    assert table["false_positive_rate"].tolist() == [1, 0]
    assert table["low"].unit == u.mJy
    assert (table.meta["n_outside"], table.meta["n_unknown"]) == (0, 0)


def test_order_of_the_truth_does_not_matter(result, truth):
    edges = [0.0, 0.22, 0.4]
    table = completeness_against(result, truth, "z", edges)
    again = completeness_against(result, truth[::-1], "z", edges)
    assert table.pformat() == again.pformat()
    assert table["n_clusters"].tolist() == [2, 1]
    assert table["n_no_verdict"].tolist() == [0, 1]
    assert table["false_positive_rate"].tolist() == [None, None]  # they have no redshift
    assert table.meta["n_unknown"] == 3


def test_other_units_of_the_edges(result, truth):
    table = completeness_against(result, truth, "flux", [1e-3, 3e-3, 5e-3] * u.Jy)
    np.testing.assert_allclose(table["low"], [1, 3])


def test_column_of_the_result_and_values_of_the_caller(result, truth):
    result["richness"] = np.arange(7)
    by_name = completeness_against(result, truth, "richness", [0, 3, 6])
    by_value = completeness_against(result, truth, np.arange(7), [0, 3, 6])
    assert by_name.pformat() == by_value.pformat()
    series = completeness_against(result, truth, pd.Series(np.arange(7)), [0, 3, 6])
    assert series.pformat() == by_value.pformat()
    masked = Masked(np.arange(7) * u.m, mask=np.arange(7) > 4)
    assert completeness_against(result, truth, masked, [0, 6] * u.m).meta["n_unknown"] == 2


def test_number_of_bins_shares_the_clusters_out():
    n = 100
    rng = np.random.default_rng(0)
    result = Table({"proba_cluster": rng.random(n)})
    truth = Table({"is_cluster": np.ones(n, dtype=bool), "z": rng.random(n)})
    table = completeness_against(result, truth, "z", 4)
    assert table["n_clusters"].tolist() == [25] * 4


def test_all_clusters_of_one_value():
    result, truth = Table({"proba_cluster": [0.9, 0.1]}), [True, True]
    table = completeness_against(result, truth, np.array([0.3, 0.3]), 5)
    assert table["n_clusters"].tolist() == [2]


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1), st.floats(-5, 15)), min_size=1))
def test_bins_add_up_to_the_report(rows):
    truth, proba, value = (np.array(part) for part in zip(*rows, strict=True))
    result = Table({"proba_cluster": proba})
    table = completeness_against(result, truth, value, [0.0, 1, 4, 10])
    inside = (value >= 0) & (value <= 10)
    report = validate(result[inside], truth[inside])
    assert table["n_clusters"].sum() == report.confusion.n_clusters
    found = np.sum(table["completeness"].filled(0) * table["n_clusters"])
    assert found == pytest.approx(report.confusion.tp)
    passed = np.sum(table["false_positive_rate"].filled(0) * table["n_non_clusters"])
    assert passed == pytest.approx(report.confusion.fp)
    assert table.meta["n_outside"] == np.sum(~inside)


def test_unknown_truth_is_left_out(result):
    known = np.ma.array([True] * 7, mask=[True] + [False] * 6)
    table = completeness_against(result, known, np.zeros(7), [0, 1])
    assert table["n_clusters"][0] == 5


@pytest.mark.parametrize(
    ("column", "bins", "message"),
    [
        ("mass", 3, "neither truth nor result has a column 'mass'"),
        ("target_id", 3, "must hold numbers"),
        ("flux", [3, 1] * u.mJy, "rising edges"),
        ("flux", [1, 3] * u.m, "in the unit of the column"),
        ("z", 0, "give edges"),
        (np.zeros(3), 3, "one value per row"),
        ("z", "many", "number of bins"),
    ],
)
def test_wrong_input(result, truth, column, bins, message):
    with pytest.raises(InvalidTargetError, match=message):
        completeness_against(result, truth, column, bins)


def test_numbers_that_stand_for_a_missing_redshift(result, truth):
    """They are in no bin; in a column that holds no redshifts, -1 is a value."""
    truth["z"] = [0.1, 0.2, 0.3, -1, -99, 99, 0.25]
    with pytest.warns(AstrocnnWarning, match=r"^3 of 7 redshifts \(z\)"):
        table = completeness_against(result, truth, "z", 2)
    assert table["low"][0] == 0.1
    assert table.meta["n_unknown"] == 3
    truth["log_flux"] = truth["z"]
    assert completeness_against(result, truth, "log_flux", 2)["low"][0] == -1
