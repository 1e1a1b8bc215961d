"""Arrays as the bytes of a NumPy ``.npz`` file that knows when it was damaged."""

import hashlib
import io
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np

__all__ = ["DAMAGE", "pack_arrays", "unpack_arrays"]

#: What reading a file that is damaged, or not ours, raises.
DAMAGE = (
    OSError, EOFError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError,
    RuntimeError, SyntaxError, tokenize.TokenError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
_LENGTH = 64
#: The last record of a zip file without a comment: how those of format 1 end.
_END, _END_LENGTH = b"PK\5\6", 22


def pack_arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the content of an ``.npz`` file; its comment is the SHA-256 of all before it.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from astrocnn.storage._arrays import pack_arrays
    >>> np.load(io.BytesIO(pack_arrays({"a": np.arange(3)})))["a"]
    array([0, 1, 2])
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = bytes(_LENGTH)
    content = buffer.getvalue()[:-_LENGTH]
    return content + _digest(content)


def unpack_arrays(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of `pack_arrays`; nothing is unpickled.

    Without the comment, as astrocnn 0.1 wrote it, the checksums of the zip file count.

    Raises
    ------
    ValueError, BadZipFile ...
        One of ``DAMAGE``, if a single bit is not as it was written.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.storage._arrays import pack_arrays, unpack_arrays
    >>> content = pack_arrays({"a": np.arange(3)})
    >>> unpack_arrays(content)
    {'a': array([0, 1, 2])}
    >>> unpack_arrays(content[:-1])
    Traceback (most recent call last):
        ...
    ValueError: wrong checksum
    """
    old = content[-_END_LENGTH:].startswith(_END) and content.endswith(b"\0\0")
    if not old and _digest(content[:-_LENGTH]) != content[-_LENGTH:]:
        raise ValueError("wrong checksum")
    if old:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (number,) = struct.unpack_from("<H", content, len(content) - 12)
            if archive.testzip() is not None or len(archive.namelist()) != number:
                raise ValueError("wrong checksum")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
