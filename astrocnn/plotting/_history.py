"""Loss and accuracy of a training."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..exceptions import InvalidParameterError
from ..tables._numbers import as_floats
from ._matplotlib import CYCLE, import_pyplot

__all__ = ["plot_history"]


def plot_history(history, axes=None, **kwargs):
    """Draw loss and accuracy of each epoch; those of the validation are dashed.

    Parameters
    ----------
    history : dict of str to list of float, list of them, or fitted classifier
        From `astrocnn.training.train_network`, or what has it as ``history_``; of an ensemble one
        per member.
    axes : sequence of two `~matplotlib.axes.Axes`, optional
        Where to draw; a new figure by default.
    **kwargs
        Passed to `~matplotlib.axes.Axes.plot` for every curve.

    Returns
    -------
    axes : sequence of two `~matplotlib.axes.Axes`

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    InvalidParameterError
        If there is no history.

    Examples
    --------
    >>> from astrocnn.plotting import plot_history
    >>> axes = plot_history({"loss": [0.7, 0.4], "accuracy": [0.5, 0.8]})
    >>> [ax.get_ylabel() for ax in axes]
    ['Loss', 'Accuracy']
    """
    found = getattr(history, "history_", history)
    found = [found] if isinstance(found, Mapping) else found
    if (
        not isinstance(found, Sequence)
        or not found
        or not all(isinstance(one, Mapping) and "loss" in one for one in found)
    ):
        raise InvalidParameterError("there is no history to draw: fit the classifier first")
    plt = import_pyplot()
    if axes is None:
        _, axes = plt.subplots(1, 2, figsize=(7.6, 3.2), layout="constrained")
    for ax, name in zip(axes, ("loss", "accuracy"), strict=True):
        for i, one in enumerate(found):
            named = {"label": "_"} if i else {}  # an ensemble has one legend
            _draw(ax, one, name, named | kwargs)
        ax.set(xlabel="Epoch", ylabel=name.capitalize())
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(color="0.92", lw=0.6)
        ax.set_axisbelow(True)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize="small", frameon=True, framealpha=0.9, edgecolor="0.85")
    return axes


def _draw(ax, history, name, style) -> None:
    """Curves of one training: its own, and that of the validation."""
    kinds = ((name, "training", "-"), (f"val_{name}", "validation", "--"))
    for color, (key, label, line) in zip(CYCLE, kinds, strict=False):
        if key in history:
            # Markers: a single epoch has no line to see.
            usual = {"color": color, "ls": line, "lw": 1.5, "marker": "o", "ms": 3, "label": label}
            values = np.atleast_1d(as_floats(history[key], key))
            ax.plot(range(1, len(values) + 1), values, **usual | style)
