"""From what a user gives to a list of FITS images: their places, maps, and kinds."""

import glob
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from ...exceptions import FailedTargetWarning, ProviderError
from ...surveys import BANDS, SURVEYS, Band, get_survey
from .._identity import file_state, wcs_text
from ._esass_products import is_esass, pair_esass
from ._fits_image import ImageInfo, read_info
from ._resample import SkyImage
from ._xmm_products import is_product, pair_products

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
            None if path is None else (file_state(path), info.index)
            for path, info in zip(paths, infos, strict=True)
        ]


def find_images(source, band: Band, hdu=None) -> list[FitsImage]:
    """List the images of a source that can be read, with the place of each.

    Parameters
    ----------
    source : path, pattern, list of them, or dict
        See `FitsProvider`.
    band : Band
        Tells the energy range, for pipeline products.
    hdu : int, str, or dict of them, optional
        HDU of the images, or of ``image``, ``exposure`` and ``background``.

    Returns
    -------
    list of FitsImage
        Those of the same exposure follow one another, and so do those of the same photons.

    Raises
    ------
    ProviderError
        If no file matches or none of them can be read.

    Warns
    -----
    FailedTargetWarning
        If some of several files cannot be read.
    """
    hdus = hdu if isinstance(hdu, Mapping) else {"image": hdu}
    if not set(hdus) <= set(_KINDS):
        raise ProviderError(f"hdu has the keys {', '.join(_KINDS)}, not {list(hdus)}")
    chosen = _given(source) if isinstance(source, dict) else _choose(_paths(source), band)
    images, faults = [], []
    for *files, key, photons in chosen:
        try:
            image = _locate(*files, hdus)
            _check_telescope(image, band)
            image.key, image.photons = key, photons
            images.append(image)
        except ProviderError as error:
            faults.append(str(error))
    if not images:
        raise ProviderError(
            f"none of the {len(chosen)} images for band {band.name} can be used: {faults[0]}"
        )
    if faults:
        warnings.warn(
            f"{len(faults)} of {len(chosen)} files for band {band.name} are left out; "
            f"the first: {faults[0]}",
            FailedTargetWarning,
            stacklevel=5,
        )
    keys, photons = {}, {}
    for image in images:
        keys.setdefault(image.key, len(keys))
        photons.setdefault(image.photons, len(photons))
    return sorted(images, key=lambda image: (keys[image.key], photons[image.photons]))


def _choose(paths, band):
    """Images of a band among files, with their exposure maps; pipeline products by their names."""
    others = [path for path in paths if _of_another_survey(path, band)]
    mine = [path for path in paths if not _of_another_survey(path, band)] if others else paths
    chosen = pair_esass([path for path in mine if is_esass(path)], band)
    for path, exposure, key in pair_products([p for p in mine if not is_esass(p)], band):
        chosen.append((path, exposure, key, path))
    if not chosen:
        raise ProviderError(
            f"no image for band {band.name} among {len(paths)} files"
            + (f"; {others[0].name} is of another telescope, by its name" if others else "")
            + ("" if band.energy is None else f"; its energy range is {band.energy}")
        )
    return [(path, exposure, None, key, photons) for path, exposure, key, photons in chosen]


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
    return [(*files, files[0], files[0]) for files in zip(images, *maps, strict=True)]


def _locate(path, exposure_path, background_path, hdus) -> FitsImage:
    """Read where an image lies, and check that its maps have the same pixels."""
    info = read_info(path, hdus.get("image"))
    image = FitsImage(info, path, exposure_path, background_path)
    if exposure_path is not None:
        image.exposure_info = read_info(exposure_path, hdus.get("exposure"))
        _check_map(image, exposure_path, image.exposure_info, "exposure maps")
    if background_path is not None:
        image.background_info = read_info(background_path, hdus.get("background"))
        _check_map(image, background_path, image.background_info, "background maps")
    return image


def _check_map(image, path, info, words):
    """Raise unless a map has the shape of its image and lies at the same place."""
    shape = image.info.wcs.array_shape
    if info.wcs.array_shape != shape:
        raise ProviderError(
            f"{path.name} has shape {info.wcs.array_shape}, its image {image.name} {shape}: "
            f"{words} must match pixel by pixel"
        )
    corners = [[0, shape[1] - 1], [0, shape[0] - 1]]
    here, there = (_directions(wcs, corners) for wcs in (image.info.wcs, info.wcs))
    pixel = np.radians(np.sqrt(np.abs(np.linalg.det(image.info.wcs.pixel_scale_matrix))))
    apart = np.linalg.norm(here - there, axis=1).max() / pixel
    if not apart < 0.5:
        raise ProviderError(
            f"{path.name} lies {apart:.1f} pixels away from its image {image.name}: {words} must "
            "match pixel by pixel"
        )


def _directions(wcs, corners):
    """Unit vectors (ICRS) of pixels."""
    sky = SkyCoord(wcs.pixel_to_world(*corners)).icrs
    return sky.cartesian.xyz.to_value(u.one).T


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
