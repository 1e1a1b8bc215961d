"""Reliability diagrams."""

import numpy as np
import pytest

from astrocnn.exceptions import InvalidTargetError
from astrocnn.plotting import plot_reliability
from astrocnn.validation import reliability


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    proba = rng.random(500)
    return reliability(rng.random(500) < proba, proba)


def test_points_and_legend(table):
    ax = plot_reliability({"xmm": table})
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    error = table.meta["expected_calibration_error"]
    assert labels == ["calibrated", f"xmm: calibration error {error:.3f} (500 targets)"]
    points = ax.containers[0].lines[0].get_xydata()
    np.testing.assert_allclose(points, np.transpose([table["proba"], table["fraction"]]))
    assert ax.get_ylabel() == "Share of clusters"


def test_one_table_needs_no_name(table):
    labels = [text.get_text() for text in plot_reliability(table).get_legend().get_texts()]
    assert labels[1].startswith("calibration error")


def test_axes_and_style(table):
    from matplotlib import pyplot as plt

    _, ax = plt.subplots()
    assert plot_reliability({"a": table, "b": table}, ax, lw=3) is ax
    assert len(ax.containers) == 2
    assert ax.containers[0].lines[0].get_linewidth() == 3


def test_names_as_they_are_and_what_is_no_table(table):
    ax = plot_reliability({r"$\bad$": table, "_x": table})
    ax.figure.canvas.draw()
    labels = [text.get_text().strip() for text in ax.get_legend().get_texts()]
    assert [label.partition(":")[0] for label in labels[1:]] == [r"\$\bad\$", "_x"]
    table.meta.clear()
    for wrong in (None, table):
        with pytest.raises(InvalidTargetError):
            plot_reliability(wrong)
