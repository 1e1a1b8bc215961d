"""Images of one file: those of a band, and which of them hold the same photons."""

import numpy as np

from ...exceptions import ProviderError
from ...surveys import Band
from .._energies import widest_apart
from .._origin import check_origin

__all__ = ["name_photons", "of_band"]

#: How far apart the middles of images of the same sky may lie (radians).
_SAME = 1e-7


def of_band(name: str, images: list, band: Band) -> list:
    """Return those images of a file that are of a band.

    Of images of the same sky in energies that overlap the widest ranges of the band are taken.

    Parameters
    ----------
    name : str
        Name of the file.
    images : list of FitsImage
        Its images.
    band : Band
        The band.

    Raises
    ------
    ProviderError
        If none is of the band; the message says what the first is.
    """
    kept, faults = [], []
    for image in images:
        try:
            check_origin(name, image.origin, band)
            kept.append(image)
        except ProviderError as error:
            faults.append(error)
    if not kept:
        raise faults[0]
    if not _is_one_sky(kept) or any(image.trusted for image in kept):
        return kept
    spans = widest_apart([x.origin.energies for x in kept if x.origin.energies], band)
    return [image for image in kept if not spans or image.origin.energies in spans]


def name_photons(path, images: list) -> None:
    """Name exposure and photons of the images of a file: energies of one sky share the exposure.

    Parameters
    ----------
    path : object
        Names the file.
    images : list of FitsImage
        Those that are used.
    """
    one_sky = len(images) > 1 and _is_one_sky(images)
    for k, image in enumerate(images):
        image.chip, image.photons = 0 if one_sky else k, (path, k)
        image.key = (path, image.chip)


def _is_one_sky(images) -> bool:
    """Whether images lie on one another."""
    centers = np.array([image.info.center for image in images])
    return bool(np.abs(centers - centers[0]).max() < _SAME)
