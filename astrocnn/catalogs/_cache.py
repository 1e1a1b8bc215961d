"""Answers of catalog services, kept on disk."""

import contextlib
import gzip
import hashlib
import os
import re
import tempfile
import warnings
import zlib
from pathlib import Path

from astropy.config.paths import get_cache_dir

from .._paths import user_path
from ..config import conf
from ..exceptions import AstrocnnWarning

__all__ = ["cache_folder", "clear_cache", "discard", "load", "store"]


#: Only files of this form are ours to delete.
_NAME = re.compile(r"[\w.-]+-[0-9a-f]{16}\.(vot|csv)\.gz")


def cache_folder() -> Path:
    """Return the folder of kept answers: ``catalog_cache`` of `astrocnn.conf`, else astropy's.

    Each file is the answer of a service as it came, compressed: a VOTable that TOPCAT opens, and
    `read_catalog` too.

    Examples
    --------
    >>> import astrocnn
    >>> from astrocnn.catalogs import cache_folder
    >>> with astrocnn.conf.set_temp("catalog_cache", "my_catalogs"):
    ...     print(cache_folder())
    my_catalogs
    """
    if conf.catalog_cache:
        return user_path(conf.catalog_cache)
    return Path(get_cache_dir("astrocnn")) / "catalogs"


def clear_cache() -> int:
    """Delete all kept answers and return how many there were.

    Examples
    --------
    >>> from astrocnn.catalogs import clear_cache
    >>> n_deleted = clear_cache()
    """
    paths = [p for p in cache_folder().glob("*.gz") if _NAME.fullmatch(p.name)]
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def _place(label: str, key: str) -> Path:
    """Where the answer to a request is kept; ``label`` ends in the kind of file."""
    stem, _, kind = label.rpartition(".")
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return cache_folder() / f"{re.sub(r'[^A-Za-z0-9.-]+', '_', stem)}-{digest}.{kind}.gz"


def load(label: str, key: str) -> bytes | None:
    """Return the kept answer to a request, None if there is none; a damaged one is deleted.

    Parameters
    ----------
    label : str
        Start and kind of the file name, e.g. ``"psz2.vot"``.
    key : str
        The request.
    """
    try:
        return gzip.decompress(_place(label, key).read_bytes())  # checks length and CRC
    except FileNotFoundError:
        return None
    except (OSError, EOFError, zlib.error):
        discard(label, key)
        return None


def discard(label: str, key: str) -> None:
    """Delete the kept answer to a request."""
    with contextlib.suppress(OSError):  # then `store` says that the folder cannot be written
        _place(label, key).unlink(missing_ok=True)


def store(label: str, key: str, content: bytes) -> None:
    """Keep the answer to a request; a file is there whole or not at all.

    Warns
    -----
    AstrocnnWarning
        If the folder cannot be written.
    """
    path = _place(label, key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".incomplete-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(gzip.compress(content, 6, mtime=0))
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        warnings.warn(
            f"the answer is not kept, because {path.parent} cannot be written ({error}); "
            "set conf.catalog_cache to another folder, or cache=False",
            AstrocnnWarning,
            stacklevel=2,
        )
