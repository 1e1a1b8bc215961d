"""Images in use: pixels, maps on the same pixels, and the background."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord

from ...exceptions import ProviderError
from ...surveys import Band, PointSpread
from ._background import estimate_background
from ._exposure_time import exposure_seconds, is_relative, unit_doubt
from ._fits_files import FitsImage
from ._fits_image import read_pixels
from ._pixels import FilePixels
from ._resample import SkyImage, longest_exposure
from ._spread import image_spread

__all__ = ["LoadedImage", "UnexposedError", "load_image"]

#: Of a tile-compressed image tiles are unpacked for each target: so many targets make it worth
#: while to unpack all of them, where they take no more than this (bytes).
_MANY, _MOST = 16, 512 * 2**20


class UnexposedError(ProviderError):
    """The exposure map of an image is zero, or not finite, everywhere."""


@dataclass
class LoadedImage:
    """An image in use.

    Attributes
    ----------
    image : SkyImage
        Its pixels, or what reads them part by part.
    told : str or None
        Quantity of its pixels; None where they are zero and tell nothing.
    background : SkyImage, optional
        Expected background on the same pixels.
    full_exposure : float, optional
        Longest exposure (s).
    seconds : float
        Unit of the exposure map (s).
    relative : bool
        Whether the exposure map is of fractions of an unknown exposure.
    doubt : str
        What a user should know of the exposure map.
    psf : callable, optional
        Returns the point-spread function for a position; see `image_spread`.
    """

    image: SkyImage
    told: str | None
    background: SkyImage | None = None
    full_exposure: float | None = None
    seconds: float = 1.0
    relative: bool = False
    doubt: str = ""
    psf: Callable[[SkyCoord], PointSpread] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        arrays = [self.image.data, self.image.exposure, self.background and self.background.data]
        return sum(array.nbytes for array in arrays if array is not None)


def load_image(
    image: FitsImage, band: Band, tell: Callable, background: str | None, n_targets: int = 1
) -> LoadedImage:
    """Read an image and its maps; estimate its background if that is asked for.

    Parameters
    ----------
    image : FitsImage
        Where it is.
    band : Band
        What its pixels are.
    tell : callable
        Returns the quantity of pixels, from them, their unit, and whether a pipeline made them.
    background : {'estimate', None}
        See `FitsProvider`.
    n_targets : int
        Targets on the image.

    Raises
    ------
    UnexposedError
        If its map holds no exposure.
    ProviderError
        If a file is damaged.
    """
    sky, told = image.image, None
    estimated = background == "estimate" and image.background_path is None

    def pixels(path, info):
        found = read_pixels(path, info.index, info.plane)
        return _whole(found, n_targets, estimated)

    if sky is None:
        exposure = None
        data = pixels(image.path, image.info)
        if image.exposure_path is not None:
            exposure = pixels(image.exposure_path, image.exposure_info)
        told = tell(data, image.info.unit, image.product.pipeline)
        # No photon in the time of a map is a count of zero.
        blank = band.quantity if exposure is None else "counts"
        sky = SkyImage(data, image.info.wcs, told or blank, exposure, name=image.name)
    if sky.exposure is not None and not longest_exposure(sky.exposure) > 0:
        path = image.exposure_path
        raise UnexposedError(
            f"{f'the exposure map of {sky.name}' if path is None else path.name} holds no exposure"
        )
    loaded = LoadedImage(sky, told)
    if band.waveband == "xray":
        loaded.psf = image_spread(sky, image.origin, band)
    if image.exposure_info is not None:
        unit, name = image.exposure_info.unit, image.exposure_path.name
        longest = longest_exposure(sky.exposure)
        loaded.seconds = exposure_seconds(unit, name)
        loaded.relative, loaded.doubt = is_relative(unit, longest), unit_doubt(unit, longest, name)
    if sky.exposure is not None and not loaded.relative:
        loaded.full_exposure = longest_exposure(sky.exposure) * loaded.seconds
    expected = None
    if image.background_path is not None:
        expected = pixels(image.background_path, image.background_info)
    elif estimated and sky.quantity == "counts":
        expected = estimate_background(sky).expected(sky.exposure)
    if expected is not None:
        loaded.background = SkyImage(expected, sky.wcs, sky.quantity, name=sky.name)
    return loaded


def _whole(pixels, n_targets, needed) -> np.ndarray | FilePixels:
    """Pixels, all of them in memory where that is needed, or soon done."""
    if isinstance(pixels, np.ndarray):
        return pixels
    size = 4 * pixels.shape[0] * pixels.shape[1]
    many = pixels.packed and n_targets >= _MANY and size <= _MOST
    return pixels[:, :] if needed or many else pixels
