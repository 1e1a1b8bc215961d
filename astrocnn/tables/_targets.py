"""Target lists: whatever holds sky positions becomes one table."""

import os
import warnings

import numpy as np
from astropy import units as u
from astropy.coordinates import BaseCoordinateFrame, SkyCoord, UnitSphericalRepresentation
from astropy.table import Column, MaskedColumn, QTable, Row, Table

from ..exceptions import InvalidTargetError, InvalidTargetWarning
from ._coords import from_list, icrs_degrees, wrong_type
from ._files import read_file
from ._identifiers import id_column
from ._positions import table_degrees
from ._schema import describe_columns
from ._tabular import as_table, checked_table

__all__ = ["read_targets", "target_coords"]

#: Rows closer than this to an earlier one are duplicates.
_SAME_POSITION = 0.1 * u.arcsec


def read_targets(
    targets,
    format: str | None = None,  # noqa: A002 -- as astropy calls it
) -> QTable:
    """Read sky positions from coordinates, a table or a file.

    Parameters
    ----------
    targets : SkyCoord, sequence of SkyCoord, table, str or path
        * `~astropy.coordinates.SkyCoord` in any frame, scalar or of any shape (read in C order), or
          a list of them, frames and shapes mixed. Proper motions are ignored.
        * `~astropy.table.Table` or `~astropy.table.QTable`, a row of one, or what else is a table:
          a DataFrame of pandas or polars (the named index of pandas counts as a column), a table of
          pyarrow, a dict of columns, a structured array, the data of a FITS table. It has a
          `SkyCoord` column, or columns whose names say what they are, in any case: ``ra``/``dec``,
          ``RAJ2000``/``DEJ2000``, ``R.A. (J2000)``/``Decl. (J2000)``, ``RA [deg]``/``Dec [deg]``,
          ``raMean``/``decMean``, ``RA_BCG``/``DEC_BCG``, ``ALPHA_J2000``/``DELTA_J2000``,
          ``X_WORLD``/``Y_WORLD`` ...; ``RAh RAm RAs DE- DEd DEm DEs``; one column of text with
          both; ``GLON``/``GLAT``, ``l``/``b``, ``ELON``/``ELAT`` ...; or with the UCD
          ``pos.eq.ra;meta.main``. Units are honored; numbers without one are degrees; sexagesimal
          strings are hours in right ascension. J2000 columns are taken as ICRS (0.03 arcsec); those
          of another equinox by the ``COOSYS`` of a VOTable, or by ``RADESYS`` and ``EQUINOX`` of a
          FITS table, are converted.
        * The path of a file, see `read_file`.
    format : str, optional
        Of a file, where it is not to be guessed: a format of `astropy.table.Table.read`.

    Returns
    -------
    `~astropy.table.QTable`
        One row per position, in the order of the input, with the columns ``target_id`` (a column
        named ``target_id``, ``id``, ``name``, ``source_id`` ..., else 0 to n - 1; repeated ids are
        kept), ``ra`` and ``dec`` (ICRS, deg; NaN where invalid) and ``flag`` (``''``,
        ``'invalid_position'`` or ``'duplicate'``, see `FLAGS`).

    Raises
    ------
    InvalidTargetError
        If there is no position, the type is not one of the above, no sky columns are found, a unit
        is not an angle, most of the positions are out of range, identifiers are floating-point
        numbers too large to be whole, or a file cannot be read.
    FileNotFoundError
        If there is no such file.

    Warns
    -----
    InvalidTargetWarning
        Once, with the numbers of invalid and of duplicate positions; and if right ascensions
        without a unit look like hours.

    Examples
    --------
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.tables import read_targets
    >>> print(read_targets(SkyCoord([210.2583, 0.0], [2.8783, -90.0], unit="deg")))
    target_id     ra       dec     flag
                 deg       deg
    --------- ---------- ---------- ----
            0 210.258300   2.878300
            1   0.000000 -90.000000
    """
    path = targets if isinstance(targets, str | os.PathLike) else None
    if path is not None:
        targets = read_file(path, format)
    try:
        ra, dec, ids = _positions(targets)
        if len(ra) == 0:
            raise InvalidTargetError("the target list is empty: give at least one position")
    except InvalidTargetError as err:
        if path is None:
            raise
        raise InvalidTargetError(f"target list '{path}': {err}") from err
    invalid = ~(np.isfinite(ra) & np.isfinite(dec))
    ra, dec = np.where(invalid, np.nan, ra), np.where(invalid, np.nan, dec)
    repeated = _repeated(ra, dec, ~invalid)
    _warn(len(ra), int(invalid.sum()), int(repeated.sum()))
    flag = np.where(invalid, "invalid_position", np.where(repeated, "duplicate", ""))
    table = QTable()
    table["target_id"] = _plain_column(np.arange(len(ra)) if ids is None else ids)
    table["ra"], table["dec"] = ra * u.deg, dec * u.deg
    table["flag"] = flag
    describe_columns(table)
    return table


def target_coords(table: Table) -> SkyCoord:
    """Return the positions of a table with ``ra`` and ``dec`` (or other sky columns).

    Parameters
    ----------
    table : `~astropy.table.Table`
        A target list, a result, or any table that `read_targets` understands.

    Returns
    -------
    `~astropy.coordinates.SkyCoord` of shape (n,)
        ICRS; NaN where a position is invalid.

    Raises
    ------
    InvalidTargetError
        If there are no sky columns.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.tables import target_coords
    >>> target_coords(Table({"RAJ2000": ["14:01:02"], "DEJ2000": ["+02:52:42"]}))
    <SkyCoord (ICRS): (ra, dec) in deg
        [(210.25833333, 2.87833333)]>
    """
    ra, dec = table_degrees(checked_table(table, "what has sky columns"))
    return SkyCoord(ra, dec, unit="deg")


def _positions(targets):
    """Right ascension and declination (deg arrays, NaN where missing) and ids or None."""
    if isinstance(targets, BaseCoordinateFrame) and targets.has_data:
        targets = SkyCoord(targets)
    if isinstance(targets, SkyCoord):
        return *icrs_degrees(targets), None
    if isinstance(targets, Row):
        targets = targets.table[[targets.index]]
    targets = as_table(targets)
    if isinstance(targets, Table):
        return *table_degrees(targets), id_column(targets)
    if isinstance(targets, np.ndarray) and targets.dtype == object:
        targets = targets.ravel().tolist()
    if isinstance(targets, list | tuple):
        return *from_list(targets), None
    raise wrong_type(type(targets).__name__)


def _repeated(ra, dec, valid) -> np.ndarray:
    """Say which positions repeat an earlier one."""
    from scipy.spatial import cKDTree

    repeated = np.zeros(len(ra), dtype=bool)
    rows = np.flatnonzero(valid)
    _, first = np.unique(ra[rows] + 1j * dec[rows], return_index=True)
    repeated[rows] = True
    rows = rows[np.sort(first)]  # exact copies need no search
    repeated[rows] = False
    if len(rows) > 1:
        lon, lat = ra[rows] * u.deg, dec[rows] * u.deg
        xyz = UnitSphericalRepresentation(lon, lat).to_cartesian().xyz.value.T
        chord = 2 * np.sin(_SAME_POSITION.to_value(u.rad) / 2)
        tree = cKDTree(xyz, balanced_tree=False, compact_nodes=False)
        repeated[rows[tree.query_pairs(chord, output_type="ndarray").max(axis=1)]] = True
    return repeated


def _warn(n: int, n_invalid: int, n_repeated: int) -> None:
    """One warning for all rows that are not as they should be."""
    found = []
    if n_invalid:
        found.append(f"{n_invalid} without a valid position (not classified)")
    if n_repeated:
        found.append(f"{n_repeated} within {_SAME_POSITION} of an earlier one")
    if found:
        warnings.warn(
            f"{n} target{'s' * (n != 1)}: {', '.join(found)}; see the column 'flag'",
            InvalidTargetWarning,
            stacklevel=3,
        )


def _plain_column(ids):
    """Identifiers as a column of their own, without the input's metadata."""
    if getattr(ids, "mask", None) is not None:
        return MaskedColumn(np.ma.array(ids))
    return Column(np.array(ids))
