"""Local FITS images, with their exposure maps: the plain way in for one's own data."""

import glob
import os
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from astropy import units as u
from astropy.io import fits

from ..exceptions import FailedTargetWarning, NoCoverageError, ProviderError
from ..surveys import Band
from ._core import Pixels, Provider
from ._fits_image import ImageInfo, locate_image, read_image, read_info, read_pixels
from ._resample import SkyImage, resample_image
from ._xmm_products import is_epic_image, pair_products

__all__ = ["FitsProvider"]


@dataclass
class _Entry:
    """One image that a provider knows of; pixels are read when a target needs them.

    ``key`` names the exposure of a camera: images in several energy bands share it.
    """

    path: Path | None = None
    exposure_path: Path | None = None
    key: object = None
    image: SkyImage | None = None
    info: ImageInfo | None = None
    exposure_info: ImageInfo | None = None


class FitsProvider(Provider):
    """Pixels from local FITS images.

    Parameters
    ----------
    source : path, pattern, list of them, dict, HDU, HDUList or `SkyImage`
        Where the images are: ``"*.FTZ"``, ``["a.fits", "b.fits.gz"]``, or
        ``{"image": "a.fits", "exposure": "a_exp.fits"}``. XMM-Newton pipeline products are known by
        their file names: exposure maps are paired with their images, images outside the
        band's energy range and background maps (they contain cluster light) are left alone.
        Of each file the first image with a celestial WCS is used.
    band : Band
        What the pixels are.
    quantity : {'counts', 'rate', 'intensity'}, optional
        How values scale. By default whole numbers and XMM-Newton pipeline images of an X-ray
        band are counts; otherwise the band tells.

    Raises
    ------
    ProviderError
        If no file matches or none of them can be read.

    Warns
    -----
    FailedTargetWarning
        If some of several files cannot be read.

    Notes
    -----
    Only headers are read at first, then the pixels that a target needs; the last four images stay
    in memory. Overlapping counts images are added, and so are their exposures; for other quantities
    the first image with a valid pixel wins, and an exposure map only tells what is valid.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.io import fits
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers import FitsProvider
    >>> from astrocnn.surveys import get_band
    >>> sky = CutoutGrid(SkyCoord(150, 2, unit="deg"), 10 * u.arcmin, 150)
    >>> hdu = fits.PrimaryHDU(np.ones((150, 150), dtype="int16"), sky.wcs.to_header())
    >>> provider = FitsProvider(hdu, get_band("xmm"))
    >>> pixels = provider.cutout(CutoutGrid(SkyCoord(150, 2, unit="deg"), 6 * u.arcmin, 90))
    >>> round(float(pixels.image.sum()))  # 8100 pixels of 4 arcsec, one count each
    8100
    """

    def __init__(self, source, band: Band, quantity: str | None = None):
        super().__init__(band)
        self.quantity = quantity
        self._source = source
        self._cache = OrderedDict()
        self._lock = Lock()
        self._entries = self._find(source)

    @property
    def description(self) -> str:
        """Number of images and the first one's name."""
        first = self._entries[0]
        name = first.path.name if first.path else first.image.name
        more = len(self._entries) - 1
        return f"{name}" + (f" and {more} more" if more else "")

    def cutout(self, grid) -> Pixels:
        """Return the pixels on ``grid``; see `Provider.cutout`."""
        direction = grid.center.cartesian.xyz.value
        reach = grid.size.to_value(u.rad) * np.sqrt(0.5)
        found = []
        for entry in self._entries:
            if np.arccos(np.clip(direction @ entry.info.center, -1, 1)) > entry.info.radius + reach:
                continue
            image = self._load(entry)
            pixels = resample_image(image, grid)
            if pixels is None or not pixels.valid.any():
                continue
            if image.quantity != "counts":
                pixels.exposure = None  # it has told what is valid; a rate is divided already
            found.append((pixels, image.quantity, entry.key))
        if not found:
            raise NoCoverageError(
                f"no {self.band.name} pixel at {grid.center.to_string('hmsdms', precision=0)} "
                f"in {self.description}"
            )
        return _merge(found)

    def _find(self, source) -> list[_Entry]:
        """List the images of a source that can be read, with position and radius of each."""
        if isinstance(source, (fits.HDUList, fits.PrimaryHDU, fits.ImageHDU, fits.CompImageHDU)):
            source = self._typed(read_image(source), None)
        if isinstance(source, SkyImage):
            wcs = source.wcs.deepcopy()
            wcs.array_shape = source.data.shape
            return [_Entry(image=source, info=locate_image(0, wcs))]
        if isinstance(source, dict):
            chosen = _given_pairs(source)
        else:
            paths = _paths(source)
            chosen = pair_products(paths, self.band)
            if not chosen:
                raise ProviderError(
                    f"no image for band {self.band.name} among {len(paths)} files; "
                    f"its energy range is {self.band.energy}"
                )
        entries, faults = [], []
        for path, exposure_path, key in chosen:
            try:
                entries.append(_locate(path, exposure_path, key))
            except ProviderError as error:
                faults.append(str(error))
        if not entries:
            raise ProviderError(
                f"none of the {len(chosen)} images for band {self.band.name} can be read: "
                f"{faults[0]}"
            )
        if faults:
            warnings.warn(
                f"{len(faults)} of {len(chosen)} files for band {self.band.name} are left out; "
                f"the first: {faults[0]}",
                FailedTargetWarning,
                stacklevel=4,
            )
        return entries

    def _load(self, entry, keep=4) -> SkyImage:
        """Return the image of an entry; the last few are kept in memory."""
        if entry.image is not None:
            return entry.image
        with self._lock:
            if entry.path in self._cache:
                self._cache.move_to_end(entry.path)
                return self._cache[entry.path]
            data = read_pixels(entry.path, entry.info.index)
            image = self._typed(SkyImage(data, entry.info.wcs, name=entry.path.name), entry.path)
            if entry.exposure_path is not None:
                image.exposure = read_pixels(entry.exposure_path, entry.exposure_info.index)
                if not np.isfinite(image.exposure).any():
                    raise ProviderError(f"{entry.exposure_path.name} has no finite exposure")
            self._cache[entry.path] = image
            if len(self._cache) > keep:
                self._cache.popitem(last=False)
            return image

    def _typed(self, image, path):
        """Set what kind of quantity the image holds."""
        counts = self.band.waveband == "xray" and (
            (path is not None and is_epic_image(path)) or _whole_numbers(image.data)
        )
        image.quantity = self.quantity or ("counts" if counts else self.band.quantity)
        return image


def _whole_numbers(data) -> bool:
    """Whether all pixels are whole numbers, of integer or float type: photon counts are."""
    if np.issubdtype(data.dtype, np.integer):
        return True
    finite = data[np.isfinite(data)]
    return finite.size > 0 and bool(finite.any() and np.all(finite == np.round(finite)))


def _locate(path, exposure_path, key) -> _Entry:
    """Read where an image lies, and check that its exposure map has the same pixels."""
    entry = _Entry(path, exposure_path, key, info=read_info(path))
    if exposure_path is not None:
        entry.exposure_info = read_info(exposure_path)
        shapes = entry.exposure_info.wcs.array_shape, entry.info.wcs.array_shape
        if shapes[0] != shapes[1]:
            raise ProviderError(
                f"{exposure_path.name} has shape {shapes[0]}, its image {path.name} {shapes[1]}: "
                "exposure maps must match pixel by pixel"
            )
    return entry


def _given_pairs(source) -> list[tuple[Path, Path | None, object]]:
    """Pairs of ``{"image": ..., "exposure": ...}``."""
    if "image" not in source or not set(source) <= {"image", "exposure"}:
        raise ProviderError(
            f"a dict of FITS files has the keys 'image' and 'exposure', not {list(source)}"
        )
    images = _paths(source["image"])
    if source.get("exposure") is None:
        return [(path, None, path) for path in images]
    exposures = _paths(source["exposure"])
    if len(images) != len(exposures):
        raise ProviderError(
            f"there are {len(images)} images but {len(exposures)} exposure maps; list them in pairs"
        )
    return [(path, exposure, path) for path, exposure in zip(images, exposures, strict=True)]


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


def _merge(found) -> Pixels:
    """Combine the pixels of several images of one field."""
    if len(found) == 1:
        return found[0][0]
    image = np.full(found[0][0].image.shape, np.nan, dtype=np.float32)
    valid = np.zeros(image.shape, dtype=bool)
    with_map = all(pixels.exposure is not None for pixels, _, _ in found)
    exposure = np.zeros(image.shape, dtype=np.float32) if with_map else None
    keys = [key for _, _, key in found]
    for pixels, quantity, key in found:
        finite = np.isfinite(pixels.image)
        if quantity == "counts":
            image[finite] = np.nan_to_num(image[finite]) + pixels.image[finite]
        else:
            take = (pixels.valid & ~valid) | (finite & np.isnan(image))
            image[take] = pixels.image[take]
        valid |= pixels.valid
        if with_map:
            # Energy bands of one exposure share its exposure time, they do not add to it.
            exposure += pixels.exposure / keys.count(key)
    return Pixels(image, valid, exposure, all(pixels.exposure_known for pixels, _, _ in found))
