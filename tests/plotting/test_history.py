"""Figures of a training."""

from types import SimpleNamespace

import pytest
from matplotlib import pyplot as plt

from astrocnn.plotting import plot_history

HISTORY = {
    "loss": [0.7, 0.5, 0.4],
    "accuracy": [0.5, 0.7, 0.8],
    "val_loss": [0.8, 0.6, 0.7],
    "val_accuracy": [0.5, 0.6, 0.6],
}


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_loss_and_accuracy_validation_dashed():
    axes = plot_history(HISTORY)
    for ax, name in zip(axes, ("loss", "accuracy"), strict=True):
        drawn = lines(ax)
        assert list(drawn) == ["training", "validation"]
        assert drawn["training"].get_ydata().tolist() == HISTORY[name]
        assert drawn["validation"].get_ydata().tolist() == HISTORY[f"val_{name}"]
        assert drawn["training"].get_xdata().tolist() == [1, 2, 3]
        assert drawn["training"].get_linestyle() == "-"
        assert drawn["validation"].get_linestyle() == "--"
        assert ax.get_ylabel() == name.capitalize()
        assert all(tick == int(tick) for tick in ax.get_xticks())


def test_without_validation():
    axes = plot_history({"loss": [0.5], "accuracy": [0.9]})
    assert [list(lines(ax)) for ax in axes] == [["training"], ["training"]]


def test_a_fitted_classifier():
    axes = plot_history(SimpleNamespace(history_=HISTORY))
    assert lines(axes[0])["training"].get_ydata().tolist() == HISTORY["loss"]


def test_an_ensemble():
    axes = plot_history(SimpleNamespace(history_=[HISTORY, HISTORY, HISTORY]))
    for ax in axes:
        assert len(ax.get_lines()) == 6
        labels = [text.get_text() for text in ax.get_legend().get_texts()]
        assert labels == ["training", "validation"]
        assert len({line.get_color() for line in ax.get_lines()}) == 2


def test_own_axes_and_style():
    _, own = plt.subplots(2)
    axes = plot_history(HISTORY, own, lw=4)
    assert axes is own
    assert {line.get_linewidth() for ax in axes for line in ax.get_lines()} == {4}
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize(
    "nothing", [{}, SimpleNamespace(), SimpleNamespace(history_={}), [], [5], 5]
)
def test_nothing_to_draw(nothing):
    with pytest.raises(ValueError, match="there is no history to draw"):
        plot_history(nothing)


def test_loss_alone():
    assert len(plot_history({"loss": [0.7, 0.4]})[0].get_lines()) == 1
    with pytest.raises(ValueError, match="loss must hold numbers"):
        plot_history({"loss": ["a"]})
