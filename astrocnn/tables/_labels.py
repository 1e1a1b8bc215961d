"""Labels and names of classes, however users write them."""

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ._flags import text
from ._objects import is_missing, simplest

__all__ = ["is_cluster", "known_labels", "positive_column", "stripped_labels"]

#: Truth values as text files hold them, in lower case.
_TRUTH_VALUES = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
#: Words for "missing", in lower case; "none" and "na" may be classes.
_MISSING = ("", "nan", "n/a", "--", "-", "...", "null", "<na>", "nat")


def is_cluster(name: str) -> bool:
    """Whether a class of this name is that of the clusters, in upper or lower case.

    Examples
    --------
    >>> from astrocnn.tables._labels import is_cluster
    >>> is_cluster("Cluster"), is_cluster("star cluster")
    (True, False)
    """
    return str(name).casefold() == "cluster"


def known_labels(labels) -> np.ma.MaskedArray:
    """Labels as an array of one type, masked where masked, None, NaN, NA, empty, ``N/A``, ``--``.

    Parameters
    ----------
    labels : column, Series or array_like
        Truth values, numbers, or names of classes as text or bytes, blanks around them or not.

    Returns
    -------
    `~numpy.ma.MaskedArray` of the same shape
        Of bool, numbers or text. Text that holds truth values only (``True`` and ``False``, or 1
        and 0, as CSV files hold them) is bool. Objects of several kinds are text.

    Examples
    --------
    >>> from astrocnn.tables._labels import known_labels
    >>> known_labels([" cluster", "", "agn"]).tolist()
    ['cluster', None, 'agn']
    >>> known_labels(["True", "False"]).tolist()
    [True, False]
    """
    found = stripped_labels(labels)
    if found.dtype.kind != "U":
        return found
    mask = np.ma.getmaskarray(found)
    return np.ma.array(_truth_values(found.data, mask), mask=mask)


def stripped_labels(labels) -> np.ma.MaskedArray:
    """Labels as `known_labels` reads them, text that holds truth values as it is.

    Examples
    --------
    >>> from astrocnn.tables._labels import stripped_labels
    >>> stripped_labels(["1 ", "0", None]).tolist()
    ['1', '0', None]
    """
    mask = getattr(labels, "mask", False)
    mask = False if callable(mask) else mask  # of pandas it is a method
    try:
        values = np.asarray(getattr(labels, "unmasked", labels))
    except ValueError as error:
        raise InvalidTargetError(f"labels are one value per target: {error}") from None
    mask = np.broadcast_to(mask, values.shape).copy()
    if values.dtype.kind == "O":
        values, missing = _of_one_type(values)
        mask |= missing
    if values.dtype.kind == "S":
        values = text(values)
    if values.dtype.kind == "f":
        mask |= np.isnan(values)
    if values.dtype.kind == "U":
        values = np.asarray(np.char.strip(values))
        mask |= np.isin(np.char.lower(values), _MISSING)
    return np.ma.array(values, mask=mask)


def positive_column(table: Table) -> str | None:
    """Name of the column with the probability of the clusters, or None.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.tables._labels import positive_column
    >>> positive_column(Table({"proba_Cluster": [0.9], "proba_err": [0.1]}))
    'proba_Cluster'
    """
    stem = "proba_"
    names = [n for n in table.colnames if n.startswith(stem) and is_cluster(n.removeprefix(stem))]
    if len(names) > 1:
        raise InvalidTargetError(
            f"the columns {' and '.join(map(repr, names))} differ in upper and lower case only: "
            "leave one of them out"
        )
    return names[0] if names else None


def _of_one_type(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Objects as an array of one type, and which of them are missing."""
    found = simplest(values)
    if found is not None:
        return found.data, np.ma.getmaskarray(found)
    mask = np.array([is_missing(value) for value in values.ravel()], dtype=bool)
    mask = mask.reshape(values.shape)
    return np.where(mask, "", values).astype(str), mask


def _truth_values(words: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Text that holds nothing but truth values as bool; other text as it is."""
    known = {word.lower() for word in words[~mask].tolist()}
    if not known or not known <= {*_TRUTH_VALUES}:
        return words
    lowered = np.char.lower(words)
    return np.isin(lowered, [word for word, value in _TRUTH_VALUES.items() if value])
