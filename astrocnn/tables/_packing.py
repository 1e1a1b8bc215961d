"""Packed tables: those that cannot be unpacked are refused by name."""

from importlib.util import find_spec
from pathlib import Path

from .._packed import told_packing
from ..exceptions import InvalidTargetError

__all__ = ["check_packing"]

#: What astropy unpacks with modules that may be missing.
_MODULES = {b"BZh": "bz2", b"\xfd7zXZ": "lzma", b"\x1f\x9d": "uncompresspy"}


def check_packing(path: Path) -> None:
    """Raise unless a file can be read as it is, or unpacked as it is read.

    Raises
    ------
    InvalidTargetError
        Saying how to unpack it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.tables._packing import check_packing
    >>> _ = Path("a.csv.zst").write_bytes(bytes.fromhex("28b52ffd0000"))
    >>> check_packing(Path("a.csv.zst"))
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidTargetError: a.csv.zst is packed with zstd: unpack it first ...
    """
    with path.open("rb") as file:
        start = file.read(6)
    words = told_packing(start, path.name)
    module = next((module for magic, module in _MODULES.items() if start.startswith(magic)), None)
    if module is not None and not _is_there(module):
        words = f"{path.name} is packed, and {module} is missing: unpack it first"
    if words:
        raise InvalidTargetError(words)


def _is_there(module) -> bool:
    """Whether a module can be imported."""
    try:
        return find_spec(module) is not None
    except ValueError:  # it was taken out of this Python
        return False
