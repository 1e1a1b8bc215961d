"""Deletion of files in folders that several users may share."""

import os
import stat
from pathlib import Path

from ..exceptions import StoreError

__all__ = ["delete_file", "may_delete"]


def delete_file(path: Path) -> None:
    """Delete a file, which another process may have deleted.

    Raises
    ------
    StoreError
        If that is not permitted.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            error.errno, f"'{path}' cannot be deleted: {error.strerror} (ask its owner)"
        ) from error


def may_delete(path: Path, found: os.stat_result) -> bool:
    """Return whether the permissions of its folder let this user delete a file."""
    try:
        folder = path.parent.stat()
    except OSError:
        return True  # another process has deleted it
    sticky = folder.st_mode & stat.S_ISVTX and hasattr(os, "geteuid")  # as in /tmp
    if sticky and os.geteuid() not in (0, found.st_uid, folder.st_uid):
        return False
    return os.access(path.parent, os.W_OK | os.X_OK)
