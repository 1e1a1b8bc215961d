"""Verdicts and other columns, row for row with a result."""

from numbers import Real

import numpy as np
from astropy import units as u
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ..tables._labels import positive_column
from ..tables._numbers import to_numbers
from ..tables._result import result_text
from ._align import in_order_of

__all__ = ["align_column", "verdicts"]


def verdicts(
    result: Table, threshold: float | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the probability, the verdict, and whether there is one, per row of a result.

    Parameters
    ----------
    result : `~astropy.table.QTable` with n rows
        Result of ``predict``.
    threshold : float, optional
        Call a cluster what has at least this probability. By default the column ``label`` is taken,
        or 0.5 where the table has none. A masked or empty label is no prediction.

    Returns
    -------
    proba : ndarray of float, shape (n,)
        NaN where there is none.
    verdict, decided : ndarray of bool, shape (n,)

    Raises
    ------
    InvalidTargetError
        If the table has no column ``proba_cluster`` (in upper or lower case), or one that holds no
        probabilities, or labels that are none of its classes.
    """
    if not isinstance(result, Table):
        raise InvalidTargetError(
            f"a result is the table that predict returns, not {type(result).__name__}; read one "
            "from a file with QTable.read(path)"
        )
    if threshold is not None and (not isinstance(threshold, Real) or not 0 <= threshold <= 1):
        raise InvalidTargetError(f"threshold must be a number from 0 to 1, not {threshold!r}")
    column = positive_column(result)
    if column is None:
        raise InvalidTargetError(
            "the result has no column 'proba_cluster'; give the table that predict returns"
        )
    try:
        proba = to_numbers(result[column])
    except ValueError as error:
        raise InvalidTargetError(f"column {column!r} holds text: {error}") from error
    decided = np.isfinite(proba)
    outside = decided & (np.abs(np.nan_to_num(proba) - 0.5) > 0.5 + 1e-6)  # rounding may pass
    if outside.any():
        raise InvalidTargetError(
            f"column {column!r} holds {proba[outside][0]:.4g}, and probabilities are from 0 "
            "to 1: divide percent by 100"
        )
    if threshold is None and "label" in result.colnames:
        positive = column.removeprefix("proba_")
        labels = _labels(result, positive)
        return proba, labels == positive, decided & (labels != "")
    with np.errstate(invalid="ignore"):
        return proba, proba >= (0.5 if threshold is None else threshold), decided


def _labels(result: Table, positive: str) -> np.ndarray:
    """Labels of a result, '' where there is none."""
    labels = np.char.strip(result_text(result, "label"))
    columns = {name for name in result.colnames if name.startswith("proba_")} - {"proba_err"}
    others = {*labels.tolist()} - {"", positive}
    if len(columns) > 1:
        others -= {"non_cluster", *(name.removeprefix("proba_") for name in columns)}
    elif len(others) == 1 and min(others).lower() != "cluster":
        return labels  # the other one of two classes, as in "agn" and "cluster"
    if others:
        raise InvalidTargetError(
            f"column 'label' holds {min(others)!r}, and labels are {positive!r} and 'non_cluster' "
            "(or other classes of the table): write them so, or leave the column out, for verdicts "
            "from the probabilities"
        )
    return labels


def align_column(
    result: Table, truth: "Table | np.ndarray", column: "str | np.ndarray | u.Quantity"
) -> tuple[np.ma.MaskedArray, u.UnitBase | None]:
    """Return a column of the truth or of the result, row for row with the result.

    Parameters
    ----------
    result : `~astropy.table.QTable` with n rows
        Result of a classifier.
    truth : table or array_like
        As in `align_truth`.
    column : str, table, or array_like or Quantity of shape (n,)
        Name of a column of the truth or else of the result; or the values in the order of the
        result, or in the last column of a table with identifiers.

    Returns
    -------
    values : `~numpy.ma.MaskedArray` of shape (n,)
        Masked where unknown.
    unit : `~astropy.units.UnitBase` or None

    Raises
    ------
    InvalidTargetError
        If neither table has the column, or there is not one value per row.
    """
    if isinstance(column, Table):  # a Series, and the identifiers of its index
        truth, column = column, column.colnames[-1]
    if not isinstance(column, str):
        return _plain(column, len(result), "the values")
    if isinstance(truth, Table) and column in truth.colnames:
        values, unit = _plain(truth[column], len(truth), f"column {column!r}")
        return in_order_of(result, truth, values, f"column {column!r}"), unit
    if column in result.colnames:
        return _plain(result[column], len(result), f"column {column!r}")
    names = [*truth.colnames] if isinstance(truth, Table) else []
    raise InvalidTargetError(
        f"neither truth nor result has a column {column!r}; they have "
        f"{', '.join(dict.fromkeys([*names, *result.colnames]))}"
    )


def _plain(column, length: int, what: str) -> tuple[np.ma.MaskedArray, u.UnitBase | None]:
    """Values without their unit, masked where masked or not a number; and the unit."""
    unit = getattr(column, "unit", None)
    mask = getattr(column, "mask", False)
    mask = np.asarray(not callable(mask) and mask)  # of pandas it is a method
    values = column.value if isinstance(column, u.Quantity) else column
    try:
        values = np.asarray(getattr(values, "unmasked", values))
    except ValueError as error:  # lists of unequal lengths
        raise InvalidTargetError(
            f"{what}: needs one value per row of the result: {error}"
        ) from None
    if values.shape != (length,):
        raise InvalidTargetError(
            f"{what}: needs one value per row of the result, {length}, not an array of shape "
            f"{values.shape}"
        )
    if values.dtype.kind == "f":
        mask = mask | np.isnan(values)
    return np.ma.array(values, mask=np.broadcast_to(mask, values.shape)), unit
