"""Answers of catalog services, kept on disk as files that other programs read."""

import gzip
import hashlib
import io
import re
import zlib
from pathlib import Path

from ..storage import AnswerCache, Kept

__all__ = ["ANSWERS", "cache_folder", "clear_cache"]

#: Flags of a gzip file that has its name after ten bytes; those of astrocnn 0.1 have none.
_NAMED = b"\x08"


class _TableCache(AnswerCache):
    """Answers as they came, compressed; gzip checks length and CRC.

    A source is the start and kind of a file name, such as ``"psz2.vot"``. The name is in the file
    too (RFC 1952): an answer to another request, under this name, is not taken.
    """

    form = re.compile(r"[\w.-]+-[0-9a-f]{16}\.(vot|csv)\.gz")
    nested = False

    def place(self, source, request):
        stem, _, kind = source.rpartition(".")
        digest = hashlib.sha256(request.encode()).hexdigest()[:16]
        return self.folder() / f"{re.sub(r'[^A-Za-z0-9.-]+', '_', stem)}-{digest}.{kind}.gz"

    def pack(self, source, request, content):
        file, name = io.BytesIO(), self.place(source, request).name
        with gzip.GzipFile(name, "wb", 6, file, mtime=0) as packed:
            packed.write(content)
        return file.getvalue()

    def unpack(self, raw, source, request):
        if raw[3:4] == _NAMED and raw[10:].split(b"\0", 1)[0].decode("latin-1") + ".gz" != (
            self.place(source, request).name
        ):
            return None
        try:
            return Kept(gzip.decompress(raw), 0.0)
        except (OSError, EOFError, zlib.error):
            return None


ANSWERS = _TableCache("catalog_cache", "catalogs")


def cache_folder() -> Path:
    """Return the folder of kept answers: ``catalog_cache`` of `astrocnn.conf`, else astropy's.

    Each file is the answer of a service as it came, compressed: a VOTable that TOPCAT opens, and
    `read_catalog` too. The least recently used ones are deleted where the folder is larger than
    ``catalog_cache_size``.

    Examples
    --------
    >>> import astrocnn
    >>> from astrocnn.catalogs import cache_folder
    >>> with astrocnn.conf.set_temp("catalog_cache", "my_catalogs"):
    ...     print(cache_folder())
    my_catalogs
    """
    return ANSWERS.folder()


def clear_cache() -> int:
    """Delete all kept answers and return how many there were.

    Examples
    --------
    >>> from astrocnn.catalogs import clear_cache
    >>> n_deleted = clear_cache()
    """
    return ANSWERS.clear()
