"""Cache of service answers: files that are checked on reading, in a folder bounded in size."""

import contextlib
import hashlib
import json
import os
import re
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from astropy.config.paths import get_cache_dir

from .._paths import user_path
from ..config import conf, n_bytes
from ..exceptions import AstrocnnWarning, StoreError
from ._deletion import delete_file, may_delete
from ._whole import remove_parts, write_whole

__all__ = ["AnswerCache", "Kept"]

#: First word of an entry; the number is that of the format.
_MAGIC = b"astrocnn-cache-1"
#: What earlier versions of this package left half-written when they were killed.
_INCOMPLETE = re.compile(r"\.incomplete-[a-z0-9_]{8}")
#: What is left after the least recently used entries were deleted, as a fraction of the limit.
_AFTER = 0.9
#: A process counts the folder anew when it has written this fraction of the limit.
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
        The answer as it came; empty if the service said that it has nothing there.
    age : float
        Seconds since it was kept.
    """

    content: bytes
    age: float


class AnswerCache:
    """Folder of answers, one file each, of which the least recently used make room for new ones.

    Several threads and processes may use a folder at a time. An entry has a checksum and says what
    was asked: one that is damaged, or of another request, is deleted when it is read.

    Parameters
    ----------
    setting : str
        Item of `astrocnn.conf` that names the folder; the one called ``<setting>_size`` is its
        limit.
    name : str
        Name of the folder in astropy's cache, where the setting is empty.

    Examples
    --------
    >>> import astrocnn
    >>> from astrocnn.storage import AnswerCache
    >>> cache = AnswerCache("image_cache", "images")
    >>> with astrocnn.conf.set_temp("image_cache", "kept"):
    ...     with astrocnn.conf.set_temp("image_cache_size", "1 MB"):
    ...         cache.store("a survey", "a position", b"pixels")
    ...         cache.load("a survey", "a position").content
    b'pixels'
    """

    #: Names of entries: only files of this form are ours to delete.
    form = re.compile(r"[0-9a-f]{40}\.answer")
    #: Whether entries are in folders of their sources.
    nested = True

    def __init__(self, setting: str, name: str):
        self.setting, self.name = setting, name

    def folder(self) -> Path:
        """Return the folder."""
        if place := getattr(conf, self.setting):
            return user_path(place)
        try:
            return Path(get_cache_dir("astrocnn")) / self.name
        except OSError as error:  # a home that cannot be written: `store` says so
            return Path(error.filename or "cache") / self.name

    def limit(self) -> int:
        """Return the largest size of the folder (bytes); 0 where nothing is kept."""
        return n_bytes(getattr(conf, f"{self.setting}_size"))

    def load(self, source: str, request: str) -> Kept | None:
        """Return the kept answer to a request, None if there is none.

        Parameters
        ----------
        source : str
            What was asked: a HiPS, an archive, a catalog.
        request : str
            What it was asked for; the address of the server is no part of it.

        Warns
        -----
        AstrocnnWarning
            If the entry was written by another version of this package, in another form.
        """
        if not self.limit():
            return None
        path = self.place(source, request)
        try:
            raw = path.read_bytes()
        except OSError:
            return None
        found = self.unpack(raw, source, request)
        with contextlib.suppress(OSError):  # another process may have deleted it, or may not write
            os.utime(path) if found else path.unlink()
        return found

    def store(self, source: str, request: str, content: bytes) -> None:
        """Keep the answer to a request; a file is there whole or not at all.

        Warns
        -----
        AstrocnnWarning
            Once, if the folder cannot be written.
        """
        limit = self.limit()
        entry = self.pack(source, request, content) if limit else b""
        if len(entry) > limit or not limit:
            return
        folder, path = self.folder(), self.place(source, request)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, entry, flush=False)  # entries are checked when they are read
            self._keep_below(folder, limit, path, len(entry))
        except OSError as error:
            self._warn(folder, error)

    def discard(self, source: str, request: str) -> None:
        """Delete the kept answer to a request."""
        with contextlib.suppress(OSError):  # then `store` says that the folder cannot be written
            self.place(source, request).unlink(missing_ok=True)

    def place(self, source: str, request: str) -> Path:
        """Return where the answer to a request is kept."""
        digest = hashlib.sha256(f"{source}\n{request}".encode()).hexdigest()[:40]
        return self.part(source) / digest[:2] / f"{digest}.answer"

    def part(self, source: str) -> Path:
        """Return the folder of a source."""
        return self.folder() / (re.sub(r"[^A-Za-z0-9-]+", "_", source) or "_")

    def pack(self, source: str, request: str, content: bytes) -> bytes:
        """Return the file of an answer: a digest, what it is in one line, the answer."""
        about = {"source": source, "request": request, "kept": time.time()}
        rest = json.dumps(about).encode() + b"\n" + content
        return b"%s %s\n%s" % (_MAGIC, hashlib.sha256(rest).hexdigest().encode(), rest)

    def unpack(self, raw: bytes, source: str, request: str) -> Kept | None:
        """Return the answer in a file; None if the file is damaged, or of another request."""
        start, _, rest = raw.partition(b"\n")
        if start != b"%s %s" % (_MAGIC, hashlib.sha256(rest).hexdigest().encode()):
            self._note_version(start)
            return None
        line, _, content = rest.partition(b"\n")
        about = json.loads(line)
        if (about["source"], about["request"]) != (source, request):
            return None
        return Kept(content, max(time.time() - about["kept"], 0.0))

    def entries(self, folder: Path | None = None) -> Iterator[tuple[Path, os.stat_result]]:
        """Yield each of our files, with its size and times; what was abandoned is deleted."""
        for parent, folders, names in os.walk(self.folder() if folder is None else folder):
            if any(name.startswith(".") for name in folders):
                remove_parts(parent, _ABANDONED)
            folders[:] = [name for name in sorted(folders) if self.nested and name[0] != "."]
            for name in names:
                path = Path(parent, name)
                with contextlib.suppress(OSError):  # deleted by another process, or of another user
                    if self.form.fullmatch(name):
                        yield path, path.stat()
                    elif _INCOMPLETE.fullmatch(name) and _age(path) > _ABANDONED:
                        path.unlink()

    def clear(self, folder: Path | None = None) -> int:
        """Delete all entries, or those in a part of the folder, and return how many there were.

        Raises
        ------
        StoreError
            If that is not permitted.
        """
        paths = [path for path, _ in self.entries(folder)]
        for path in paths:
            delete_file(path)
        return len(paths)

    def evict(self, limit: int) -> tuple[int, int]:
        """Delete the least recently used entries where there are too many; number, bytes left.

        Raises
        ------
        StoreError
            If there are too many still, because that is not permitted.
        """
        deleted, left, stuck, fault = self._make_room(limit)
        if fault is not None and left + stuck > limit:
            raise fault
        return deleted, left + stuck

    def _make_room(self, limit: int, spare: Path | None = None):
        """Delete entries until those that can be deleted fit; one is spared.

        How many were deleted, the bytes left, those of what cannot be deleted, and the reason.
        """
        kept = list(self.entries())
        left, stuck, deleted, fault = sum(found.st_size for _, found in kept), 0, 0, None
        if left <= limit:
            return deleted, left, stuck, fault
        # What is to stay comes first: that it is not counted decides how much else is deleted.
        for path, found in sorted(kept, key=lambda entry: (may_delete(*entry), entry[1].st_mtime)):
            if left <= limit * _AFTER:
                break
            if path == spare:
                continue
            try:
                delete_file(path)
                deleted += 1
            except StoreError as error:  # of another user, in a folder that many share
                stuck, fault = stuck + found.st_size, error
            left -= found.st_size
        return deleted, left, stuck, fault

    def _keep_below(self, folder, limit, path, written) -> None:
        """Note what was written, and make room if the folder is too large."""
        with _LOCK:
            total, since = _SIZES.get(folder, (limit + 1, 0))  # count before the first decision
            total, since = total + written, since + written
            try:
                if total > limit or since > limit * _RECOUNT:
                    _, total, _, _ = self._make_room(limit, path)
                    since = 0
            finally:
                _SIZES[folder] = total, since

    def _warn(self, folder, error) -> None:
        """Say once that nothing can be kept."""
        with _LOCK:
            if folder in _WARNED:
                return
            _WARNED.add(folder)
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        reason = cause.strerror or cause
        warnings.warn(
            f"answers of services are not kept, because {folder} cannot be written "
            f"({reason}); set conf.{self.setting} to another folder, or "
            f"conf.{self.setting}_size to '0 GB'",
            AstrocnnWarning,
            stacklevel=4,
        )

    def _note_version(self, start) -> None:
        """Say that an entry is whole, perhaps, but not one that can be read here."""
        if start.startswith(b"astrocnn-cache-") and not start.startswith(_MAGIC + b" "):
            warnings.warn(
                f"an answer in {self.folder()} was kept by another version of astrocnn; the "
                "service is asked anew",
                AstrocnnWarning,
                stacklevel=5,
            )


def _age(path) -> float:
    """Seconds since a file was written."""
    return time.time() - path.stat().st_mtime
