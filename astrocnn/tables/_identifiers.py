"""Identifiers: which column holds them, and whether they are whole."""

import re

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ._flags import text

__all__ = ["IDENTIFIERS", "check_identifiers", "differs", "id_column", "id_name", "is_identifier"]

#: Usual names of identifiers without case, blanks and signs, in the order they are looked for.
IDENTIFIERS = (
    "targetid", "id", "name", "sourceid", "source", "sourcename", "iauname", "designation",
    "mainid", "objid", "object", "detid", "objectname", "objectid", "objname", "identifier",
    "srcid", "srcname", "targetname", "clustername", "clname", "clusterid", "clid", "detuid",
    "iauid", "specobjid", "catalogid", "catid", "idsrc", "mlidsrc", "memmatchid", "srcnum", "uid",
)  # fmt: skip
#: What a column of identifiers has in its name, for those that no rule above knows.
_LIKELY = re.compile(
    r"(^|[^a-z])(ids?|uid|names?|designation|identifier|source|object|obj)([^a-z]|$)|id$|name$"
)
#: Names of other identifiers, as SPT_ID, in lower case.
_OTHER = re.compile(r"(?:^|[^a-z])(?:id|name)$")
_WHOLE = re.compile(r"[+-]?\d+\.?0*")


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", str(name).lower())


def is_identifier(name: str) -> bool:
    """Say whether a column of that name is likely to hold identifiers.

    Examples
    --------
    >>> from astrocnn.tables._identifiers import is_identifier
    >>> is_identifier("ACT_ID"), is_identifier("flux")
    (True, False)
    """
    return _key(name) in IDENTIFIERS or bool(_LIKELY.search(str(name).lower()))


def id_name(table: Table, first: tuple[str, ...] = ()) -> str | None:
    """Return the name of the column that identifies a table's rows, or None.

    After the usual names go the UCD ``meta.id;meta.main``, and a text of its own in each row in a
    column such as ``SPT_ID``.

    Parameters
    ----------
    table : `~astropy.table.Table`
    first : tuple of str
        Names that go before the others, without case and signs.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.tables._identifiers import id_name
    >>> id_name(Table({"Name": ["A1835"], "TARGET_ID": [1], "ra": [210.26]}))
    'TARGET_ID'
    """
    lists = [name for name in table.colnames if getattr(table[name], "ndim", 0) == 1]
    names = {_key(name): name for name in reversed(lists)}
    usual = next((names[key] for key in (*first, *IDENTIFIERS) if key in names), None)
    by_ucd = (n for n in lists if (table[n].info.meta or {}).get("ucd") == "meta.id;meta.main")
    others = (n for n in lists if _OTHER.search(n.lower()) and _is_unique(table[n]))
    return usual or next(by_ucd, None) or next(others, None)


def _is_unique(column) -> bool:
    """Whether a column is text, another one in each row."""
    if column.dtype.kind not in "USO" or not len(column) or np.any(getattr(column, "mask", False)):
        return False
    words = text(column)
    return len({*words.tolist()}) == len(words) and "" not in words


def id_column(table: Table):
    """Return the identifiers of a table's rows, or None where no column has a usual name.

    Raises
    ------
    InvalidTargetError
        As `check_identifiers`.
    """
    name = id_name(table)
    if name is None:
        return None
    column = check_identifiers(table[name], name)
    return text(column) if column.dtype.kind in "SO" else column


def check_identifiers(values, name: str = ""):
    """Return identifiers as they are, if they are whole.

    Parameters
    ----------
    values : array_like of shape (n,)
    name : str
        Of their column, for the message.

    Raises
    ------
    InvalidTargetError
        If they are floating-point numbers so large that neighbors cannot be told apart.

    Examples
    --------
    >>> from astrocnn.tables._identifiers import check_identifiers
    >>> check_identifiers([1.0, 2.0], "id")
    [1.0, 2.0]
    >>> check_identifiers([4512345678901234567.0], "id")
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidTargetError: the identifiers 'id' are floating-point ...
    """
    numbers = np.ma.asarray(getattr(values, "value", values))
    if numbers.dtype.kind != "f":
        return values
    most = 2.0 ** (np.finfo(numbers.dtype).nmant + 1)
    size = np.abs(numbers.filled(0))
    size = size[np.isfinite(size)]
    if size.size and size.max() > most:
        called = f" {name!r}" if name else ""
        raise InvalidTargetError(
            f"the identifiers{called} are floating-point numbers up to {size.max():.17g}; above "
            f"{most:.0f} these skip whole numbers, so identifiers became others: read the column "
            "as text or whole numbers (in pandas dtype=str or 'Int64': it makes floats of whole "
            "numbers where some are missing), or take it out"
        )
    return values


def differs(strings, column) -> bool:
    """Say whether numbers that were made of text are not that text any more."""
    missing = np.ma.getmaskarray(np.ma.asarray(column))
    for string, number, blank in zip(strings, np.asarray(column).tolist(), missing, strict=True):
        string = string.strip()
        if blank or string == str(number):
            continue
        if not isinstance(number, float) or not (number != number or _simple(string, number)):
            return True
    return False


def _simple(string: str, number: float) -> bool:
    """Whether text is a whole number as a table writes it where some are missing: 5, 5., 5.0."""
    whole = _WHOLE.fullmatch(string) and abs(number) <= 2**53 and float(string) == number
    return bool(whole) and str(int(number)) == string.split(".")[0]
