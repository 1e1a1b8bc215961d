"""Images and their exposure maps, paired by name or header, and checked pixel by pixel."""

import os
import re
from pathlib import Path

import numpy as np

from ...exceptions import ProviderError
from .._energies import energies_inside
from ._exposure_time import exposure_seconds
from ._fits_image import directions, read_info, read_infos
from ._left_out import LeftOut
from ._product import Product

__all__ = ["attach_maps", "check_map", "of_other_exposure", "pair_maps"]


def pair_maps(images: list, maps: list[tuple[Path, Product]], left: LeftOut) -> list:
    """Give images their exposure maps, by names, or by what headers say of both.

    Parameters
    ----------
    images : list of FitsImage
        Images without maps; ``exposure_path`` and ``exposure_info`` of those that have one are set.
    maps : list of (path, Product)
        Exposure maps.
    left : LeftOut
        To add the maps of no image, and those that do not fit their image.

    Returns
    -------
    list of FitsImage
        Without those of a pipeline whose map does not fit.
    """
    by_name = {product.pair: path for path, product in maps[::-1] if product.pair}
    files, used = {}, set()
    for image in images:
        files.setdefault(image.path, []).append(image)
    for image_path, chips in list(files.items()):
        path = by_name.get(chips[0].product.pair)
        try:
            if path is not None and _attach(chips, path, left):
                used.add(path)
        except ProviderError as error:
            left.faults.append(str(error))
            del files[image_path]
    rest = [(path, product) for path, product in maps if path not in used]
    bare = [chips for chips in files.values() if not chips[0].exposure_path]
    bare = [chips for chips in bare if chips[0].selection.named]
    by_header = _headers(rest) if bare else {}
    for chips in bare:
        keys = [(seen, energies) for seen in (chips[0].selection.named, chips[0].selection.whole)
                for energies in (chips[0].energies, None)]  # fmt: skip
        path = next((by_header[key] for key in keys if key in by_header), None)
        if path is not None and _attach(chips, path, left):
            used.add(path)
    _tell(rest, used, left)
    return [image for chips in files.values() for image in chips]


def _tell(maps, used, left):
    """Add the maps of no image to what is left out."""
    left.maps = [(path, reason) for path, reason in left.maps if path not in used]
    told = {path for path, _ in left.maps}
    for path, product in maps:
        if path in used or path in told or product.pipeline:
            continue
        if energies_inside(product.energy, left.band):
            left.maps.append((path, "exposure map by its name"))


def _headers(maps) -> dict:
    """Maps by what they say of observation, camera, exposure and energies."""
    found = {}
    for path, product in maps:
        try:
            info = read_info(path)
        except ProviderError:
            continue
        named = (product.selection or info.selection).named
        if named:
            found.setdefault((named, info.energies), []).append(path)
    # Of several maps that do not tell their energies none can be chosen.
    return {key: paths[0] for key, paths in found.items() if key[1] or len(paths) == 1}


def _attach(chips, path, left) -> bool:
    """Give images a map that fits; one that does not is left out, but for a pipeline's."""
    try:
        attach_maps(chips, path, "exposure")
    except ProviderError as error:
        if chips[0].product.pipeline:
            raise
        reason = (path, str(error).removeprefix(f"{path.name} "))
        if reason not in left.maps:
            left.maps.append(reason)
        return False
    return True


def attach_maps(chips: list, path: Path, kind: str, hdu=None) -> None:
    """Give the images of a file their maps, ``exposure`` or ``background``.

    Parameters
    ----------
    chips : list of FitsImage
        Images of one file.
    path : path
        File of the maps, one for each.
    kind : {'exposure', 'background'}
        What they are.
    hdu : int or str, optional
        HDU of the map.

    Raises
    ------
    ProviderError
        If a map cannot be read, does not fit its image, or has a unit that is no time.
    """
    maps = read_infos(path, hdu)
    if len(maps) == 1 and len({chip.key for chip in chips}) == 1:
        maps = maps * len(chips)  # energies of one exposure
    if len(chips) > 1 and len(maps) != len(chips):
        raise ProviderError(
            f"{chips[0].name} has {len(chips)} chips, its {kind} map {path.name} {len(maps)}: "
            f"{kind} maps must match chip by chip"
        )
    for image, info in zip(chips, maps, strict=False):
        if kind == "exposure":
            exposure_seconds(info.unit, path.name)
        check_map(image, path, info, kind)
    for image, info in zip(chips, maps, strict=False):
        setattr(image, f"{kind}_path", path)
        setattr(image, f"{kind}_info", info)


def of_other_exposure(image, path: Path, product: Product) -> str:
    """Return what speaks against the exposure map that a user gave for an image; empty if nothing.

    Parameters
    ----------
    image : FitsImage
        Image with its map.
    path, product : path, Product
        The map.
    """
    ours, theirs = image.selection, product.selection or image.exposure_info.selection
    for keys in ("observation", "camera"):
        one, other = (str(getattr(x, keys)).upper().strip(" 0") for x in (ours, theirs))
        mixed = re.search("EPIC|EPX|MERGED|COMBINED|EROSITA|TM[089]", f"{one} {other}")
        if one and other and not mixed and one not in other and other not in one:
            return (
                f"{path.name} is the exposure map of {keys} {getattr(theirs, keys)}, by its header "
                f"or name, and its image {image.name} is of {getattr(ours, keys)}: list them in "
                "pairs"
            )
    return ""


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
