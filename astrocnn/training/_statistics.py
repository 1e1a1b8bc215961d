"""A few numbers per image: texture, contrast, gaps."""

import numpy as np
from scipy import fft

__all__ = ["BINS", "PER_BAND", "image_statistics"]

#: Radial bins of the power spectrum.
BINS = 10
#: Statistics of one band: power per bin, skewness, kurtosis, share of pixels at zero.
PER_BAND = BINS + 3
#: Smallest power per pixel that is told from none; half precision leaves less than that.
_FLOOR = 1e-5


def image_statistics(tensor: np.ndarray) -> np.ndarray:
    """Return the numbers by which images are compared.

    Per band: logarithm of the power in ten rings of spatial frequency (sharpness and texture of
    the noise), skewness and kurtosis (contrast, bright sources), the share of pixels that are
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
    rows = []
    for image in tensor:
        # One band after the other in memory: several times faster.
        bands = np.ascontiguousarray(np.moveaxis(image, -1, 0), dtype=np.float32)
        values, scaled = [], []
        for band in bands:
            off = (band - band.mean()).ravel()
            square = off * off
            variance = square.mean() + 1e-9
            values += rings.power(band).tolist()
            values.append(np.arcsinh(square @ off / off.size / variance**1.5))
            values.append(np.log(square @ square / off.size / variance**2 + 1e-3))
            values.append(np.log(np.mean(band == 0) + 1e-2))
            scaled.append(off / np.sqrt(variance * off.size))
        pairs = [scaled[i] @ scaled[j] for i in range(len(scaled)) for j in range(i)]
        rows.append(values + np.arctanh(np.clip(pairs, -0.999, 0.999)).tolist())
    return np.array(rows, dtype=float)


class _Rings:
    """Power of images in rings of spatial frequency, up to that of two pixels."""

    def __init__(self, ny, nx):
        # The transform of a length with large prime factors is slow: leave out a few border pixels.
        self.shape = tuple(_fast_length(n) for n in (ny, nx))
        frequency = np.hypot(
            fft.fftfreq(self.shape[0])[:, np.newaxis], fft.rfftfreq(self.shape[1])
        ).ravel()
        ring = np.digitize(frequency, np.geomspace(1.5 / min(self.shape), 0.5, BINS + 1)) - 1
        self.ring = np.where((ring >= 0) & (ring < BINS), ring, BINS)
        # The transform of a real image holds one of each pair of opposite frequencies, but for the
        # first column and, of an even length, the last.
        twice = np.full((self.shape[0], self.shape[1] // 2 + 1), 2.0)
        twice[:, 0] = 1
        if self.shape[1] % 2 == 0:
            twice[:, -1] = 1
        self.weight = twice.ravel()
        number = np.bincount(self.ring, self.weight, BINS + 1)[:BINS]
        self.number = np.maximum(number, 1)

    def power(self, image):
        """Logarithm of the mean power per pixel, shape (bins,)."""
        top, left = ((full - n) // 2 for full, n in zip(image.shape, self.shape, strict=True))
        part = image[top : top + self.shape[0], left : left + self.shape[1]]
        transform = fft.rfft2(part).ravel()
        power = (transform.real**2 + transform.imag**2) * self.weight
        mean = np.bincount(self.ring, power, BINS + 1)[:BINS] / self.number / part.size
        return np.log10(mean + _FLOOR)


def _fast_length(n: int) -> int:
    """The largest length up to ``n`` without large prime factors."""
    return next(length for length in range(n, 0, -1) if fft.next_fast_len(length) == length)
