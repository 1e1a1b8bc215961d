"""Numbers that a classifier was given, checked when they are first used."""

from numbers import Integral, Real

from ..preprocessing import Preprocessing

__all__ = ["check_parameters"]


def check_parameters(estimator) -> None:
    """Raise ValueError where a parameter makes no sense.

    Examples
    --------
    >>> from astrocnn import ClusterClassifier
    >>> from astrocnn.estimators._parameters import check_parameters
    >>> check_parameters(ClusterClassifier(threshold=50))
    Traceback (most recent call last):
        ...
    ValueError: threshold must be a number from 0 to 1, not 50
    """
    given = estimator.get_params(deep=False)
    threshold, rate = given["threshold"], given["learning_rate"]
    if not isinstance(threshold, Real) or not 0 <= threshold <= 1:
        raise ValueError(f"threshold must be a number from 0 to 1, not {threshold!r}")
    if not isinstance(rate, Real) or not 0 < rate < float("inf"):
        raise ValueError(f"learning_rate must be a number above zero, not {rate!r}")
    steps = given["preprocessing"]
    if steps is not None and not isinstance(steps, Preprocessing):
        raise ValueError(f"preprocessing must be a Preprocessing or None, not {steps!r}")
    for name in ("batch_size", "epochs"):
        if not isinstance(given[name], Integral) or given[name] < 1:
            raise ValueError(f"{name} must be a whole number above zero, not {given[name]!r}")
