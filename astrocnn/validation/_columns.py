"""Completeness and false-positive rate against a column."""

import numpy as np
from astropy import units as u
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ..tables._redshifts import known_redshifts
from ._align import known_truth
from ._estimate import check_confidence, proportion
from ._order import in_rows_of, paired
from ._rows import align_column, verdicts

__all__ = ["completeness_against"]

#: Columns that hold redshifts: -1 and 99 in them are no values.
_REDSHIFTS = frozenset(
    ("z", "redshift", "z_spec", "zspec", "z_phot", "zphot", "z_best", "z_cluster", "z_lambda")
)
#: More bins than a figure or a reader can use.
_MOST_BINS = 10_000


def completeness_against(
    result: Table,
    truth: "Table | np.ndarray",
    column: "str | np.ndarray | u.Quantity",
    bins: "int | np.ndarray | u.Quantity" = 5,
    *,
    threshold: float | None = None,
    confidence: float = 0.95,
) -> Table:
    """Return completeness and false-positive rate in bins of redshift, flux, or any column.

    Parameters
    ----------
    result : `~astropy.table.QTable` or pandas.DataFrame with n rows
        Result of ``predict``.
    truth : table or array_like of shape (n,)
        As `align_truth` reads it.
    column : str, or array_like or Quantity of shape (n,)
        Name of a column of the truth, joined as in `align_truth`, or else of the result; or the
        values in the order of the result.
    bins : int, or array_like or Quantity of shape (k + 1,)
        Rising edges, each bin with its lower edge and without its upper one, the last bin with
        both; or a number of bins with about equally many clusters each.
    threshold : float, optional
        Call a cluster what has at least this probability; by default as in `validate`.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    `~astropy.table.Table` of k rows
        ``low``, ``high`` (edges); ``n_clusters``, ``completeness``, its ends ``_low``, ``_high``;
        ``n_non_clusters``, ``false_positive_rate`` and its ends; ``n_no_verdict``. Targets
        without a prediction are in that last column only. Rates are masked where there is nothing
        to count. ``meta`` holds ``column``, ``confidence``, and the numbers of targets that are in
        none of the bins: ``n_outside`` and ``n_unknown`` (value masked or NaN; in a column of
        redshifts such as ``z`` or ``z_phot`` also -1, -99 and 99, with a warning, and 0).

    Raises
    ------
    InvalidTargetError
        If result, truth and column do not fit together, the column holds no numbers, the bins do
        not rise, or their unit is not one of the column's.

    Notes
    -----
    Intervals are Wilson's, as in `proportion`. Non-clusters have a flux but mostly no redshift:
    against redshift there is no false-positive rate then.

    Examples
    --------
    >>> from astropy.table import QTable
    >>> from astrocnn.validation import completeness_against
    >>> result = QTable({"proba_cluster": [0.9, 0.8, 0.2, 0.7, 0.4]})
    >>> truth = QTable({"is_cluster": [True] * 4 + [False], "z": [0.1, 0.2, 0.5, 0.6, 0.4]})
    >>> table = completeness_against(result, truth, "z", bins=[0, 0.3, 0.9])
    >>> print(table["low", "high", "n_clusters", "completeness", "completeness_low"])
    low high n_clusters completeness completeness_low
    --- ---- ---------- ------------ ----------------
      0  0.3          2        1.000            0.342
    0.3  0.9          2        0.500            0.095
    """
    check_confidence(confidence)
    given = result
    result, truth = paired(result, truth)
    if not isinstance(column, str):
        column = in_rows_of(given, result, column, "values")
    known = known_truth(result, truth)
    _, verdict, decided = verdicts(result, threshold)
    values, unit = align_column(result, truth, column)
    if values.dtype.kind not in "iuf":
        raise InvalidTargetError(
            f"the column to bin must hold numbers, not {values.dtype}; for names of classes see "
            "confusion_by_class"
        )
    plain = unit is None or unit == u.dimensionless_unscaled  # else the bins are velocities too
    if isinstance(column, str) and column.lower() in _REDSHIFTS and plain:
        numbers = known_redshifts(values, column)
        clusters = known.filled(False)  # none of which is measured at exactly 0
        values = np.ma.masked_invalid(np.where(clusters & (numbers == 0), np.nan, numbers))
    has_truth = ~np.ma.getmaskarray(known)
    is_cluster = known.filled(False)
    exists = ~np.ma.getmaskarray(values)
    number = values.filled(0).astype(float)
    edges = _edges(bins, unit, number[exists & has_truth & is_cluster])
    which = np.where(exists & has_truth, _bin_of(number, edges), -1)
    rows = [
        _row(which == i, is_cluster, verdict, decided, confidence) for i in range(len(edges) - 1)
    ]
    table = _table(edges, unit, rows)
    table.meta.update(
        column=column if isinstance(column, str) else "",
        confidence=confidence,
        n_outside=int(np.sum(exists & has_truth & (which < 0))),
        n_unknown=int(np.sum(~exists & has_truth)),
    )
    return table


def _edges(bins, unit, values: np.ndarray) -> np.ndarray:
    """Edges of the bins in the unit of the column."""
    if isinstance(bins, int | np.integer) and not isinstance(bins, bool):
        values = values[np.isfinite(values)]
        if not 1 <= bins <= _MOST_BINS or values.size == 0:
            raise InvalidTargetError(
                f"{bins} bins cannot be made of the values of {values.size} clusters: give edges"
            )
        edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
        return edges if edges.size > 1 else np.array([edges[0], np.nextafter(edges[0], np.inf)])
    try:
        if isinstance(bins, u.Quantity):
            edges = bins.to_value(unit or u.dimensionless_unscaled)
        else:
            edges = np.asarray(bins, dtype=float)
    except (u.UnitConversionError, TypeError, ValueError) as error:
        raise InvalidTargetError(
            f"bins must be a number of bins, or edges in the unit of the column "
            f"({unit or 'none'}): {error}"
        ) from error
    if edges.ndim != 1 or edges.size < 2 or not (np.diff(edges) > 0).all():
        raise InvalidTargetError("bins must be a number of bins, or two or more rising edges")
    return edges


def _bin_of(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Bin of each value, -1 outside of all; the last bin has its upper edge."""
    which = np.searchsorted(edges, values, side="right") - 1
    which[values == edges[-1]] = len(edges) - 2
    which[(values < edges[0]) | (values > edges[-1])] = -1
    return which


def _row(inside, is_cluster, verdict, decided, confidence) -> list[float]:
    """Counts and rates of one bin."""
    numbers = []
    for members in (inside & is_cluster & decided, inside & ~is_cluster & decided):
        share = proportion(int(np.sum(members & verdict)), int(members.sum()), confidence)
        numbers += [int(members.sum()), share.value, share.low, share.high]
    return [*numbers, int(np.sum(inside & ~decided))]


def _table(edges: np.ndarray, unit, rows: list[list[float]]) -> Table:
    """Rows as a table with masked rates where there is nothing to count."""
    table = Table({"low": edges[:-1], "high": edges[1:]}, masked=True)
    rates = ("completeness", "false_positive_rate")
    names = []
    for count, rate in zip(("n_clusters", "n_non_clusters"), rates, strict=True):
        names += [count, rate, f"{rate}_low", f"{rate}_high"]
    for name, values in zip([*names, "n_no_verdict"], zip(*rows, strict=True), strict=True):
        if name.startswith("n_"):
            table[name] = np.array(values, dtype=int)
        else:
            table[name] = np.ma.masked_invalid(np.array(values, dtype=float))
            table[name].info.format = ".3f"
    for name in ("low", "high"):
        table[name].unit = unit
        table[name].info.format = ".4g"
    return table
