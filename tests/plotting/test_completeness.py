"""Completeness against a column, and verdicts by class: what is drawn."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable, Table

from astrocnn.exceptions import InvalidTargetError
from astrocnn.plotting import plot_classes, plot_completeness
from astrocnn.validation import completeness_against, confusion_by_class


@pytest.fixture
def result():
    return Table({"proba_cluster": [0.9, 0.2, 0.8, 0.7, 0.6, 0.1]})


TRUTH = [True, True, True, True, False, False]


def test_bins_and_intervals(result):
    table = completeness_against(
        result, TRUTH, np.array([1, 2, 3, 4, 1, 3]) * u.mJy, [1, 3, 5] * u.mJy
    )
    ax = plot_completeness(table)
    found, passed = (container.lines[0].get_xydata() for container in ax.containers)
    np.testing.assert_allclose(found, [[2, 0.5], [4, 1]])
    np.testing.assert_allclose(passed, [[2, 1], [4, 0]])
    assert ax.get_xlabel() == "value [mJy]"
    bars = ax.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose(np.array(bars)[0, :, 0], [1, 3])


def test_wide_bins_are_logarithmic_and_empty_ones_left_out(result):
    truth = QTable({"is_cluster": [True] * 6, "a$b$": [1e-15, 2e-15, 3e-14, 4e-14, 1e-13, 2e-13]})
    ax = plot_completeness(
        completeness_against(result, truth, "a$b$", [1e-15, 1e-14, 1e-13, 1e-12])
    )
    assert ax.get_xscale() == "log"
    assert len(ax.containers) == 1  # no non-cluster
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == r"a\$b\$"


def test_no_target_in_any_bin(result):
    table = completeness_against(result, TRUTH, np.zeros(6), [5, 6])
    ax = plot_completeness(table)
    assert ax.get_legend() is None


def test_classes(result):
    table = confusion_by_class(result, ["hi-z", "low-z", "hi-z", "$x$", "point", "point"])
    ax = plot_classes(table)
    ax.figure.canvas.draw()
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == [r"hi-z (2)", r"\$x\$ (1)", "point (2)", "low-z (1)"]
    np.testing.assert_allclose(ax.containers[0].lines[0].get_xdata(), table["share"])
    top, bottom = ax.get_ylim()[1], ax.get_ylim()[0]
    assert top < bottom  # the first class is the uppermost


@pytest.mark.parametrize(
    ("edges", "drawn"),
    [
        ([-np.inf, 0.2, 0.6, np.inf], [0.0, 0.4, 0.8]),
        ([-np.inf, np.inf], [0.5]),
        ([0.01, 0.1, 1, np.inf], [0.1**1.5, 0.1**0.5, 10**0.5]),
    ],
)
def test_bins_without_an_end(edges, drawn):
    result = Table({"proba_cluster": [0.9, 0.8, 0.2]})
    table = completeness_against(result, [True] * 3, [0.05, 0.5, 2], edges)
    ax = plot_completeness(table)
    np.testing.assert_allclose(ax.get_lines()[0].get_xdata(), drawn, atol=1e-12)
    ax.figure.canvas.draw()


def test_what_is_no_table_to_draw(result):
    table = completeness_against(result, [True] * len(result), np.arange(len(result)), 2)
    with pytest.raises(InvalidTargetError, match="no bins to draw"):
        plot_completeness(table[:0])
    wrong_ones = (plot_completeness, None), (plot_completeness, result), (plot_classes, table)
    for draw, wrong in wrong_ones:
        with pytest.raises(InvalidTargetError, match="the table that astrocnn.validation"):
            draw(wrong)
