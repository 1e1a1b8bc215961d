"""Bytes packed by the Unix tool ``compress`` (LZW, ``.Z``), unpacked; compiled."""

import numpy as np

from ..._compiled import compiled

__all__ = ["unpack_lzw"]


@compiled
def unpack_lzw(packed, widest, blocks, unpacked):
    """Fill an array with what was packed.

    Parameters
    ----------
    packed : ndarray of uint8
        Without the three bytes of the start.
    widest : int
        Largest number of bits of a code.
    blocks : bool
        Whether code 256 begins a new dictionary.
    unpacked : ndarray of uint8
        To fill.

    Returns
    -------
    int
        Number of bytes; -1 if they are more than the array has, -2 if the code is damaged.
    """
    before = np.zeros(1 << 16, np.int32)
    last = np.zeros(1 << 16, np.uint8)
    stack = np.empty(1 << 16, np.uint8)
    free, bits, place, group, previous, n = 257 if blocks else 256, 9, 0, 0, -1, 0
    final = 0
    while True:
        if free > (1 << bits) - 1 and bits < widest:
            # Codes of one width come in groups of eight.
            place = group + -(-(place - group) // (8 * bits)) * 8 * bits
            group, bits = place, bits + 1
        if place + bits > 8 * len(packed):
            return n
        code = _code(packed, place, bits)
        place += bits
        if blocks and code == 256:
            place = group + -(-(place - group) // (8 * bits)) * 8 * bits
            group, bits, free, previous = place, 9, 257, -1
            continue
        known, depth = code, 0
        if previous < 0:
            if code > 255:
                return -2
        elif code >= free:
            if code > free:
                return -2
            stack[0], depth, known = final, 1, previous
        while known > 255:
            stack[depth] = last[known]
            depth, known = depth + 1, before[known]
        final = known
        if n + depth + 1 > len(unpacked):
            return -1
        unpacked[n] = final
        for k in range(depth):
            unpacked[n + 1 + k] = stack[depth - 1 - k]
        n += depth + 1
        if previous >= 0 and free < 1 << widest:
            before[free], last[free] = previous, final
            free += 1
        previous = code


@compiled
def _code(packed, place, bits):
    """The code at a bit."""
    word, byte = 0, place >> 3
    for k in range(3):
        if byte + k < len(packed):
            word |= int(packed[byte + k]) << (8 * k)
    return (word >> (place & 7)) & ((1 << bits) - 1)
