"""From what a user gives to a list of FITS images: their places, maps, and kinds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord

from ...exceptions import ProviderError
from ...surveys import Band
from .._core import Pixels
from .._identity import file_state, wcs_text
from .._origin import Origin, is_coarse
from ._chips import name_photons, of_band
from ._copies import leave_out_copies
from ._file_choice import choose_files
from ._file_paths import file_paths, paths_of_kind
from ._fits_image import ImageInfo, read_infos, read_pixels
from ._hdus import is_beside
from ._left_out import LeftOut
from ._map_files import kind_by_header
from ._map_pairs import attach_maps, of_other_exposure, pair_maps
from ._product import Product, Selection
from ._products import describe
from ._resample import SkyImage, spread_at
from ._same_photons import leave_out_derived, leave_out_same
from ._trusted import split_trusted

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
    product : Product
        What it is by the name of its file.
    chip : int
        Which of the images of its file.
    trusted : bool
        Whether the user vouches for it.
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
    product: Product = field(default_factory=Product)
    chip: int = 0
    trusted: bool = False

    @property
    def selection(self) -> Selection:
        """Observation, camera and exposure, by the name of a product or the header."""
        return self.product.selection or self.info.selection

    @property
    def rank(self) -> int:
        """Of images of the same photons those of the lowest rank are used; see `Product`."""
        merged = "merged" in self.info.selection.observation.lower()
        return max(self.product.rank, 2) if merged else self.product.rank

    @property
    def energies(self) -> tuple[float, float] | None:
        """Lowest and highest photon energy (keV), as far as they are known."""
        return self.info.energies

    @property
    def origin(self) -> Origin:
        """What it says of where it comes from."""
        if self.image is None:
            known = f"{self.info.origin.survey} {self.product.survey}".strip()
            origin = replace(self.info.origin, survey=known)
        else:
            origin = replace(self.image.origin, unit=self.image.origin.unit or self.image.unit)
        return replace(origin, trusted=self.trusted or origin.trusted)

    def mark(self, pixels: Pixels, band: Band) -> None:
        """Say of pixels whether their origin is known, and whether they are coarse for a band."""
        side = np.sqrt(np.abs(np.linalg.det(self.info.wcs.pixel_scale_matrix))) * 3600
        pixels.origin_known = self.origin.told(band)
        pixels.coarse = is_coarse(side, band, self.origin.beam)

    @property
    def name(self) -> str:
        """Name of the file, or of the image in memory."""
        return self.image.name if self.path is None else self.path.name

    @property
    def identity(self) -> list:
        """Parts for `fingerprint`: states of files, or pixels in memory."""
        # What it says of itself makes flags.
        told = [self.origin] if self.origin.trusted else []
        if self.image is not None:
            sky = self.image
            x, y, z = self.info.center
            middle = SkyCoord(np.arctan2(y, x), np.arcsin(z), unit="rad")
            spread = [] if sky.psf is None else [repr(spread_at(sky, middle))]
            return [sky.data, sky.exposure, sky.quantity, wcs_text(sky.wcs), *spread, *told]
        paths = (self.path, self.exposure_path, self.background_path)
        infos = (self.info, self.exposure_info, self.background_info)
        return [
            None if path is None else (file_state(path), info.index, info.plane)
            for path, info in zip(paths, infos, strict=True)
        ] + told


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
        If some of several files cannot be read, are maps and no images, by header or name, are
        copies of others, or hold the photons of others; or if a file has more than is used of it.
    """
    hdus = dict(hdu) if isinstance(hdu, Mapping) else {"image": hdu}
    if not set(hdus) <= set(_KINDS):
        raise ProviderError(f"hdu has the keys {', '.join(_KINDS)}, not {list(hdus)}")
    source, trusted = split_trusted(source)
    hdus["plane"], left = plane, LeftOut(band)
    hdus["trusted"] = _vouched(source, trusted)
    named = isinstance(source, dict)
    if named and hdus["trusted"] and set(source) == {"image"}:
        images = _choose(source["image"], hdus, left)  # with what is vouched for among them
    else:
        images = _given(source, hdus, left) if named else _choose(source, hdus, left)
    if band.waveband == "xray":
        images = _without_doubles(images, named, left)
    left.notes += [note for image in images for note in image.info.notes]
    left.report(len(images))
    keys, photons = {}, {}
    for image in images:
        keys.setdefault(image.key, len(keys))
        photons.setdefault(image.photons, len(photons))
    return sorted(images, key=lambda image: (keys[image.key], photons[image.photons]))


def _choose(source, hdus, left) -> list[FitsImage]:
    """Images of a band among files, and those vouched for, with their exposure maps."""
    vouched = hdus["trusted"]
    images = _given({"image": list(vouched)}, hdus, left) if vouched else []
    paths = [path for path in dict.fromkeys(file_paths(source)) if path not in vouched]
    if not paths:
        return images
    choice = choose_files(paths, left.band, left, vouched)
    of_names = []
    for path, product in choice.images:
        chips = _locate(path, product, hdus, left)
        kind = None if product.pipeline or hdus.get("image") is not None else _map_kind(chips)
        if kind is None:
            of_names += chips
            continue
        left.maps.append((path, f"{kind} by its header"))
        if kind == "exposure map":
            choice.maps.append((path, replace(product, kind=kind, pair=())))
    return pair_maps(images + of_names, choice.maps, left)


def _locate(path, product, hdus, left) -> list[FitsImage]:
    """Read where the images of a file lie; none, and a fault, where that is not possible."""
    try:
        infos = read_infos(path, hdus.get("image"), hdus["plane"])
        chips = [FitsImage(info, path, product=product) for info in infos]
    except ProviderError as error:
        left.faults.append(str(error))
        return []
    for chip in chips:
        chip.trusted = path in hdus["trusted"]
    try:
        chips = of_band(path.name, chips, left.band)
    except ProviderError as error:
        left.strangers.append(str(error))
        return []
    name_photons(path, chips)
    return chips


def _map_kind(chips) -> str | None:
    """What map the images of a file are by the header of the first."""
    if not chips:
        return None
    kind = kind_by_header(chips[0].info.content, chips[0].info.unit)
    return kind or ("weights, errors or the like" if is_beside(chips[0].info.content) else None)


def _without_doubles(images, named, left) -> list[FitsImage]:
    """Leave out images of photons that others hold; what is vouched for stays."""
    vouched = [image for image in images if image.trusted]
    others = [image for image in images if not image.trusted]
    if not named:
        others = leave_out_derived(others, left)
    return vouched + leave_out_same(others, left.band, named, read_pixels, left)


def _vouched(source, trusted) -> dict[Path, None]:
    """Files that the user vouches for, in order."""
    if trusted is False:
        return {}
    return dict.fromkeys(paths_of_kind(source["image"] if trusted is True else trusted, "image")[0])


def _given(source, hdus, left) -> list[FitsImage]:
    """Images and maps of ``{"image": ..., "exposure": ..., "background": ...}``."""
    if "image" not in source or not set(source) <= set(_KINDS):
        raise ProviderError(
            "a dict of FITS files has the keys 'image' and 'exposure', and may have 'background', "
            f"not {list(source)}"
        )
    paths, beside = paths_of_kind(source["image"], "image")
    # What is vouched for may be in a folder of images and named once more.
    paths = [p for k, p in enumerate(paths) if p not in hdus["trusted"] or paths.index(p) == k]
    maps = []
    for kind, words in (("exposure", "exposure maps"), ("background", "background maps")):
        given = source.get(kind)
        found = [None] * len(paths) if given is None else paths_of_kind(given, kind)[0]
        if len(paths) != len(found):
            raise ProviderError(
                f"there are {len(paths)} images but {len(found)} {words}; list them in pairs"
            )
        maps.append(found)
    used = {path for found in maps for path in found}
    left.maps += [(path, reason) for path, reason in beside if path not in used]
    chosen, copies = leave_out_copies([*zip(paths, *maps, strict=True)])
    left.copies += copies
    return [image for files in chosen for image in _with_maps(*files, hdus, left)]


def _called_a_map(path, chips) -> str:
    """What the header of a file says against being the image that a user gives it as."""
    product = describe(path)
    kind = _map_kind(chips)
    if not kind or chips[0].trusted or (product.pipeline and product.kind == "image"):
        return ""
    return f"{path.name} is called {kind} by its header, and taken for an image, as given"


def _with_maps(path, exposure, background, hdus, left) -> list[FitsImage]:
    """The images of a file with the maps that a user gave for it."""
    chips = _locate(path, replace(describe(path), kind="image"), hdus, left)
    if not chips:
        return []
    left.notes += filter(None, [_called_a_map(path, chips)])
    try:
        for kind, map_path in (("exposure", exposure), ("background", background)):
            if map_path is not None:
                attach_maps(chips, map_path, kind, hdus.get(kind))
    except ProviderError as error:
        left.faults.append(str(error))
        return []
    for chip in chips if exposure else ():
        chip.key = (exposure, chip.chip)  # images that share a map share its time
        left.notes += filter(None, [of_other_exposure(chip, exposure, describe(exposure))])
    return chips
