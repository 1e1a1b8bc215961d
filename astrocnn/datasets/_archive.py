"""Zip files of others, read in place: what could do harm is refused before anything is read."""

import contextlib
import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .._paths import user_path
from ..exceptions import InvalidImageError

__all__ = ["open_folder"]

#: More than this is no collection of small images.
_MAX_MEMBERS = 20_000
_MAX_BYTES = 20_000_000
_MAX_TOTAL = 4_000_000_000


@contextlib.contextmanager
def open_folder(path) -> Iterator["Path | zipfile.Path"]:
    """Open a folder, or a zip file as if it were one; nothing is extracted.

    Parameters
    ----------
    path : path
        Folder or zip file.

    Yields
    ------
    `~pathlib.Path` or `zipfile.Path`
        Its root: ``(root / "a.csv").read_bytes()`` works with both.

    Raises
    ------
    FileNotFoundError
        If there is nothing of that name.
    InvalidImageError
        If it is no zip file, or a damaged one, or one with names that point outside of it, links,
        two files of one name, passwords, a compression other than deflate, or more data than a
        collection of small images has.

    Examples
    --------
    >>> import zipfile
    >>> from astrocnn.datasets._archive import open_folder
    >>> with zipfile.ZipFile("a.zip", "w") as archive:
    ...     archive.writestr("a/b.csv", "image_id,class")
    >>> with open_folder("a.zip") as root:
    ...     (root / "a" / "b.csv").read_bytes()
    b'image_id,class'
    """
    path = user_path(path)
    if path.is_dir():
        yield path
        return
    if not path.is_file():
        raise FileNotFoundError(f"there is no file or folder '{path}'")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise InvalidImageError(f"'{path.name}' cannot be read as a zip file: {error}") from error
    with archive:
        _check(archive.infolist(), path.name)
        yield zipfile.Path(archive)


def _check(members: list[zipfile.ZipInfo], name: str) -> None:
    """Raise InvalidImageError where an archive holds what it should not."""
    seen = set()
    for member in members:
        reason = _fault(member)
        if not reason and member.filename in seen:
            reason = "there are two of that name"
        if reason:
            raise InvalidImageError(f"'{name}' is refused: {member.orig_filename!r}: {reason}")
        seen.add(member.filename)
    total = sum(member.file_size for member in members)
    if len(members) > _MAX_MEMBERS or total > _MAX_TOTAL:
        raise InvalidImageError(
            f"'{name}' is refused: it unpacks to {len(members)} files of {total / 1e9:.1f} GB"
        )


def _fault(member: zipfile.ZipInfo) -> str:
    """What is wrong with a member of an archive, '' if nothing is."""
    name = member.orig_filename  # as written: zipfile cuts names at a null byte
    if re.match(r"/|[A-Za-z]:", name) or re.search(r"[\\\0]", name):
        return "not a relative path"
    if ".." in PurePosixPath(name).parts:
        return "the path leads out of the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a symbolic link"
    if member.flag_bits & 1:
        return "it has a password"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"its compression (method {member.compress_type}) is not that of common zip files"
    if member.file_size > _MAX_BYTES:
        return f"it unpacks to {member.file_size / 1e6:.0f} MB"
    return ""
