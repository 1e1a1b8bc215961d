"""Lock on a folder that ends with its process, however that ends."""

import os
import socket
import warnings
from contextlib import suppress
from pathlib import Path

from ..exceptions import AstrocnnWarning, StoreError
from ._whole import cannot_write

__all__ = ["FolderLock"]

#: How often a lock is asked for whose file is deleted meanwhile.
_MOST = 100


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
        On entering, if another process holds it, or its file cannot be made.

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
        try:
            for _ in range(_MOST):
                self._file = os.open(self.folder / self.name, flags, 0o666)
                _lock(self._file)
                if self._is_there():
                    break
                self._close()  # who held it has deleted it; another process may have made a new one
            else:
                raise BlockingIOError
        except BlockingIOError:
            owner = self._owner()
            self._close()
            raise StoreError(
                f"'{self.folder}' is in use by {owner}: wait for it, or choose another folder"
            ) from None
        except OSError as error:
            if self._file is None:
                raise cannot_write(self.folder, error) from error
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

    def delete(self) -> None:
        """Delete its file, while it is held: whoever waits for it finds that out."""
        with suppress(PermissionError):  # Windows keeps files that are open
            (self.folder / self.name).unlink(missing_ok=True)

    def _owner(self) -> str:
        """Who holds the lock, in words."""
        told = self._file is not None and _PREAD and os.pread(self._file, 200, 0)
        return told.decode(errors="replace") if told else "another process"

    def _is_there(self) -> bool:
        """Whether the file that was opened is still the one of that name."""
        try:
            there = os.stat(self.folder / self.name, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self._file))

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
