"""What validity and exposure say of a cut-out: chip gaps, the rim of the field, vignetting."""

import numpy as np
from scipy.ndimage import distance_transform_edt

from ..providers import Pixels

__all__ = ["exposure_flags"]

#: Side (arcsec) of the blocks that are looked at: gaps of EPIC chips are 10 to 25 arcsec wide.
_BLOCK = 6.0
#: A gap is narrower than this (arcsec); what is wider lies outside of the field, or is a lost chip.
_GAP_WIDTH = 60.0
#: Radius (arcsec) around the target, and the fraction of it that may be unexposed without a word.
_CENTER, _SHARE = 60.0, 0.1
#: Fraction of the cut-out that may lie outside of the field.
_EDGE_SHARE = 0.2
#: Exposure at the target, as a fraction of the largest one of the map, below which a word is said.
_VIGNETTED = 1 / 3


def exposure_flags(pixels: Pixels, pixel_scale: float) -> list[str]:
    """Return the words that unexposed pixels earn a cut-out.

    Only pixels that exist are judged: where the survey has no pixel, coverage speaks.

    Parameters
    ----------
    pixels : Pixels
        Pixels of a band, with their exposure where there is a map.
    pixel_scale : float
        Side of a pixel (arcsec).

    Returns
    -------
    list of str
        Of ``chip_gap`` (more than a tenth of the central arcminute lies in strips of unexposed
        pixels), ``field_edge`` (more than a tenth of it, or a fifth of the cut-out, lies outside of
        the exposed field) and ``vignetted`` (the exposure at the target is less than a third
        of the largest one of the map).

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.cutouts import exposure_flags
    >>> from astrocnn.providers import Pixels
    >>> exposure = np.full((90, 90), 2e4, dtype="float32")
    >>> exposure[:, 42:47] = 0  # 20 arcsec wide
    >>> exposure_flags(Pixels(np.zeros((90, 90)), exposure > 0, exposure), 4.0)
    ['chip_gap']
    """
    words = []
    if not pixels.valid.all():
        exists = np.isfinite(pixels.image)
        words = _holes(exists, exists & ~pixels.valid, pixel_scale)
    full = pixels.full_exposure
    if full and pixels.exposure is not None:
        n = int(_CENTER / pixel_scale)
        center = tuple(slice(max(s // 2 - n, 0), s // 2 + n + 1) for s in pixels.valid.shape)
        exposed = pixels.exposure[center][pixels.valid[center]]
        if exposed.size and exposed.mean() < _VIGNETTED * full:
            words.append("vignetted")
    return words


def _holes(exists, dead, pixel_scale):
    """Words for pixels that exist and were not exposed, by their width and place."""
    if not dead.any():
        return []
    n = max(int(_BLOCK / pixel_scale), 1)
    share = _blocks(dead, n) / np.maximum(_blocks(exists, n), 1e-9)
    hole = share > 0.5
    scale = n * pixel_scale
    # Padded by what lies outside: a hole at the border of the cut-out goes on beyond it.
    margin = int(_GAP_WIDTH / scale) + 1
    padded = np.pad(hole, margin, mode="edge")
    deep = distance_transform_edt(padded) >= _GAP_WIDTH / scale / 2
    wide = padded & (distance_transform_edt(~deep) <= _GAP_WIDTH / scale / 2 + 1)
    wide = wide[margin:-margin, margin:-margin]
    center = _radius(hole.shape) * scale < _CENTER
    gaps, edge = hole & ~wide, hole & wide
    words = []
    if center.any() and gaps[center].mean() > _SHARE:
        words.append("chip_gap")
    if edge.mean() > _EDGE_SHARE or (center.any() and edge[center].mean() > _SHARE):
        words.append("field_edge")
    return words


def _blocks(mask, n):
    """Fraction of true pixels in blocks of n x n; the rest at the border is cut off."""
    ny, nx = (size // n for size in mask.shape)
    return mask[: ny * n, : nx * n].reshape(ny, n, nx, n).mean(axis=(1, 3))


def _radius(shape):
    """Distance of pixels from the middle, in pixels."""
    y, x = (np.arange(size) - (size - 1) / 2 for size in shape)
    return np.hypot(y[:, np.newaxis], x[np.newaxis, :])
