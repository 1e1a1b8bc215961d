"""Pixels outside the field of a counts image without an exposure map."""

import numpy as np
from scipy.ndimage import label

__all__ = ["unlit_pixels"]

#: Sides (arcsec) of the blocks in which photons are counted, the smallest that hold enough.
_BLOCKS = (24.0, 36.0, 48.0, 64.0, 90.0)
#: Photons that a lit block holds on average, and the fraction of them that an unlit one may hold.
_ENOUGH, _FEW = 15.0, 0.05
#: Blocks side by side that must be unlit: a single one may be so by chance.
_TOGETHER = 4


def unlit_pixels(image: np.ndarray, valid: np.ndarray, pixel_scale: float) -> np.ndarray:
    """Say which pixels no photon can have reached, by the photons of the others.

    Beyond the edge of a field, images of X-ray telescopes hold zeros, as between photons. Where
    several blocks side by side have (nearly) none, and others of their size some fifteen, that is
    no chance. Too few photons say nothing, nor do images below zero, from which a background was
    subtracted, or of which most would be unlit: then no pixel is.

    Parameters
    ----------
    image : ndarray of shape (ny, nx)
        Counts.
    valid : ndarray of shape (ny, nx), bool
        Pixels that exist.
    pixel_scale : float
        Side of a pixel (arcsec).

    Returns
    -------
    ndarray of shape (ny, nx), bool

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.cutouts import unlit_pixels
    >>> counts = np.random.default_rng(0).poisson(0.5, (90, 90))
    >>> counts[:, 60:] = 0
    >>> unlit = unlit_pixels(counts, np.ones((90, 90), dtype=bool), 4.0)
    >>> bool(unlit[:, 66:].all()), bool(unlit[:, :60].any())
    (True, False)
    """
    ny, nx = image.shape
    valid = valid & np.isfinite(image)
    counts = np.where(valid, image, 0.0)
    unlit = np.zeros(image.shape, dtype=bool)
    if (counts < 0).any():
        return unlit
    for side in _BLOCKS:
        n = max(round(side / pixel_scale), 1)
        edges = [np.arange(0, size, n) for size in (ny, nx)]
        sums, exists = (
            np.add.reduceat(np.add.reduceat(part, edges[0], axis=0), edges[1], axis=1)
            for part in (counts, valid.astype(float))
        )
        whole = exists > n * n / 2
        lit = whole & (sums > 0)
        if not lit.any():
            return unlit
        level = np.median(sums[lit] / exists[lit])
        if level * n * n < _ENOUGH:
            continue
        dark = whole & (sums <= _FEW * level * exists)
        numbers, _ = label(dark)
        sizes = np.bincount(numbers.ravel())
        sizes[0] = 0
        blocks = (sizes >= _TOGETHER)[numbers]
        if blocks.sum() > whole.sum() / 2:
            return unlit
        return blocks.repeat(n, axis=0)[:ny].repeat(n, axis=1)[:, :nx] & valid
    return unlit
