"""Whole files: written beside their place, flushed to the disk, renamed; and their folders."""

import errno
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .._paths import user_path
from ..exceptions import StoreError

__all__ = ["cannot_read", "cannot_write", "make_folder", "remove_parts", "write_whole"]

_PREFIX = ".astrocnn-part-"
#: Only hidden folders of this form are ours to delete.
_PART = re.compile(re.escape(_PREFIX) + r"[a-z0-9_]{8}")
#: Bytes that are surely not left where writing has just failed for want of room.
_ROOM = 2**16
_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


class _TakenError(FileExistsError):
    """There is such a file, and it is not to be replaced."""


def write_whole(
    path: str | os.PathLike,
    content: bytes | str | Callable[[Path], object],
    flush: bool = True,
    replace: bool = True,
) -> Path:
    """Write a file whole or not at all: whatever ends the program, a half file is never there.

    The content goes into a folder of its own beside the file, which nobody else may enter; it is
    flushed to the disk and then renamed into its place.

    Parameters
    ----------
    path : str or path
        The file; its folder exists. One that is there is replaced and keeps its permissions; a new
        one has those that the umask leaves. A link stays, and the file that it points to is
        replaced.
    content : bytes, str or callable
        What is written, text as UTF-8; or a function that is called with the path of a file of the
        same name that is not there yet, and writes it.
    flush : bool
        Whether it is on the disk when this returns (some milliseconds). Otherwise a power cut may
        leave it empty: for what has checksums and can be had again.
    replace : bool
        Whether a file that is there is replaced. Otherwise, of several programs that write it at
        once, one does.

    Returns
    -------
    `~pathlib.Path`
        The file.

    Raises
    ------
    FileExistsError
        If there is such a file, and ``replace`` is False.
    StoreError
        If it cannot be written: disk full, no permission, no such folder, something that is no
        file in its place. What was there before is as it was.

    Examples
    --------
    >>> from astrocnn.storage import write_whole
    >>> write_whole("notes.txt", "z = 0.23").read_text()
    'z = 0.23'
    """
    path = user_path(path)
    try:
        target = Path(os.path.realpath(path))
        old = _replaceable(target)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=target.parent))
        try:
            part = folder / target.name
            _fill(part, content)
            if flush:
                with part.open("rb+") as file:
                    os.fsync(file.fileno())  # some file systems say only now that they are full
            if old is not None:
                _keep_permissions(part, target, old)
            if replace or not _put_beside(part, target):
                part.replace(target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except _TakenError as error:
        reason = "exists: choose another name, or replace it (overwrite=True, --overwrite)"
        raise FileExistsError(f"'{path}' {reason}") from error
    except OSError as error:
        raise cannot_write(path, error) from error
    if flush:
        _sync_folder(target.parent)
    return path


def cannot_read(path: str | os.PathLike, error: PermissionError) -> StoreError:
    """Return what a file that may not be read becomes: nothing is wrong with it.

    Parameters
    ----------
    path : str or path
        What was to be read.
    error : PermissionError
        What the system said.

    Returns
    -------
    StoreError
        With the same ``errno``.

    Examples
    --------
    >>> from astrocnn.storage import cannot_read
    >>> print(cannot_read("run.json", PermissionError(13, "Permission denied")))
    'run.json' cannot be read: Permission denied
    """
    return StoreError(error.errno, f"'{path}' cannot be read: {error.strerror or error}")


def cannot_write(path: str | os.PathLike, error: OSError) -> StoreError:
    """Return what a full disk or a missing permission becomes.

    Parameters
    ----------
    path : str or path
        What was to be written.
    error : OSError
        What the system said.

    Returns
    -------
    StoreError
        With the same ``errno``, and what to do.

    Examples
    --------
    >>> import errno
    >>> from astrocnn.storage import cannot_write
    >>> print(cannot_write("a.fits", OSError(errno.ENOSPC, "")))
    cannot write 'a.fits': No space left on device (free some space, or ...
    """
    reason = os.strerror(error.errno) if error.errno else str(error)
    full = error.errno in _FULL
    advice = "free some space, or choose another place" if full else "choose another place"
    return StoreError(error.errno or errno.EIO, f"cannot write '{path}': {reason} ({advice})")


def make_folder(path: str | os.PathLike) -> Path:
    """Return a folder, made if need be with all folders above it.

    Parameters
    ----------
    path : str or path
        The folder; ``~`` is a home.

    Returns
    -------
    `~pathlib.Path`
        The path, ``~`` expanded.

    Raises
    ------
    StoreError
        If a file is in its place, or it cannot be made.

    Examples
    --------
    >>> from astrocnn.storage import make_folder
    >>> make_folder("runs/first").name
    'first'
    >>> from astrocnn.storage import write_whole
    >>> make_folder(write_whole("notes.txt", "z = 0.23"))
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.StoreError: 'notes.txt' is a file: give a folder
    """
    folder = user_path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        file = next(p for p in (folder, *folder.parents) if os.path.lexists(p))
        below = "" if file == folder else f", '{path}' cannot be a folder in it"
        what = "a file" if file.exists() else "a link to nothing"
        raise StoreError(
            errno.ENOTDIR, f"'{file}' is {what}{below}: give a folder"
        ) from error
    except OSError as error:
        raise cannot_write(folder, error) from error
    return folder


def remove_parts(folder: str | os.PathLike, older_than: float = 0.0) -> int:
    """Delete what killed programs left half-written in a folder, and return how many there were.

    Nothing else is touched, hidden or not.

    Parameters
    ----------
    folder : str or path
        The folder.
    older_than : float
        Age (s). Where other processes may be writing, a day is safe.

    Examples
    --------
    >>> from astrocnn.storage import remove_parts
    >>> remove_parts(".")
    0
    """
    count = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not _PART.fullmatch(entry.name) or not entry.is_dir(follow_symlinks=False):
                continue
            with suppress(OSError):
                if time.time() - entry.stat(follow_symlinks=False).st_mtime >= older_than:
                    shutil.rmtree(entry.path)
                    count += 1
    return count


def _replaceable(target: Path) -> os.stat_result | None:
    """What is in the place of a file, None if nothing; raise OSError where it has to stay."""
    try:
        old = target.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(old.st_mode):  # the end of the chain: it leads around in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if stat.S_ISDIR(old.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(old.st_mode):  # a pipe, a device
        raise OSError("it is no regular file")
    if not os.access(target, os.W_OK):  # the user said so, and renaming would not ask
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    return old


def _put_beside(part: Path, target: Path) -> bool:
    """Give a file its name unless there is such a file, which renaming would replace.

    False where that cannot be had: the file system has no hard links, and there is no such file.
    """
    try:
        os.link(part, target)
    except FileExistsError as error:
        raise _TakenError from error
    except (OSError, AttributeError, NotImplementedError):
        if os.path.lexists(target):
            raise _TakenError from None
        return False
    return True


def _fill(part: Path, content) -> None:
    """Make the file."""
    if not callable(content):
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return
    try:
        content(part)
    except OSError as error:
        if error.errno is None:  # astropy tells of a full disk in words only
            with part.with_name("room").open("wb") as file:
                file.write(bytes(_ROOM))
                file.flush()
                os.fsync(file.fileno())
        raise


def _keep_permissions(part: Path, target: Path, old: os.stat_result) -> None:
    """Give a file the owner, the mode and the access list of the one that it replaces."""
    if hasattr(os, "chown"):
        with suppress(OSError):  # only root gives files away
            os.chown(part, old.st_uid, old.st_gid)
    with suppress(FileNotFoundError):  # another process has deleted it meanwhile
        shutil.copystat(target, part)
    os.utime(part)


def _sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows
        return
    with suppress(OSError):  # some network file systems cannot; the file is there all the same
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
