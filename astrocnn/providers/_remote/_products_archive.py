"""Products of an XMM-Newton observation in the tar file that the archive sends, read in memory."""

import io
import re
import tarfile
from pathlib import PurePosixPath

from ...exceptions import ProviderError
from ...services import UselessAnswer, unpacked

__all__ = ["as_tar", "read_products"]

#: Names of images and exposure maps of the EPIC cameras; nothing else is taken out.
_NAME = re.compile(
    r"P\d{10}(?:PN|M1|M2)[SUX]\d{3}(?:IMAGE_|EXPMAP)[0-9A-Z][0-9A-F]{3}\.(?:FTZ|FIT|FITS)"
)
#: Most members, and bytes taken out or uncompressed, of one archive file.
_MOST, _MAX_BYTES = 5000, 2**29


def read_products(content: bytes) -> dict[str, bytes]:
    """Return the images and exposure maps in a tar file, by name.

    Nothing is written: names with folders, links and other tricks of tar files have no effect.

    Parameters
    ----------
    content : bytes
        Tar file, compressed by gzip or not.

    Raises
    ------
    ProviderError
        If it is damaged or far too large.

    Examples
    --------
    >>> from astrocnn.providers._remote._products_archive import as_tar, read_products
    >>> name = "P0098010101M2U009IMAGE_3000.FTZ"
    >>> read_products(as_tar(b"pixels", name)) == {name: b"pixels"}
    True
    """
    products, size = {}, 0
    try:
        with tarfile.open(fileobj=io.BytesIO(_plain(content)), mode="r:") as archive:
            for n, member in enumerate(archive):
                name = PurePosixPath(member.name).name
                if n >= _MOST:
                    raise ProviderError(f"the archive file has more than {_MOST} members")
                if not (member.isfile() and _NAME.fullmatch(name)):
                    continue
                size += member.size
                if size > _MAX_BYTES:
                    raise ProviderError(f"the archive file holds more than {_MAX_BYTES} bytes")
                products[name] = archive.extractfile(member).read()
                if len(products[name]) != member.size:
                    raise ProviderError(f"the archive file ends inside {name}")
    except ProviderError:
        raise
    except Exception as error:  # whatever tarfile raises of a damaged file
        raise ProviderError(f"the archive file cannot be read: {error}") from error
    return products


def as_tar(content: bytes, name: str) -> bytes:
    """Return an answer of the archive as a tar file: a single product comes without one.

    Parameters
    ----------
    content : bytes
        Answer.
    name : str
        Name that the service gives to it.
    """
    name = PurePosixPath(name).name
    if not _NAME.fullmatch(name):
        return content
    file, member = io.BytesIO(), tarfile.TarInfo(name)
    member.size = len(content)
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def _plain(content) -> bytes:
    """Tar file without its compression, which may not make it far too large."""
    try:
        return unpacked(content, _MAX_BYTES)
    except UselessAnswer as error:
        raise ProviderError(f"the archive file cannot be read: {error}") from error
