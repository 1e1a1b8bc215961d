"""Lock on a folder that ends with its process, however that ends."""

import os
import socket
import warnings
from contextlib import suppress
from pathlib import Path

from ..exceptions import AstrocnnWarning, StoreError

__all__ = ["FolderLock"]


class FolderLock:
    """Keep other processes out of a folder, as a context manager.

    The operating system holds the lock (``flock``; on Windows ``msvcrt.locking``): it is gone when
    the process is, also after ``kill -9``. No stale file has to be removed by hand. Its file is
    ``.astrocnn-lock``; a link of that name is not followed.

    Parameters
    ----------
    folder : `~pathlib.Path`
        A folder that exists.

    Raises
    ------
    StoreError
        On entering, if another process holds it.
    OSError
        On entering, if its file cannot be made.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.storage import FolderLock
    >>> with FolderLock(Path(".")), FolderLock(Path(".")):
    ...     pass
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.StoreError: '.' is in use by process ...: wait for it, or choose another ...
    """

    name = ".astrocnn-lock"

    def __init__(self, folder: Path):
        self.folder = folder
        self._file = None

    def __enter__(self) -> "FolderLock":
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        self._file = os.open(self.folder / self.name, flags, 0o666)
        try:
            _lock(self._file)
        except BlockingIOError:
            owner = os.pread(self._file, 200, 0).decode(errors="replace") if _PREAD else ""
            self._close()
            raise StoreError(
                f"'{self.folder}' is in use by {owner or 'another process'}: wait for it, or "
                "choose another folder"
            ) from None
        except OSError as error:
            # Some network file systems have no locks; that must not stop a run.
            warnings.warn(
                f"'{self.folder}' cannot be locked ({error.strerror}): make sure that no other "
                "process uses it",
                AstrocnnWarning,
                stacklevel=3,
            )
        else:
            with suppress(OSError):  # a full disk is found by whoever writes something of value
                os.ftruncate(self._file, 0)
                os.write(self._file, f"process {os.getpid()} on {socket.gethostname()}".encode())
        return self

    def __exit__(self, *_):
        self._close()

    def _close(self):
        if self._file is not None:
            os.close(self._file)
            self._file = None


_PREAD = hasattr(os, "pread")

try:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

except ImportError:  # Windows
    import msvcrt

    def _lock(file: int) -> None:
        try:
            # A byte far behind the text, which stays readable.
            os.lseek(file, 1 << 20, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            os.lseek(file, 0, os.SEEK_SET)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error
