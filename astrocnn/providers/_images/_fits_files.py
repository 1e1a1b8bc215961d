"""From what a user gives to a list of FITS images: their places, maps, and kinds."""

import glob
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...exceptions import FailedTargetWarning, ProviderError
from ...surveys import BANDS, SURVEYS, Band, get_survey
from .._identity import file_state, wcs_text
from ._copies import leave_out_copies, told_copies
from ._esass_products import is_esass, is_esass_image, pair_esass
from ._fits_image import ImageInfo, directions, read_infos
from ._map_files import kind_by_header, leave_out_maps, told_maps
from ._resample import SkyImage
from ._xmm_products import is_epic_image, is_product, pair_products

__all__ = ["FitsImage", "find_images"]

_KINDS = ("image", "exposure", "background")


@dataclass
class FitsImage:
    """One image that a provider knows of; pixels are read when a target needs them.

    Attributes
    ----------
    info : ImageInfo
        Where it lies.
    path, exposure_path, background_path : path, optional
        Files of the image and of its maps.
    exposure_info, background_info : ImageInfo, optional
        Where the maps lie: on the same pixels.
    key : object
        Names the exposure of a camera: images in several energy bands share it.
    photons : object
        Names what was seen: overlapping sky tiles of one survey hold the same photons.
    image : SkyImage, optional
        An image that is in memory already.
    """

    info: ImageInfo
    path: Path | None = None
    exposure_path: Path | None = None
    background_path: Path | None = None
    exposure_info: ImageInfo | None = None
    background_info: ImageInfo | None = None
    key: object = None
    photons: object = None
    image: SkyImage | None = None

    @property
    def name(self) -> str:
        """Name of the file, or of the image in memory."""
        return self.image.name if self.path is None else self.path.name

    @property
    def identity(self) -> list:
        """Parts for `fingerprint`: states of files, or pixels in memory."""
        if self.image is not None:
            sky = self.image
            return [sky.data, sky.exposure, sky.quantity, wcs_text(sky.wcs)]
        paths = (self.path, self.exposure_path, self.background_path)
        infos = (self.info, self.exposure_info, self.background_info)
        return [
            None if path is None else (file_state(path), info.index, info.plane)
            for path, info in zip(paths, infos, strict=True)
        ]


def find_images(source, band: Band, hdu=None, plane=None) -> list[FitsImage]:
    """List the images of a source that can be read, with the place of each.

    Parameters
    ----------
    source : path, pattern, list of them, or dict
        See `FitsProvider`.
    band : Band
        Tells the energy range, for pipeline products.
    hdu : int, str, or dict of them, optional
        HDU of the images, or of ``image``, ``exposure`` and ``background``.
    plane : int, optional
        Plane of cubes.

    Returns
    -------
    list of FitsImage
        One for each chip of a file. Those of the same exposure follow one another, and so do those
        of the same photons.

    Raises
    ------
    ProviderError
        If no file matches or none of them can be read.

    Warns
    -----
    FailedTargetWarning
        If some of several files cannot be read, are maps and no images, by header or name, or are
        copies of others; or if a file has more than is used of it.
    """
    hdus = hdu if isinstance(hdu, Mapping) else {"image": hdu}
    if not set(hdus) <= set(_KINDS):
        raise ProviderError(f"hdu has the keys {', '.join(_KINDS)}, not {list(hdus)}")
    named = isinstance(source, dict)
    chosen, maps = (_given(source), []) if named else _choose(_paths(source), band)
    chosen, copies = leave_out_copies(chosen)
    images, faults = [], []
    for *files, key, photons in chosen:
        try:
            image, *chips = _locate(*files, hdus, plane)
            _check_telescope(image, band)
        except ProviderError as error:
            faults.append(str(error))
            continue
        image.key, image.photons = key, photons
        for k, chip in enumerate(chips):  # each has its own exposure, and its own photons
            chip.key, chip.photons = (key, k), (photons, k)
        kind = None if named or hdus.get("image") is not None else _map_kind(image)
        if kind is None:
            images += [image, *chips]
        else:
            maps.append((image.path, f"{kind} by its header"))
    _report(images, faults, maps, copies, band)
    keys, photons = {}, {}
    for image in images:
        keys.setdefault(image.key, len(keys))
        photons.setdefault(image.photons, len(photons))
    return sorted(images, key=lambda image: (keys[image.key], photons[image.photons]))


def _report(images, faults, maps, copies, band):
    """Raise if no image is left; warn of files that are left out."""
    total = len(images) + len(faults) + len(maps)
    if not images:
        reasons = faults[:1] + ([told_maps(maps)] if maps else [])
        raise ProviderError(
            f"none of the {total} images for band {band.name} can be used: {'; '.join(reasons)}"
        )
    told = []
    if faults:
        told.append(
            f"{len(faults)} of {total} files for band {band.name} are left out; "
            f"the first: {faults[0]}"
        )
    if maps:
        told.append(f"{len(maps)} of {total} files for band {band.name}: {told_maps(maps)}")
    if copies:
        told.append(f"band {band.name}: {told_copies(copies)}")
    told += dict.fromkeys(note for image in images for note in image.info.notes)
    for words in told:
        warnings.warn(words, FailedTargetWarning, stacklevel=6)


def _map_kind(image) -> str | None:
    """What map an image is by its header; the names of pipeline images say that they are none."""
    if is_epic_image(image.path) or is_esass_image(image.path):
        return None
    return kind_by_header(image.info.content, image.info.unit)


def _choose(paths, band):
    """Images of a band among files, with their exposure maps, and other maps, by their names."""
    others = [path for path in paths if _of_another_survey(path, band)]
    mine = [path for path in paths if not _of_another_survey(path, band)] if others else paths
    own = [path for path in mine if not is_esass(path) and not is_product(path)]
    own, maps = leave_out_maps(own, alone=len(own) == len(mine))
    chosen = pair_esass([path for path in mine if is_esass(path)], band)
    for path, exposure, key in pair_products([*filter(is_product, mine), *own], band):
        chosen.append((path, exposure, key, path))
    if not chosen:
        raise ProviderError(
            f"no image for band {band.name} among {len(paths)} files"
            + (f"; {others[0].name} is of another telescope, by its name" if others else "")
            + ("" if band.energy is None else f"; its energy range is {band.energy}")
        )
    return [(path, exposure, None, key, photons) for path, exposure, key, photons in chosen], maps


def _of_another_survey(path, band) -> bool:
    """Whether a pipeline product, by its name, is of another survey than a band that is known."""
    survey = "erosita" if is_esass(path) else "xmm" if is_product(path) else None
    if survey is None or band.name not in BANDS:
        return False
    return band.name not in [known.name for known in get_survey(survey).bands]


def _check_telescope(image, band) -> None:
    """Raise if the header names the telescope of another survey than a band that is known."""
    named = image.info.telescope.lower()
    seen_by = [
        survey
        for survey in SURVEYS.values()
        if any(word.lower() in named for word in survey.telescopes)
    ]
    if not seen_by or band.name not in BANDS:
        return
    if not any(band.name == known.name for survey in seen_by for known in survey.bands):
        raise ProviderError(
            f"{image.name} is an image of {image.info.telescope}, by its header, and not of band "
            f"{band.name}; a band with another name takes it (Band.with_(name=...))"
        )


def _given(source):
    """Files of ``{"image": ..., "exposure": ..., "background": ...}``."""
    if "image" not in source or not set(source) <= set(_KINDS):
        raise ProviderError(
            "a dict of FITS files has the keys 'image' and 'exposure', and may have 'background', "
            f"not {list(source)}"
        )
    images = _paths(source["image"])
    maps = []
    for kind, words in (("exposure", "exposure maps"), ("background", "background maps")):
        given = source.get(kind)
        found = [None] * len(images) if given is None else _paths(given)
        if len(images) != len(found):
            raise ProviderError(
                f"there are {len(images)} images but {len(found)} {words}; list them in pairs"
            )
        maps.append(found)
    # Images that share a map share its time.
    return [(*files, files[1] or files[0], files[0]) for files in zip(images, *maps, strict=True)]


def _locate(path, exposure_path, background_path, hdus, plane) -> list[FitsImage]:
    """Read where the images of a file lie, and check that their maps have the same pixels."""
    infos = read_infos(path, hdus.get("image"), plane)
    images = [FitsImage(info, path, exposure_path, background_path) for info in infos]
    for kind, map_path in (("exposure", exposure_path), ("background", background_path)):
        if map_path is None:
            continue
        maps = read_infos(map_path, hdus.get(kind))
        if len(images) > 1 and len(maps) != len(images):
            raise ProviderError(
                f"{path.name} has {len(images)} chips, its {kind} map {map_path.name} "
                f"{len(maps)}: {kind} maps must match chip by chip"
            )
        for image, info in zip(images, maps, strict=False):
            setattr(image, f"{kind}_info", info)
            _check_map(image, map_path, info, kind)
    return images


def _check_map(image, path, info, kind):
    """Raise unless a map is not its image, has the shape of it, and lies at the same place."""
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


def _paths(source) -> list[Path]:
    """Expand a path, a pattern, or a list of them into files."""
    items = list(source) if isinstance(source, (list, tuple)) else [source]
    if not items or not all(isinstance(item, (str, os.PathLike)) for item in items):
        raise ProviderError(
            f"images are files, patterns, lists of them, an HDU or a SkyImage, not {source!r:.80}"
        )
    found = []
    for item in items:
        item = Path(item).expanduser()
        if item.is_dir():
            item = item / "*"
        matches = [item] if item.is_file() else [Path(p) for p in sorted(glob.glob(str(item)))]
        if not matches:
            raise ProviderError(f"no file matches {str(item)!r} (from {Path.cwd()})")
        found += [path for path in matches if path.is_file()]
    return found
