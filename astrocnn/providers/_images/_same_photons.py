"""Photons that several images hold: of one observation, camera and exposure each counts once."""

from collections.abc import Callable

import numpy as np

from ...surveys import Band
from .._energies import energies_inside, share_energies, told_energies, widest_apart
from ._left_out import LeftOut
from ._same_counts import covering, held_counts
from ._same_pixels import copied_parts, pixel_digest, pixel_grid

__all__ = ["leave_out_derived", "leave_out_same"]


def leave_out_derived(images: list, left: LeftOut) -> list:
    """Leave out images that hold the photons of others: merged over cameras, smoothed ...

    Only where those others are: of the same sky and energies, and of the same observation as far
    as both say of which they are.

    Parameters
    ----------
    images : list of FitsImage
        Images of a band.
    left : LeftOut
        To add to.

    Returns
    -------
    list of FitsImage
        Those that are kept.
    """
    if len({image.rank for image in images}) < 2:
        return images
    centers, kept = np.array([image.info.center for image in images]), []
    radii = np.array([image.info.radius for image in images])
    for image in images:
        source = None
        if image.rank:
            apart = np.linalg.norm(centers - image.info.center, axis=1)
            near = np.flatnonzero(apart < np.maximum(radii, image.info.radius))
            source = next((images[k] for k in near if _is_source(images[k], image)), None)
        if source is None:
            kept.append(image)
        else:
            how = image.product.derived or "of other cameras together"
            left.others.append((image.path, f"{how}, of the photons of {source.name}"))
    return kept


def _is_source(other, image) -> bool:
    """Whether an image near another one may hold what that was made of."""
    if other.rank >= image.rank or not share_energies(other.energies, image.energies):
        return False
    seen = [x.selection.observation for x in (other, image)]
    return not all(seen) or seen[0] == seen[1] or "merged" in seen[1].lower()


def leave_out_same(images: list, band: Band, vouched: bool, read: Callable, left: LeftOut) -> list:
    """Name exposures and photons of images, and leave out those whose photons are there already.

    Images of one observation, camera and exposure at the same time and energies hold the same
    photons: on the same pixels they are copies, on others (tiles) each pixel is taken once. Of
    overlapping energies the widest ranges are taken that share no photon.

    Parameters
    ----------
    images : list of FitsImage
        Images of a band; ``key`` and ``photons`` are set.
    band : Band
        Tells the energies.
    vouched : bool
        Whether the user has said that all of these are images: then only copies to the pixel are
        left out.
    read : callable
        Returns the pixels of an image.
    left : LeftOut
        To add to.

    Returns
    -------
    list of FitsImage
        Those that are kept.
    """
    images = _leave_out_twins(images, left, read)
    if vouched:
        return _share_counts(_share_parts(images, read, left), read, left)
    groups = {}
    for image in images:
        groups.setdefault(_base(image), []).append(image)
    kept = _share_parts(groups.pop(None, []), read, left)
    for base, members in groups.items():
        for block, at_one_time in enumerate(_at_one_time(members)):
            for together in _together(at_one_time):
                chips = next(filter(None, (x.selection.chips for x in together)), None)
                kept += _join(together, (base, block, chips), band, left, read)
    return _share_counts(_share_maps(kept), read, left)


def _share_maps(images) -> list:
    """Images of one exposure that share a map share its time, whatever parts of it they are."""
    keys = {}
    for image in images:
        if image.exposure_path is not None and image.photons is not None:
            at = (image.exposure_path, image.exposure_info.index, image.exposure_info.plane)
            image.key = keys.setdefault((*at, _base(image)), image.key)
    return images


def _share_counts(images, read, left) -> list:
    """Images of which one holds the photons of others: what holds them comes first."""
    for whole, part in held_counts(images, read):
        if part.photons == whole.photons:
            continue
        images = [image for image in images if image is not part]
        images.insert(1 + next(k for k, image in enumerate(images) if image is whole), part)
        part.key, part.photons = whole.key, whole.photons
        left.shared.append((part.path, whole.path))
    return images


def _share_parts(images, read, left) -> list:
    """Images of which nothing is known: those cut out of others hold the same photons."""
    for whole, part in copied_parts(images, read):
        if part.photons != whole.photons:
            part.key, part.photons = whole.key, whole.photons
            left.shared.append((part.path, whole.path))
    return images


def _join(images, key, band, left, read) -> list:
    """Give images of one exposure their keys, and return those that are kept."""
    images = sorted(images, key=lambda image: -_width(image.selection))
    spans = widest_apart([x.energies for x in images if x.energies], band) or [None]
    first = next((image for image in images if image.energies in spans), None)
    if first is None:
        return images  # none is of the band: that is said elsewhere
    left.others += [(image.path, _why(image, first, band))
                    for image in images if image.energies not in spans]  # fmt: skip
    kept = []
    for energies in spans:
        for part in _together([image for image in images if image.energies == energies]):
            kept += _once(part, key, left, read)
    return kept


def _once(images, key, left, read) -> list:
    """Give images of the same photons their names, and return those that are kept."""
    seen, kept = images[0].selection, {}
    for image in images:
        image.key = key
        image.photons = (key, seen.chips, seen.patterns, image.energies)
        # Tiles of a pipeline are known by their names, and no copies on whatever pixels.
        mark = image.path if image.product.pipeline else pixel_grid(image.info)
        twin = kept.setdefault(mark, image)
        if twin is not image:
            kept[mark] = _one_of(twin, image, read, left)
        elif image is not images[0] and not image.product.pipeline:
            left.shared.append((image.path, images[0].path))
    return list(kept.values())


def _width(selection) -> float:
    """How much of an exposure was taken, to put what has all of it first."""
    parts = (selection.chips, selection.patterns)
    return sum(100 if part is None else len(part) for part in parts)


def _one_of(one, other, read, left):
    """Of two images on the same pixels, of one exposure by their headers, that which is used.

    Whoever adds images of other cameras to one often leaves its header as it is: of two, one of
    which has all photons of the other and more everywhere, the other one is what the header says.
    Where it has more only where the other one has none, that is the same image with holes.
    """
    if one.product.pipeline or _width(one.selection) != _width(other.selection):
        left.copies.append((other.path, one.path))
        return one
    more, fewer, is_sum = covering(one, other, read) or (one, other, False)
    kept, gone = (fewer, more) if is_sum else (more, fewer)
    words = ", but with more photons" if is_sum else ""
    reason = f"of the exposure of {kept.name} by its header{words}"
    left.others.append((gone.path, reason))
    return kept


def _together(images) -> list[list]:
    """Part images of one exposure into those that may have photons in common."""
    groups = []
    for image in images:
        near = [g for g in groups if any(not image.selection.apart(x.selection) for x in g)]
        if not near:
            groups.append([image])
            continue
        near[0].append(image)
        for other in near[1:]:
            near[0].extend(other)
            groups = [group for group in groups if group is not other]
    return groups


def _why(image, other, band) -> str:
    """Reason for an image that has other energies than those of its exposure that are taken."""
    if image.energies is None:
        return f"unknown energies, of the exposure of {other.name}"
    words = told_energies(image.energies)
    if not energies_inside(image.energies, band):
        return f"{words}, outside of the band"
    return f"{words}, which shares photons with {other.name}"


def _leave_out_twins(images, left, read):
    """Leave out images whose pixels are those of others: files that were copied and renamed."""
    groups = {}
    for image in images:
        key = (pixel_grid(image.info), image.chip)
        groups.setdefault(key, []).append(image)
    gone = set()
    for members in groups.values():
        seen = {}
        known = all(image.product.pipeline for image in members)
        for image in members if len(members) > 1 and not known else ():
            digest = pixel_digest(image, read)
            first = image if digest is None else seen.setdefault(digest, image)
            if first is not image:
                gone.add(id(image))
                left.copies.append((image.path, first.path))
    return [image for image in images if id(image) not in gone]


def _base(image):
    """What images of one exposure have in common; None where nothing is known."""
    base = image.selection.whole or image.product.series
    return (base, image.chip) if base else None


def _at_one_time(images):
    """Part images of one exposure into those whose times overlap."""
    spans = [image.selection.span for image in images]
    if any(span is None for span in spans) or len({span[0] for span in spans}) > 1:
        return [images]
    blocks, end = [], -np.inf
    for k in sorted(range(len(images)), key=lambda k: spans[k][1]):
        if spans[k][1] >= end:
            blocks.append([])
        blocks[-1].append(images[k])
        end = max(end, spans[k][2])
    return blocks
