"""Why a verdict: what each pixel of each band adds to the probability."""

from collections.abc import Iterable

import numpy as np
import xarray as xr
from astropy.table import Table

from ..exceptions import InvalidParameterError
from ..networks import class_probability, integrated_gradients
from ..preprocessing import planes_to_pixels
from ..tables import join_flags
from ._fitted import Fitted
from ._images import cause_words, judge_images
from ._verdicts import row_flags, usable_rows

__all__ = ["explain"]

_DIMS = ("target", "band", "y", "x")


def explain(
    fitted: Fitted,
    targets: Table,
    chunks: Iterable[xr.Dataset],
    label: str | None = None,
    steps: int = 64,
) -> xr.Dataset:
    """Explain the probabilities of targets by integrated gradients.

    Parameters
    ----------
    fitted : Fitted
        The network with its description.
    targets : `~astropy.table.QTable`
        Target table, see `astrocnn.tables.read_targets`.
    chunks : iterable of `~xarray.Dataset`
        Cut-outs of the targets, in order.
    label : str, optional
        Class to explain; by default the last one, ``"cluster"``.
    steps : int
        See `astrocnn.networks.integrated_gradients`.

    Returns
    -------
    `~xarray.Dataset`
        What `ClusterClassifier.explain` describes.

    Raises
    ------
    InvalidParameterError
        If there is no such class.
    """
    classes = list(dict.fromkeys(fitted.description.classes + fitted.description.outputs))
    label = fitted.description.classes[-1] if label is None else label
    if label not in classes:
        raise InvalidParameterError(
            f"unknown class {label!r}; the network knows {', '.join(classes)}"
        )
    index = _output(fitted, label)
    parts = [_explain_chunk(fitted, dataset, index, steps) for dataset in chunks]
    explained = xr.concat(
        parts,
        "target",
        data_vars="all",
        coords="different",
        compat="equals",
        join="outer",
        combine_attrs="drop_conflicts",
    )
    flags = [
        join_flags(str(given), found)
        for given, found in zip(targets["flag"], explained["flag"].values, strict=True)
    ]
    explained["flag"] = ("target", np.array(flags, dtype=str))
    flat = np.zeros((1, *fitted.model.input_shape[1:]))
    explained.attrs |= {
        "class": label,
        "steps": int(steps),
        "baseline": "a flat image: zeros after preprocessing",
        "baseline_proba": float(class_probability(fitted.model, flat, index)[0]),
        "weights": str(fitted.meta()["weights"]),
    }
    return explained


def _output(fitted, label) -> int:
    """Number of the network's output for a class; of a class of several parts there is none."""
    names = fitted.description.output_names
    if label not in names:
        raise InvalidParameterError(
            f"{label!r} is what is left: {' and '.join(names[:-1])} together; explain one of "
            f"{', '.join(names)}"
        )
    return names.index(label)


def _explain_chunk(fitted, dataset, index, steps) -> xr.Dataset:
    """Explain the targets of one Dataset; NaN where there is no image to explain.

    What is unlike the training images is explained, and flagged.
    """
    rows = usable_rows(dataset, fitted.description.optional_bands)
    n, bands = dataset.sizes["target"], dataset.sizes["band"]
    attribution = np.full((n, bands, dataset.sizes["y"], dataset.sizes["x"]), np.nan, np.float32)
    proba, words = np.full(n, np.nan), np.full(n, "", dtype=object)
    if rows.any():
        tensor = fitted.preprocessing(dataset, rows)
        found = integrated_gradients(fitted.model, tensor, index, steps=steps)
        if fitted.preprocessing.source_planes:
            found = planes_to_pixels(fitted.preprocessing, dataset, rows, found)
        attribution[rows] = np.moveaxis(found, -1, 1)
        proba[rows] = class_probability(fitted.model, tensor, index)
        if fitted.domain is not None:
            images = fitted.images(dataset, rows, tensor)
            _, cause = judge_images(fitted.domain, dataset, rows, images)
            names = [*cause_words(fitted.description.bands), ""]  # the last one is -1
            words[rows] = [names[number] for number in cause]
    flags = [join_flags(*pair) for pair in zip(row_flags(dataset), words, strict=True)]
    explained = dataset[["image", "valid"]]
    explained["attribution"] = (_DIMS, attribution)
    explained["proba"] = ("target", proba)
    explained["flag"] = ("target", np.array(flags, dtype=str))
    return explained
