"""Calibration of probabilities on held-out targets."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import optimize, special

from ..exceptions import InvalidParameterError
from ..tables._numbers import as_floats

__all__ = ["CALIBRATIONS", "apply_calibration", "fit_calibration"]

#: Methods of `fit_calibration`; all but the first two are for two classes.
CALIBRATIONS = ("temperature", "vector", "beta", "isotonic")
#: Probabilities are kept this far from 0 and 1, where single precision has no other numbers.
_SMALLEST = 1e-7
#: Knots of an isotonic calibration that are kept.
_KNOTS = 50


def fit_calibration(
    proba: np.ndarray,
    truth: np.ndarray,
    method: str = "temperature",
    sample_weight: np.ndarray | None = None,
    groups: Sequence[int] | None = None,
) -> dict:
    """Find what makes probabilities agree with the frequencies of held-out targets.

    Parameters
    ----------
    proba : array_like of shape (n, n_classes)
        Probabilities of targets that the network was not trained on.
    truth : array_like of int, shape (n,)
        Their class numbers.
    method : {"temperature", "vector", "beta", "isotonic"}
        ``"temperature"`` divides log-probabilities by one number, whatever the number of
        classes; the order of the targets stays. ``"vector"`` multiplies the log-probability of
        each class by a number of its own, not below zero, and adds another. Of two classes,
        ``"beta"`` also mends probabilities that are too low for one class and right for the
        other: it makes the log-odds ``a * log(p) - b * log(1 - p) + c`` of the probability p of
        the second, a and b not below zero, so that the order stays as well. ``"isotonic"`` fits
        any rising curve to p; it needs some thousand targets, and gives neighbors the same
        probability.
    sample_weight : array_like of shape (n,), optional
        Weight of each target, as in the training.
    groups : sequence of int, optional
        Class of each column of ``proba``, where several are parts of one class and ``truth`` holds
        the classes only; with ``"temperature"``.

    Returns
    -------
    dict
        Plain data (JSON) for `apply_calibration`: ``method``, ``n``, and ``temperature``, the
        ``scale`` and offset of each class, the ``coefficients`` a, b and c, or the ``knots`` of
        the curve.

    Raises
    ------
    InvalidParameterError
        If shapes do not fit, a number is not finite, fewer than two classes have any weight, or
        there is no such method.

    References
    ----------
    Guo et al. 2017, ICML (arXiv:1706.04599; temperature, vector); Kull, Silva Filho & Flach 2017,
    Electronic Journal of Statistics 11, 5052 (beta); Zadrozny & Elkan 2002, KDD, 694 (isotonic).

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.training import apply_calibration, fit_calibration
    >>> proba = np.array([[0.01, 0.99]] * 4 + [[0.99, 0.01]] * 4)
    >>> found = fit_calibration(proba, [1, 1, 1, 0, 0, 0, 0, 1])
    >>> apply_calibration(proba, found)[0].round(2)
    array([0.25, 0.75])
    """
    if method not in CALIBRATIONS:
        raise InvalidParameterError(
            f"method is {', '.join(map(repr, CALIBRATIONS))}, not {method!r}"
        )
    proba, truth, weight, groups = _checked(proba, truth, sample_weight, groups)
    if method not in CALIBRATIONS[:2] and proba.shape[1] != 2:
        raise InvalidParameterError(
            f"{method} calibration is for two classes; use method='temperature' or 'vector'"
        )
    if method == "temperature":
        found = _temperature(proba, truth[:, np.newaxis] == groups, weight)
        return {"method": method, "n": len(truth), "temperature": found}
    if len(np.unique(groups)) < proba.shape[1]:
        raise InvalidParameterError(
            f"{method} calibration needs to know which column of proba is right for each target: "
            "use method='temperature'"
        )
    name, fit = _FITS[method]
    return {"method": method, "n": len(truth), name: fit(proba, truth, weight)}


def _checked(proba, truth, sample_weight, groups) -> tuple[np.ndarray, ...]:
    """Probabilities, class numbers, weights and the class of each column, as arrays that fit."""
    proba, truth = as_floats(proba, "proba"), as_floats(truth, "truth")
    if proba.ndim != 2 or truth.shape != proba.shape[:1] or len(truth) == 0:
        raise InvalidParameterError(
            f"proba needs the shape (n, n_classes) and truth (n,), not {proba.shape}, {truth.shape}"
        )
    if not np.isfinite(proba).all():
        raise InvalidParameterError(
            "probabilities must be finite; leave out rows without a prediction"
        )
    groups = np.arange(proba.shape[1]) if groups is None else np.asarray(groups)
    if groups.shape != proba.shape[1:]:
        raise InvalidParameterError(
            f"groups needs the class of each of the {proba.shape[1]} columns of proba, not {groups}"
        )
    if not np.isin(truth, groups).all():
        raise InvalidParameterError(
            f"truth holds the numbers of the classes, from 0 to {groups.max()}"
        )
    truth = truth.astype(int)
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
    return proba, truth, weight, groups


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
    if method == "vector":
        scale, offset = np.asarray(calibration["scale"], dtype=float)
        return special.softmax(_log(proba) * scale + offset, axis=-1)
    if method == "beta":
        a, b, c = calibration["coefficients"]
        logarithm = _log(proba)
        odds = a * logarithm[..., 1] - b * logarithm[..., 0] + c
        return np.stack([special.expit(-odds), special.expit(odds)], axis=-1)
    positive = np.interp(proba[..., 1], *np.asarray(calibration["knots"], dtype=float))
    return np.stack([1 - positive, positive], axis=-1)


def _log(proba):
    """Logarithm of probabilities, those of 0 included."""
    return np.log(np.clip(proba, _SMALLEST, 1.0))


def _temperature(proba, right, weight) -> float:
    """The temperature of the highest likelihood, between 1/20 and 20, of right columns."""
    logarithm = _log(proba)
    outside = np.where(right, 0.0, -np.inf)

    def loss(log_temperature):
        scaled = logarithm / np.exp(log_temperature)
        hit = special.logsumexp(scaled + outside, axis=1)
        return -np.sum(weight * (hit - special.logsumexp(scaled, axis=1)))

    found = optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded")
    return float(np.exp(found.x))


def _scale(proba, truth, weight) -> list[list[float]]:
    """Scale and offset of each class of the highest likelihood; scales as a temperature may be."""
    logarithm, total = _log(proba), weight.sum()
    n_classes = proba.shape[1]
    right = np.eye(n_classes)[truth]

    def loss(numbers):
        scale, offset = numbers.reshape(2, n_classes)
        scaled = logarithm * scale + offset
        miss = (special.softmax(scaled, axis=1) - right) * weight[:, np.newaxis] / total
        # Offsets mean nothing together: the sum of their squares chooses among the same.
        value = np.sum(weight * (special.logsumexp(scaled, axis=1) - (right * scaled).sum(axis=1)))
        gradient = [(miss * logarithm).sum(axis=0), miss.sum(axis=0) + 2e-6 * offset]
        return value / total + 1e-6 * np.sum(offset**2), np.concatenate(gradient)

    start = np.repeat([1.0, 0.0], n_classes)
    bounds = [(0.05, 20)] * n_classes + [(-20, 20)] * n_classes
    found = optimize.minimize(loss, start, jac=True, bounds=bounds)
    return found.x.reshape(2, n_classes).tolist()


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
    "vector": ("scale", _scale),
    "beta": ("coefficients", _coefficients),
    "isotonic": ("knots", _knots),
}
