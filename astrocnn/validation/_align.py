"""Truth, row for row with a result."""

from collections.abc import Collection

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ..tables._flags import text
from ..tables._identifiers import id_name
from ..tables._labels import is_cluster, known_labels
from ..tables._numbers import MISSING
from ..tables._votable import INCOMPLETE
from ._identity import find_rows, identifiers, truth_id_name
from ._order import paired

__all__ = ["align_truth", "class_names", "in_order_of", "known_truth"]

#: The truth as text files hold it, in lower case.
_TRUE = ("cluster", "true", "1", "1.0")
_FALSE = ("non_cluster", "false", "0", "0.0")


def align_truth(
    result: Table, truth: "Table | np.ndarray", column: str = "is_cluster"
) -> np.ma.MaskedArray:
    """Return the truth of each row of a result.

    Parameters
    ----------
    result : table with n rows
        Result of a classifier.
    truth : table or array_like of shape (n,)
        An array in the order of the result, of bool, of 1 and 0, or of the labels ``"cluster"`` and
        ``"non_cluster"`` or other classes of the result, in upper or lower case (the words True and
        False, as CSV files hold them, will do), masked, NaN or empty where it is not known; or a
        table of any library with such a column, or a pandas Series whose index is named or text.
        A table with identifiers (see `~astrocnn.tables.read_targets` for the names of their column)
        is joined by them, and rows of the result that it lacks, or whose identifier is empty, have
        no truth; one without is taken in the order of the result, but for what the notes say.
    column : str
        Name of the truth column of a table.

    Returns
    -------
    truth : `~numpy.ma.MaskedArray` of bool, shape (n,)
        True for a cluster; masked where unknown.

    Raises
    ------
    InvalidTargetError
        If lengths or identifiers do not fit, identifiers are floating-point numbers too large to
        be whole, the values are no truth, or the service that made the truth left out rows.

    Notes
    -----
    Where the targets had no identifiers, ``predict`` numbers them from 0. To these row numbers of
    the result refer a column ``target_id`` of the truth, and one of another name that holds the
    same numbers. Names and other numbers are an error then, since nothing says which row is whose;
    so is a ``target_id`` from 1 to n.

    Where a result and a truth without identifiers are both of pandas, they are joined by their
    indexes: a result that was sorted, or of which rows were taken out, keeps its own. An array, and
    a table without identifiers, is in the order of the result, whatever that is.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.validation import align_truth
    >>> result = Table({"target_id": ["a", "b"]})
    >>> align_truth(result, Table({"target_id": ["b", "a"], "is_cluster": [True, False]})).tolist()
    [False, True]
    """
    return known_truth(*paired(result, truth), column)


def known_truth(result: Table, truth, column: str = "is_cluster", classes: Collection[str] = ()):
    """Return the truth of each row of a result, of two that are `paired`; see `align_truth`.

    ``classes`` are labels of the truth besides those of the result.
    """
    if not isinstance(result, Table):
        raise InvalidTargetError(
            f"a result is the table that predict returns, not {type(result).__name__}; read one "
            "from a file with QTable.read(path)"
        )
    classes = {*classes, *class_names(result)}
    if not isinstance(truth, Table):
        return _as_bool(truth, len(result), classes)
    if truth.meta.get(INCOMPLETE):
        raise InvalidTargetError(
            f"the truth is not whole, its service says: {truth.meta[INCOMPLETE]}; ask it again for "
            "fewer targets at once or for more rows"
        )
    if column not in truth.colnames:
        raise InvalidTargetError(
            f"the truth table has no column {column!r}: give one of its columns that name, of "
            f"{', '.join(truth.colnames)}"
        )
    return in_order_of(result, truth, _as_bool(truth[column], len(truth), classes))


def in_order_of(
    result: Table, truth: Table, values: np.ma.MaskedArray, what: str = "truth"
) -> np.ma.MaskedArray:
    """Return values of the rows of a truth, row for row with a result; masked where it has none.

    Parameters
    ----------
    result : `~astropy.table.Table` with n rows
    truth : `~astropy.table.Table` with m rows
    values : `~numpy.ma.MaskedArray` of shape (m,)
    what : str
        What the values are, for messages.
    """
    if truth is result:
        return values
    theirs, own = truth_id_name(result, truth), id_name(result)
    if theirs is None:
        _check_length(values, len(result), what)
        return values
    if own is None:
        raise InvalidTargetError(
            f"the truth has identifiers ({theirs!r}) and the result has none: give the result with "
            f"its target_id, or the {what} as an array in the order of the result"
        )
    _check_numbers(result[own], truth[theirs], theirs)
    rows = find_rows(result[own], truth[theirs])
    if len(result) and np.all(rows < 0):
        raise InvalidTargetError(
            f"result and truth have no identifier in common (columns {own!r} and {theirs!r}): "
            "where another column identifies the rows, call it target_id"
        )
    aligned = np.ma.masked_all(len(result), dtype=values.dtype)
    aligned[rows >= 0] = values[rows[rows >= 0]]
    return aligned


def _check_numbers(own, theirs, name: str) -> None:
    """Raise InvalidTargetError if identifiers of the truth meet mere row numbers of the result."""
    own, theirs = set(identifiers(own)), set(identifiers(theirs))
    from_zero, from_one = ({str(row + first) for row in range(len(own))} for first in (0, 1))
    if not own or own != from_zero or theirs == own:
        return
    if name.lower() != "target_id" or theirs == from_one:
        raise InvalidTargetError(
            f"the targets of the result are numbered from 0, and the column {name!r} of the truth "
            "holds other identifiers: take it out if the truth is in the order of the result; or "
            "call it target_id, and begin at 0, if these are row numbers of the result"
        )


def _check_length(values, length: int, what: str) -> None:
    if values.shape != (length,):
        raise InvalidTargetError(
            f"{what} needs one value per target: {length}, not an array of shape {values.shape}; "
            "a table with target_id may have any length"
        )


def _as_bool(values, length: int, classes: Collection[str] = ()) -> np.ma.MaskedArray:
    """Booleans, 1 and 0, or words as a masked array of bool of the given length."""
    labels = known_labels(values)
    _check_length(labels, length, "truth")
    known = ~np.ma.getmaskarray(labels)
    if labels.dtype.kind == "U":
        return _words_as_bool(labels, classes)
    if labels.dtype.kind in "biuf" and np.isin(labels.data[known], (0, 1)).all():
        return np.ma.array(labels.data == 1, mask=~known)
    raise InvalidTargetError(
        "truth must be True or False (or 1 or 0, or 'cluster' or 'non_cluster') per target, "
        "masked where unknown"
    )


def _words_as_bool(labels: np.ma.MaskedArray, classes: Collection[str]) -> np.ma.MaskedArray:
    """Names of classes as booleans; masked where masked or a word for "missing"."""
    words = np.char.lower(labels.data)
    unknown = np.ma.getmaskarray(labels) | np.isin(words, MISSING)
    clusters = np.isin(words, _TRUE)
    others = np.isin(words, [*_FALSE, *(name.casefold() for name in classes)])
    neither = ~(unknown | clusters | others)
    if neither.any():
        named = sorted(name for name in classes if name.casefold() not in _TRUE + _FALSE)
        raise InvalidTargetError(
            f"truth labels are {', '.join(map(repr, ['cluster', 'non_cluster', *named][:-1]))} and "
            f"{['cluster', 'non_cluster', *named][-1]!r}, not {str(labels.data[neither][0])!r} "
            "(booleans will do)"
        )
    return np.ma.array(clusters, mask=unknown)


def class_names(result: Table) -> set[str]:
    """Names of the classes of a result, in its meta, its columns and its labels."""
    names = {name.removeprefix("proba_") for name in result.colnames if name.startswith("proba_")}
    names -= {"err"}
    if any(is_cluster(name) for name in names):
        meta = {str(key).lower(): value for key, value in result.meta.items()}
        names |= {str(name) for name in np.atleast_1d(meta.get("classes", []))}
        if "label" in result.colnames:
            names |= {*text(result["label"]).tolist()}
    return {name.strip() for name in names if name.strip()}
