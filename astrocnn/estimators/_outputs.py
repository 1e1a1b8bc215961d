"""Outputs of a network as probabilities of classes: members averaged, calibrated, merged."""

import numpy as np

from ..networks import ModelDescription
from ..training import adjust_prior, apply_calibration
from ._prior import prior_shares

__all__ = ["class_probabilities"]


def class_probabilities(
    description: ModelDescription, outputs: np.ndarray, prior=None
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

    def finish(proba):
        proba = apply_calibration(proba, description.calibration)
        shares = prior_shares(prior, description)
        return proba if shares is None else adjust_prior(proba, *shares)

    def merged(proba):
        if not description.outputs:
            return proba
        last = proba[..., -1:]
        return np.concatenate([1 - last, last], axis=-1)

    mean = finish(outputs.mean(axis=1))
    proba, apart = merged(mean), mean[:, : len(description.outputs[:-1])]
    if outputs.shape[1] < 2:
        return proba, np.full(len(proba), np.nan), apart
    spread = merged(finish(outputs)).std(axis=1, ddof=1)
    column = np.full(len(proba), 1) if proba.shape[1] == 2 else proba.argmax(axis=1)
    return proba, spread[np.arange(len(proba)), column], apart
