"""Local FITS images, with their exposure maps: the plain way in for one's own data."""

import glob
import re
import warnings
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS

from ..exceptions import NoCoverageError, ProviderError
from ..surveys import Band
from ._core import Pixels, Provider
from ._resample import SkyImage, resample_image

__all__ = ["FitsProvider", "read_image"]

#: XMM-Newton pipeline (PPS) products: P<obsid><camera><exposure><type><band><source>.
_PPS = re.compile(
    r"P(?P<key>\d{10}(?P<camera>PN|M1|M2)[SUX]\d{3})(?P<type>IMAGE_|EXPMAP|BKGMAP)(?P<band>\d)\d{3}\."
)
#: Energies (keV) of the PPS bands, XMM-Newton SOC XMM-SOC-GEN-ICD-0024.
_PPS_ENERGY = {
    "1": (0.2, 0.5), "2": (0.5, 1.0), "3": (1.0, 2.0), "4": (2.0, 4.5), "5": (4.5, 12.0),
    "8": (0.2, 12.0),
}
_READ_ERRORS = (OSError, EOFError, ValueError, TypeError, KeyError, zlib.error)


@dataclass
class _Entry:
    """One image that a provider knows of; pixels are read when a target needs them."""

    path: Path | None
    exposure_path: Path | None = None
    image: SkyImage | None = None
    share: float = 1.0
    center: np.ndarray = field(default=None)
    radius: float = 0.0


class FitsProvider(Provider):
    """Pixels from local FITS images.

    Parameters
    ----------
    source : path, pattern, list of them, dict, HDU, HDUList or `SkyImage`
        Where the images are: ``"*.FTZ"``, ``["a.fits", "b.fits.gz"]``, or
        ``{"image": "a.fits", "exposure": "a_exp.fits"}``. XMM-Newton pipeline products are known by
        their file names: exposure maps are paired with their images, images outside the
        band's energy range and background maps (they contain cluster light) are left alone.
    band : Band
        What the pixels are.
    quantity : {'counts', 'rate', 'intensity'}, optional
        How values scale. By default integer pixels and XMM-Newton pipeline images of an X-ray
        band are counts; otherwise the band tells.

    Raises
    ------
    ProviderError
        If no file matches or none of them can be read.

    Notes
    -----
    Overlapping counts images are added, and so are their exposures; for other quantities the first
    image with a valid pixel wins.

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
            if np.arccos(np.clip(direction @ entry.center, -1, 1)) > entry.radius + reach:
                continue
            image = self._load(entry)
            pixels = resample_image(image, grid)
            if pixels is not None and pixels.valid.any():
                found.append((pixels, image.quantity, entry.share))
        if not found:
            raise NoCoverageError(
                f"no {self.band.name} pixel at {grid.center.to_string('hmsdms', precision=0)} "
                f"in {self.description}"
            )
        return _merge(found)

    def _find(self, source):
        """List the images of a source, with position and radius of each."""
        if isinstance(source, SkyImage):
            entries = [_Entry(None, image=source)]
        elif isinstance(source, (fits.HDUList, fits.PrimaryHDU, fits.ImageHDU, fits.CompImageHDU)):
            entries = [_Entry(None, image=self._typed(read_image(source), None))]
        elif isinstance(source, dict):
            entries = [
                _Entry(path, exposure)
                for path, exposure in zip(
                    _paths(source["image"]), _paths(source["exposure"]), strict=True
                )
            ]
        else:
            entries = _pair_products(_paths(source), self.band)
        faults = []
        good = [e for e in entries if self._locate(e, faults)]
        if not good:
            raise ProviderError(
                f"none of the {len(entries)} images for band {self.band.name} can be read: "
                f"{faults[0]}"
            )
        self.faults = faults
        return good

    def _locate(self, entry, faults) -> bool:
        """Store an image's center and radius; False (and the reason kept) if it is unreadable."""
        try:
            image = self._load(entry)
        except ProviderError as error:
            faults.append(str(error))
            return False
        ny, nx = image.data.shape
        corners = image.wcs.pixel_to_world(
            [(nx - 1) / 2, -0.5, nx - 0.5, -0.5, nx - 0.5],
            [(ny - 1) / 2, -0.5, -0.5, ny - 0.5, ny - 0.5],
        ).icrs
        entry.center = corners[0].cartesian.xyz.value
        entry.radius = float(corners[0].separation(corners[1:]).rad.max())
        return True

    def _load(self, entry, keep=4) -> SkyImage:
        """Return the image of an entry; the last few are kept in memory."""
        if entry.image is not None:
            return entry.image
        with self._lock:
            if entry.path in self._cache:
                self._cache.move_to_end(entry.path)
                return self._cache[entry.path]
            image = self._typed(read_image(entry.path), entry.path)
            if entry.exposure_path is not None:
                exposure = read_image(entry.exposure_path)
                if exposure.data.shape != image.data.shape:
                    raise ProviderError(
                        f"{entry.exposure_path.name} has shape {exposure.data.shape}, its image "
                        f"{entry.path.name} {image.data.shape}: exposure maps must match pixel "
                        "by pixel"
                    )
                image.exposure = exposure.data
            self._cache[entry.path] = image
            if len(self._cache) > keep:
                self._cache.popitem(last=False)
            return image

    def _typed(self, image, path):
        """Set what kind of quantity the image holds."""
        counts = self.band.waveband == "xray" and (
            np.issubdtype(image.data.dtype, np.integer)
            or (path is not None and _PPS.search(path.name) is not None)
        )
        image.quantity = self.quantity or ("counts" if counts else self.band.quantity)
        return image


def read_image(source) -> SkyImage:
    """Read the first two-dimensional image with a celestial WCS.

    Parameters
    ----------
    source : path, HDU or HDUList
        A FITS file (compressed or not) or what astropy makes of one.

    Returns
    -------
    SkyImage
        Of quantity ``"intensity"``; the caller knows better.

    Raises
    ------
    ProviderError
        If the file is missing, truncated, no FITS file, or has no such image.
    """
    name = source if isinstance(source, (str, Path)) else "the given HDU"
    name = Path(name).name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            warnings.filterwarnings("error", message=".*truncated.*")
            if isinstance(source, (str, Path)):
                with fits.open(source, memmap=False) as hdus:
                    return _first_image(hdus, name)
            hdus = source if isinstance(source, fits.HDUList) else [source]
            return _first_image(hdus, name)
    except ProviderError:
        raise
    except (*_READ_ERRORS, AstropyWarning) as error:
        raise ProviderError(f"{name} cannot be read as a FITS image: {error}") from error


def _first_image(hdus, name):
    for hdu in hdus:
        if not hdu.is_image or hdu.header.get("NAXIS", 0) < 2:
            continue
        wcs = WCS(hdu.header, hdus if isinstance(hdus, fits.HDUList) else None).celestial
        data = np.asarray(hdu.data)
        data = data.reshape(data.shape[-2:]) if data[..., 0, 0].size == 1 else None
        if wcs.naxis == 2 and data is not None:
            return SkyImage(data.astype(data.dtype.newbyteorder("="), copy=False), wcs, name=name)
    raise ProviderError(
        f"{name} has no two-dimensional image with a celestial WCS; give an image made on the sky"
    )


def _paths(source) -> list[Path]:
    """Expand a path, a pattern, or a list of them into files."""
    if isinstance(source, (str, Path)):
        source = [source]
    found = []
    for item in source:
        item = Path(item).expanduser()
        if item.is_dir():
            item = item / "*"
        matches = [item] if item.is_file() else [Path(p) for p in sorted(glob.glob(str(item)))]
        if not matches:
            raise ProviderError(f"no file matches {str(item)!r} (from {Path.cwd()})")
        found += [path for path in matches if path.is_file()]
    return found


def _pair_products(paths, band) -> list[_Entry]:
    """Pair XMM-Newton pipeline images with their exposure maps; other files stand alone."""
    products = {path: _PPS.search(path.name) for path in paths}
    exposure = {
        (m["key"], m["band"]): path for path, m in products.items() if m and m["type"] == "EXPMAP"
    }
    entries, keys = [], []
    for path, match in products.items():
        if match is None:
            entries.append(_Entry(path))
            keys.append(path)
        elif match["type"] == "IMAGE_" and _inside(match["band"], band):
            entries.append(_Entry(path, exposure.get((match["key"], match["band"]))))
            keys.append(match["key"])
    if not entries:
        raise ProviderError(
            f"no image for band {band.name} among {len(paths)} files; "
            f"its energy range is {band.energy}"
        )
    for entry, key in zip(entries, keys, strict=True):
        # Energy bands of one exposure share its exposure time, they do not add to it.
        entry.share = 1 / keys.count(key)
    return entries


def _inside(pps_band, band) -> bool:
    low, high = _PPS_ENERGY.get(pps_band, (0, np.inf))
    if band.energy is None:
        return True
    energy = band.energy.to_value(u.keV)
    return energy[0] <= low and high <= energy[1]


def _merge(found) -> Pixels:
    """Combine the pixels of several images of one field."""
    if len(found) == 1:
        return found[0][0]
    image = np.full(found[0][0].image.shape, np.nan, dtype=np.float32)
    valid = np.zeros(image.shape, dtype=bool)
    with_map = all(pixels.exposure is not None for pixels, _, _ in found)
    exposure = np.zeros(image.shape, dtype=np.float32) if with_map else None
    for pixels, quantity, share in found:
        add = np.isfinite(pixels.image) & (np.isnan(image) | (quantity == "counts"))
        image[add] = np.nan_to_num(image[add]) + pixels.image[add]
        valid |= pixels.valid
        if with_map:
            exposure += pixels.exposure * share
    return Pixels(image, valid, exposure, all(pixels.exposure_known for pixels, _, _ in found))
