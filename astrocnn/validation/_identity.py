"""Identifiers of rows, compared as text."""

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ..tables._flags import text
from ..tables._identifiers import check_identifiers, id_name
from ..tables._objects import is_missing, simplest

__all__ = ["find_rows", "identifiers", "truth_id_name"]

#: Fewer numbers than this are in columns of classes and flags too.
_FEW = 4
#: So many identifiers are looked for before all are read.
_SAMPLE = 50


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

    Besides columns of usual names it is one of any name that holds the identifiers of the result,
    if the truth has more rows than that, or the same identifiers in the same order.

    Raises
    ------
    InvalidTargetError
        If a column holds the same identifiers in another order: it may refer to other rows.
    """
    usual, own = id_name(truth), id_name(result)
    if usual is not None or own is None or truth is result:
        return usual
    ids = np.ma.asarray(result[own])
    same = _same_numbers if ids.dtype.kind in "iu" else _Words(ids)
    for name in truth.colnames:
        column = truth[name]
        if getattr(column, "ndim", 0) != 1 or getattr(column, "unit", None) is not None:
            continue
        column = np.ma.asarray(column)
        if column.dtype.kind not in ("iu" if ids.dtype.kind in "iu" else "SUO"):
            continue
        found = same(ids, column)
        if found == "in another order":
            raise InvalidTargetError(
                f"column {name!r} of the truth holds all of the identifiers of the result, in "
                "another order: call it target_id if rows are to be joined by it, or take it out "
                "if the truth is in the order of the result"
            )
        if found:
            return name
    return None


def _same_numbers(ids, column) -> str:
    """How a column holds identifiers that are numbers; empty if it does not.

    Numbers from 0 or 1 on may be a rank, or count something else.
    """
    if np.ma.getmaskarray(ids).any() or np.ma.getmaskarray(column).any() or len(ids) < _FEW:
        return ""
    ids, column = ids.data, column.data
    counted = ids.min() >= 0 and ids.max() <= max(len(ids), len(column))
    if counted or column.min(initial=0) > ids.min() or column.max(initial=0) < ids.max():
        return ""
    if len(ids) != len(column):
        unique = len(np.unique(column)) == len(column)
        return "all" if unique and np.isin(ids, column).all() else ""
    if np.array_equal(ids, column):
        return "in order"
    return "in another order" if np.array_equal(np.sort(ids), np.sort(column)) else ""


class _Words:
    """The same for identifiers that are words, which are read once, and only if need be."""

    def __init__(self, ids):
        self.some = {*identifiers(ids[:_SAMPLE])} - {""}
        self.words = None

    def __call__(self, ids, column) -> str:
        few = len(ids) <= _SAMPLE
        if few and not self.some.intersection(identifiers(column)):
            return ""
        theirs = identifiers(column)
        if not few and not self.some <= {*theirs}:
            return ""
        self.words = identifiers(ids) if self.words is None else self.words
        wanted = {*self.words} - {""}
        if len(wanted) < 2 or all(word.isdecimal() for word in wanted):
            return ""
        if theirs == self.words:
            return "in order"
        if not wanted <= {*theirs} or sum(word in wanted for word in theirs) != len(wanted):
            return ""
        return "in another order" if len(theirs) == len(self.words) else "all"
