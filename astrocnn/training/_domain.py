"""Is an image like those of the training? A distance in a few numbers per image."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import fft

__all__ = ["ImageDomain", "image_statistics"]

#: Radial bins of the power spectrum.
_BINS = 10
#: Statistics of one band: power per bin, skewness, kurtosis, share of pixels at zero.
_PER_BAND = _BINS + 3
#: Smallest power per pixel that is told from none; half precision leaves less than that.
_FLOOR = 1e-5
#: A statistic that hardly varies in the training is not given all the weight.
_SMALLEST_SCALE = 0.02
#: More images than this say nothing new of a mean and a covariance.
_MOST = 8000


@dataclass(frozen=True)
class ImageDomain:
    """The images that a network was trained on, as a region in the space of their statistics.

    The score of an image is its Mahalanobis distance from the training images in
    `image_statistics`, the largest of: each band by itself, and all bands together. It is given
    in units of the distance that 99 % of held-out training images keep: **above 1 is unusual**.
    It knows texture, sharpness, contrast and gaps, and how the bands go together; it does not know
    classes: an odd object on an ordinary image is not novel.

    Parameters
    ----------
    n_bands : int
        Bands of the images.
    center, scale : ndarray of shape (n_statistics,)
        Mean and standard deviation of each statistic, without the outermost images.
    mean : ndarray of shape (n_statistics,)
        Mean of the scaled statistics.
    covariance : ndarray of shape (n_statistics, n_statistics)
        Their covariance, with the shrinkage of Ledoit & Wolf.
    limits : ndarray of shape (n_bands + 1,)
        Distances that mean a score of 1: by band, and of all bands.

    References
    ----------
    Lee et al. 2018, NeurIPS (arXiv:1807.03888); Ledoit & Wolf 2004, J. Multivar. Anal. 88, 365.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.ndimage import gaussian_filter
    >>> from astrocnn.training import ImageDomain
    >>> rng = np.random.default_rng(0)
    >>> images = gaussian_filter(rng.normal(size=(400, 32, 32, 1)), (0, 1, 1, 0))
    >>> domain = ImageDomain.fit(images / images.std())
    >>> noise = rng.normal(size=(20, 32, 32, 1))
    >>> bool((domain.score(noise) > 1).all())
    True
    """

    n_bands: int
    center: np.ndarray
    scale: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    limits: np.ndarray

    @classmethod
    def fit(
        cls, tensor: np.ndarray, held_out: np.ndarray | None = None, quantile: float = 0.99
    ) -> "ImageDomain":
        """Describe training images.

        Parameters
        ----------
        tensor : ndarray of shape (n, ny, nx, n_bands)
            Network input, in memory or memory-mapped; of more than 8,000 images as many, evenly
            spread, are used.
        held_out : ndarray of shape (m, ny, nx, n_bands), optional
            Other images of the same kind, for the limits. By default every fourth image.
        quantile : float
            Share of the held-out images with a score below 1.

        Raises
        ------
        ValueError
            If there are fewer than four images to fit, or none held out.
        """
        rows = np.unique(np.linspace(0, len(tensor) - 1, _MOST).astype(int))
        known = image_statistics(_Rows(tensor, rows))
        if held_out is None:
            apart = np.arange(len(known)) % 4 == 3
            known, other = known[~apart], known[apart]
        else:
            rows = np.unique(np.linspace(0, len(held_out) - 1, _MOST).astype(int))
            other = image_statistics(_Rows(held_out, rows))
        if len(known) < 4 or len(other) == 0:
            raise ValueError("a domain needs some hundred images: four at least, and one held out")
        center, scale = _center_and_scale(known)
        mean, covariance = _shrunk((known - center) / scale)
        n_bands = tensor.shape[-1]
        one = cls(n_bands, center, scale, mean, covariance, np.ones(n_bands + 1))
        distances = one._distances(other)
        limits = np.quantile(distances, quantile, axis=0)
        limits = limits * np.quantile((distances / limits).max(axis=1), quantile)
        return cls(n_bands, center, scale, mean, covariance, limits)

    def score(self, tensor: np.ndarray) -> np.ndarray:
        """Return how unusual images are.

        Parameters
        ----------
        tensor : ndarray of shape (n, ny, nx, n_bands)
            Network input.

        Returns
        -------
        ndarray of shape (n,)
            Distance over the limit of the training; above 1 is unusual.

        Raises
        ------
        ValueError
            If the images have another number of bands.
        """
        if np.ndim(tensor) != 4 or np.shape(tensor)[-1] != self.n_bands:
            raise ValueError(f"images of {self.n_bands} bands are needed, not {np.shape(tensor)}")
        if len(tensor) == 0:
            return np.zeros(0)
        return (self._distances(image_statistics(tensor)) / self.limits).max(axis=1)

    def _distances(self, statistics) -> np.ndarray:
        """Mahalanobis distance of each band and of all bands, shape (n, n_bands + 1)."""
        off = (statistics - self.center) / self.scale - self.mean
        parts = [slice(b * _PER_BAND, (b + 1) * _PER_BAND) for b in range(self.n_bands)]
        found = []
        for part in [*parts, slice(None)]:
            solved = np.linalg.solve(self.covariance[part, part], off[:, part].T)
            found.append(np.sqrt(np.sum(off[:, part].T * solved, axis=0)))
        return np.transpose(found)

    def to_config(self) -> dict:
        """Return plain data (JSON); of the covariance the lower triangle."""
        lower = self.covariance[np.tril_indices(len(self.mean))]
        numbers = {"center": self.center, "scale": self.scale, "mean": self.mean}
        numbers |= {"covariance": lower, "limits": self.limits}
        return {"n_bands": self.n_bands} | {
            name: [float(f"{value:.6g}") for value in values] for name, values in numbers.items()
        }

    @classmethod
    def from_config(cls, config: Mapping) -> "ImageDomain":
        """Build from what `to_config` returned.

        Raises
        ------
        ValueError
            If the numbers do not fit together.
        """
        config = {name: np.asarray(value, dtype=float) for name, value in config.items()}
        n_bands, n = int(config.pop("n_bands")), len(config["mean"])
        covariance = np.zeros((n, n))
        covariance[np.tril_indices(n)] = config.pop("covariance")
        covariance += np.tril(covariance, -1).T
        if n != n_bands * _PER_BAND + n_bands * (n_bands - 1) // 2:
            raise ValueError(f"{n} statistics for {n_bands} bands")
        return cls(n_bands, covariance=covariance, **config)


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
        ring = np.digitize(frequency, np.geomspace(1.5 / min(self.shape), 0.5, _BINS + 1)) - 1
        self.ring = np.where((ring >= 0) & (ring < _BINS), ring, _BINS)
        # The transform of a real image holds one of each pair of opposite frequencies, but for the
        # first column and, of an even length, the last.
        twice = np.full((self.shape[0], self.shape[1] // 2 + 1), 2.0)
        twice[:, 0] = 1
        if self.shape[1] % 2 == 0:
            twice[:, -1] = 1
        self.weight = twice.ravel()
        number = np.bincount(self.ring, self.weight, _BINS + 1)[:_BINS]
        self.number = np.maximum(number, 1)

    def power(self, image):
        """Logarithm of the mean power per pixel, shape (bins,)."""
        top, left = ((full - n) // 2 for full, n in zip(image.shape, self.shape, strict=True))
        part = image[top : top + self.shape[0], left : left + self.shape[1]]
        transform = fft.rfft2(part).ravel()
        power = (transform.real**2 + transform.imag**2) * self.weight
        mean = np.bincount(self.ring, power, _BINS + 1)[:_BINS] / self.number / part.size
        return np.log10(mean + _FLOOR)


class _Rows:
    """Some rows of an array, one at a time: a memory-mapped one stays on disk."""

    def __init__(self, array, rows):
        self.array, self.rows, self.shape = array, rows, array.shape

    def __iter__(self):
        return (self.array[row] for row in self.rows)


def _fast_length(n: int) -> int:
    """The largest length up to ``n`` without large prime factors."""
    return next(length for length in range(n, 0, -1) if fft.next_fast_len(length) == length)


def _center_and_scale(statistics):
    """Mean and standard deviation with the outermost hundredth of each side pulled in."""
    inner = np.clip(statistics, *np.quantile(statistics, [0.01, 0.99], axis=0))
    return inner.mean(axis=0), np.maximum(inner.std(axis=0), _SMALLEST_SCALE)


def _shrunk(scaled):
    """Mean and shrunk covariance of scaled statistics."""
    from sklearn.covariance import LedoitWolf

    found = LedoitWolf().fit(scaled)
    # A statistic that never varied (no image had a gap) still has an inverse.
    return found.location_, found.covariance_ + 1e-3 * np.eye(len(found.location_))
