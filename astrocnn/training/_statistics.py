"""A few numbers per image: texture, contrast, gaps."""

import numpy as np
from scipy import fft

from .._compiled import in_threads

__all__ = ["BINS", "PER_BAND", "image_statistics"]

#: Radial bins of the power spectrum.
BINS = 10
#: Statistics of one band: power per bin, skewness, kurtosis, fraction of pixels at zero.
PER_BAND = BINS + 3
#: Smallest power per pixel that is told from none; half precision leaves less than that.
_FLOOR = 1e-5


def image_statistics(tensor: np.ndarray) -> np.ndarray:
    """Return the numbers by which images are compared.

    Per band: logarithm of the power in ten rings of spatial frequency (sharpness and texture of
    the noise), skewness and kurtosis (contrast, bright sources), the fraction of pixels that are
    exactly zero (gaps); per pair of bands their correlation.

    Parameters
    ----------
    tensor : ndarray of shape (n, ny, nx, n_bands)
        Network input.

    Returns
    -------
    ndarray of shape (n, n_bands * 13 + n_bands * (n_bands - 1) / 2)

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.training import image_statistics
    >>> image_statistics(np.zeros((3, 32, 32, 2))).shape
    (3, 27)
    """
    rings = _Rings(tensor.shape[1], tensor.shape[2])
    if isinstance(tensor, np.ndarray):
        found = [None] * len(tensor)

        def some(start, stop):
            found[start:stop] = [_sums(image, rings) for image in tensor[start:stop]]

        in_threads(some, len(tensor))
    else:
        found = [_sums(image, rings) for image in tensor]
    return _finished(np.array(found).reshape(len(found), tensor.shape[-1], -1), rings)


def _sums(image, rings) -> np.ndarray:
    """Sums over the pixels of each band, shape (n_bands, 4 + n_bands + BINS)."""
    from ._sums import band_sums

    ny, nx, n_bands = image.shape
    planes = np.empty((n_bands, ny * nx), dtype=np.float32)
    sums = np.zeros((n_bands, 4 + n_bands + BINS))
    pixels = np.ascontiguousarray(image, dtype=np.float32).reshape(-1, n_bands)
    band_sums(pixels, planes, sums[:, :4], sums[:, 4 : 4 + n_bands])
    for plane, row in zip(planes, sums, strict=True):
        rings.add(plane.reshape(ny, nx), row[4 + n_bands :])
    return sums


def _finished(sums, rings) -> np.ndarray:
    """Statistics of the sums of n images, shape (n, n_bands, 4 + n_bands + BINS)."""
    n, n_bands = sums.shape[:2]
    square, cube, fourth, zeros = np.moveaxis(sums[..., :4], -1, 0)
    variance = square + 1e-9
    values = np.empty((n, n_bands, PER_BAND))
    values[..., :BINS] = np.log10(sums[..., 4 + n_bands :] / rings.number + _FLOOR)
    values[..., BINS] = np.arcsinh(cube / variance**1.5)
    values[..., BINS + 1] = np.log(fourth / variance**2 + 1e-3)
    values[..., BINS + 2] = np.log(zeros + 1e-2)
    one, other = np.tril_indices(n_bands, -1)
    products = sums[:, one, 4 + other] / np.sqrt(variance[:, one] * variance[:, other])
    pairs = np.arctanh(np.clip(products, -0.999, 0.999))
    return np.concatenate([values.reshape(n, -1), pairs], axis=1)


class _Rings:
    """Power of images in rings of spatial frequency, up to that of two pixels."""

    def __init__(self, ny, nx):
        # The transform of a length with large prime factors is slow: leave out a few border pixels.
        self.shape = tuple(_fast_length(n) for n in (ny, nx))
        frequency = np.hypot(
            fft.fftfreq(self.shape[0])[:, np.newaxis], fft.rfftfreq(self.shape[1])
        ).ravel()
        ring = np.digitize(frequency, np.geomspace(1.5 / min(self.shape), 0.5, BINS + 1)) - 1
        ring = np.where((ring >= 0) & (ring < BINS), ring, BINS)
        # The transform of a real image holds one of each pair of opposite frequencies, but for the
        # first column and, of an even length, the last.
        twice = np.full((self.shape[0], self.shape[1] // 2 + 1), 2.0)
        twice[:, 0] = 1
        if self.shape[1] % 2 == 0:
            twice[:, -1] = 1
        weight = twice.ravel()
        # Number of frequencies in a ring, times that of pixels: power is per pixel.
        number = np.maximum(np.bincount(ring, weight, BINS + 1)[:BINS], 1)
        self.number = number * np.prod(self.shape)
        # Along a row the rings follow one another: the power is summed stretch by stretch.
        change = (np.diff(ring) != 0) | (np.diff(weight) != 0)
        starts = np.concatenate([[0], np.flatnonzero(change) + 1])
        self.ring, self.weight = ring[starts], weight[starts]
        self.edges = np.append(starts, ring.size)

    def add(self, image, sums) -> None:
        """Add the power of an image to the sums of the rings, shape (bins,)."""
        from ._sums import ring_sums

        top, left = ((full - n) // 2 for full, n in zip(image.shape, self.shape, strict=True))
        part = image[top : top + self.shape[0], left : left + self.shape[1]]
        transform = fft.rfft2(part)
        ring_sums(transform.view(np.float32).ravel(), self.edges, self.ring, self.weight, sums)


def _fast_length(n: int) -> int:
    """The largest length up to ``n`` without large prime factors."""
    return next(length for length in range(n, 0, -1) if fft.next_fast_len(length) == length)
