"""Tables of other libraries, none of which need be installed, as tables of astropy."""

from collections.abc import Mapping

import numpy as np
from astropy.io import fits
from astropy.table import Column, MaskedColumn, Table

from ..exceptions import InvalidTargetError
from ._identifiers import id_name
from ._objects import simplest

__all__ = ["as_table", "checked_table"]


def checked_table(source, what: str = "this") -> Table:
    """Return a table as `as_table` does; raise InvalidTargetError if it is none."""
    table = as_table(source)
    if not isinstance(table, Table):
        raise InvalidTargetError(f"{what} is a table, not {type(source).__name__}")
    return table


def as_table(source):
    """Return whatever is a table as a `~astropy.table.Table`, and anything else as it is.

    Parameters
    ----------
    source : object
        A DataFrame of pandas (or of a class made from it, as LSDB's ``NestedFrame``) or of polars,
        a table of pyarrow, a dict of columns, a list of dicts (rows), a structured array, the data
        of a FITS table or its HDU. Named levels of the index of a DataFrame are columns; so is the
        named index of a ``Series``. An index of text without a name is ``target_id`` where no other
        column identifies the rows; whole numbers without a name are those of pandas, and say
        nothing. What is None, NA or NaT is masked.

    Returns
    -------
    `~astropy.table.Table` or object

    Raises
    ------
    InvalidTargetError
        If columns have no names, the same name, or unequal lengths.

    Examples
    --------
    >>> import pandas as pd
    >>> from astrocnn.tables import as_table
    >>> frame = pd.DataFrame({"name": ["A1835"], "ra": [210.26], "dec": [2.88]})
    >>> as_table(frame.set_index("name")).colnames
    ['name', 'ra', 'dec']
    >>> as_table({"ra": [150.0], "dec": [2.0]}).colnames
    ['ra', 'dec']
    >>> as_table("targets.csv")
    'targets.csv'
    """
    if isinstance(source, Table):
        return source
    library = _library(source)
    try:
        if library == "pandas":
            return _from_pandas(source)
        if library in ("polars", "pyarrow") or hasattr(type(source), "__arrow_c_stream__"):
            return _from_arrow(source, library)
        if isinstance(source, fits.BinTableHDU | fits.TableHDU | fits.FITS_rec):
            from ._fits import table_of

            return table_of(source)
        if isinstance(source, np.ndarray | np.void) and source.dtype.names:
            return Table(np.atleast_1d(source))
        if isinstance(source, Mapping):
            return _from_dict(source)
        if isinstance(source, list) and source and all(isinstance(r, Mapping) for r in source):
            return _from_dict({k: [row.get(k) for row in source] for row in source for k in row})
    except InvalidTargetError:
        raise
    except (TypeError, ValueError, OverflowError, KeyError) as err:
        reason = str(err).strip().partition("\n")[0] or type(err).__name__
        raise InvalidTargetError(
            f"this {type(source).__name__} cannot be read as a table: {reason}"
        ) from err
    return source


def _library(source) -> str:
    """The library that a table's class, or one that it is made from, belongs to."""
    for kind in type(source).__mro__:
        name = kind.__module__.partition(".")[0]
        if name in ("pandas", "polars", "pyarrow"):
            return name
    return ""


def _check_names(names, what: str) -> list[str]:
    """Names of columns; raise InvalidTargetError unless each is a text of its own."""
    names = list(names)
    odd = [name for name in names if not isinstance(name, str)]
    if any(isinstance(name, tuple) for name in odd):
        raise InvalidTargetError(
            f"the columns of the {what} have names of several levels, such as {odd[0]!r}: give "
            "them one name each, e.g. frame.columns = ['_'.join(name) for name in frame.columns]"
        )
    if odd:
        raise InvalidTargetError(
            f"{len(odd)} of {len(names)} columns of the {what} have no name but {odd[0]!r}: name "
            "them, e.g. frame.columns = ['target_id', 'ra', 'dec']"
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidTargetError(
            f"the {what} has several columns {twice!r}: rename or drop all but one of them"
        )
    return names


def _from_pandas(source):
    """A DataFrame, or a Series whose index says something; anything else of pandas as it is."""
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        columns = {
            name: source.iloc[:, place]
            for place, name in enumerate(_check_names(source.columns, "DataFrame"))
        }
    elif hasattr(source, "to_frame") and hasattr(source, "index") and (
        any(source.index.names) or _is_text(source.index)
    ):
        columns = {source.name if isinstance(source.name, str) else "is_cluster": source}
    else:
        return source
    index = {}
    names = source.index.names
    if _is_text(source.index) and names[0] is None and id_name(Table(names=[*columns])) is None:
        names = ["target_id"]
    for level, name in enumerate(names):
        if name is None:
            continue
        values = source.index.get_level_values(level).to_series()
        if name not in columns:
            index[name] = values
        elif not values.array.equals(columns[name].array):
            raise InvalidTargetError(
                f"the DataFrame has both an index and a column {name!r}, with other values: "
                "rename one of them"
            )
    _check_names([*index, *columns], "DataFrame")
    return Table({name: _series(values) for name, values in {**index, **columns}.items()})


def _is_text(index) -> bool:
    """Whether an index of one level holds text, as that of identifiers does."""
    kinds = {type(value) for value in index[:100]}
    return index.nlevels == 1 and len(kinds) == 1 and issubclass(*kinds, str)


def _series(series) -> Column:
    """A Series as a column; missing values are masked."""
    missing = np.asarray(series.isna(), dtype=bool)
    kind = getattr(series.dtype, "kind", "O")
    if isinstance(series.dtype, np.dtype) and kind in "iufbmMc":
        values = series.to_numpy()
    elif kind in "iufb":  # of pandas or Arrow, which have no number for what is missing
        size = getattr(series.dtype, "itemsize", 8)
        plain = np.dtype(bool if kind == "b" else f"{kind}{size}")
        values = series.to_numpy(dtype=plain, na_value=plain.type(0))
    else:
        return _of_objects(series.to_numpy(dtype=object), missing)
    return MaskedColumn(values, mask=missing) if missing.any() else Column(values)


def _of_objects(values: np.ndarray, missing: np.ndarray) -> Column:
    """Objects as a column of text, numbers or booleans, if that is what they are."""
    plain = simplest(values)
    if plain is not None:
        return MaskedColumn(plain) if np.any(plain.mask) else Column(plain.data)
    values = np.where(missing, None, values)
    return MaskedColumn(values, mask=missing) if missing.any() else Column(values)


def _from_arrow(source, library: str):
    """A table of pyarrow or polars, or of what else speaks their language."""
    if hasattr(source, "collect") and not hasattr(source, "to_arrow"):
        source = source.collect()  # of polars, lazy
    names = getattr(source, "column_names", getattr(source, "columns", None))
    if library and not isinstance(names, list):
        return source  # a column, a type, or whatever else these libraries have
    from ._parquet import from_arrow, import_pyarrow

    try:
        arrow, _ = import_pyarrow()
    except ImportError:
        if not hasattr(source, "to_dict"):
            raise
        return _from_dict(source.to_dict(as_series=False))
    table = source if isinstance(source, arrow.Table) else arrow.table(source)
    _check_names(table.column_names, "table")
    return from_arrow(table)


def _from_dict(columns: Mapping) -> Table:
    """A dict of columns; single values are one row."""
    _check_names(columns, "dict")
    lengths = {name: np.shape(values)[0] for name, values in columns.items() if np.ndim(values)}
    if len({*lengths.values()}) > 1:
        shown = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
        raise InvalidTargetError(f"the columns have unequal lengths ({shown}): give one per row")
    if not lengths:
        columns = {name: [value] for name, value in columns.items()}
    return Table({name: _listed(values) for name, values in columns.items()})


def _listed(values):
    """A list with None in it as a masked column; other columns as they are."""
    if not isinstance(values, list | tuple) or not any(value is None for value in values):
        return values
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    missing = np.array([value is None for value in values])
    if simplest(objects) is None:  # whole numbers among others
        objects[missing] = 0.0
        known = np.array(objects.tolist())
        return MaskedColumn(known if known.dtype.kind == "f" else objects, mask=missing)
    return _of_objects(objects, missing)
