"""What each kind of target is called."""

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ..tables._labels import stripped_labels
from ._estimate import check_confidence, proportion
from ._order import paired
from ._rows import align_column, verdicts

__all__ = ["confusion_by_class"]


def confusion_by_class(
    result: Table,
    truth: "Table | np.ndarray",
    column: "str | np.ndarray" = "truth_class",
    *,
    threshold: float | None = None,
    confidence: float = 0.95,
) -> Table:
    """Return, for each class of the truth, the share that is called cluster.

    Of a class of clusters that share is the completeness; of a class of contaminants (point
    sources, nearby galaxies, empty fields) it is the false-positive rate.

    Parameters
    ----------
    result : `~astropy.table.QTable` or pandas.DataFrame with n rows
        Result of ``predict``.
    truth : table or array_like of shape (n,)
        A table with the column ``column``, joined as in `align_truth`; or the names in the order of
        the result.
    column : str
        Name of the column with the classes.
    threshold : float, optional
        Call a cluster what has at least this probability; by default as in `validate`.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    `~astropy.table.Table`
        One row per class, by falling share: ``class``, ``n`` (with a verdict), ``n_called``,
        ``share`` (called cluster) and its ends ``share_low``, ``share_high`` (Wilson),
        ``n_no_verdict``. The share is masked where no target of the class has a verdict. ``meta``
        holds ``confidence`` and ``n_unknown``, targets whose class is masked, None, NaN, empty, or
        a word such as ``N/A``.

    Raises
    ------
    InvalidTargetError
        If result and truth do not fit together, or the classes are no names or whole numbers.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.validation import confusion_by_class
    >>> result = Table({"proba_cluster": [0.9, 0.8, 0.3, 0.1, 0.7]})
    >>> print(confusion_by_class(result, ["hi-z", "low-z", "hi-z", "point", "point"]))
    class  n  n_called share share_low share_high n_no_verdict
    ----- --- -------- ----- --------- ---------- ------------
    low-z   1        1 1.000     0.207      1.000            0
     hi-z   2        1 0.500     0.095      0.905            0
    point   2        1 0.500     0.095      0.905            0
    """
    check_confidence(confidence)
    result, truth = paired(result, truth)
    _, verdict, decided = verdicts(result, threshold)
    names, exists = _names(result, truth, column)
    rows = []
    for name in dict.fromkeys(names[exists].tolist()):
        members = exists & (names == name)
        judged = members & decided
        found = proportion(int(np.sum(judged & verdict)), int(judged.sum()), confidence)
        called = int(np.sum(judged & verdict))
        silent = int(np.sum(members & ~decided))
        rows.append((name, int(judged.sum()), called, found.value, found.low, found.high, silent))
    rows.sort(key=lambda row: -1.0 if np.isnan(row[3]) else row[3], reverse=True)
    columns = ["class", "n", "n_called", "share", "share_low", "share_high", "n_no_verdict"]
    kinds = [str, int, int, float, float, float, int]
    table = Table(rows=rows or None, names=columns, dtype=kinds, masked=True)
    for name in ("share", "share_low", "share_high"):
        table[name] = np.ma.masked_invalid(np.asarray(table[name], dtype=float))
        table[name].info.format = ".3f"
    table.meta.update(confidence=confidence, n_unknown=int(np.sum(~exists)))
    return table


def _names(result: Table, truth, column) -> tuple[np.ndarray, np.ndarray]:
    """Class of each row as text, and whether it is known."""
    if isinstance(truth, Table) and isinstance(column, str) and column not in truth.colnames:
        raise InvalidTargetError(
            f"the truth table has no column {column!r}: give one of its columns that name, of "
            f"{', '.join(truth.colnames)}"
        )
    values, _ = align_column(result, truth, column if isinstance(truth, Table) else truth)
    values = stripped_labels(values)
    if values.dtype.kind not in "Uiub":
        raise InvalidTargetError(
            f"classes are names or whole numbers, not {values.dtype}; for bins of a number see "
            "completeness_against"
        )
    return values.data.astype(str), ~np.ma.getmaskarray(values)
