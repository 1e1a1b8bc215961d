"""Reference catalogs with the same columns, whatever file or service they come from."""

from ._cache import cache_folder, clear_cache
from ._definition import CatalogDefinition
from ._fetch import fetch_catalog
from ._read import read_catalog
from ._redshifts import fetch_redshifts
from ._table import CATALOGS, catalog_table

__all__ = [
    "CATALOGS", "CatalogDefinition", "cache_folder", "catalog_table", "clear_cache",
    "fetch_catalog", "fetch_redshifts", "read_catalog",
]  # fmt: skip
