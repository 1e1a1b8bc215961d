"""Precision-recall curves and bands: what is drawn and named."""

import numpy as np
import pytest
from astropy.table import QTable

from astrocnn.plotting import plot_precision_recall, plot_roc
from astrocnn.validation import precision_recall, precision_recall_band, roc_band, validate


@pytest.fixture
def report():
    rng = np.random.default_rng(7)
    truth = np.repeat([True, False], 60)
    proba = np.clip(rng.normal(0.35 + 0.3 * truth, 0.2), 0, 1)
    return validate(QTable({"proba_cluster": proba}), truth, name="xmm")


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_curve_point_and_prevalence(report):
    ax = plot_precision_recall(report, prevalence=0.1)
    curve = precision_recall(report.truth, report.proba, 0.1)
    line = ax.lines[0]
    np.testing.assert_array_equal(line.get_xdata()[1:], curve.completeness)
    np.testing.assert_array_equal(line.get_ydata()[1:], curve.purity)
    assert line.get_drawstyle() == "steps-pre"
    point = ax.containers[0].lines[0].get_xydata()[0]
    assert point == pytest.approx([report.completeness.value, report.purity_at(0.1).value])
    assert labels(ax)[1] == "everything called cluster: 10 %"
    assert ax.get_ylabel().startswith("Purity")


def test_prevalence_of_the_report_or_its_sample(report):
    assert labels(plot_precision_recall(report))[1].endswith("50 %")
    mine = validate(QTable({"proba_cluster": report.proba}), report.truth, prevalence=0.2)
    assert labels(plot_precision_recall({"a": mine, "b": mine}))[-1].endswith("20 %")


@pytest.mark.parametrize(
    ("plot", "band"), [(plot_roc, roc_band), (plot_precision_recall, precision_recall_band)]
)
def test_band(report, plot, band):
    assert not plot(report).collections[2:]
    ax = plot(report, band=True, random_state=3)
    drawn = ax.collections[-1].get_paths()[0].vertices
    expected = band(report.truth, report.proba, random_state=3)
    assert drawn[:, 0].min() == expected.x[0]
    assert drawn[:, 1].min() == pytest.approx(expected.low.min())
    assert drawn[:, 1].max() == pytest.approx(expected.high.max())


def test_report_without_a_curve_says_why():
    lonely = validate(QTable({"proba_cluster": [0.2, 0.9]}), [True, True], name="xmm")
    ax = plot_precision_recall(lonely, band=True)
    assert labels(ax) == ["xmm: no curve (no non-cluster in the truth)"]
    assert len(plot_roc(lonely, band=True).collections) == 0
