"""Columns of Python objects as columns of one type."""

import json
from collections.abc import Callable
from numbers import Integral, Real

import numpy as np

__all__ = ["is_json", "is_missing", "simplest", "to_text"]


def is_missing(value) -> bool:
    """Whether a value is None, NaN, NaT, NA of pandas (which has no truth value), or masked.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.tables._objects import is_missing
    >>> [is_missing(value) for value in (None, np.nan, np.ma.masked, "None", 0)]
    [True, True, True, False, False]
    """
    return value is np.ma.masked or (
        not isinstance(value, str | bytes)
        and type(value).__name__ in _TYPES_OF_MISSING
        and str(value) in ("None", "nan", "<NA>", "NaT")
    )


#: Types of what stands for "missing": no other value is turned into text to be looked at.
_TYPES_OF_MISSING = (
    "NoneType", "float", "float16", "float32", "float64", "longdouble", "NAType", "NaTType",
    "datetime64", "timedelta64",
)  # fmt: skip


def to_text(values: np.ndarray) -> np.ndarray:
    """Bytes as text, what is not UTF-8 escaped."""
    return np.char.decode(values, "utf-8", "backslashreplace")


def simplest(values: np.ndarray) -> np.ma.MaskedArray | None:
    """Return objects of one kind as an array of that kind, masked where missing.

    Parameters
    ----------
    values : ndarray of object, of any shape

    Returns
    -------
    `~numpy.ma.MaskedArray` of the same shape, or None
        Of bool, int64 or uint64, float64, or text; None where the objects are something else, of
        several kinds, or numbers that these do not hold exactly.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.tables._objects import simplest
    >>> simplest(np.array([1, None, 3], dtype=object))
    masked_array(data=[1, --, 3],
                 mask=[False,  True, False],
           fill_value=...)
    >>> simplest(np.array([1, "a"], dtype=object)) is None
    True
    """
    flat = values.ravel().tolist()
    mask = np.array([is_missing(value) for value in flat], dtype=bool)
    present = [value for value, gone in zip(flat, mask, strict=True) if not gone]
    found = next((make(present) for fits, make in _KINDS if all(map(fits, present))), None)
    if found is None:
        return None
    array = np.ma.masked_all(len(flat), dtype=found.dtype)
    array.data[:] = np.zeros((), dtype=found.dtype)
    array[~mask] = found
    return array.reshape(values.shape)


def is_json(values: np.ndarray) -> bool:
    """Whether every object can be written as JSON, as ECSV files hold it."""
    try:
        for value in values.ravel().tolist():
            json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _text(values: list) -> np.ndarray:
    decoded = [
        v.decode("utf-8", "backslashreplace") if isinstance(v, bytes) else str(v) for v in values
    ]
    return np.array(decoded, dtype=str)


def _integers(values: list) -> np.ndarray | None:
    for dtype in (np.int64, np.uint64):
        if all(np.iinfo(dtype).min <= value <= np.iinfo(dtype).max for value in values):
            return np.array([int(value) for value in values], dtype=dtype)
    return None


def _floats(values: list) -> np.ndarray | None:
    try:
        numbers = [float(value) for value in values]
    except OverflowError:
        return None
    return np.array(numbers, dtype=float) if numbers == values else None


#: What values of a kind are, and the array of them (None: it cannot hold them exactly).
_KINDS: tuple[tuple[Callable, Callable], ...] = (
    (lambda value: isinstance(value, str | bytes), _text),
    (lambda value: isinstance(value, bool | np.bool_), lambda values: np.array(values, dtype=bool)),
    (lambda value: isinstance(value, Integral) and not isinstance(value, bool), _integers),
    (lambda value: isinstance(value, Real) and not isinstance(value, bool), _floats),
)
