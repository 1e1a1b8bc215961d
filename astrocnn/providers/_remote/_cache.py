"""Answers of image services, kept on disk: the folder, a table of it, deleting it."""

import json
import time
from pathlib import Path

from astropy import units as u
from astropy.table import QTable

from ...config import n_bytes
from ...storage import AnswerCache

__all__ = [
    "IMAGES", "clear_image_cache", "image_cache_folder", "image_cache_table", "limit_image_cache",
]  # fmt: skip

IMAGES = AnswerCache("image_cache", "images")


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
    return IMAGES.folder()


def clear_image_cache(source: str | None = None) -> int:
    """Delete kept answers and return how many there were.

    Parameters
    ----------
    source : str, optional
        Of one HiPS or archive only, as `image_cache_table` names it.

    Examples
    --------
    >>> from astrocnn.providers import clear_image_cache
    >>> n_deleted = clear_image_cache("CDS/P/DSS2/red")
    """
    return IMAGES.clear(None if source is None else IMAGES.part(source))


def limit_image_cache(size: "u.Quantity | str") -> int:
    """Delete the least recently used answers until the rest fits, and return how many.

    Parameters
    ----------
    size : `~astropy.units.Quantity` or str
        For example ``2 * u.GB``. The lasting limit is ``image_cache_size`` of `astrocnn.conf`.

    Examples
    --------
    >>> from astrocnn.providers import limit_image_cache
    >>> n_deleted = limit_image_cache("2 GB")
    """
    deleted, _ = IMAGES.evict(n_bytes(str(size)))
    return deleted


def image_cache_table() -> QTable:
    """Return what is kept: a row per HiPS or archive with the number of answers and their size.

    Examples
    --------
    >>> from astrocnn.providers import image_cache_table
    >>> image_cache_table().colnames
    ['source', 'answers', 'size', 'last_used']
    """
    folder, rows = image_cache_folder(), []
    for part in sorted(folder.iterdir()) if folder.is_dir() else []:
        found = list(IMAGES.entries(part)) if part.is_dir() else []
        if found:
            size = sum(file.st_size for _, file in found)
            used = max(file.st_mtime for _, file in found)
            day = time.strftime("%Y-%m-%d", time.localtime(used))
            rows.append((_source(found[0][0]) or part.name, len(found), size / 1e6, day))
    table = QTable(rows=rows or None, names=["source", "answers", "size", "last_used"],
                   dtype=[str, int, float, str])  # fmt: skip
    table["size"] = table["size"].value * u.MB if rows else [] * u.MB
    return table


def _source(path) -> str | None:
    """Name of what was asked, from a file."""
    try:
        with open(path, "rb") as file:
            file.readline(200)
            return str(json.loads(file.readline(10_000))["source"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
