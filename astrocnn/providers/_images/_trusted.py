"""Images that the user vouches for, whatever their headers say."""

from collections.abc import Mapping

from astropy.io import fits

from ...exceptions import ProviderError
from ._resample import SkyImage

__all__ = ["in_memory", "split_trusted"]

_HDUS = (fits.HDUList, fits.PrimaryHDU, fits.ImageHDU, fits.CompImageHDU)


def in_memory(source) -> bool:
    """Whether a source is an image in memory: an HDU, a list of HDUs, or a `SkyImage`."""
    return isinstance(source, (*_HDUS, SkyImage))


def split_trusted(source) -> tuple[object, object]:
    """Part a source into images, and those of them that the user vouches for.

    Parameters
    ----------
    source : object
        What `FitsProvider` takes. ``{"image": ..., "trusted": True}`` vouches for all images,
        ``{"image": ..., "trusted": path}`` for those of a path, a pattern or a list of them.

    Returns
    -------
    source : object
        The same without the word; an image in memory as it is.
    trusted : bool, path, pattern or list
        Which are vouched for.

    Raises
    ------
    ProviderError
        If there is nothing to vouch for.

    Examples
    --------
    >>> from astrocnn.providers._images._trusted import split_trusted
    >>> split_trusted({"image": "r.fits", "trusted": True})
    ({'image': 'r.fits'}, True)
    """
    if not isinstance(source, Mapping) or "trusted" not in source:
        return source, False
    rest = {key: value for key, value in source.items() if key != "trusted"}
    trusted = source["trusted"]
    memory = in_memory(rest.get("image"))
    if memory and set(rest) == {"image"} and isinstance(trusted, bool):
        return rest["image"], trusted
    if "image" not in rest or memory:
        raise ProviderError(
            "vouch for images as {'image': files, 'trusted': True}, or name some of the files "
            f"under 'trusted'; this has {', '.join(map(repr, source))}"
        )
    return rest, trusted
