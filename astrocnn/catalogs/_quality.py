"""Quality of measured redshifts, as spectroscopic surveys say it row by row."""

import warnings

import numpy as np
from astropy.table import MaskedColumn, Table

from ..exceptions import AstrocnnWarning
from ..tables._flags import text
from ..tables._numbers import to_numbers

__all__ = ["mask_doubtful"]

#: Bits that are zero where a fit is good: SDSS, BOSS, DESI.
_WARNINGS = frozenset(("zwarn", "zwarning"))
#: Grades from 0 or 1 to 4 and more: GAMA, WiggleZ and OzDES, DEEP2, 6dFGS. From 3 on they count.
_GRADES = frozenset(("nq", "qop", "zquality", "qcz"))
_RELIABLE = 3
#: What stands in columns of limits and of uncertain values, ``l_z`` and ``u_z`` of VizieR.
_LIMITS = {"l": ("<", ">", "<=", ">=", "\u2264", "\u2265"), "u": (":", "::", "?", "*")}


def mask_doubtful(catalog: Table, table: Table, redshift: str = "") -> None:
    """Mask ``z_spec`` of the rows whose survey says that it is no safe measurement.

    Parameters
    ----------
    catalog : `~astropy.table.Table` of n rows
        With ``z_spec``, which is replaced.
    table : `~astropy.table.Table` of n rows
        As it was read, with a column such as ``ZWARN`` (0 is good) or ``NQ`` (3 and more is).
    redshift : str
        Name of the column of the redshifts; ``l_<name>`` has ``<`` or ``>`` where one is a limit,
        ``u_<name>`` a colon where it is uncertain.

    Warns
    -----
    AstrocnnWarning
        With the number of redshifts that are masked.

    Examples
    --------
    >>> import warnings
    >>> from astropy.table import MaskedColumn, Table
    >>> from astrocnn.catalogs._quality import mask_doubtful
    >>> catalog = Table({"z_spec": MaskedColumn([0.1, 0.2])})
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     mask_doubtful(catalog, Table({"ZWARN": [0, 4]}))
    >>> catalog["z_spec"].tolist()
    [0.1, None]
    """
    spec = MaskedColumn(catalog["z_spec"])
    known = ~np.ma.getmaskarray(spec)
    for name in table.colnames:
        doubtful = _doubtful(name, table[name], redshift)
        if doubtful is None or not (doubtful & known).any():
            continue
        warnings.warn(
            f"{np.sum(doubtful & known)} of {len(table)} redshifts count as unknown, as {name!r} "
            "calls them doubtful: take that column out to use them all the same",
            AstrocnnWarning,
            stacklevel=4,
        )
        known &= ~doubtful
        catalog["z_spec"] = MaskedColumn(np.where(known, spec.filled(0.0), 0.0), mask=~known)


def _doubtful(name: str, column, redshift: str) -> np.ndarray | None:
    """Rows that a column calls doubtful, None where it is no column of quality."""
    words = next((w for k, w in _LIMITS.items() if redshift and name == f"{k}_{redshift}"), None)
    if words is not None and column.ndim == 1 and column.dtype.kind in "USO":
        return np.isin(np.char.strip(text(column)), words)
    key = "".join(filter(str.isalnum, name.lower()))
    if key not in _WARNINGS | _GRADES or getattr(column, "ndim", 0) != 1:
        return None
    try:
        numbers = to_numbers(column)
    except (TypeError, ValueError):
        return None  # letters, as HeCS has them
    known = np.isfinite(numbers)
    if key in _WARNINGS:
        return known & (numbers != 0)
    return known & (numbers < _RELIABLE)
