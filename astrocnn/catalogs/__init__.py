"""Reference catalogs with the same columns, whatever file they come from."""

from ._read import read_catalog

__all__ = ["read_catalog"]
