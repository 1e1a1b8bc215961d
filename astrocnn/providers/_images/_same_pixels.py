"""Images whose pixels are those of others: copied, turned, flipped, or cut out of them."""

import hashlib
from collections.abc import Callable

import numpy as np

from ._image_places import unshared

__all__ = ["copied_parts", "pixel_digest", "pixel_grid"]

#: Side (pixels) of the middle of large images, which tells enough.
_MIDDLE = 1024
#: Pixels that differ from all others in a part that two images have in common, at least.
_FEWEST = 10


def pixel_grid(info) -> tuple:
    """Return what images on the same pixels of the sky have in common, however they are turned.

    Parameters
    ----------
    info : ImageInfo
        Where an image lies.
    """
    matrix, shape = info.wcs.pixel_scale_matrix, info.wcs.array_shape
    turned, flip_x, flip_y = _turns(matrix)
    matrix = matrix[:, ::-1] if turned else matrix
    matrix = matrix * [-1 if flip_x else 1, -1 if flip_y else 1]
    shape = shape[::-1] if turned else shape
    return (shape, *((np.round(x, 8) + 0.0).tobytes() for x in (matrix, info.center)))


def pixel_digest(image, read: Callable) -> bytes | None:
    """Return a digest of the pixels of an image as they lie on the sky; None where all are equal.

    Parameters
    ----------
    image : FitsImage
    read : callable
        Returns the pixels of an image.
    """
    try:
        pixels = read(image.path, image.info.index, image.info.plane)
    except OSError:
        return None  # whoever needs the pixels says what is wrong
    if not isinstance(pixels, np.ndarray):
        starts = [max((n - _MIDDLE) // 2, 0) for n in pixels.shape]
        pixels = pixels[tuple(slice(k, n - k) for k, n in zip(starts, pixels.shape, strict=True))]
    if (pixels == pixels.flat[0]).all() or not np.isfinite(pixels).any():
        return None
    turned, flip_x, flip_y = _turns(image.info.wcs.pixel_scale_matrix)
    pixels = pixels.T if turned else pixels
    pixels = pixels[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
    return hashlib.sha256(np.ascontiguousarray(pixels, np.float32).view(np.uint8)).digest()


def _turns(matrix) -> tuple[bool, bool, bool]:
    """Whether axes are to be swapped, and then flipped, so that east is left and north is up."""
    turned = abs(matrix[0, 1]) > abs(matrix[0, 0])
    matrix = matrix[:, ::-1] if turned else matrix
    return bool(turned), bool(matrix[0, 0] > 0), bool(matrix[1, 1] < 0)


def copied_parts(images: list, read: Callable) -> list[tuple[object, object]]:
    """Return pairs of images that hold the same pixels where they overlap, as one cut out has.

    Parameters
    ----------
    images : list of FitsImage
        Of one band. Those whose pixels lie on one another exactly, without a turn, are compared.
    read : callable
        Returns the pixels of an image.

    Returns
    -------
    list of (FitsImage, FitsImage)
        The larger one first.
    """
    groups, pairs = {}, []
    for image in images:
        scale = np.round(image.info.wcs.pixel_scale_matrix, 9) + 0.0  # no -0
        groups.setdefault((scale.tobytes(), tuple(image.info.wcs.wcs.ctype)), []).append(image)
    for members in groups.values():
        if len(members) > 1:
            members.sort(key=lambda image: -np.prod(image.info.wcs.array_shape))
            near = ((members[i], members[j]) for i, j in _near(members))
            pairs += [pair for pair in near if _is_part(*pair, read)]
    return pairs


def _near(images) -> list[list[int]]:
    """Pairs of images that may overlap, by their circles; those on the very same pixels do not."""
    from scipy.spatial import cKDTree

    reach = 2 * max(image.info.radius for image in images)
    pairs = cKDTree([image.info.center for image in images]).query_pairs(min(reach, 2.0))
    grids = [pixel_grid(image.info) for image in images]
    return sorted(pair for pair in pairs if grids[pair[0]] != grids[pair[1]])


def _is_part(one, other, read) -> bool:
    """Whether two images have the same pixels in the part that both have."""
    reach = one.info.radius + other.info.radius
    if np.linalg.norm(one.info.center - other.info.center) >= reach:
        return False
    offset = _offset(one.info.wcs, other.info.wcs)
    if offset is None:
        return False
    here, there = [], []
    for start, n, m in zip(offset, one.info.wcs.array_shape, other.info.wcs.array_shape,
                           strict=True):  # fmt: skip
        low, high = max(start, 0), min(start + m, n)
        if low >= high:
            return False
        here.append(slice(low, high))
        there.append(slice(low - start, high - start))
    try:
        ours, theirs = (
            np.asarray(read(x.path, x.info.index, x.info.plane)[tuple(part)], np.float32)
            for x, part in ((one, here), (other, there))
        )
    except OSError:
        return False
    known = np.isfinite(ours) & np.isfinite(theirs)
    if not known.any() or not np.array_equal(ours[known], theirs[known]):
        return False
    return int(np.sum(ours[known] != np.median(ours[known]))) >= _FEWEST


def _offset(wcs, other) -> tuple[int, int] | None:
    """Row and column of an image in which the first pixel of another lies; None if in between."""
    wcs, other = unshared(wcs), unshared(other)
    corners = np.array([[0.0, 0.0], [n - 1.0 for n in other.array_shape[::-1]]])
    places = wcs.wcs_world2pix(other.wcs_pix2world(corners, 0), 0)
    apart = np.round(places - corners)
    if not np.all(np.abs(places - corners - apart) < 0.01) or not np.all(apart[0] == apart[1]):
        return None
    return int(apart[0, 1]), int(apart[0, 0])
