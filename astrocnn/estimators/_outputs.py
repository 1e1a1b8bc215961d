"""Outputs of a network as probabilities of classes: members averaged, calibrated, merged."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from ..networks import ModelDescription
from ..training import adjust_prior, apply_calibration
from ._images import missing_bands
from ._prior import prior_shares

__all__ = ["calibration_without", "class_probabilities", "missing_wavebands"]


def class_probabilities(
    description: ModelDescription,
    outputs: np.ndarray,
    prior=None,
    missing: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return calibrated probabilities.

    The members of an ensemble are averaged, then calibrated.

    Parameters
    ----------
    description : ModelDescription
        Of the network.
    outputs : ndarray of shape (n, n_members, n_outputs)
        What it gives.
    prior : float or dict, optional
        See `ClusterClassifier`.
    missing : ndarray of shape (n,), str, optional
        Wavebands that each target lacks, see `missing_wavebands`.

    Returns
    -------
    proba : ndarray of shape (n, n_classes)
        Probabilities of the classes.
    error : ndarray of shape (n,)
        Standard deviation of the members' probabilities, of the last class or, of more than two,
        of the most probable one; NaN for a single network.
    apart : ndarray of shape (n, n_apart)
        Probabilities of the outputs that together are the first class, where there are several.
    """
    shares = prior_shares(prior, description)

    def finished(proba):
        if missing is None:
            found = apply_calibration(proba, description.calibration)
        else:
            found = np.empty(proba.shape)
            for words in np.unique(missing).tolist():
                calibration = calibration_without(description, words)
                found[missing == words] = apply_calibration(proba[missing == words], calibration)
        return found if shares is None else adjust_prior(found, *shares)

    mean, all_members = finished(outputs.mean(axis=1)), finished(outputs)

    def merged(proba):
        if not description.outputs:
            return proba
        last = proba[..., -1:]
        return np.concatenate([1 - last, last], axis=-1)

    proba, apart = merged(mean), mean[:, : len(description.outputs[:-1])]
    if outputs.shape[1] < 2:
        return proba, np.full(len(proba), np.nan), apart
    spread = merged(all_members).std(axis=1, ddof=1)
    column = np.full(len(proba), 1) if proba.shape[1] == 2 else proba.argmax(axis=1)
    return proba, spread[np.arange(len(proba)), column], apart


def missing_wavebands(dataset: xr.Dataset, rows: np.ndarray) -> np.ndarray:
    """Return the wavebands of which targets have no image in any band, joined by ``+``.

    Returns
    -------
    ndarray of shape (n_rows,), str
        Empty where each waveband has an image.
    """
    missing = missing_bands(dataset, rows)
    wavebands = dataset["waveband"].values.astype(str)
    found = np.full(len(missing), "", dtype=object)
    if missing.any():
        for name in dict.fromkeys(wavebands.tolist()):
            gone = missing[:, wavebands == name].all(axis=1)
            found[gone] = [f"{words}+{name}" if words else name for words in found[gone]]
    return found.astype(str)


def calibration_without(description: ModelDescription, wavebands: str) -> Mapping:
    """Return the calibration of targets that lack wavebands: their own, if there is one."""
    found = description.calibration
    return found.get("without", {}).get(wavebands) or found
