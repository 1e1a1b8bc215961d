"""Rows of a catalog that need a second look."""

import numpy as np
from astropy.table import Column, QTable

__all__ = ["flag_rows"]


def flag_rows(catalog: QTable, has_ids: bool) -> dict[str, int]:
    """Add the column ``row_flag`` if a row needs it.

    Parameters
    ----------
    catalog : QTable
        With ``source_id``, ``ra`` and ``dec``.
    has_ids : bool
        Whether ``source_id`` is from the catalog, not a row number.

    Returns
    -------
    dict of str to int
        Number of rows by flag; empty if there are none.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.table import QTable
    >>> from astrocnn.catalogs._flags import flag_rows
    >>> catalog = QTable({"source_id": ["A1", "A2", "A1"], "ra": [1, np.nan, 2] * u.deg,
    ...                   "dec": [0, 0, 0] * u.deg})
    >>> flag_rows(catalog, has_ids=True)
    {'invalid_position': 1, 'duplicate_id': 1}
    >>> catalog["row_flag"].tolist()
    ['', 'invalid_position', 'duplicate_id']
    """
    nowhere = ~(np.isfinite(catalog["ra"].value) & np.isfinite(catalog["dec"].value))
    again = np.zeros(len(catalog), dtype=bool)
    if has_ids:
        ids = np.ma.array(catalog["source_id"])
        known = np.flatnonzero(~np.ma.getmaskarray(ids))
        values = ids.data[known]
        if values.dtype.kind == "O":
            values = values.astype(str)
        _, first = np.unique(values, return_index=True)
        again[known] = True
        again[known[first]] = False
    flags = {"invalid_position": nowhere, "duplicate_id": again & ~nowhere}
    counts = {flag: int(rows.sum()) for flag, rows in flags.items() if rows.any()}
    if counts:
        words = np.select(list(flags.values()), list(flags), "")
        catalog["row_flag"] = Column(words, description="Why a row needs a second look")
        catalog["row_flag"].info.meta = {"ucd": "meta.code"}
    return counts
