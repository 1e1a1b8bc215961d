"""Images and their exposure maps, paired by name or header, and checked pixel by pixel."""

import os
from pathlib import Path

import numpy as np

from ...exceptions import ProviderError
from ._exposure_time import exposure_seconds
from ._fits_image import directions, read_info
from ._left_out import LeftOut
from ._product import Product

__all__ = ["check_map", "pair_maps"]


def pair_maps(images: list, maps: list[tuple[Path, Product]], left: LeftOut) -> None:
    """Give images their exposure maps, by names, or by what headers say of both.

    Parameters
    ----------
    images : list of FitsImage
        Images without maps; ``exposure_path`` and ``exposure_info`` of those that have one are set.
    maps : list of (path, Product)
        Exposure maps.
    left : LeftOut
        To add the maps of no image, and those that do not fit their image.
    """
    by_name = {}
    for path, product in maps:
        if product.pair:
            by_name.setdefault(product.pair, path)
    used = set()
    for image in images:
        path = by_name.get(image.product.pair)
        if path is not None and _attach(image, path, left):
            used.add(path)
    rest = [(path, product) for path, product in maps if path not in used]
    bare = [image for image in images if image.exposure_path is None]
    by_header = _headers(rest, left.band) if bare else {}
    for image in bare:
        path = by_header.get((image.selection.named, image.energies))
        if path is not None and image.selection.named and _attach(image, path, left):
            used.add(path)
    said = {path for path, _ in left.maps}
    for path, product in rest:
        if path not in used and path not in said and not product.pipeline:
            left.maps.append((path, "exposure map by its name"))


def _headers(maps, band) -> dict:
    """Maps by what they say of observation, camera, exposure and energies."""
    found = {}
    for path, product in maps:
        try:
            info = read_info(path)
        except ProviderError:
            continue
        named = (product.selection or info.selection).named
        if named:
            found.setdefault((named, info.energies), path)
    return found


def _attach(image, path, left) -> bool:
    """Give an image a map that fits it; one that does not is left out, but for a pipeline's."""
    try:
        info = read_info(path)
        exposure_seconds(info.unit, path.name)
        check_map(image, path, info, "exposure")
    except ProviderError as error:
        if image.product.pipeline:
            raise
        left.maps.append((path, str(error)))
        return False
    image.exposure_path, image.exposure_info = path, info
    return True


def check_map(image, path: Path, info, kind: str) -> None:
    """Raise unless a map is not its image, has the shape of it, and lies at the same place.

    Raises
    ------
    ProviderError
        If it does not fit.
    """
    shape, words = image.info.wcs.array_shape, f"{kind} maps"
    if info.index == image.info.index and os.path.samefile(path, image.path):
        raise ProviderError(
            f"HDU {info.index} of {path.name} would be the image and its {kind} map: say where "
            f"each is, FitsProvider(..., hdu={{'image': ..., {kind!r}: ...}})"
        )
    if info.wcs.array_shape != shape:
        raise ProviderError(
            f"{path.name} has shape {info.wcs.array_shape}, its image {image.name} {shape}: "
            f"{words} must match pixel by pixel"
        )
    # Corners, middle, and the middles of the sides: some may be off the sky.
    x, y = np.meshgrid(*(np.linspace(0, n - 1, 3) for n in reversed(shape)))
    here, there = (directions(wcs, x.ravel(), y.ravel()) for wcs in (image.info.wcs, info.wcs))
    pixel = np.radians(np.sqrt(np.abs(np.linalg.det(image.info.wcs.pixel_scale_matrix))))
    off = np.isnan(here).any(axis=1) & np.isnan(there).any(axis=1)
    apart = np.linalg.norm(here - there, axis=1)[~off].max(initial=0.0) / pixel
    if not apart < 0.5:
        raise ProviderError(
            f"{path.name} lies {apart:.1f} pixels away from its image {image.name}: {words} must "
            "match pixel by pixel"
        )
