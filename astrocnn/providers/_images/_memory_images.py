"""Images in memory: an HDU, a list of HDUs, or a `SkyImage`."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ...surveys import Band
from ._chips import name_photons, of_band
from ._fits_files import FitsImage
from ._fits_image import locate_image, read_images
from ._resample import SkyImage
from ._trusted import in_memory, split_trusted

__all__ = ["memory_images"]


def memory_images(
    source, band: Band, tell: Callable, hdu=None, plane: int | None = None
) -> list[FitsImage] | None:
    """List the images of a source that is in memory, with the place of each; None if it is not.

    Parameters
    ----------
    source : object
        What `FitsProvider` takes; ``{"image": ..., "trusted": True}`` vouches for what is under
        ``image``.
    band : Band
        What the pixels are.
    tell : callable
        Returns the quantity of pixels, from them and their unit.
    hdu : int, str or tuple, optional
        HDU of a list of them.
    plane : int, optional
        Plane of a cube.

    Raises
    ------
    ProviderError
        If there is no image, or it says that it is none of the band.
    """
    trusted = False
    if isinstance(source, Mapping) and in_memory(source.get("image")):
        source, trusted = split_trusted(source)
    if isinstance(source, SkyImage):
        skies = [replace(source)]  # checked anew: it may have been changed
    elif in_memory(source):
        skies = read_images(source, hdu, plane)
        for sky in skies:
            sky.quantity = tell(sky.data, sky.unit) or band.quantity
    else:
        return None
    images = []
    for sky in skies:
        wcs = sky.wcs.deepcopy()
        wcs.array_shape = sky.data.shape
        info = locate_image(0, wcs)
        images.append(FitsImage(info, image=sky, trusted=trusted))
    images = of_band(skies[0].name, images, band)
    name_photons(None, images)
    return images
