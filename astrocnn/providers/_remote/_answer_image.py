"""Image in an answer: in the first HDU or a later one, packed or not, with its checksums."""

import io
import warnings
from math import prod

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

from ..._fits_counts import check_counts
from ...exceptions import ProviderError
from .._images._decode import decode_image
from .._images._fits_image import read_image
from .._images._fits_open import LOCK, SILENCED
from .._images._resample import SkyImage
from ._answer_wcs import check_offset, check_wcs

__all__ = ["read_on_grid", "read_sky_image"]

#: No service is asked for as many pixels.
_MOST_PIXELS = 2**26


def read_on_grid(content: bytes, grid, name: str) -> np.ndarray:
    """Return the pixels of an answer that was asked for on a grid.

    Parameters
    ----------
    content : bytes
        FITS file, not packed.
    grid : CutoutGrid
        What was asked for.
    name : str
        What it is, for messages.

    Returns
    -------
    ndarray of shape ``grid.shape``, float32

    Raises
    ------
    ProviderError
        If it cannot be read, is damaged, or lies elsewhere.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.io import fits
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers._remote._answer_image import read_on_grid
    >>> grid, file = CutoutGrid(SkyCoord(150, 2, unit="deg"), 6 * u.arcmin, 90), io.BytesIO()
    >>> image = fits.ImageHDU(np.ones(grid.shape), grid.wcs.to_header())
    >>> fits.HDUList([fits.PrimaryHDU(), image]).writeto(file)
    >>> float(read_on_grid(file.getvalue(), grid, "the answer").mean())
    1.0
    """
    try:
        pixels = decode_image(content, name)
    except ProviderError as error:
        if "no readable two-dimensional image" not in str(error):
            raise
        try:
            image = read_sky_image(content, name)  # in a later HDU, or of more axes
        except ProviderError as other:
            raise (error if "NAXIS =" in str(error) else other) from None
        pixels, wcs = np.asarray(image.data, np.float32), image.wcs
    else:
        wcs = None
    if pixels.shape != grid.shape:
        raise ProviderError(f"{name} is an image of shape {pixels.shape}, not {grid.shape}")
    if wcs is None:
        check_wcs(content, grid, name)
    else:
        check_offset(wcs, grid, name)
    return pixels


def read_sky_image(content: bytes, name: str) -> SkyImage:
    """Return the first image of the sky in a FITS file, with its WCS.

    Raises
    ------
    ProviderError
        If it cannot be read, is damaged, or has none.
    """
    try:
        with LOCK, warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=AstropyWarning, module=SILENCED)
            check_counts(io.BytesIO(content))
            hdus = fits.open(io.BytesIO(content), memmap=False)
            most = max(prod(getattr(hdu, "shape", None) or ()) for hdu in hdus)
    except Exception as error:  # whatever astropy raises of a damaged file
        raise ProviderError(f"{name} is an image that cannot be read: {error}") from error
    with hdus:
        if most > _MOST_PIXELS:  # packed by tiles, a megabyte holds gigabytes of zeros
            raise ProviderError(f"{name} is an image of {most} pixels, far more than asked for")
        try:
            image = read_image(hdus)
        except ProviderError as error:
            raise ProviderError(f"{name}: {error}") from error
    image.name = name
    return image
