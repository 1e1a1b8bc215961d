"""Probabilities at another prevalence than that of the training."""

from collections.abc import Sequence

import numpy as np

from ..exceptions import InvalidParameterError
from ..tables._numbers import as_floats

__all__ = ["adjust_prior"]


def adjust_prior(
    proba: np.ndarray, prior: "float | Sequence[float]", trained_prior: "float | Sequence[float]"
) -> np.ndarray:
    """Turn probabilities at one prevalence into those at another.

    A network trained where half of the targets are clusters expects half of yours to be. Where
    the classes look the same and only their shares differ (label shift), each probability is
    multiplied by the ratio of the shares, and the sum made one again.

    Parameters
    ----------
    proba : array_like of shape (..., n_classes)
        Calibrated probabilities; NaN stays NaN.
    prior, trained_prior : float or sequence of float
        Fraction of each class among your targets, and in the training; of two classes the fraction
        of the second is enough.

    Returns
    -------
    ndarray of shape (..., n_classes)

    Raises
    ------
    InvalidParameterError
        If a fraction is not between 0 and 1, or the shares do not sum to one.

    References
    ----------
    Saerens, Latinne & Decaestecker 2002, Neural Computation 14, 21 (equation 2.4).

    Examples
    --------
    >>> from astrocnn.training import adjust_prior
    >>> adjust_prior([[0.1, 0.9]], prior=0.05, trained_prior=0.5).round(2)
    array([[0.68, 0.32]])
    """
    proba = as_floats(proba, "proba")
    if proba.ndim == 0 or proba.shape[-1] < 2:
        raise InvalidParameterError(
            f"proba needs the shape (..., n_classes), two classes at least, not {proba.shape}"
        )
    ratio = _shares(prior, proba.shape[-1]) / _shares(trained_prior, proba.shape[-1])
    scaled = proba * ratio
    return scaled / scaled.sum(axis=-1, keepdims=True)


def _shares(prior, n_classes: int) -> np.ndarray:
    """Fractions of all classes."""
    shares = as_floats(prior, "a prior")
    if shares.ndim == 0 and n_classes == 2:
        shares = np.array([1 - shares, shares])
    if shares.shape != (n_classes,) or not ((shares > 0) & (shares < 1)).all():
        raise InvalidParameterError(
            f"a prior is the fraction of each of {n_classes} classes, between 0 and 1, not {prior}"
        )
    if abs(shares.sum() - 1) > 1e-6:
        raise InvalidParameterError(f"the fractions of a prior sum to one, not to {shares.sum():g}")
    return shares
