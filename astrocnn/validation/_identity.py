"""Identifiers of rows, compared as text."""

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ..tables._flags import text
from ..tables._identifiers import check_identifiers, id_name
from ..tables._objects import is_missing, simplest

__all__ = ["find_rows", "identifiers", "truth_id_name"]

#: Fewer row numbers than this are in columns of classes and flags too.
_FEW = 4


def find_rows(wanted: np.ndarray, available: np.ndarray) -> np.ndarray:
    """Return, for each wanted identifier, its row among the available ones, or -1.

    Identifiers are compared as text without blanks around it, so numbers and the same numbers read
    from a file agree. Those that are masked, None, empty or NaN match nothing, unless both lists
    are the same: then each row is its own match, as with repeated identifiers.

    Parameters
    ----------
    wanted : array_like of shape (n,)
        Identifiers to look for.
    available : array_like of shape (m,)
        Identifiers that exist.

    Returns
    -------
    rows : ndarray of int, shape (n,)
        Row in ``available``.

    Raises
    ------
    InvalidTargetError
        If an identifier that is wanted occurs more than once in ``available``, or one of the two is
        no list of identifiers.

    Examples
    --------
    >>> from astrocnn.validation import find_rows
    >>> find_rows(["b", "c", ""], ["a", "b", ""]).tolist()
    [1, -1, -1]
    """
    wanted, available = identifiers(wanted), identifiers(available)
    if wanted == available:
        return np.arange(len(wanted))
    row_of, repeated = {}, set()
    for row, name in enumerate(available):
        if row_of.setdefault(name, row) != row:
            repeated.add(name)
    row_of.pop("", None)
    ambiguous = repeated.intersection(wanted) - {""}
    if ambiguous:
        raise InvalidTargetError(
            f"target_id {min(ambiguous)!r} occurs more than once, so rows cannot be told apart; "
            "give unique target_id, or an array in the order of the result"
        )
    return np.array([row_of.get(name, -1) for name in wanted], dtype=int)


def identifiers(values) -> list[str]:
    """Identifiers as text; masked, None, empty or NaN ones are ''."""
    try:
        values = np.ma.array(values)
    except ValueError as error:  # lists of unequal lengths
        raise InvalidTargetError(f"identifiers are one per row: {error}") from None
    if values.ndim != 1:
        raise InvalidTargetError(
            f"identifiers are a list, one per row, not an array of shape {values.shape}"
        )
    if values.dtype.kind == "O":
        values = _of_objects(values)
    values = np.ma.array(check_identifiers(values))
    if values.dtype.kind == "f":  # whole numbers, of which some were missing
        values = np.ma.masked_invalid(values)
        whole = values == np.trunc(values)
        texts = [str(int(v)) if w else str(v) for v, w in zip(values.data, whole, strict=True)]
    else:
        texts = text(np.asarray(values.data)).tolist()
    mask = np.ma.getmaskarray(values)
    return [
        "" if blank else t.partition("\0")[0].strip() for t, blank in zip(texts, mask, strict=True)
    ]


def _of_objects(values: np.ma.MaskedArray) -> np.ma.MaskedArray:
    """Objects as an array of one kind, masked where masked or missing."""
    mask = np.ma.getmaskarray(values)
    found = simplest(values.data)
    if found is not None:
        return np.ma.array(found.data, mask=mask | np.ma.getmaskarray(found))
    mask = mask | np.array([is_missing(value) for value in values.data], dtype=bool)
    words = [
        value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
        for value in values.data
    ]
    return np.ma.array(words, mask=mask)


def truth_id_name(result: Table, truth: Table) -> str | None:
    """Return the name of the column that identifies the rows of a truth, or None.

    Besides columns of usual names it is one of any name that holds the identifiers of the result.

    Raises
    ------
    InvalidTargetError
        If such a column may as well be something else: it holds but a part of the identifiers, or
        numbers from 0 or 1 on.
    """
    usual, own = id_name(truth), id_name(result)
    if usual is not None or own is None:
        return usual
    ids = identifiers(result[own])
    numbers = all(name.isdecimal() for name in ids)
    names = []
    for name in truth.colnames:
        column = truth[name]
        if getattr(column, "ndim", 0) != 1 or column.dtype.kind not in ("iu" if numbers else "SUO"):
            continue
        theirs = identifiers(column)
        if theirs == ids:
            return name
        if _are_those(ids, theirs, name, numbers):
            names.append(name)
    if len(names) > 1:
        raise _says_too_little(names[0], "all")
    return names[0] if names else None


def _are_those(ids: list[str], theirs: list[str], name: str, numbers: bool) -> bool:
    """Whether a column of any name holds the identifiers of the result."""
    wanted = {*ids} - {""}
    shared = wanted.intersection(theirs)
    if numbers:
        if len(ids) < _FEW or len(theirs) != len(ids) or len({*theirs}) != len(ids):
            return False
        if shared == wanted and {*map(int, wanted)} in (
            {*range(len(ids))},
            {*range(1, len(ids) + 1)},
        ):
            raise _says_too_little(name, "all")
        return shared == wanted
    if len(shared) < max(2, len(wanted) / 2):
        return False
    if shared != wanted or sum(name in wanted for name in theirs) != len(wanted):
        raise _says_too_little(name, "some")
    return True


def _says_too_little(name: str, much: str) -> InvalidTargetError:
    return InvalidTargetError(
        f"column {name!r} of the truth holds {much} of the identifiers of the result, in another "
        "order: call it target_id if rows are to be joined by it, or take it out if the truth is "
        "in the order of the result"
    )
