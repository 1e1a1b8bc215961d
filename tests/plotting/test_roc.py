"""ROC curves: what is drawn and named."""

import subprocess
import sys

import numpy as np
import pytest
from astropy.table import QTable

from astrocnn.exceptions import InvalidTargetError
from astrocnn.plotting import plot_precision_recall, plot_roc
from astrocnn.validation import validate


@pytest.fixture
def report():
    rng = np.random.default_rng(7)
    truth = np.repeat([True, False], 60)
    proba = np.clip(rng.normal(0.35 + 0.3 * truth, 0.2), 0, 1)
    return validate(QTable({"proba_cluster": proba}), truth, name="xmm")


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_curve_label_and_operating_point(report):
    ax = plot_roc(report)
    area = report.auc
    assert labels(ax) == [
        "chance",
        f"xmm: AUC {area.value:.3f} [{area.low:.3f}, {area.high:.3f}]",
    ]
    chance, curve = ax.lines[:2]
    np.testing.assert_array_equal(chance.get_xydata(), [[0, 0], [1, 1]])
    np.testing.assert_array_equal(curve.get_xdata(), report.roc.fpr)
    np.testing.assert_array_equal(curve.get_ydata(), report.roc.tpr)
    point = ax.containers[0].lines[0].get_xydata()[0]
    assert point == pytest.approx([report.false_positive_rate.value, report.completeness.value])
    assert ax.get_xlabel() == "False-positive rate"
    assert ax.get_ylabel().startswith("Completeness")


def test_several_reports_have_names_and_colors(report):
    ax = plot_roc({"first": report, "second": report})
    assert [label.partition(":")[0] for label in labels(ax)] == ["chance", "first", "second"]
    assert ax.lines[1].get_color() != ax.lines[3].get_color()
    assert len(labels(plot_roc([report, report, report]))) == 4


@pytest.mark.parametrize("reports", [QTable({"proba_cluster": [0.9]}), {"xmm": 3}, [None]])
def test_what_is_no_report(reports):
    with pytest.raises(InvalidTargetError, match="a report is what astrocnn.validation.validate"):
        plot_roc(reports)


def test_given_axes_and_style_are_used(report):
    from matplotlib import pyplot as plt

    _, ax = plt.subplots()
    assert plot_roc(report, ax, lw=3, color="black") is ax
    assert ax.lines[1].get_linewidth() == 3
    assert ax.lines[1].get_color() == "black"


def test_report_without_a_curve_says_why():
    lonely = validate(QTable({"proba_cluster": [0.2, 0.9]}), [True, True], name="xmm")
    ax = plot_roc(lonely)
    assert labels(ax)[1] == "xmm: no curve (no non-cluster in the truth)"
    assert not ax.containers


def test_without_matplotlib_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from astropy.table import QTable\n"
        "from astrocnn.plotting import plot_roc\n"
        "from astrocnn.validation import validate\n"
        "report = validate(QTable({'proba_cluster': [0.2, 0.9]}), [False, True])\n"
        "try:\n    plot_roc(report)\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install astrocnn[plot]" in done.stdout


def test_the_room_is_imported_without_matplotlib():
    code = "import sys, astrocnn.plotting; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("plot", [plot_roc, plot_precision_recall])
def test_names_as_they_are(report, plot):
    """No formulas, and none is left out of the legend."""
    ax = plot({r"$\bad$": report, "_x": report, "\udcff": report})
    ax.figure.canvas.draw()
    labels = "\n".join(text.get_text().strip() for text in ax.get_legend().get_texts())
    for name in (r"\$\bad\$: ", "_x: ", r"\udcff: "):
        assert name in labels
