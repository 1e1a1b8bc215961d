"""Curve of image statistics from faint to bright sources, and the scatter about it."""

import numpy as np

from ._statistics import BINS, PER_BAND

__all__ = ["balanced", "bands", "curve", "direction", "levels", "shrunk", "trend"]

#: Bins of brightness that count alike, whatever number of images they hold.
_LEVELS = 20


def bands(n_bands):
    """The statistics of each band."""
    return [slice(b * PER_BAND, (b + 1) * PER_BAND) for b in range(n_bands)]


def direction(scaled, n_bands):
    """First principal component of each band; larger where the image has more contrast."""
    found = np.zeros(scaled.shape[1])
    for part in bands(n_bands):
        axis = np.linalg.svd(scaled[:, part], full_matrices=False)[2][0]
        contrast = scaled[:, part.start + BINS + 1]  # kurtosis
        found[part] = axis if (scaled[:, part] @ axis) @ contrast >= 0 else -axis
    return found


def levels(scaled, direction, n_bands):
    """Component of each band, shape (n, n_bands)."""
    return np.stack([scaled[:, part] @ direction[part] for part in bands(n_bands)], axis=1)


def balanced(level):
    """Rows among which no level is rare: at most a fifth of their share from each of 20 bins."""
    bins = np.digitize(level, np.linspace(level.min(), level.max(), _LEVELS + 1)[1:-1])
    most = max(len(level) // (5 * _LEVELS), 30)
    order = np.random.default_rng(0).permutation(len(level))
    return np.sort(
        np.concatenate([order[bins[order] == number][:most] for number in range(_LEVELS)])
    )


def _powers(level):
    return np.stack([np.ones_like(level), level, level**2], axis=-1)


def trend(scaled, level, n_bands):
    """Least-squares curve of each band's statistics; of correlations between bands the mean."""
    found = np.zeros((3, scaled.shape[1]))
    found[0] = scaled.mean(axis=0)
    for b, part in enumerate(bands(n_bands)):
        found[:, part] = np.linalg.lstsq(_powers(level[:, b]), scaled[:, part])[0]
    return found


def curve(level, trend):
    """Statistics on the curve at the levels of the bands."""
    found = np.tile(trend[0], (len(level), 1))
    for b, part in enumerate(bands(level.shape[1])):
        found[:, part] = _powers(level[:, b]) @ trend[:, part]
    return found


def shrunk(off):
    """Shrunk covariance of scaled statistics about the curve."""
    from sklearn.covariance import LedoitWolf

    # A statistic that never varied (no image had a gap) still has an inverse.
    return LedoitWolf(assume_centered=True).fit(off).covariance_ + 1e-3 * np.eye(off.shape[1])
