"""Counts images that hold the photons of others: rebinned, resampled, scaled, or summed."""

from collections.abc import Callable

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.special import ndtr

from .._energies import share_energies
from ._image_places import unshared

__all__ = ["covering", "held_counts"]

#: Farthest the middles of two images may lie apart, in radii of the larger one; most pairs that are
#: compared: images that nothing is known of are few.
_APART, _MOST_PAIRS = 0.5, 300
#: Pixels along the side of blocks whose counts are compared where pixels do not fit; fewest blocks,
#: and fewest counts in one, for their scatter to tell anything.
_BLOCK, _FEWEST, _COUNTS = 8, 50, 5.0
#: Scatter of the difference, in that of independent photons: copies have next to none.
_ALIKE = 0.3
#: How many times the counts make an image the sum of another one and more.
_MORE = 1.1
#: Least scatter of photons, in that of their number.
_NOISE = 0.5
#: Pixels that would have fewer counts than the other image by chance, at least; and the side of the
#: square whose mean is expected in a pixel.
_BY_CHANCE, _NEAR = 20.0, 7


def held_counts(images: list, read: Callable) -> list[tuple[object, object]]:
    """Return pairs of images of which the first holds the photons of the second.

    Two telescopes that look at one sky catch other photons: here one has more, there the other.
    An image that nowhere has fewer counts than another one, though by their numbers it would have
    in many pixels, holds its photons: it is a copy of it, or the sum of it and others. Where the
    pixels do not fit, counts in blocks of pixels tell: those of independent photons scatter as
    their number says, those of a copy hardly do.

    Parameters
    ----------
    images : list of FitsImage
        Of one band. Those that state different observations or cameras are not compared.
    read : callable
        Returns the pixels of an image.

    Returns
    -------
    list of (FitsImage, FitsImage)
        The one that has more counts, or finer pixels, first.
    """
    near = _candidates(images)
    pairs = _held([pair for pair in near if _may_share(*pair)], read)
    # A sum that states an observation and a camera has the photons of others too.
    sums = {id(whole) for whole, part in pairs if whole.selection.whole or part.selection.whole}
    more = [pair for pair in near if sums & set(map(id, pair))] if sums else []
    return pairs + _held([pair for pair in more if not _may_share(*pair)], read)


def _held(pairs, read) -> list:
    """Those pairs of which one image holds the photons of the other, that one first."""
    found = []
    for one, other in pairs[:_MOST_PAIRS]:
        counts = [_counts(image, read) for image in (one, other)]
        if all(pixels is not None for pixels in counts):
            order = _holds(one, other, *counts)
            found += [] if order is None else [order]
    return found


def covering(one, other, read: Callable) -> tuple[object, object, bool] | None:
    """Return, of two images on the same pixels, that which has all counts of the other one, first.

    And whether it is a sum: not where it has more only in pixels of which the other one has none,
    as of holes that were cut out. None where neither has all counts, or they are no counts.
    """
    ours, theirs = (_counts(image, read) for image in (one, other))
    if ours is None or theirs is None or ours.shape != theirs.shape:
        return None
    is_sum = bool(np.any((ours != theirs) & (ours > 0) & (theirs > 0)))
    if _covers(ours, theirs):
        return one, other, is_sum
    return (other, one, is_sum) if _covers(theirs, ours) else None


def _candidates(images):
    """Pairs of images of much the same sky and energies."""
    centers = np.array([image.info.center for image in images]).reshape(-1, 3)
    radii = np.array([image.info.radius for image in images])
    found = []
    for i, one in enumerate(images):
        apart = np.linalg.norm(centers[i + 1 :] - centers[i], axis=1)
        near = i + 1 + np.flatnonzero(apart < _APART * np.maximum(radii[i + 1 :], radii[i]))
        found += [(one, images[k]) for k in near if _is_other(one, images[k])]
    return found


def _is_other(one, other) -> bool:
    """Whether two images, of energies that overlap, are not known to hold the same photons."""
    if one.photons == other.photons or (one.path, one.chip) == (other.path, other.chip):
        return False
    return share_energies(one.energies, other.energies)


def _may_share(one, other) -> bool:
    """Whether two images may hold the same photons, by what they say of themselves."""
    here, there = one.selection, other.selection
    stated = [(a, b) for a, b in zip((here.observation, here.camera),
                                     (there.observation, there.camera), strict=True)
              if a and b]  # fmt: skip
    words = [(set(a.split()), set(b.split())) for a, b in stated]  # ACIS, and ACIS ACIS-235678
    return all(a <= b or b <= a for a, b in words) and not here.apart(there)


def _counts(image, read):
    """Pixels of an image of counts; None where it is none, or too large."""
    try:
        pixels = read(image.path, image.info.index, image.info.plane)
    except OSError:
        return None  # whoever needs the pixels says what is wrong
    if not isinstance(pixels, np.ndarray):
        return None
    pixels = np.nan_to_num(pixels.astype(float), posinf=0.0, neginf=0.0)
    counts = "count" in image.info.unit.lower() or not np.any(pixels % 1)
    return pixels if counts and pixels.min() >= 0 and pixels.any() else None


def _holds(one, other, ours, theirs):
    """The image that holds the photons of the other one, and that; None where neither does."""
    areas = [abs(np.linalg.det(x.info.wcs.pixel_scale_matrix)) for x in (one, other)]
    if areas[0] > areas[1] * (1 + 1e-6):  # the finer one is put on the pixels of the coarser one
        one, other, ours, theirs = other, one, theirs, ours
    ours, inside = _moved(one, other, ours)
    if not inside.any():
        return None
    rows, columns = (np.flatnonzero(inside.any(axis=k)) for k in (1, 0))
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    ours, theirs = (np.where(inside, x, 0)[part] for x in (ours, theirs))
    if _covers(ours, theirs):
        return one, other
    if _covers(theirs, ours):
        return other, one
    if not _are_alike(ours, theirs):
        return None
    return (other, one) if theirs.sum() > _MORE * ours.sum() else (one, other)


def _moved(one, other, pixels):
    """Counts of an image on the pixels of another one, and which of those lie well inside it."""
    shape = other.info.wcs.array_shape
    wcs, target = unshared(one.info.wcs), unshared(other.info.wcs)
    y, x = np.indices(pixels.shape)
    place = target.wcs_world2pix(np.stack(wcs.wcs_pix2world(x.ravel(), y.ravel(), 0), axis=1), 0)
    ok = np.isfinite(place).all(axis=1)
    place = np.floor(np.where(ok[:, np.newaxis], place, -9) + 0.5 + 1e-6).astype(int)
    ok &= ((place >= 0) & (place < shape[::-1])).all(axis=1)
    index = place[ok, 1] * shape[1] + place[ok, 0]
    size = shape[0] * shape[1]
    moved = np.bincount(index, pixels.ravel()[ok], size).reshape(shape)
    inside = np.bincount(index, minlength=size).reshape(shape) > 0
    return moved, inside


def _covers(more, fewer) -> bool:
    """Whether one image has as many counts as another everywhere, and not by chance."""
    if min(fewer.shape) < _NEAR or np.any(more + 1e-3 < fewer):
        return False
    few, many = (uniform_filter(image, _NEAR) for image in (fewer, more))
    if np.mean((fewer - few) ** 2) < _NOISE * fewer.mean():
        return False  # no photons: a model of the sky has no noise
    scatter = np.sqrt(np.maximum(few + many, 1e-9))
    # A count beside none, or, of many counts, a difference below zero.
    chance = np.where(
        scatter > 3, ndtr((few - many - 0.5) / scatter), -np.expm1(-few) * np.exp(-many)
    )
    return bool(chance.sum() >= _BY_CHANCE)


def _are_alike(one, other) -> bool:
    """Whether counts in blocks scatter less than those of independent photons would."""
    blocks = []
    for image in (one, other):
        ny, nx = (n // _BLOCK for n in image.shape)
        image = image[: ny * _BLOCK, : nx * _BLOCK]
        blocks.append(image.reshape(ny, _BLOCK, nx, _BLOCK).sum(axis=(1, 3))[1:-1, 1:-1])
    here, there = blocks
    if here.sum() == 0 or there.sum() == 0:
        return False
    there = there * (here.sum() / there.sum())
    enough = here + there >= 2 * _COUNTS
    here, there = here[enough], there[enough]
    if enough.sum() < _FEWEST or np.var(here) < _NOISE * here.mean():
        return False  # too little, or no photons
    return bool(np.mean((here - there) ** 2 / (here + there)) < _ALIKE)
