"""Is an image like those of the training? A distance in a few numbers per image."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..exceptions import InvalidParameterError
from ..tables._numbers import as_floats
from . import _curve
from ._causes import CAUSES, cause_codes
from ._softened import SoftenedRows
from ._statistics import PER_BAND, image_statistics

__all__ = ["ImageDomain"]

#: A statistic that hardly varies in the training is not given all the weight.
_SMALLEST_SCALE = 0.02
#: Most images that are looked at; the rare ones, with the brightest sources, are worth many.
_MOST = 40_000


@dataclass(frozen=True)
class ImageDomain:
    """The images that a network was trained on, as a region in the space of their statistics.

    Images of bright and of faint sources lie along a curve in the space of `image_statistics`: of
    each band, the statistics are a quadratic function of their first principal component. Few
    images hold the brightest sources, so all parts of the curve count alike in the fit. The score
    of an image is its Mahalanobis distance from the curve, the largest of: each band by itself, and
    all bands together. It is given in units of the distance that 99.5 % of held-out training images
    keep: **above 1 is unusual**. It knows texture, sharpness, contrast and gaps, and how the bands
    go together; it does not know classes: an odd object on an ordinary image is not novel.

    Parameters
    ----------
    n_bands : int
        Bands of the images.
    center, scale : ndarray of shape (n_statistics,)
        Mean and standard deviation of each statistic, without the outermost images.
    direction : ndarray of shape (n_statistics,)
        First principal component of each band; 0 for correlations between bands.
    trend : ndarray of shape (3, n_statistics)
        The curve: scaled statistics as a quadratic function of that component.
    covariance : ndarray of shape (n_statistics, n_statistics)
        Covariance about the curve, with the shrinkage of Ledoit & Wolf.
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
    direction: np.ndarray
    trend: np.ndarray
    covariance: np.ndarray
    limits: np.ndarray

    @classmethod
    def fit(
        cls, tensor: np.ndarray, held_out: np.ndarray | None = None, quantile: float = 0.995
    ) -> "ImageDomain":
        """Describe training images.

        Parameters
        ----------
        tensor : ndarray of shape (n, ny, nx, n_bands)
            Network input, in memory or memory-mapped; of more than 40,000 images as many, evenly
            spread, are used. Those with a band that is the same in all pixels are left out.
        held_out : ndarray of shape (m, ny, nx, n_bands), optional
            Other images of the same kind, for the limits. By default every fourth image.
        quantile : float
            Fraction of the held-out images with a score below 1.

        Raises
        ------
        InvalidParameterError
            If there are fewer than four images to fit, or none held out.
        """
        known = image_statistics(SoftenedRows(tensor, _varied_rows(tensor)))
        if held_out is None:
            # Pairs, as every second image is softened: both kinds are in both parts.
            apart = np.arange(len(known)) // 2 % 4 == 3
            known, other = known[~apart], known[apart]
        else:
            other = image_statistics(SoftenedRows(held_out, _varied_rows(held_out)))
        if len(known) < 4 or len(other) == 0:
            raise InvalidParameterError(
                "a domain needs some hundred images: four at least, and one held out"
            )
        n_bands = tensor.shape[-1]
        center, scale = _center_and_scale(known)
        known, other = (known - center) / scale, (other - center) / scale
        direction = _curve.direction(known, n_bands)
        level = _curve.levels(known, direction, n_bands)
        chosen = _curve.balanced(level.max(axis=1))
        trend = _curve.trend(known[chosen], level[chosen], n_bands)
        off = known[chosen] - _curve.curve(level[chosen], trend)
        covariance, ones = _curve.shrunk(off), np.ones(n_bands + 1)
        one = cls(n_bands, center, scale, direction, trend, covariance, ones)
        distances = one._distances(other)
        # Of bright sources, rare among the held-out images, as large a fraction is to stay within.
        bright = _curve.balanced(_curve.levels(other, direction, n_bands).max(axis=1))
        limits = [np.quantile(some, quantile, axis=0) for some in (distances, distances[bright])]
        limits = np.max(limits, axis=0)
        limits = limits * max(np.quantile((distances / limits).max(axis=1), quantile), 1.0)
        return replace(one, limits=limits)

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
        InvalidParameterError
            If the images have another number of bands.
        """
        return self.judge(tensor)[0]

    def judge(
        self, tensor: np.ndarray, missing: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return how unusual images are, and what about them is.

        Parameters
        ----------
        tensor : ndarray of shape (n, ny, nx, n_bands)
            Network input.
        missing : ndarray of shape (n, n_bands), bool, optional
            Bands without an image: each of the others is judged by itself.

        Returns
        -------
        score : ndarray of shape (n,)
            See `score`.
        cause : ndarray of shape (n,), int
            Number of the band times the number of `CAUSES`, plus the number of the cause: the
            group of statistics that adds most to the largest distance. -1 where the score is not
            above 1.

        Raises
        ------
        InvalidParameterError
            See `score`.
        """
        if np.ndim(tensor) != 4 or np.shape(tensor)[-1] != self.n_bands:
            raise InvalidParameterError(
                f"images of {self.n_bands} bands are needed, not {np.shape(tensor)}"
            )
        if len(tensor) == 0:
            return np.zeros(0), np.zeros(0, dtype=np.int16)
        scaled = (image_statistics(tensor) - self.center) / self.scale
        distances = self._distances(scaled) / self.limits
        if missing is not None:
            distances[:, :-1][missing] = 0
            distances[missing.any(axis=1), -1] = 0
        score = distances.max(axis=1)
        cause = np.full(len(score), -1, dtype=np.int16)
        for i in np.flatnonzero(score > 1):
            cause[i] = self._cause(scaled[i], int(distances[i].argmax()))
        return score, cause

    def _cause(self, scaled, part) -> int:
        """Band and group of statistics that add most to a distance: of one band, or of all."""
        level = _curve.levels(scaled[np.newaxis], self.direction, self.n_bands)
        off = scaled - _curve.curve(level, self.trend)[0]
        chosen = [*_curve.bands(self.n_bands), slice(None)][part]
        added = off[chosen] * np.linalg.solve(self.covariance[chosen, chosen], off[chosen])
        codes = cause_codes(self.n_bands)[chosen]
        sums = np.bincount(codes, added, minlength=self.n_bands * len(CAUSES))
        return int(sums.argmax())

    def _distances(self, scaled) -> np.ndarray:
        """Mahalanobis distance of each band and of all bands, shape (n, n_bands + 1)."""
        off = scaled - _curve.curve(_curve.levels(scaled, self.direction, self.n_bands), self.trend)
        found = []
        for part in [*_curve.bands(self.n_bands), slice(None)]:
            solved = np.linalg.solve(self.covariance[part, part], off[:, part].T)
            found.append(np.sqrt(np.sum(off[:, part].T * solved, axis=0)))
        return np.transpose(found)

    def to_config(self) -> dict:
        """Return plain data (JSON); of the covariance the lower triangle."""
        lower = self.covariance[np.tril_indices(len(self.center))]
        numbers = {"center": self.center, "scale": self.scale, "direction": self.direction}
        numbers |= {"trend": self.trend.ravel(), "covariance": lower, "limits": self.limits}
        return {"n_bands": self.n_bands} | {
            name: [float(f"{value:.6g}") for value in values] for name, values in numbers.items()
        }

    @classmethod
    def from_config(cls, config: Mapping) -> "ImageDomain":
        """Build from what `to_config` returned.

        Raises
        ------
        InvalidParameterError
            If the numbers do not fit together.
        """
        lacking = {"n_bands", "center", "trend", "covariance"} - {*config}
        if lacking:
            raise InvalidParameterError(f"the domain lacks {min(lacking)!r}")
        config = {name: as_floats(value, name) for name, value in config.items()}
        n_bands, n = int(config.pop("n_bands")), len(config["center"])
        config["trend"] = config["trend"].reshape(3, n)
        covariance = np.zeros((n, n))
        covariance[np.tril_indices(n)] = config.pop("covariance")
        covariance += np.tril(covariance, -1).T
        if n != n_bands * PER_BAND + n_bands * (n_bands - 1) // 2:
            raise InvalidParameterError(f"{n} statistics for {n_bands} bands")
        lengths = {"center": n, "scale": n, "direction": n, "limits": n_bands + 1}
        wrong = [name for name, length in lengths.items() if config[name].shape != (length,)]
        if wrong:
            raise InvalidParameterError(f"{', '.join(wrong)} of another shape")
        return cls(n_bands, covariance=covariance, **config)


def _varied_rows(tensor) -> np.ndarray:
    """Rows that are looked at: none is empty, as an image without a photon is."""
    rows = np.unique(np.linspace(0, len(tensor) - 1, _MOST).astype(int))
    varied = [(np.ptp(tensor[row], axis=(0, 1)) > 0).all() for row in rows]
    return rows[np.array(varied, dtype=bool)]


def _center_and_scale(statistics):
    """Mean and standard deviation with the outermost hundredth of each side pulled in."""
    inner = np.clip(statistics, *np.quantile(statistics, [0.01, 0.99], axis=0))
    return inner.mean(axis=0), np.maximum(inner.std(axis=0), _SMALLEST_SCALE)
