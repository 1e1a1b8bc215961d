"""Numbers of columns that may hold words for "missing"."""

import numpy as np

from ..exceptions import InvalidParameterError

__all__ = ["MISSING", "as_floats", "to_numbers"]

#: Words for "missing", in lower case.
MISSING = ("", "na", "n/a", "nan", "null", "none", "--", "-", "...", "<na>", "nat")


def to_numbers(values) -> np.ndarray:
    """Return numbers, or text of numbers, as floats; NaN where masked or a word for "missing".

    Parameters
    ----------
    values : column or array_like of shape (n,)
        One word such as ``N/A`` makes text of a whole column of a CSV file.

    Raises
    ------
    ValueError
        If a text is no number.

    Examples
    --------
    >>> from astrocnn.tables._numbers import to_numbers
    >>> to_numbers(["0.3", "N/A", " 0.2"])
    array([0.3, nan, 0.2])
    """
    if hasattr(values, "unmasked"):  # astropy's masked arrays, quantities among them
        plain = values.unmasked
        values = np.ma.array(getattr(plain, "value", plain), mask=values.mask)
    values = np.ma.array(getattr(values, "value", values))
    if values.dtype.kind not in "SUO":
        return values.astype(float).filled(np.nan)
    empty = b"" if values.dtype.kind == "S" else ""
    words = np.char.strip(values.filled(empty).astype(str))
    return np.where(np.isin(np.char.lower(words), MISSING), "nan", words).astype(float)


def as_floats(values, what: str) -> np.ndarray:
    """Return an argument as an array of floats.

    Raises
    ------
    InvalidParameterError
        If it holds something else; the message says what it is.

    Examples
    --------
    >>> from astrocnn.tables._numbers import as_floats
    >>> as_floats(["0.5", "high"], "proba")
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidParameterError: proba must hold numbers: could not convert ...
    """
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidParameterError(f"{what} must hold numbers: {error}") from None
