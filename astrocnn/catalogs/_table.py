"""All catalogs by name, and as a table."""

from astropy import units as u
from astropy.table import MaskedColumn, Table

from .._registry import Registry
from ._other_clusters import MICROWAVE, OPTICAL
from ._redshift_surveys import SPECTROSCOPIC
from ._xray_clusters import XRAY

__all__ = ["CATALOGS", "catalog_table"]

#: All catalogs by name.
CATALOGS = Registry("catalog", {c.name: c for c in (*XRAY, *MICROWAVE, *OPTICAL, *SPECTROSCOPIC)})


def catalog_table() -> Table:
    """Return the reference catalogs as a `~astropy.table.Table`, one row each.

    Returns
    -------
    `~astropy.table.Table`
        ``catalog``, ``title``, ``vizier``, ``redshift``, ``n_rows`` and ``position_error`` (arcsec;
        both masked where unknown), ``columns`` (canonical columns whose names are verified),
        ``unverified``, ``completeness``, ``reference``.

    Examples
    --------
    >>> from astrocnn.catalogs import catalog_table
    >>> print(catalog_table()["catalog", "vizier", "redshift", "n_rows"][:3])
    catalog        vizier        redshift n_rows
    ------- -------------------- -------- ------
     xclass        J/A+A/652/A12    mixed   1646
     xxl365       IX/52/xxl365gc     spec    365
     erass1 J/A+A/685/A106/emain    mixed  12247
    """
    catalogs = list(CATALOGS.values())
    table = Table({"catalog": [c.name for c in catalogs]})
    for name in ("title", "vizier", "redshift"):
        table[name] = [getattr(c, name) for c in catalogs]
    rows = [c.n_rows for c in catalogs]
    table["n_rows"] = MaskedColumn([n or 0 for n in rows], mask=[n is None for n in rows])
    errors = [c.position_error for c in catalogs]
    table["position_error"] = MaskedColumn(
        [0.0 if e is None else e.to_value(u.arcsec) for e in errors],
        mask=[e is None for e in errors],
        unit=u.arcsec,
    )
    table["columns"] = [", ".join(c.columns) for c in catalogs]
    for name in ("unverified", "completeness", "reference"):
        table[name] = [getattr(c, name) for c in catalogs]
    return table
