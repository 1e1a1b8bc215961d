"""Probabilities that mean what they say: calibration on held-out targets, and the prevalence."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import optimize, special

from ..exceptions import InvalidParameterError
from ..tables._numbers import as_floats

__all__ = ["CALIBRATIONS", "adjust_prior", "apply_calibration", "fit_calibration"]

#: Methods of `fit_calibration`; all but the first are for two classes.
CALIBRATIONS = ("temperature", "beta", "isotonic")
#: Probabilities are kept this far from 0 and 1, where single precision has no other numbers.
_SMALLEST = 1e-7
#: Knots of an isotonic calibration that are kept.
_KNOTS = 50


def fit_calibration(
    proba: np.ndarray,
    truth: np.ndarray,
    method: str = "temperature",
    sample_weight: np.ndarray | None = None,
) -> dict:
    """Find what makes probabilities agree with the frequencies of held-out targets.

    Parameters
    ----------
    proba : array_like of shape (n, n_classes)
        Probabilities of targets that the network was not trained on.
    truth : array_like of int, shape (n,)
        Their class numbers.
    method : {"temperature", "beta", "isotonic"}
        ``"temperature"`` divides log-probabilities by one number, whatever the number of
        classes; the order of the targets stays. Of two classes, ``"beta"`` also mends
        probabilities that are too low for one class and right for the other: it makes the
        log-odds ``a * log(p) - b * log(1 - p) + c`` of the probability p of the second, a and b
        not below zero, so that the order stays as well. ``"isotonic"`` fits any rising curve to
        p; it needs some thousand targets, and gives neighbors the same probability.
    sample_weight : array_like of shape (n,), optional
        Weight of each target, as in the training.

    Returns
    -------
    dict
        Plain data (JSON) for `apply_calibration`: ``method``, ``n``, and ``temperature``, the
        ``coefficients`` a, b and c, or the ``knots`` of the curve.

    Raises
    ------
    InvalidParameterError
        If shapes do not fit, a number is not finite, fewer than two classes have any weight, or
        there is no such method.

    References
    ----------
    Guo et al. 2017, ICML (arXiv:1706.04599); Kull, Silva Filho & Flach 2017, Electronic Journal of
    Statistics 11, 5052 (beta); Zadrozny & Elkan 2002, KDD, 694 (isotonic).

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.training import apply_calibration, fit_calibration
    >>> proba = np.array([[0.01, 0.99]] * 4 + [[0.99, 0.01]] * 4)
    >>> found = fit_calibration(proba, [1, 1, 1, 0, 0, 0, 0, 1])
    >>> apply_calibration(proba, found)[0].round(2)
    array([0.25, 0.75])
    """
    proba, truth = as_floats(proba, "proba"), as_floats(truth, "truth")
    if proba.ndim != 2 or truth.shape != proba.shape[:1] or len(truth) == 0:
        raise InvalidParameterError(
            f"proba needs the shape (n, n_classes) and truth (n,), not {proba.shape}, {truth.shape}"
        )
    if not np.isfinite(proba).all():
        raise InvalidParameterError(
            "probabilities must be finite; leave out rows without a prediction"
        )
    if not np.isin(truth, np.arange(proba.shape[1])).all():
        raise InvalidParameterError(
            f"truth holds the numbers of the classes, from 0 to {proba.shape[1] - 1}"
        )
    truth = truth.astype(int)
    if method not in CALIBRATIONS:
        raise InvalidParameterError(
            f"method is {', '.join(map(repr, CALIBRATIONS))}, not {method!r}"
        )
    if method != "temperature" and proba.shape[1] != 2:
        raise InvalidParameterError(
            f"{method} calibration is for two classes; use method='temperature'"
        )
    weight = (
        np.ones(len(truth)) if sample_weight is None else as_floats(sample_weight, "sample_weight")
    )
    if weight.shape != truth.shape or not (np.isfinite(weight) & (weight >= 0)).all():
        raise InvalidParameterError(
            "sample_weight needs one finite number, not negative, per target"
        )
    if len(np.unique(truth[weight > 0])) < 2:
        # The likelihood of one class has no maximum: it would be made certain.
        raise InvalidParameterError("calibration needs targets of two classes at least")
    name, fit = _FITS[method]
    return {"method": method, "n": len(truth), name: fit(proba, truth, weight)}


def apply_calibration(proba: np.ndarray, calibration: Mapping) -> np.ndarray:
    """Calibrate probabilities.

    Parameters
    ----------
    proba : array_like of shape (..., n_classes)
        Probabilities of the network; NaN stays NaN.
    calibration : dict
        From `fit_calibration`; an empty one changes nothing.

    Returns
    -------
    ndarray of shape (..., n_classes)
        They sum to one along the last axis.

    Raises
    ------
    InvalidParameterError
        If the calibration is of an unknown method, or lacks its numbers.

    Examples
    --------
    >>> from astrocnn.training import apply_calibration
    >>> apply_calibration([[0.1, 0.9]], {"method": "temperature", "temperature": 2.0}).round(2)
    array([[0.25, 0.75]])
    """
    proba = as_floats(proba, "proba")
    if not calibration:
        return proba
    if not isinstance(calibration, Mapping) or "method" not in calibration:
        raise InvalidParameterError(
            f"a calibration is what fit_calibration returned, not {calibration!r:.80}"
        )
    if calibration["method"] is None:
        return proba
    if calibration["method"] not in CALIBRATIONS:
        raise InvalidParameterError(
            f"there is no calibration {calibration['method']!r}; fit it with fit_calibration"
        )
    try:
        return _calibrated(proba, calibration["method"], calibration)
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidParameterError(
            f"the calibration lacks its numbers ({error!r}), or is for other classes than those of "
            f"proba, of shape {proba.shape}: fit it with fit_calibration"
        ) from error


def _calibrated(proba: np.ndarray, method: str, calibration: Mapping) -> np.ndarray:
    """Calibrated probabilities."""
    if method == "temperature":
        return special.softmax(_log(proba) / float(calibration["temperature"]), axis=-1)
    if method == "beta":
        a, b, c = calibration["coefficients"]
        logarithm = _log(proba)
        odds = a * logarithm[..., 1] - b * logarithm[..., 0] + c
        return np.stack([special.expit(-odds), special.expit(odds)], axis=-1)
    positive = np.interp(proba[..., 1], *np.asarray(calibration["knots"], dtype=float))
    return np.stack([1 - positive, positive], axis=-1)


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


def _log(proba):
    """Logarithm of probabilities, those of 0 included."""
    return np.log(np.clip(proba, _SMALLEST, 1.0))


def _temperature(proba, truth, weight) -> float:
    """The temperature of the highest likelihood, between 1/20 and 20."""
    logarithm, rows = _log(proba), np.arange(len(truth))

    def loss(log_temperature):
        scaled = logarithm / np.exp(log_temperature)
        return -np.sum(weight * (scaled[rows, truth] - special.logsumexp(scaled, axis=1)))

    found = optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded")
    return float(np.exp(found.x))


def _coefficients(proba, truth, weight) -> list[float]:
    """Coefficients a, b and c of the highest likelihood; a and b as a temperature may be."""
    features = _log(proba)[:, ::-1] * [1, -1]
    sign = np.where(truth == 1, 1.0, -1.0)

    def loss(coefficients):
        odds = sign * (features @ coefficients[:2] + coefficients[2])
        slope = -weight * sign * special.expit(-odds)
        gradient = [*(features.T @ slope), slope.sum()]
        return np.sum(weight * np.logaddexp(0, -odds)) / total, np.array(gradient) / total

    total, bounds = weight.sum(), [(0.05, 20), (0.05, 20), (-20, 20)]
    return optimize.minimize(loss, [1, 1, 0], jac=True, bounds=bounds).x.tolist()


def _knots(proba, truth, weight) -> list[list[float]]:
    """Corners of the rising curve of the highest likelihood: probabilities before and after."""
    from sklearn.isotonic import IsotonicRegression

    # A bin without a failure does not show that there are none: keep off 0 and 1.
    edge = 1 / (len(truth) + 2)
    curve = IsotonicRegression(y_min=edge, y_max=1 - edge).fit(proba[:, 1], truth == 1, weight)
    x, y = curve.X_thresholds_, curve.y_thresholds_
    kept = np.unique(np.linspace(0, len(x) - 1, _KNOTS).round().astype(int))
    return [x[kept].tolist(), y[kept].tolist()]


#: Method -> what it finds, and how.
_FITS = {
    "temperature": ("temperature", _temperature),
    "beta": ("coefficients", _coefficients),
    "isotonic": ("knots", _knots),
}


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
