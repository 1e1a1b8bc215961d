"""Identifiers and redshifts of targets and catalog entries."""

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table

from ..exceptions import InvalidTargetError
from ..tables._identifiers import id_column
from ..tables._redshifts import known_redshifts

__all__ = ["entry_column", "target_ids"]


def target_ids(targets: Table, rows: np.ndarray):
    """Return the identifiers of some targets, as `astrocnn.tables.read_targets` finds them.

    Parameters
    ----------
    targets : `~astropy.table.Table`
    rows : ndarray of shape (k,), int

    Returns
    -------
    column or ndarray of shape (k,)
        Of the column that identifies the rows; without one, or where that names several alike, the
        row numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.table import Table
    >>> from astrocnn.matching._names_and_redshifts import target_ids
    >>> target_ids(Table({"name": ["A1835", "A2029"]}), np.array([1, 1])).tolist()
    ['A2029', 'A2029']
    """
    try:
        identifiers = id_column(targets)
    except InvalidTargetError:  # floating-point numbers that are no whole ones
        return rows
    if identifiers is None:
        return rows
    values = np.ma.asarray(identifiers)
    words = values.filled().astype(str) if values.dtype.kind == "O" else values.filled()
    if np.ma.getmaskarray(values).any() or len(np.unique(words)) < len(words):
        return rows  # such as a class: it does not tell rows apart
    return identifiers[rows]


def entry_column(
    catalog: "Table | SkyCoord", name: str, rows: np.ndarray, where: np.ndarray | bool = True
) -> MaskedColumn:
    """Return identifiers or redshifts of some entries of a catalog.

    Parameters
    ----------
    catalog : Table or SkyCoord
    name : {"source_id", "z_spec"}
        Without such a column, identifiers are row numbers, and redshifts are masked.
    rows : ndarray of shape (k,), int
        Whatever where there is no entry.
    where : ndarray of shape (k,), bool
        Where there is one; masked elsewhere.

    Returns
    -------
    MaskedColumn of shape (k,)
        Velocities by their unit as redshifts; see `astrocnn.tables._redshifts.known_redshifts`.
    """
    where = np.broadcast_to(where, rows.shape)
    is_table = isinstance(catalog, Table)
    if is_table and name in catalog.colnames:
        if not len(catalog):
            return MaskedColumn(np.zeros(len(rows), dtype=catalog[name].dtype), mask=True)
        values = catalog[name][np.where(where, rows, 0)]
    else:
        values = rows if name == "source_id" else np.full(rows.shape, np.nan)
    if name == "z_spec":
        values = np.ma.masked_invalid(known_redshifts(values, name, warn=False))
    values = np.ma.array(values)
    return MaskedColumn(values.data, mask=np.ma.getmaskarray(values) | ~where)
