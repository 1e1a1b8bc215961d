"""Packed files: what astropy does not unpack by itself, and what it cannot."""

import io
from importlib import import_module
from pathlib import Path

import numpy as np

from ..._packed import told_packing
from ...exceptions import ProviderError

__all__ = ["readable", "stream"]

#: How files begin that Python unpacks as they are read, and the modules that do: a Python may have
#: been built without some of them.
_UNPACKERS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ": "lzma"}
_COMPRESS = b"\x1f\x9d"
#: Most bytes that a file packed by ``compress`` may hold: all of them go through memory.
_MOST = 2**31


def stream(path: str | Path):
    """Open a file for reading, unpacked where it is packed by gzip, bzip2 or xz.

    Raises
    ------
    ProviderError
        If this Python cannot unpack it.
    """
    with open(path, "rb") as file:
        magic = file.read(6)
    module = next((name for start, name in _UNPACKERS.items() if magic.startswith(start)), None)
    if module is None:
        return open(path, "rb")
    try:
        return import_module(module).open(path)
    except ImportError as error:
        raise ProviderError(
            f"{Path(path).name} is packed with {module}, which this Python cannot read: unpack it"
        ) from error


def readable(path: str | Path):
    """Return what `astropy.io.fits.open` takes for a file: its path, or its bytes unpacked.

    Raises
    ------
    ProviderError
        If it is packed by a tool that is not understood, or damaged.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._packed_files import readable
    >>> _ = Path("b.fits.zst").write_bytes(bytes.fromhex("28b52ffd0000"))
    >>> readable("b.fits.zst")
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.ProviderError: b.fits.zst is packed with zstd: unpack it first (unzstd ...
    """
    name = Path(path).name
    with open(path, "rb") as file:
        magic = file.read(6)
        if told_packing(magic, name):
            raise ProviderError(told_packing(magic, name))
        if not magic.startswith(_COMPRESS):
            return path
        file.seek(0)
        return io.BytesIO(_unpacked(np.frombuffer(file.read(), np.uint8), name))


def _unpacked(packed, name) -> bytes:
    """Bytes of a file packed by ``compress``."""
    from ._lzw_kernel import unpack_lzw

    widest, blocks = (int(packed[2]) & 31, bool(packed[2] & 128)) if len(packed) > 2 else (0, False)
    if not 9 <= widest <= 16:
        raise ProviderError(f"{name} is damaged: compress does not use codes of {widest} bits")
    size = 8 * len(packed) + 2**16
    while size <= 2 * _MOST:
        unpacked = np.empty(min(size, _MOST), np.uint8)
        n = unpack_lzw(packed[3:], widest, blocks, unpacked)
        if n == -2:
            raise ProviderError(f"{name} is damaged: it cannot be unpacked")
        if n >= 0:
            return unpacked[:n].tobytes()
        size *= 4
    raise ProviderError(f"{name} holds more than {_MOST // 2**30} GiB: unpack it (gzip -d {name})")
