"""Calibration, domain and thresholds of a trained network, from held-out targets."""

import warnings
from dataclasses import replace

import numpy as np

from ..exceptions import CalibrationWarning
from ..training import ImageDomain, apply_calibration, fit_calibration
from ..validation import OperatingPoints
from ._fitted import Fitted
from ._sample import ENOUGH, Sample

__all__ = ["calibrate"]

#: Factor on the limits of the domain of networks that see planes of a fit.
_MARGIN = 1.35


def calibrate(
    fitted: Fitted,
    images: np.ndarray,
    held_out: Sample,
    method: str | None = "temperature",
    batch_size: int = 32,
) -> None:
    """Set calibration, domain and thresholds of a trained network.

    Weights of targets count in the calibration; the thresholds count each target once.

    Parameters
    ----------
    fitted : Fitted
        Its description is changed.
    images : ndarray of shape (n, ny, nx, n_bands)
        Network input of the training.
    held_out : Sample
        At least 100 other targets.
    method : str or None
        See `astrocnn.training.fit_calibration`; None: no calibration.
    batch_size : int
        Targets per step.
    """
    description = fitted.description
    proba = fitted.outputs(held_out.images, batch_size).mean(axis=1)
    whole = held_out.lacks == ""
    if method is not None:
        if whole.any():
            description.calibration = _calibration(proba, held_out, whole, description, method)
        without = {}
        for words in np.unique(held_out.lacks[~whole]).tolist():
            rows = held_out.lacks == words
            if np.count_nonzero(rows) >= ENOUGH:
                without[words] = _calibration(proba, held_out, rows, description, method)
        if any(without.values()):
            description.calibration = {"method": None, **description.calibration}
            description.calibration["without"] = {x: y for x, y in without.items() if y}
    if not whole.any() or not len(images):
        return  # none has all bands: nobody knows how these look, and what thresholds do
    domain = ImageDomain.fit(images, held_out.looks, 0.995 if held_out.plain is None else 0.999)
    if held_out.plain is not None:
        # Telescopes and exposures that vary widely, and clusters on the sky that are brighter yet:
        # only what is clearly of another kind is to be silenced.
        domain = replace(domain, limits=domain.limits * _MARGIN)
    description.domain = domain.to_config()
    truth = held_out.numbers[whole]
    if len(description.classes) == 2 and len(np.unique(truth)) == 2:
        positive = apply_calibration(proba[whole], description.calibration)[:, -1]
        points = OperatingPoints.measure(truth == 1, positive, most=100)
        description.operating_points = points.to_config()


def _calibration(proba, held_out, rows, description, method) -> dict:
    """The calibration by some of the held-out targets; none where they cannot tell."""
    # Weighted, so that the classes have the shares of the training here too.
    prior, numbers, groups = description.card["trained_prior"], held_out.outputs, None
    shares = np.array([prior[name] for name in description.output_names])
    if numbers is None:
        numbers = held_out.numbers
        if description.outputs:  # nobody says which part a target of the first class is
            groups = [0] * (len(shares) - 1) + [1]
            shares = np.array([1 - shares[-1], shares[-1]])
    numbers, classes = numbers[rows], held_out.numbers[rows]
    given = np.ones(len(numbers)) if held_out.weight is None else held_out.weight[rows]
    sums = np.bincount(numbers, given, len(shares))
    scale = np.divide(shares * len(numbers), sums, out=np.zeros(len(shares)), where=sums > 0)
    weight = given * scale[numbers]
    if len(np.unique(classes[weight > 0])) < 2:
        warnings.warn(
            "the probabilities are not calibrated: the held-out targets with a weight are of one "
            "class; give more labeled targets, or a larger validation_fraction",
            CalibrationWarning,
            stacklevel=2,
        )
        return {}
    return fit_calibration(proba[rows], numbers, method, weight, groups)
