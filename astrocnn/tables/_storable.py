"""Columns that a file format can hold, with the same values."""

import re

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Column, MaskedColumn, Table

from ..exceptions import InvalidTargetError
from ._objects import is_json, simplest, to_text
from ._sky_axes import sky_axes

__all__ = ["storable"]

#: Characters that XML, FITS or the readers of text files do not pass on, and halves of characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_HALVES = re.compile("[\ud800-\udfff]")
#: Units of time of NumPy, as astropy calls them; years and months have no fixed length.
_TIMES = {"W": "wk", "D": "d", "h": "h", "m": "min"} | {
    unit: unit for unit in ("s", "ms", "us", "ns", "ps", "fs", "as")
}
#: Integers that a format does not have -> the next larger ones that it has.
_WIDER = {
    ".fits": {"i1": "i2"},
    ".vot": {"i1": "i2", "u2": "i4", "u4": "i8", "u8": "i8"},
}


def storable(table: Table, suffix: str) -> Table:
    """Return a table whose columns a format can hold; the values are the same.

    Parameters
    ----------
    table : `~astropy.table.Table`
        Any table.
    suffix : str
        The format: ``.ecsv``, ``.fits``, ``.csv``, ``.vot``, ``.xml`` or ``.parquet``.

    Returns
    -------
    `~astropy.table.Table`
        With columns of numbers and text only, but for ECSV, which knows more classes.

    Raises
    ------
    InvalidTargetError
        If the format cannot hold a column; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.table import Table
    >>> from astrocnn.tables._storable import storable
    >>> storable(Table({"a": np.array([1, -1], dtype="int8")}), ".fits")["a"].dtype
    dtype('int16')
    """
    suffix = ".vot" if suffix == ".xml" else suffix
    columns = []
    for name in table.colnames:
        column = table[name]
        if not name.isprintable():
            raise _refusal(name, suffix, "the name is no line of text", "rename it")
        if suffix == ".fits" and not name.isascii():
            raise _refusal(name, suffix, "FITS has names in ASCII only", "rename it")
        if suffix == ".ecsv" and not isinstance(column, Column):
            columns.append(column)
        elif isinstance(column, SkyCoord):
            columns += [
                _column(axis, axis.name, suffix)
                for axis in _axes(column, name, suffix, table.colnames)
            ]
        elif isinstance(getattr(column, "unmasked", column), np.ndarray):
            columns.append(_column(column, name, suffix))
        else:
            raise InvalidTargetError(
                f"column {name!r} ({type(column).__name__}) cannot be written to a {suffix} file: "
                "convert it to numbers or text, or write .ecsv"
            )
    # A QTable would make floats of whole numbers with a unit; CSV has no units.
    kind = type(table) if suffix in (".ecsv", ".csv") else Table
    return kind(columns, meta=table.meta, copy=False)


def _axes(coords: SkyCoord, name: str, suffix: str, taken: list[str]) -> list[Column]:
    """Coordinates as two columns."""
    try:
        return sky_axes(coords, name, taken)
    except InvalidTargetError as error:
        raise _refusal(name, suffix, str(error), "convert it to ICRS") from error


def _refusal(name: str, suffix: str, reason: str, advice: str = "") -> InvalidTargetError:
    advice = advice or "convert it to numbers or text"
    other = "" if suffix == ".ecsv" else ", or write .ecsv"
    return InvalidTargetError(
        f"column {name!r} cannot be written to a {suffix} file: {reason}; {advice}{other}"
    )


def _column(column, name: str, suffix: str) -> Column:
    """A column, quantity or array, masked or not, as a column of a type that the format has."""
    values = np.asarray(getattr(column, "unmasked", column))
    if values.dtype.names:
        if suffix in (".ecsv", ".fits"):
            return column
        raise _refusal(name, suffix, "it has fields", "make columns of them")
    mask, unit = np.broadcast_to(getattr(column, "mask", False), values.shape), column.info.unit
    if values.dtype.kind == "O":
        simple = simplest(np.where(mask, None, values) if np.any(mask) else values)
        if simple is None and suffix == ".ecsv" and is_json(values):
            return column
        if simple is None:
            raise _refusal(name, suffix, "it holds objects of several kinds")
        values, mask = simple.data, np.ma.getmaskarray(simple)
    if values.dtype.kind in "mM":
        mask = mask | np.isnat(values)
    if values.dtype.kind == "m":
        values, unit = _durations(values, name, suffix)
    if not len(values) and suffix in (".ecsv", ".csv"):
        # Without rows there are no arrays either, of which astropy cannot read the shape.
        values, mask = values.ravel(), mask.ravel()
    values = _of_format(values, mask, name, suffix)
    _check_shape(values, name, suffix)
    return _finished(values, mask, unit, column, suffix)


def _finished(values, mask, unit, column, suffix: str) -> Column:
    """A column of these values that is described as the one that they come from."""
    masked = np.any(mask) or isinstance(column, MaskedColumn)
    plain = MaskedColumn(values, mask=mask) if masked else Column(values)
    plain.name, plain.description = column.info.name, column.info.description
    plain.unit = unit if suffix != ".csv" else None
    plain.info.meta = dict(column.info.meta or {}) or None
    if masked and values.dtype.kind in "iu":
        plain = _with_null(plain)
    return plain


def _with_null(column: MaskedColumn) -> MaskedColumn:
    """The column with a number for "missing" that none of its rows has."""
    kind, limits = column.dtype.kind, np.iinfo(column.dtype)
    used = {*np.unique(column.data[~column.mask]).tolist()}
    # FITS holds unsigned numbers as signed ones, of which astropy reads no negative null.
    most = min(limits.max, 2**63 - 1)
    candidates = range(limits.min, limits.max) if kind == "i" else range(most, 0, -1)
    null = next((number for number in candidates if number not in used), None)
    if null is None:  # all 256 numbers of a byte are there
        return _with_null(column.astype("i4"))
    column.fill_value = null
    return column


def _durations(values: np.ndarray, name: str, suffix: str) -> tuple[np.ndarray, u.UnitBase]:
    """Durations as whole numbers and their unit."""
    unit, step = np.datetime_data(values.dtype)
    if unit not in _TIMES:
        raise _refusal(name, suffix, f"it is of {values.dtype}", "convert it to days or seconds")
    numbers = np.where(np.isnat(values), np.timedelta64(0, unit), values).astype(np.int64)
    return numbers * step, u.Unit(_TIMES[unit])


def _of_format(values: np.ndarray, mask: np.ndarray, name: str, suffix: str) -> np.ndarray:
    """The same values, of a type that the format has."""
    kind = values.dtype.kind
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if kind == "S":
        values = to_text(values)
    if kind in "SUO":
        return _escaped(values, _HALVES if suffix == ".parquet" else _UNPRINTABLE)
    if kind == "M":
        return _moments(values, mask, suffix)
    if kind == "c" and (suffix not in (".fits", ".vot") or values.dtype.itemsize > 16):
        raise _refusal(name, suffix, f"it is of {values.dtype}", "make two columns of it")
    if kind == "f" and values.dtype.itemsize == 2 and (suffix != ".ecsv" or np.any(mask)):
        return values.astype(np.float32)
    if kind == "f" and values.dtype.itemsize > 8 and suffix != ".ecsv":
        return _doubles(values, mask, name, suffix)
    wider = _WIDER.get(suffix, {}).get(values.dtype.str[1:])
    if kind == "u" and wider == "i8" and np.any(values[~mask] > np.uint64(2**63 - 1)):
        raise _refusal(name, suffix, "it has numbers beyond 2**63", "make it text")
    return values.astype(wider) if wider else values


def _doubles(values: np.ndarray, mask: np.ndarray, name: str, suffix: str) -> np.ndarray:
    """Numbers of extended precision in double precision, which must be enough."""
    with np.errstate(over="ignore"):
        doubles = values.astype(float)
    if not np.array_equal(doubles[~mask], values[~mask], equal_nan=True):
        raise _refusal(name, suffix, f"it is of {values.dtype}", "convert it to float64")
    return doubles


def _moments(values: np.ndarray, mask: np.ndarray, suffix: str) -> np.ndarray:
    """Moments as text by ISO 8601, where the format has nothing else for them."""
    if suffix == ".parquet":
        unit, step = np.datetime_data(values.dtype)
        known = step == 1 and unit in ("s", "ms", "us", "ns")
        return (
            values if known else values.astype("M8[ns]" if unit in ("ps", "fs", "as") else "M8[s]")
        )
    return np.where(mask, "", np.datetime_as_string(values)).astype(str)


def _escaped(values: np.ndarray, unprintable: re.Pattern) -> np.ndarray:
    """Text without characters that a file cannot hold, which are escaped."""
    words = values.ravel().tolist()
    if not any(map(unprintable.search, words)):
        return values
    escaped = [unprintable.sub(lambda found: ascii(found[0])[1:-1], word) for word in words]
    return np.array(escaped, dtype=str).reshape(values.shape)


def _check_shape(values: np.ndarray, name: str, suffix: str) -> None:
    """Raise InvalidTargetError for arrays in the rows of formats without them."""
    most = {".csv": 1, ".parquet": 2}.get(suffix, 32)
    if suffix == ".vot" and values.dtype.kind == "U":
        most = 1
    if values.size and values.ndim > most:
        allowed = "one" if most == 1 else "two"
        reason = f"it has {values.ndim} dimensions, {allowed} can be kept"
        raise _refusal(name, suffix, reason, "make columns of it")
