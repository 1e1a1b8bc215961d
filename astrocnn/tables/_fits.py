"""FITS tables, with what astropy cannot read or leaves unsaid in them."""

import warnings
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.table import Column, Table
from astropy.utils.data import get_readable_fileobj

from .._fits_counts import check_counts
from ..exceptions import AstrocnnWarning, InvalidTargetError
from ._flags import text
from ._positions import SYSTEM
from ._sky_names import find_sky_names

__all__ = ["read_fits", "table_of"]

#: Range of integers by the letter of TFORM.
_INTEGERS = {"B": np.uint8, "I": np.int16, "J": np.int32, "K": np.int64}


def read_fits(path: Path) -> Table:
    """Read the table of a FITS file; where there are several, the first with sky columns.

    Parameters
    ----------
    path : `~pathlib.Path`
        Compressed or not.

    Returns
    -------
    `~astropy.table.Table`

    Raises
    ------
    InvalidTargetError
        If the file holds no table.

    Warns
    -----
    AstrocnnWarning
        Where several tables have sky columns: which one was taken.
    """
    _check(path)
    # Of a bad path, astropy leaves the file open.
    with open(path, "rb") as file, fits.open(file, character_as_bytes=True) as hdus:
        tables = [hdu for hdu in hdus if _is_table(hdu)]
        for hdu in tables:
            _drop_nulls(hdu.header)  # before astropy makes the columns of it
        if not tables:
            raise InvalidTargetError("No table found in the file: images are given with images=")
        on_sky = [hdu for hdu in tables if find_sky_names(hdu.columns.names)]
        chosen = (on_sky or tables)[0]
        if len(on_sky) > 1:
            warnings.warn(
                f"'{path}' holds {len(on_sky)} tables with positions, and the first "
                f"({chosen.name or hdus.index(chosen)}) is taken: give another one as "
                "Table.read(path, hdu=...)",
                AstrocnnWarning,
                stacklevel=4,
            )
        table = table_of(chosen)
        for key in SYSTEM:  # a table inherits them
            if key not in table.meta and key in hdus[0].header:
                table.meta[key] = hdus[0].header[key]
    return table


def _check(path) -> None:
    """Raise if a header has absurd numbers of axes or columns."""
    with get_readable_fileobj(path, encoding="binary") as file:
        check_counts(file)


def _is_table(hdu) -> bool:
    is_image = isinstance(hdu, fits.CompImageHDU)
    return isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and not is_image


def table_of(source) -> Table:
    """Return a FITS table, or its data, as a `~astropy.table.Table`.

    Parameters
    ----------
    source : `~astropy.io.fits.BinTableHDU`, `~astropy.io.fits.TableHDU` or FITS_rec
    """
    if isinstance(source, fits.FITS_rec):
        return _of_data(source)
    try:
        table = Table.read(source, format="fits")
    except (ValueError, TypeError, OverflowError, UnicodeDecodeError):
        table = _of_data(source.data)
    return _clean(table)


def _drop_nulls(header: fits.Header) -> None:
    """Take out each TNULL that its column cannot hold, as eSASS writes -99 for a byte."""
    for key in [*header["TNULL*"]]:
        kind = _INTEGERS.get(str(header.get(f"TFORM{key[5:]}", "")).lstrip("0123456789")[:1])
        null = header[key] if isinstance(header[key], int) else np.inf
        if header.get(f"TZERO{key[5:]}"):
            continue  # integers of another range; astropy writes the null in that one
        limits = np.iinfo(kind or np.int64)
        if not limits.min <= null <= limits.max:
            del header[key]


def _of_data(data: fits.FITS_rec) -> Table:
    """Columns of numbers as astropy scales them, text as its bytes."""
    raw = np.asarray(data).view(np.ndarray)
    table = Table()
    for column in data.columns:
        field = raw[column.name]
        is_text = field.dtype.kind == "S"
        values = np.char.rstrip(field, b" ") if is_text else np.asarray(data[column.name])
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        missing = values == column.null if isinstance(column.null, int) else False
        table[column.name] = np.ma.array(values, mask=missing) if np.any(missing) else values
        if column.unit:
            table[column.name].unit = u.Unit(column.unit, format="fits", parse_strict="silent")
    return _clean(table)


def _clean(table: Table) -> Table:
    """Text that ends at NUL and is more than ASCII, as strings."""
    for name in table.colnames:
        column = table[name]
        if not isinstance(column, Column):  # coordinates, times
            continue
        if column.dtype.kind == "U" and column.ndim == 1:
            words = np.asarray(column).tolist()
            if any("\0" in word for word in words):
                _replace(table, name, np.array([word.partition("\0")[0] for word in words]))
        elif column.dtype.kind == "S" and column.ndim == 1:
            content = np.ascontiguousarray(np.asarray(column)).view(np.uint8)
            width = column.dtype.itemsize
            inner = content.reshape(-1, width) if width else content
            ended = np.cumsum(inner == 0, axis=-1) > 0
            if width and (np.any(inner > 127) or np.any(ended & (inner != 0))):
                _replace(table, name, text(column))
    return table


def _replace(table: Table, name: str, values: np.ndarray) -> None:
    """Other values for a column, with what is known of it."""
    old = table[name]
    new = type(old)(values, name=name, unit=old.unit, description=old.description, meta=old.meta)
    if hasattr(old, "mask"):
        new.mask = old.mask
    table[name] = new
