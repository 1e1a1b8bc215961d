"""Answers of image services, kept on disk: checked on reading, bounded in size."""

import contextlib
import hashlib
import json
import os
import re
import tempfile
import time
import warnings
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from astropy import units as u
from astropy.config.paths import get_cache_dir

from ..._paths import user_path
from ...config import conf
from ...exceptions import AstrocnnError, AstrocnnWarning

__all__ = ["Kept", "entries", "evict", "image_cache_folder", "load", "n_bytes", "slug", "store"]

#: First word of an entry; the number is that of the format.
_MAGIC = b"astrocnn-cache-1"
#: Only files of this form are ours to delete.
_NAME = re.compile(r"[0-9a-f]{40}\.answer")
_INCOMPLETE = ".incomplete-"
#: What is left after the least recently used entries were deleted, as a share of the limit.
_AFTER = 0.9
#: A process counts the folder anew when it has written this share of the limit.
_RECOUNT = 0.02
#: Age at which a file that a killed process left half-written is deleted (s).
_ABANDONED = 86400.0

_LOCK = Lock()
#: Folder -> (bytes at the last count and written since, bytes written since).
_SIZES: dict[Path, tuple[int, int]] = {}
_WARNED: set[Path] = set()


class Kept(NamedTuple):
    """An answer from the cache.

    Attributes
    ----------
    content : bytes
        The answer as it came; empty if the service said that it has no pixels there.
    age : float
        Seconds since it was kept.
    """

    content: bytes
    age: float


def image_cache_folder() -> Path:
    """Return the folder of kept answers: ``image_cache`` of `astrocnn.conf`, else astropy's.

    Examples
    --------
    >>> import astrocnn
    >>> from astrocnn.providers import image_cache_folder
    >>> with astrocnn.conf.set_temp("image_cache", "my_images"):
    ...     print(image_cache_folder())
    my_images
    """
    if conf.image_cache:
        return user_path(conf.image_cache)
    return Path(get_cache_dir("astrocnn")) / "images"


def load(source: str, request: str) -> Kept | None:
    """Return the kept answer to a request, None if there is none.

    A damaged entry (cut short, changed, of another request) is deleted.

    Parameters
    ----------
    source : str
        What was asked: a HiPS, an archive.
    request : str
        What it was asked for; the address of the server is no part of it.
    """
    if not _limit():
        return None
    path = _place(source, request)
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    found = _unpack(raw, source, request)
    with contextlib.suppress(OSError):  # another process may have deleted it, or may not write
        os.utime(path) if found else path.unlink()
    return found


def store(source: str, request: str, content: bytes) -> None:
    """Keep the answer to a request; a file is there whole or not at all.

    The least recently used answers make room when the folder is full.

    Warns
    -----
    AstrocnnWarning
        Once, if the folder cannot be written.
    """
    limit = _limit()
    entry = _pack(source, request, content)
    if len(entry) > limit:
        return
    folder, path = image_cache_folder(), _place(source, request)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_INCOMPLETE)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(entry)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        _keep_below(folder, limit, len(entry))
    except OSError as error:
        _warn(folder, error)


@lru_cache(maxsize=8)
def n_bytes(size: str) -> int:
    """Return a size in words, such as ``"5 GB"``, in bytes.

    Raises
    ------
    AstrocnnError
        If it is none.

    Examples
    --------
    >>> from astrocnn.providers._remote._cache import n_bytes
    >>> n_bytes("5 GB"), n_bytes("0")
    (5000000000, 0)
    """
    try:
        value = u.Quantity(size)
        number = 0.0 if value == 0 else value.to_value(u.byte)
    except (TypeError, ValueError) as error:
        raise AstrocnnError(
            f"a size is a number with a unit, such as '5 GB', not {size!r}"
        ) from error
    if not 0 <= number < 2**60:
        raise AstrocnnError(f"a size cannot be {size!r}")
    return int(number)


def _limit() -> int:
    """Largest size of the folder (bytes); 0 where nothing is kept."""
    return n_bytes(conf.image_cache_size)


def slug(source: str) -> str:
    """Name of the folder of a source."""
    return re.sub(r"[^A-Za-z0-9-]+", "_", source) or "_"


def _place(source: str, request: str) -> Path:
    """Where the answer to a request is kept."""
    digest = hashlib.sha256(f"{source}\n{request}".encode()).hexdigest()[:40]
    return image_cache_folder() / slug(source) / digest[:2] / f"{digest}.answer"


def _pack(source, request, content) -> bytes:
    """File of an answer: a digest of the rest, a line that says what it is, the answer."""
    about = {"source": source, "request": request, "kept": time.time()}
    rest = json.dumps(about).encode() + b"\n" + content
    return b"%s %s\n%s" % (_MAGIC, hashlib.sha256(rest).hexdigest().encode(), rest)


def _unpack(raw, source, request) -> Kept | None:
    """Answer in a file; None if the file is damaged."""
    start, _, rest = raw.partition(b"\n")
    if start != b"%s %s" % (_MAGIC, hashlib.sha256(rest).hexdigest().encode()):
        return None
    line, _, content = rest.partition(b"\n")
    about = json.loads(line)
    if (about["source"], about["request"]) != (source, request):
        return None
    return Kept(content, max(time.time() - about["kept"], 0.0))


def entries(folder):
    """Yield each of our files below a folder, with its size and times."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            path = Path(parent, name)
            with contextlib.suppress(FileNotFoundError):  # deleted by another process
                if _NAME.fullmatch(name):
                    yield path, path.stat()
                elif name.startswith(_INCOMPLETE) and _age(path) > _ABANDONED:
                    path.unlink()


def _age(path) -> float:
    """Seconds since a file was written."""
    return time.time() - path.stat().st_mtime


def _keep_below(folder, limit, written) -> None:
    """Note what was written, and make room if the folder is too large."""
    with _LOCK:
        total, since = _SIZES.get(folder, (limit + 1, 0))  # count before the first decision
        total, since = total + written, since + written
        if total > limit or since > limit * _RECOUNT:
            _, total = evict(folder, limit)
            since = 0
        _SIZES[folder] = total, since


def evict(folder, limit) -> tuple[int, int]:
    """Delete the least recently used entries where there are too many; number, bytes left."""
    kept = list(entries(folder))
    total, deleted = sum(found.st_size for _, found in kept), 0
    if total > limit:
        for path, found in sorted(kept, key=lambda entry: entry[1].st_mtime):
            if total <= limit * _AFTER:
                break
            path.unlink(missing_ok=True)
            total, deleted = total - found.st_size, deleted + 1
    return deleted, total


def _warn(folder, error) -> None:
    """Say once that nothing can be kept."""
    with _LOCK:
        if folder in _WARNED:
            return
        _WARNED.add(folder)
    warnings.warn(
        f"images are not kept, because {folder} cannot be written ({error.strerror or error}); set "
        "conf.image_cache to another folder, or conf.image_cache_size to '0 GB'",
        AstrocnnWarning,
        stacklevel=4,
    )
