"""Truth, scores and settings as the metrics need them."""

from numbers import Integral

import numpy as np

from ..exceptions import InvalidParameterError
from ..tables._numbers import as_floats

__all__ = ["check_count", "checked", "generator"]


def checked(truth, *scores) -> list[np.ndarray]:
    """Return truth and scores as arrays of bool and of float, one value per target.

    Parameters
    ----------
    truth : array_like of bool, shape (n,)
        True for a cluster; 1 and 0 are as good.
    *scores : array_like of float, shape (n,)
        Numbers of the same targets.

    Raises
    ------
    InvalidParameterError
        If shapes differ, a value is masked (what lies under a mask is no number), or the truth is
        of something else, as of names of classes.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.validation._checked import checked
    >>> checked(np.ma.array([1, 0]), [0.9, 0.2])[0]
    array([ True, False])
    >>> checked(np.ma.array([1, 0], mask=[False, True]), [0.9, 0.2])
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidParameterError: the truth is masked in 1 of 2 rows; ...
    """
    for name, values in (("truth", truth), *(("score", score) for score in scores)):
        mask = _mask(values)
        if mask.any():
            raise InvalidParameterError(
                f"the {name} is masked in {mask.sum()} of {mask.size} rows; "
                "leave out rows without truth or verdict"
            )
    scores = [as_floats(score, "score") for score in scores]
    try:
        truth = np.asarray(truth)
    except ValueError:  # lists of unequal lengths
        truth = np.array([None])
    if truth.dtype.kind not in "biuf" or not np.isin(truth, (0, 1)).all():
        raise InvalidParameterError(
            "truth must be True or False for each target; align_truth reads names of classes too"
        )
    shapes = {truth.shape, *(score.shape for score in scores)}
    if len(shapes) > 1 or truth.ndim != 1:
        shown = ", ".join(str(array.shape) for array in (truth, *scores))
        raise InvalidParameterError(
            f"truth and score must have one shape, a value per target, not {shown}"
        )
    return [truth.astype(bool), *scores]


def check_count(value: float, name: str, least: int = 1) -> int:
    """Return a whole number; raise `InvalidParameterError` unless it is one, and not too small."""
    whole = isinstance(value, Integral) or (isinstance(value, float) and value.is_integer())
    if not whole or isinstance(value, bool) or value < least:
        raise InvalidParameterError(f"{name} is a whole number of at least {least}, not {value!r}")
    return int(value)


def generator(random_state) -> np.random.Generator:
    """Return the generator of a ``random_state``.

    Raises
    ------
    InvalidParameterError
        If it is no seed, generator or None.
    """
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(
            "random_state is a whole number of at least 0, a numpy.random.Generator, or None, not "
            f"{random_state!r}"
        ) from error


def _mask(values) -> np.ndarray:
    """Mask of an array or column of any kind."""
    mask = getattr(values, "mask", False)
    return np.asarray(not callable(mask) and mask)  # of pandas it is a method
