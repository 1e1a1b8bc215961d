"""Surroundings of a source: its background, where it is, and its neighbors."""

import numpy as np
from scipy.ndimage import maximum_filter

from ..surveys import PointSpread
from ._templates import gaussian_taps

__all__ = [
    "background_image", "contrasts", "filter_taps", "find_neighbors", "find_source",
    "flat_exposure", "photons_per_unit",
]  # fmt: skip

#: The background is measured beyond this distance from the middle (arcsec).
_FAR = 90.0
#: Relative scatter of the exposure from which on it tells photons from particles.
_SPREAD = 0.05
#: Relative change of the exposure from one pixel to the next that is a step; of the others, each
#: so many are enough for a smooth trend.
_STEEP, _EACH = 0.05, 7
#: A source is looked for within this distance of the target (arcsec), above this significance.
_REACH, _FOUND = 48.0, 4.0
#: The source of another target lies within this distance of it (arcsec; or a pixel, or the
#: half-energy radius), and stands out of its surroundings by this significance.
_LISTED, _STANDS = 12.0, 3.0
#: Neighbors are farther from the source than this (arcsec), above this significance.
_APART, _NEIGHBOR = 28.0, 5.0
#: Most neighbors that are masked.
_MOST = 12
#: A single photon is no detection, however little background is expected: variance (counts)
#: that is added, in units of the peak of the filter squared.
_FLOOR = 0.3


def filter_taps(psf: PointSpread, pixel: float) -> np.ndarray:
    """Return the Gaussian, along one axis, that is about as wide as a point source."""
    return gaussian_taps(round(max(0.7 * psf.half_radius / pixel, 0.8), 2))


def photons_per_unit(rate: np.ndarray, valid: np.ndarray) -> float:
    """Estimate how many photons a unit of a rate image stands for.

    Mean over variance of its background, in blocks of 3 x 3 pixels: in counts they are the same.
    """
    ny, nx = (n // 3 * 3 for n in rate.shape)
    blocks = rate[:ny, :nx].reshape(ny // 3, 3, nx // 3, 3).sum(axis=(1, 3))
    values = blocks[valid[:ny, :nx].reshape(ny // 3, 3, nx // 3, 3).all(axis=(1, 3))]
    if len(values) < 30:
        return 1.0
    for _ in range(4):
        values = values[np.abs(values - values.mean()) <= 3 * values.std() + 1e-30]
    # Interpolation between pixels lowers the scatter of such blocks, by this on average.
    return float(values.mean() / max(values.var() / 0.8, 1e-30))


def background_image(counts, relative, flat, weight, pixel, taps) -> np.ndarray:
    """Measure the background (counts per pixel), away from sources, and continue it to all pixels.

    It is a sum of two: photons of the sky, which follow the exposure, and particles. Those do not
    know of vignetting, but do of chips and cameras: they follow the exposure less its smooth trend
    across the image.

    Parameters
    ----------
    counts, relative, flat, weight : ndarray of shape (ny, nx)
        Counts, exposure relative to its median, the same less its trend (see `flat_exposure`), and
        0 where a pixel is not used.
    pixel : float
        Side of a pixel (arcsec).
    taps : ndarray
        See `filter_taps`.
    """
    from ._kernel import smooth

    use = (_distance(counts.shape) * pixel > _FAR) & (weight > 0) & (relative > 0.2)
    if use.sum() < 50:
        use = (weight > 0) & (relative > 0)
    if not use.any():
        return np.full(counts.shape, 1e-6) * (relative > 0)
    smoothed = smooth(counts * weight, taps)
    exposed, variance = (
        [smooth(part * weight, some) for part in (relative, flat)] for some in (taps, taps**2)
    )

    def total(levels, parts):
        return levels[0] * parts[0] + levels[1] * parts[1] if levels[1] else levels[0] * parts[0]

    levels = counts[use].sum() / relative[use].sum(), 0.0
    for _ in range(5):
        excess = smoothed - total(levels, exposed)
        error = np.sqrt(total(levels, variance) + _FLOOR * taps.max() ** 4)
        keep = use & (excess < 3 * error)
        if keep.sum() < 50:
            break
        some = relative[keep], flat[keep]
        levels = _levels(counts[keep], *some, total(levels, some))
    return np.maximum(total(levels, (relative, flat)), 1e-6 * (relative > 0))


def flat_exposure(relative: np.ndarray) -> np.ndarray:
    """Return the exposure without vignetting, its smooth part, which is one at most.

    The logarithm of the smooth part is a parabola in both directions, found from the slopes between
    neighboring pixels: steps, where a chip or a camera begins, are no part of it.

    Parameters
    ----------
    relative : ndarray of shape (ny, nx)
        Exposure relative to its median; 0 outside of the field.
    """
    inside = relative > 0.2
    if inside.sum() < 50 or relative[inside].std() < _SPREAD * relative[inside].mean():
        return relative
    logarithm = np.log(np.where(inside, relative, 1.0))
    y, x = (2 * np.arange(n) / max(n - 1, 1) - 1 for n in relative.shape)
    rows, slopes = [], []
    for own, other, values, here in ((y, x, logarithm, inside), (x, y, logarithm.T, inside.T)):
        change = np.diff(values[:, ::_EACH], axis=0)
        both = here[1:, ::_EACH] & here[:-1, ::_EACH] & (np.abs(change) < _STEEP)
        at, across = np.nonzero(both)
        middle, step = (own[1:] + own[:-1])[at] / 2, own[1] - own[0]
        slope = np.zeros((len(at), 5))
        slope[:, 0 if own is y else 1] = step
        slope[:, 2] = step * other[::_EACH][across]
        slope[:, 3 if own is y else 4] = 2 * step * middle
        rows.append(slope)
        slopes.append(change[both])
    if sum(map(len, slopes)) < 50:
        return relative
    a, b, c, d, e = np.linalg.lstsq(np.concatenate(rows), np.concatenate(slopes))[0]
    y = y[:, np.newaxis]
    trend = a * y + b * x + c * y * x + d * y * y + e * x * x
    return relative / np.exp(np.clip(trend - trend[inside].max(), np.log(0.2), 0.0))


def _levels(counts, relative, flat, expected) -> tuple[float, float]:
    """Background that follows the exposure, and background that does not, from pixels of it.

    One step of weighted least squares; neither is below zero. Where the two look alike nothing
    tells them apart.
    """
    level = float(counts.sum() / relative.sum())
    ratio = relative / flat
    if ratio.std() < _SPREAD * ratio.mean():
        return level, 0.0
    weight = 1 / np.maximum(expected, 1e-6)
    terms = np.stack([relative, flat])
    normal, found = (terms * weight) @ terms.T, (terms * weight) @ counts
    sky, particles = np.linalg.solve(normal, found)
    if particles <= 0:
        return level, 0.0
    return (sky, particles) if sky > 0 else (0.0, float(counts.sum() / flat.sum()))


def contrasts(counts, background, weight, psf, pixel) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each pixel stands out of what surrounds it: counts, and their significance.

    By the difference of two Gaussians: on the halo of an extended source nothing stands out.
    """
    from ._kernel import smooth

    taps = filter_taps(psf, pixel)
    wide = gaussian_taps(round(2.2 * max(0.7 * psf.half_radius / pixel, 0.8), 2))
    kernel = -np.outer(wide, wide)
    inner = slice(len(wide) // 2 - len(taps) // 2, len(wide) // 2 + len(taps) // 2 + 1)
    kernel[inner, inner] += np.outer(taps, taps)
    image = (counts - background) * weight
    contrast = smooth(image, taps) - smooth(image, wide)
    local = np.maximum(smooth(counts * weight, wide), background)
    error = np.sqrt(local * (kernel**2).sum() + _FLOOR * taps.max() ** 4)
    return contrast / kernel.max(), contrast / error


def find_source(
    counts, background, weight, psf, pixel, standing, others=()
) -> tuple[tuple[int, int], set[tuple[int, int]]]:
    """Return the pixel of the source, and those of the sources of other targets.

    The source is the best peak near the middle, nearer ones first; the slope of a neighbor is no
    peak. A peak near another target that stands out of its surroundings is that target's source;
    then what lies nearer to that target is not the source that is looked for.
    """
    from ._kernel import smooth

    taps = filter_taps(psf, pixel)
    excess = smooth((counts - background) * weight, taps)
    error = np.sqrt(smooth(background * weight, taps**2) + _FLOOR * taps.max() ** 4)
    significance = excess / error
    middle = counts.shape[0] // 2, counts.shape[1] // 2
    peaks = (significance == maximum_filter(significance, 5)) & (significance >= _FOUND)
    peaks = np.argwhere(peaks)
    values, stands = significance[*peaks.T], standing[*peaks.T] >= _STANDS
    distance = np.hypot(*(peaks - middle).T) * pixel
    own, taken = distance <= _REACH, set()
    for place in others:
        apart = np.hypot(*(peaks - place).T) * pixel
        theirs = stands & (apart <= max(_LISTED, psf.half_radius, pixel)) & (apart < distance)
        if theirs.any():
            own &= apart >= distance
            taken.add(tuple(peaks[np.where(theirs, values, -np.inf).argmax()].tolist()))
    score = np.where(own, values * np.exp(-((distance / (1.2 * _REACH)) ** 2)), -np.inf)
    if not score.max(initial=-np.inf) >= _FOUND:
        return middle, taken
    return tuple(peaks[score.argmax()].tolist()), taken


def find_neighbors(
    contrast, standing, psf, pixel, source, taken=()
) -> list[tuple[int, int, float]]:
    """Return point-like peaks beside the source: row, column and radius of the mask (arcsec).

    A peak is point-like where it stands out of what surrounds it, see `contrasts`: the halo of an
    extended source is left as it is. The sources of other targets are masked too, by 30 arcsec at
    least.
    """
    score = standing.copy()
    apart = max(_APART, 1.5 * psf.half_radius) / pixel
    score[_distance(score.shape, source) <= apart] = 0
    neighbors = []
    while len(neighbors) < _MOST and score.max() >= _NEIGHBOR:
        y, x = divmod(int(score.argmax()), score.shape[1])
        neighbors.append((y, x, _mask_radius(psf, contrast[y, x], 20.0)))
        score[_distance(score.shape, (y, x)) * pixel <= neighbors[-1][2]] = 0
    for y, x in sorted(taken):
        if np.hypot(y - source[0], x - source[1]) <= apart:
            continue
        same = [one for one in neighbors if np.hypot(one[0] - y, one[1] - x) * pixel <= one[2]]
        neighbors = [one for one in neighbors if one not in same]
        radius = max(_mask_radius(psf, contrast[y, x], 30.0), *(one[2] for one in same), 0.0)
        neighbors.append((y, x, radius))
    return neighbors


def _mask_radius(psf, counts, least) -> float:
    """Radius (arcsec) of the mask of a point source of about so many counts."""
    radius = psf.half_radius * (1.4 + 0.9 * np.log10(max(counts / 20, 1.0)))
    return float(np.clip(radius, least, 90.0))


def _distance(shape, place=None):
    """Distance (pixels) of all pixels from a place, or from the middle."""
    y0, x0 = (shape[0] // 2, shape[1] // 2) if place is None else place
    y, x = np.ogrid[: shape[0], : shape[1]]
    return np.hypot(y - y0, x - x0)
