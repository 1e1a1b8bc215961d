"""The key figures look as they did: compared, pixel by pixel, with those in the folder baseline.

Text is left out, since its shape depends on the version of FreeType, and so is what is as wide as
its text. After a change that is wanted, write the figures anew and look at them:

    ASTROCNN_WRITE_BASELINES=1 pytest tests/plotting/test_baselines.py
"""

import os
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table
from matplotlib import pyplot as plt
from matplotlib.legend import Legend
from matplotlib.offsetbox import AnnotationBbox
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text

from astrocnn.matching import candidate_redshift
from astrocnn.plotting import (
    plot_classes,
    plot_completeness,
    plot_cutouts,
    plot_precision_recall,
    plot_redshifts,
    plot_reliability,
    plot_roc,
)
from astrocnn.validation import completeness_against, confusion_by_class, reliability, validate

BASELINE = Path(__file__).parent / "baseline"
#: Root mean square of the differences of pixels, of 255. Matplotlib 3.9 to 3.11 draw lines alike,
#: and images shifted by part of a pixel: 9. A curve that is gone makes 13, an image 29.
LINES, TOLERANCE = 2.0, {"cutouts": 10.0}
DPI, N = 50, 400


@pytest.fixture
def verdicts():
    """Simulated probabilities and truth."""
    rng = np.random.default_rng(12)
    truth = rng.random(N) < 0.4
    proba = np.clip(rng.normal(0.32 + 0.36 * truth, 0.2), 0, 1)
    return QTable({"proba_cluster": proba}), truth, rng


def roc(request):
    result, truth, _ = request.getfixturevalue("verdicts")
    other = QTable({"proba_cluster": np.sqrt(result["proba_cluster"] * (1 - truth / 3))})
    return plot_roc([validate(result, truth, name="a"), validate(other, truth, name="b")]).figure


def precision_recall(request):
    result, truth, _ = request.getfixturevalue("verdicts")
    return plot_precision_recall(validate(result, truth, name="a")).figure


def reliability_diagram(request):
    result, truth, _ = request.getfixturevalue("verdicts")
    return plot_reliability(reliability(truth, result["proba_cluster"])).figure


def completeness(request):
    result, truth, rng = request.getfixturevalue("verdicts")
    flux = 10 ** rng.uniform(-15, -12, N) * u.erg / u.s / u.cm**2
    edges = np.logspace(-15, -12, 7) * flux.unit
    ax = plot_completeness(completeness_against(result, truth, flux, edges))
    ax.set_xlim(5e-16, 2e-12)  # versions of Matplotlib choose different ones
    return ax.figure


def classes(request):
    result, truth, rng = request.getfixturevalue("verdicts")
    names = np.where(truth, rng.choice(["low-z", "high-z"], N), rng.choice(["AGN", "star"], N))
    return plot_classes(confusion_by_class(result, names)).figure


def redshifts(request):
    rng = np.random.default_rng(5)
    galaxies = Table({
        "ra": 10 + rng.normal(0, 0.03, 60),
        "dec": rng.normal(0, 0.03, 60),
        "z_spec": np.append(rng.normal(0.2, 0.003, 30), rng.uniform(0.05, 0.4, 30)),
    })  # fmt: skip
    target = SkyCoord(10, 0, unit="deg")
    found = candidate_redshift(target, galaxies, random_state=0)
    return plot_redshifts(found, galaxies, target, z_listed=0.205)[0].figure


def cutouts(request):
    dataset, result = (request.getfixturevalue(name) for name in ("dataset", "result"))
    return plot_cutouts(dataset, result, np.array([True, True, False, True, True]))


FIGURES = [roc, precision_recall, reliability_diagram, completeness, classes, redshifts, cutouts]


def drawn(make, request, path):
    """Write a figure without its text."""
    with plt.style.context("default"):
        figure = make(request)
        for artist in figure.findobj(lambda one: isinstance(one, Text | Legend | AnnotationBbox)):
            artist.set_visible(False)
        # Versions of Matplotlib differ in what they lay out, and in how they round to whole pixels.
        figure.set_layout_engine("none")
        figure.set_size_inches((np.round(figure.get_size_inches() * DPI) + 0.01) / DPI)
        figure.savefig(path, dpi=DPI, metadata={"Software": None})
    return figure


@pytest.mark.parametrize("make", FIGURES, ids=lambda make: make.__name__)
def test_as_the_baseline(make, request, tmp_path):
    path, expected = tmp_path / f"{make.__name__}.png", BASELINE / f"{make.__name__}.png"
    drawn(make, request, path)
    if os.environ.get("ASTROCNN_WRITE_BASELINES"):
        BASELINE.mkdir(exist_ok=True)
        expected.write_bytes(path.read_bytes())
        pytest.skip(f"{expected} is written anew: look at it")
    difference = compare_images(expected, path, TOLERANCE.get(make.__name__, LINES))
    assert difference is None, f"{difference}\nIf it is wanted, see the top of {__file__}"


@pytest.mark.parametrize(("make", "change"), [
    (roc, lambda figure: figure.axes[0].lines[1].set_visible(False)),
    (roc, lambda figure: figure.axes[0].lines[1].set_linewidth(3)),
    (redshifts, lambda figure: figure.axes[0].set_xlim(0.1, 0.3)),
    (cutouts, lambda figure: figure.axes[4].images[0].set_visible(False)),
    (cutouts, lambda figure: [ax.images[0].set_cmap("hot") for ax in figure.axes if ax.images]),
], ids=["curve gone", "curve wider", "other limits", "image gone", "other colors"])  # fmt: skip
def test_a_small_change_is_seen(request, tmp_path, make, change):
    """The tolerances are not too wide."""
    figure = drawn(make, request, tmp_path / "changed.png")
    change(figure)
    figure.savefig(tmp_path / "changed.png", dpi=DPI)
    tolerance = TOLERANCE.get(make.__name__, LINES)
    expected = BASELINE / f"{make.__name__}.png"
    assert compare_images(str(expected), str(tmp_path / "changed.png"), tolerance) is not None


def test_baselines_are_small_and_complete():
    files = sorted(BASELINE.glob("*.png"))
    assert [file.stem for file in files] == sorted(make.__name__ for make in FIGURES)
    assert sum(file.stat().st_size for file in files) < 300_000
