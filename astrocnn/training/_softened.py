"""Images softened by a fraction of a pixel, as interpolation leaves them."""

import numpy as np

__all__ = ["SoftenedRows"]


class SoftenedRows:
    """Some rows of an array, one at a time: a memory-mapped one stays on disk.

    Every second one is softened by a fraction of a pixel, as an image that was interpolated once
    more on its way (from a HiPS, from a mosaic): that is no other kind of image.
    """

    def __init__(self, array, rows):
        self.array, self.rows, self.shape = array, rows, array.shape

    def __iter__(self):
        rng = np.random.default_rng(0)
        for number, row in enumerate(self.rows):
            image = self.array[row]
            yield image if number % 2 else _softened(image, rng.uniform(0, 0.5, 2))


def _softened(image, shift):
    """Interpolate an image at pixels shifted by a fraction, and give each band its old spread."""
    image = np.asarray(image, dtype=np.float32)
    moved = image
    for axis, share in enumerate(shift):
        moved = (1 - share) * moved + share * np.roll(moved, 1, axis)
    spread = moved.std(axis=(0, 1))
    return moved * np.divide(image.std(axis=(0, 1)), spread, where=spread > 0, out=spread + 1)
