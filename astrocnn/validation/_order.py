"""Order of rows without identifiers: the indexes of pandas."""

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
        Truth or other values. Where both are of pandas they are joined by their indexes, as pandas
        does. All else is returned as it is, as a table if it is one: it is row for row.
    what : str
        What the values are, for messages.

    Raises
    ------
    InvalidTargetError
        If nothing says whether the order or the index of a truth is meant.
    """
    found = as_table(values)
    index, own = _index(values), _index(result)
    if index is None or not isinstance(table, Table):
        return found
    if isinstance(found, Table) and truth_id_name(table, found) is not None:
        return found
    if own is None:
        return found if what != "truth" else _by_numbers(table, values, found, index)
    if np.array_equal(index, own):
        return found
    if np.array_equal(own, np.arange(len(own))) and _is_permutation(index):
        raise _in_another_order(what)
    return as_table(values.loc[own]) if np.isin(own, index).all() else found


def _by_numbers(table, values, found, index):
    """A truth of pandas beside a result that has numbers in its ``target_id`` alone."""
    numbers = _id_numbers(table)
    if numbers is not None and np.array_equal(index, numbers):
        return found
    usual = np.array_equal(index, np.arange(len(index)))
    if numbers is not None and len(numbers) == len(index):
        if usual and _is_permutation(numbers) and not np.array_equal(numbers, index):
            raise InvalidTargetError(
                "the rows of the result are in another order than their numbers, and the truth may "
                "be in either: sort the result by target_id, or give the truth as a table with "
                "target_id, or by to_numpy() if it is in the order of the result"
            )
        if not _is_permutation(index) and np.array_equal(np.sort(index), np.sort(numbers)):
            return as_table(values.loc[numbers])
    if not usual and _is_permutation(index):
        raise _in_another_order("truth")
    return found


def _in_another_order(what: str) -> InvalidTargetError:
    return InvalidTargetError(
        f"the rows of the {what} are in another order than its index: reset_index(drop=True) if "
        "that order is the result's, or sort_index() if the index counts the rows of the result; "
        "or give it a column target_id"
    )


def _id_numbers(table: Table) -> np.ndarray | None:
    """Identifiers that are whole numbers, each once."""
    name = id_name(table)
    words = [] if name is None else identifiers(table[name])
    if not words or not all(word.isdecimal() and len(word) < 18 for word in words):
        return None
    numbers = np.array(words, dtype=int)
    return None if len(np.unique(numbers)) < len(numbers) else numbers


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
