"""Numbers that a classifier was given, checked when they are first used."""

import os
from collections.abc import Iterable, Mapping
from errno import EACCES
from numbers import Integral, Real
from os import PathLike

import numpy as np

from .._paths import user_path
from ..exceptions import InvalidParameterError, StoreError
from ..preprocessing import Preprocessing
from ..surveys import get_band
from ..training import CALIBRATIONS, find_augmentation

__all__ = ["check_parameters"]


def check_parameters(estimator) -> None:
    """Raise InvalidParameterError where a parameter makes no sense.

    Examples
    --------
    >>> from astrocnn import ClusterClassifier
    >>> from astrocnn.estimators._parameters import check_parameters
    >>> check_parameters(ClusterClassifier(threshold=50))
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidParameterError: threshold must be a number from 0 to 1, not 50
    """
    given = estimator.get_params(deep=False)
    threshold, rate = given["threshold"], given["learning_rate"]
    if not isinstance(threshold, Real) or not 0 <= threshold <= 1:
        raise InvalidParameterError(f"threshold must be a number from 0 to 1, not {threshold!r}")
    if not isinstance(rate, Real) or not 0 < rate < float("inf"):
        raise InvalidParameterError(f"learning_rate must be a number above zero, not {rate!r}")
    for name in ("judge_novel", "mask_targets"):
        if not isinstance(given[name], bool | np.bool_):
            raise InvalidParameterError(f"{name} must be True or False, not {given[name]!r}")
    _check_probabilities(given)
    steps = given["preprocessing"]
    if steps is not None and not isinstance(steps, Preprocessing):
        raise InvalidParameterError(f"preprocessing must be a Preprocessing or None, not {steps!r}")
    find_augmentation(given["augmented"])
    _check_network(given)
    _check_checkpoint(given["checkpoint"])
    for name in ("batch_size", "epochs", "patience"):
        if name == "patience" and given[name] is None:
            continue
        if not isinstance(given[name], Integral) or given[name] < 1:
            raise InvalidParameterError(
                f"{name} must be a whole number above zero, not {given[name]!r}"
            )


def _check_checkpoint(checkpoint) -> None:
    """Check that a file could be written there, before an epoch is trained for it."""
    if checkpoint is None:
        return
    if not isinstance(checkpoint, str | PathLike):
        raise InvalidParameterError(f"checkpoint must be a path or None, not {checkpoint!r}")
    path = user_path(checkpoint)
    if path.is_dir():
        raise InvalidParameterError(f"checkpoint='{path}' is a folder: give the name of a file")
    if not path.parent.is_dir():
        raise InvalidParameterError(f"checkpoint='{path}' lies in no folder: make it first")
    if not os.access(path.parent, os.W_OK):
        raise StoreError(EACCES, f"checkpoint='{path}': no permission to write in its folder")


def _check_probabilities(given) -> None:
    """Check what concerns prevalence and calibration."""
    prior, fraction = given["prior"], given["validation_fraction"]
    shares = prior.values() if isinstance(prior, Mapping) else [prior]
    if prior is not None and not all(isinstance(p, Real) and 0 < p < 1 for p in shares):
        raise InvalidParameterError(
            f"prior is the fraction of clusters among your targets, between 0 and 1, not {prior!r}"
        )
    if not isinstance(fraction, Real) or not 0 <= fraction < 1:
        raise InvalidParameterError(
            f"validation_fraction must be a number from 0 to 1, not {fraction!r}"
        )
    if given["calibration"] not in (*CALIBRATIONS, None):
        raise InvalidParameterError(
            f"calibration is {', '.join(map(repr, CALIBRATIONS))} or None, not "
            f"{given['calibration']!r}"
        )


def _check_network(given) -> None:
    """Check what concerns a new network: bands, arguments, seed."""
    bands = given["bands"]
    if bands is not None:
        listed = isinstance(bands, Iterable) and not isinstance(bands, str)
        names = [get_band(band).name for band in bands] if listed else []
        if not names or len(set(names)) < len(names):
            raise InvalidParameterError(
                f"bands must be a list of different bands, such as ['xmm', 'dss2'], not {bands!r}"
            )
    arguments, seed = given["network_arguments"], given["random_state"]
    if arguments is not None and not isinstance(arguments, Mapping):
        raise InvalidParameterError(f"network_arguments must be a dict or None, not {arguments!r}")
    if seed is not None and (not isinstance(seed, Integral) or not 0 <= seed < 2**32):
        raise InvalidParameterError(
            f"random_state must be a whole number from 0 to 2**32 - 1, or None, not {seed!r}"
        )
