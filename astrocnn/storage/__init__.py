"""Files that survive a kill: written whole, in folders of finished parts, under locks."""

from ._whole import cannot_write, remove_parts, write_whole

__all__ = ["cannot_write", "remove_parts", "write_whole"]
