"""Local FITS images, with their exposure maps: the plain way in for one's own data."""

import warnings
from collections import OrderedDict
from concurrent.futures import Executor
from threading import Lock

import numpy as np
from astropy import units as u

from ...exceptions import FailedTargetWarning, NoCoverageError, ProviderError
from ...grid import CutoutGrids
from ...surveys import Band
from .._core import Pixels, Provider, run_all
from .._identity import fingerprint
from ._fits_files import find_images
from ._footprints import Footprints
from ._loaded import LoadedImage, UnexposedError, load_image
from ._memory_images import memory_images
from ._quantity import common_quantity, tell_quantity
from ._resample import resample_image
from ._spread import camera_response, largest_response
from ._stack import Stack

__all__ = ["FitsProvider"]

#: Bytes of pixels that a provider keeps in memory, beside the image in use.
_KEPT = 256 * 2**20


class FitsProvider(Provider):
    """Pixels from local FITS images.

    Parameters
    ----------
    source : path, pattern, list of them, dict, HDU, HDUList or `SkyImage`
        Where the images are: ``"*.FTZ"``, ``["a.fits", "b.fits.gz"]``, or
        ``{"image": "a.fits", "exposure": "a_exp.fits", "background": "a_bkg.fits"}``, of which the
        maps may be left out. Images in several energy bands that share a map share its time.
        XMM-Newton pipeline (PPS) and eROSITA (eSASS) products are known by their file names:
        exposure maps are paired with their images, images outside the band's energy range and
        background maps (they contain cluster light) are left alone. Other maps and masks, by their
        header or a word of their name, are left out with a warning; what a dict names as an image
        is one. So are images of another telescope, unit, passband or energies than the band's,
        unless ``"trusted"`` in the dict (True, or some of the files) vouches for them.
    band : Band
        What the pixels are.
    quantity : {'counts', 'rate', 'intensity'}, optional
        How values scale. By default pipeline images of an X-ray band are counts, and so are images
        whose unit (``BUNIT``) is counts or, where it says nothing, whose pixels are whole numbers;
        otherwise the band tells.
    hdu : int, str, tuple, or dict of them, optional
        Number, name, or name and version of the HDU in each file, or of ``{"image": ...,
        "exposure": ...}``. By default all chips of a camera: the images with a celestial WCS that
        do not lie on one another, those named ``SCI`` first, weights, errors and masks last.
    plane : int, optional
        Which plane of cubes (n, ny, nx), from 0.
    background : {'estimate', None}
        Whether to estimate the background of counts images that have exposure maps, with
        `estimate_background`: the variable ``background`` of the cut-outs. Nothing is subtracted.

    Raises
    ------
    ProviderError
        If no file matches or none of them can be read.
    InvalidImageError
        If the exposure map of a `SkyImage` has another shape than the image.

    Warns
    -----
    FailedTargetWarning
        If some of several files cannot be read, are no images, or are copies of others.

    Notes
    -----
    Only headers are read at first, then the pixels that a target needs. Small images stay in
    memory, 256 MiB of them; of images above 32 MiB, tile-compressed ones too, the part under the
    target is read, and what lies elsewhere is not checked against ``CHECKSUM`` and ``DATASUM``. No
    file stays open. Overlapping counts images are added, and so are their exposures, but for sky
    tiles of one eROSITA survey, which hold the same photons. Where images of EPIC pn and MOS are
    given, exposures are in seconds of pn: one of MOS is 0.3 of them. For other quantities the first
    image with a valid pixel wins, and an exposure map only tells what is valid. Where counts meet
    another quantity the target fails: they can be neither added nor chosen from.

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

    def __init__(
        self,
        source,
        band: Band,
        quantity: str | None = None,
        *,
        hdu=None,
        plane: int | None = None,
        background: str | None = None,
    ):
        super().__init__(band)
        if background not in (None, "estimate"):
            raise ProviderError(
                f"background must be None or 'estimate', not {background!r}; give maps as "
                "{'image': ..., 'background': ...}"
            )
        self.quantity = quantity
        self.background = background
        self._cache = OrderedDict()
        self._told = set()
        self._lock = Lock()
        self._images = memory_images(source, band, self._tell, hdu, plane)
        if self._images is None:
            self._images = find_images(source, band, hdu, plane)
        self._most = largest_response(image.origin for image in self._images)
        self._footprints = Footprints([image.info for image in self._images])

    @property
    def description(self) -> str:
        """Number of images and the first one's name."""
        more = len(self._images) - 1
        return self._images[0].name + (f" and {more} more" if more else "")

    @property
    def origin_known(self) -> bool:
        """Whether all images say where they come from."""
        return all(image.origin.told(self.band) for image in self._images)

    @property
    def identity(self) -> str:
        """Description, and a digest of states of files, or of pixels and WCS in memory."""
        parts = [self.quantity, self.background, self.band.quantity]
        for image in self._images:
            parts += image.identity
        return f"{self.description} {fingerprint(parts)}"

    @property
    def trusted(self) -> list[str]:
        """Names of the images that the user vouches for."""
        return [*dict.fromkeys(image.name for image in self._images if image.origin.trusted)]

    def cutout(self, grid) -> Pixels:
        """Return the pixels on ``grid``; see `Provider.cutout`."""
        return self.sample(grid)

    def sample(self, grid, unexposed: bool = False) -> Pixels:
        """Return the pixels on a grid of any shape, such as the tile of a HiPS.

        Parameters
        ----------
        grid : object
            With ``shape``, ``pixel_area``, ``lonlat()``, ``center`` and ``size``.
        unexposed : bool
            Whether pixels that exist are enough, though none of them was exposed.

        Raises
        ------
        NoCoverageError, ProviderError
            See `Provider.cutout`.
        """
        center = grid.center.cartesian.xyz.value
        stack, unused = Stack(), []
        for k in self._footprints.near(center[np.newaxis], _reach(grid)):
            try:
                loaded = self._load(self._images[k])
            except UnexposedError as error:
                unused.append(error)
                continue
            self._add(stack, self._images[k], loaded, grid, unexposed)
        if stack.empty:
            raise unused[0] if unused else self._nothing(grid)
        self._tell_unused(unused)
        return stack.pixels()

    def cutouts(self, grids: CutoutGrids, pool: Executor) -> list[Pixels | ProviderError]:
        """Return the pixels on many grids; see `Provider.cutouts`.

        Targets are taken image by image, so that each image is read once, whatever the order of
        the targets is, and one image after the other is in memory.
        """
        stacks = [Stack() for _ in range(len(grids))]
        faults, unused = [None] * len(grids), {}

        def add(i):
            try:
                self._add(stacks[i], image, loaded, grids[i])
            except ProviderError as error:
                faults[i] = error

        for k, targets in self._footprints.near(grids.axes()[:, 0], _reach(grids)).items():
            targets = [i for i in targets if faults[i] is None]
            if not targets:
                continue
            image = self._images[k]
            try:
                loaded = self._load(image, len(targets))
            except UnexposedError as error:
                unused |= dict.fromkeys(targets, error)
                continue
            except ProviderError as error:
                faults = [error if i in targets else fault for i, fault in enumerate(faults)]
                continue
            run_all(pool, add, targets)
        self._tell_unused(error for i, error in unused.items() if not stacks[i].empty)
        return [
            fault or (unused.get(i, self._nothing(grids[i])) if stack.empty else stack.pixels())
            for i, (fault, stack) in enumerate(zip(faults, stacks, strict=True))
        ]

    def _tell_unused(self, errors):
        """Warn of images that others stood in for."""
        for words in dict.fromkeys(map(str, errors)):
            self._warn(words, f"{words}; its image is left out")

    def _warn(self, key, words):
        """Warn once of what has a key."""
        if key not in self._told:
            self._told.add(key)
            words = f"band {self.band.name}: {words}"
            warnings.warn(words, FailedTargetWarning, stacklevel=5)

    def _add(self, stack, image, loaded, grid, unexposed=False):
        """Add an image's pixels on a grid to the others."""
        pixels = resample_image(loaded.image, grid)
        if pixels is None:
            return
        if not pixels.valid.any() and not (unexposed and np.isfinite(pixels.image).any()):
            return
        stack.quantity = common_quantity(image.name, loaded.told, stack.quantity, self.band)
        counts = loaded.image.quantity == "counts"
        weight = 1.0
        if self._most is not None:
            weight = camera_response(image.origin) / self._most
        known = counts and loaded.full_exposure is not None
        pixels.full_exposure = weight * loaded.full_exposure if known else None
        if counts and loaded.relative:
            pixels.exposure_known = False
        if not counts or loaded.relative:
            pixels.exposure = None  # it has told what is valid; a rate is divided already
        elif pixels.exposure is not None and loaded.seconds * weight != 1:
            pixels.exposure *= np.float32(loaded.seconds * weight)
        if loaded.background is not None:
            background = resample_image(loaded.background, grid)
            pixels.background = np.nan_to_num(background.image, nan=0.0)
        pixels.psf = loaded.psf(grid.center) if loaded.psf is not None else None
        image.mark(pixels, self.band)
        stack.add(pixels, image.key, image.photons if counts else None)

    def _nothing(self, grid):
        """Error of a target that no image covers."""
        return NoCoverageError(
            f"no {self.band.name} pixel at {grid.center.to_string('hmsdms', precision=0)} "
            f"in {self.description}"
        )

    def _load(self, image, n_targets: int = 1) -> LoadedImage:
        """Return an image's pixels; the last few images stay in memory."""
        with self._lock:
            if id(image) in self._cache:
                self._cache.move_to_end(id(image))
                return self._cache[id(image)]
            loaded = load_image(image, self.band, self._tell, self.background, n_targets)
            self._cache[id(image)] = loaded
            if loaded.doubt and loaded.image.quantity == "counts":
                self._warn("unit", loaded.doubt)
            total = sum(item.nbytes for item in self._cache.values())
            while total > _KEPT and len(self._cache) > 1:
                total -= self._cache.popitem(last=False)[1].nbytes
            return loaded

    def _tell(self, data, unit, pipeline=False) -> str | None:
        """What kind of quantity an image holds; None where its pixels are zero."""
        if self.quantity is None and pipeline and self.band.waveband == "xray":
            return "counts"
        return self.quantity or tell_quantity(data, unit, self.band)


def _reach(grid) -> float:
    """Radius of the circle around a grid (radians)."""
    return grid.size.to_value(u.rad) * np.sqrt(0.5)
