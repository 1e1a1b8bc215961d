"""Bytes of tiles brought into the order of this machine; compiled."""

import sys

import numpy as np

from ..._compiled import compiled

__all__ = ["to_native"]


def to_native(words: np.ndarray) -> None:
    r"""Turn big-endian words of four bytes into those of this machine, in place.

    Parameters
    ----------
    words : ndarray of uint32

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.providers._tiles._tile_bytes import to_native
    >>> words = np.frombuffer(bytearray(b"\x00\x00\x00\x07"), np.uint32)
    >>> to_native(words)
    >>> words
    array([7], dtype=uint32)
    """
    if sys.byteorder == "little":
        _swapped(words)


@compiled
def _swapped(words):
    """Turn the bytes of words around, without Python's lock."""
    for p in range(len(words)):
        word = words[p]
        outer = np.uint32(word >> np.uint32(24)) | np.uint32(word << np.uint32(24))
        up = np.uint32(word << np.uint32(8)) & np.uint32(0xFF0000)
        words[p] = outer | up | (np.uint32(word >> np.uint32(8)) & np.uint32(0xFF00))
