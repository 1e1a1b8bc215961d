"""Files that survive a kill: written whole, in folders of finished parts, under locks."""

from ._answers import AnswerCache, Kept
from ._arrays import DAMAGE
from ._folder import RunFolder, count_rows, gaps
from ._lock import FolderLock
from ._whole import cannot_read, cannot_write, make_folder, remove_parts, write_whole

__all__ = [
    "DAMAGE",
    "AnswerCache",
    "FolderLock",
    "Kept",
    "RunFolder",
    "cannot_read",
    "cannot_write",
    "count_rows",
    "gaps",
    "make_folder",
    "remove_parts",
    "write_whole",
]
