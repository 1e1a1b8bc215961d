"""Order of rows without identifiers: row numbers in target_id, and the index of pandas."""

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ..tables import as_table
from ..tables._identifiers import id_name
from ._identity import identifiers, truth_id_name

__all__ = ["in_rows_of", "paired"]


def paired(result, truth) -> tuple:
    """Return a result and its truth as tables, or as they are where they are none.

    Returns
    -------
    result : `~astropy.table.Table` or object
    truth : `~astropy.table.Table` or object
        As `in_rows_of`.
    """
    table = as_table(result)
    return table, table if truth is result else in_rows_of(result, table, truth, "truth")


def in_rows_of(result, table: Table, values, what: str):
    """Return a truth, or other values, row for row with a result where no identifiers join them.

    Parameters
    ----------
    result : object
        As the user gave it: in pandas its index may say that rows were taken out or sorted.
    table : `~astropy.table.Table` with n rows
        The same.
    values : table or array_like of shape (m,)
        Truth or other values. Those of pandas that have an index of numbers, and those of more rows
        than the result, are brought into the order of the result by the row numbers that this has,
        in its index or its ``target_id``. All else is returned as it is, as a table if it is one.
    what : str
        What the values are, for messages.

    Raises
    ------
    InvalidTargetError
        If nothing says whether the order or the row numbers are meant.
    """
    found = as_table(values)
    if not isinstance(table, Table) or getattr(found, "shape", None) == ():
        return found
    if isinstance(found, Table) and truth_id_name(table, found) is not None:
        return found
    parent = getattr(getattr(values, "info", None), "parent_table", None)
    if parent is table or not hasattr(found, "__len__"):
        return found
    index = _index(values)
    rows = _rows(_row_numbers(result, table), index, len(found), len(table), what)
    if rows is None:
        return found
    if index is not None:
        return as_table(values.iloc[rows])
    return found[rows] if hasattr(found, "dtype") else [found[row] for row in rows]


def _rows(numbered, index, length: int, n: int, what: str) -> np.ndarray | None:
    """Rows of the values for those of the result; None where they are row for row as they are."""
    numbers, sure = numbered
    if index is None:
        if numbers is None or not sure:
            return None
        if length == n and _is_permutation(numbers):
            raise InvalidTargetError(
                f"the rows of the result are in another order than their numbers, and the {what} "
                "may be in either: sort the result by target_id (in pandas sort_index()), or give "
                f"the {what} as a table with target_id"
            )
        whole = np.arange(length)
        return numbers if length > n and np.isin(numbers, whole).all() else None
    if numbers is not None and np.array_equal(index, numbers):
        return None
    if not np.array_equal(index, np.arange(length)) and _is_permutation(index):
        raise InvalidTargetError(
            f"the rows of the {what} are in another order than its index: reset_index(drop=True) "
            "if that order is the result's, or sort_index() if the index counts the rows of the "
            "result; or give it a column target_id"
        )
    if numbers is None:
        return None
    if np.isin(numbers, index).all() and (sure or length == n):
        order = np.argsort(index)
        return order[np.searchsorted(index, numbers, sorter=order)]
    if sure and length == n:
        raise InvalidTargetError(
            f"the index of the {what} has not the row numbers of the result, such as "
            f"{int(numbers[~np.isin(numbers, index)][0])}: give the {what} with the index of the "
            "result, as a table with target_id, or by to_numpy() if it is in the order of the "
            "result"
        )
    return None


def _row_numbers(result, table: Table) -> tuple[np.ndarray | None, bool]:
    """Row numbers of a list that a result has, and whether they are surely that.

    None where they are 0 to n - 1, and where there are none. Identifiers that are numbers, 0 not
    among them, may be the user's own.
    """
    name = id_name(table)
    words = [] if name is None else identifiers(table[name])
    ids = None
    if words and all(word.isdecimal() and len(word) < 18 for word in words):
        ids = _if_other(np.array(words, dtype=int))
    if ids is not None and 0 in ids:
        return ids, True
    index = _index(result)
    index = None if index is None else _if_other(index)
    return (ids, False) if index is None else (index, True)


def _if_other(numbers: np.ndarray) -> np.ndarray | None:
    """Numbers, each once, unless they are 0 to n - 1."""
    usual = np.array_equal(numbers, np.arange(len(numbers)))
    return None if usual or len(np.unique(numbers)) < len(numbers) else numbers


def _index(source) -> np.ndarray | None:
    """The index of pandas, where it is of whole numbers, each once, and has no name."""
    index = getattr(source, "index", None)
    numbered = getattr(getattr(index, "dtype", None), "kind", "") in ("i", "u")
    if not numbered or index.name is not None or not hasattr(source, "iloc"):
        return None
    return np.asarray(index) if index.is_unique else None


def _is_permutation(numbers: np.ndarray) -> bool:
    """Whether numbers are 0 to n - 1, in any order."""
    return np.array_equal(np.sort(numbers), np.arange(len(numbers)))
