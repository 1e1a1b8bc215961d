"""One image of a FITS file: where it lies, from its header alone, and its pixels."""

import os
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame

from ...exceptions import FailedTargetWarning
from .._origin import Origin
from ._fits_open import opened
from ._hdus import CONTENT, science_hdus
from ._image_origin import image_origin
from ._image_places import unshared
from ._pixels import FilePixels, file_pixels, hdu_pixels
from ._product import Selection, read_selection
from ._resample import SkyImage

__all__ = [
    "ImageInfo", "directions", "locate_image", "read_image", "read_images", "read_info",
    "read_infos", "read_pixels",
]  # fmt: skip

#: What was read from headers, by file, HDU, plane, and state of the file.
_INFOS, _MOST_INFOS = {}, 100_000


@dataclass(frozen=True)
class ImageInfo:
    """Where an image lies.

    Attributes
    ----------
    index : int
        Number of its HDU in the file.
    wcs : `~astropy.wcs.WCS`
        Celestial WCS, with ``array_shape`` set.
    center : ndarray of shape (3,)
        Unit vector to its middle (ICRS).
    radius : float
        Largest distance of its border from the middle (radians); pi where the sky ends in it.
    origin : Origin
        What the header says of telescope, passband, energies and the like.
    content : tuple of str
        What the header says that the pixels are: ``CONTENT``, ``HDUCLASn``, ``EXTNAME``.
    unit : str
        ``BUNIT``, if there is one.
    selection : Selection
        Observation, camera, exposure and time, by the header.
    plane : int, optional
        Plane of a cube.
    notes : tuple of str
        What a user should know of the file.
    """

    index: int
    wcs: WCS
    center: np.ndarray
    radius: float
    origin: Origin = field(default_factory=Origin)
    content: tuple[str, ...] = ()
    unit: str = ""
    selection: Selection = field(default_factory=Selection)
    plane: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def energies(self) -> tuple[float, float] | None:
        """Lowest and highest photon energy (keV), by header or name."""
        return self.origin.energies


def read_image(source, hdu: int | str | None = None, plane: int | None = None) -> SkyImage:
    """Read a two-dimensional image with a celestial WCS.

    Parameters
    ----------
    source : path, HDU or HDUList
        A FITS file (compressed or not) or what astropy makes of one.
    hdu : int, str, or tuple of them, optional
        Number, name (``EXTNAME``), or name and version (``("SCI", 2)``) of the HDU. By default the
        first that is such an image: those named ``SCI`` first, weights, errors and masks last.
    plane : int, optional
        Which plane of a cube (n, ny, nx), from 0.

    Returns
    -------
    SkyImage
        Of quantity ``"intensity"``; the caller knows better.

    Raises
    ------
    ProviderError
        If the file is missing, truncated, damaged, no FITS file, or has no such image.

    Warns
    -----
    FailedTargetWarning
        If the file holds more than one image of this sky, or SIP terms that are not used.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.io import fits
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers import read_image
    >>> field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 60)
    >>> image = read_image(fits.PrimaryHDU(np.zeros(field.shape), field.wcs.to_header()))
    >>> image.data.shape, image.pixel_area.round(6)
    ((60, 60), <Quantity 16. arcsec2>)
    """
    return read_images(source, hdu, plane, most=1)[0]


def read_images(source, hdu=None, plane: int | None = None, most=None) -> list[SkyImage]:
    """Read the images of a source: one, or the chips of a camera, ``most`` of them at most."""
    with opened(source) as (hdus, name):
        chips, notes = science_hdus(hdus, name, hdu, plane)
        images = [
            SkyImage(
                hdu_pixels(hdus[index], name, plane), wcs, name=name,
                unit=str(hdus[index].header.get("BUNIT", "")).strip(),
                origin=image_origin(hdus, index, name, plane),
            )
            for index, wcs in chips[:most]
        ]  # fmt: skip
    for note in notes:
        warnings.warn(note, FailedTargetWarning, stacklevel=4)
    return images


def read_info(path, hdu: int | str | None = None) -> ImageInfo:
    """Read where the first image of a file lies, without its pixels; see `read_image`."""
    return read_infos(path, hdu)[0]


def read_infos(path, hdu: int | str | None = None, plane: int | None = None) -> list[ImageInfo]:
    """Read where the images of a file lie, the chips of a camera, without their pixels.

    What was read is remembered until the file changes: thousands of headers take seconds.

    Raises
    ------
    ProviderError
        See `read_image`.
    """
    state = os.stat(path) if os.path.exists(path) else None
    key = (str(path), hdu, plane, state and (state.st_ino, state.st_size, state.st_mtime_ns))
    if key not in _INFOS:
        if len(_INFOS) >= _MOST_INFOS:
            _INFOS.clear()
        _INFOS[key] = _read_infos(path, hdu, plane)
    return _INFOS[key]


def _read_infos(path, hdu, plane):
    with opened(path) as (hdus, name):
        chips, notes = science_hdus(hdus, name, hdu, plane)
        return [_info(path, hdus, index, wcs, plane, notes) for index, wcs in chips]


def _info(path, hdus, index, wcs, plane, notes):
    """What the header of an HDU says."""
    header = hdus[index].header
    return replace(
        locate_image(index, wcs),
        origin=image_origin(hdus, index, Path(path).name, plane),
        content=tuple(str(header[key]) for key in CONTENT if key in header),
        unit=str(header.get("BUNIT", "")).strip(),
        selection=read_selection(header, hdus[0].header),
        plane=plane,
        notes=tuple(notes),
    )


def read_pixels(path, index: int, plane: int | None = None) -> np.ndarray | FilePixels:
    """Read the pixels, shape (ny, nx), of one HDU of a file; of large images, when they are used.

    Raises
    ------
    ProviderError
        If the pixels are truncated or damaged.
    """
    with opened(path) as (hdus, _):
        return file_pixels(path, index, hdus, plane)


def locate_image(index: int, wcs: WCS) -> ImageInfo:
    """Work out middle and radius of an image from its WCS.

    An image in which the sky ends has the radius of the whole sky.
    """
    ny, nx = wcs.array_shape
    # The middle first, then the corners and the middles of the sides.
    x, y = np.meshgrid([nx / 2 - 0.5, -0.5, nx - 0.5], [ny / 2 - 0.5, -0.5, ny - 0.5])
    direction = directions(wcs, x.ravel(), y.ravel())
    exists = np.isfinite(direction).all(axis=1)
    if not exists.all():  # the sky ends within the image (AIT, MOL, ZEA, SIN): it may be anywhere
        center = direction[exists][0] if exists.any() else np.array([0.0, 0.0, 1.0])
        return ImageInfo(index, wcs, center, np.pi)
    chord = np.linalg.norm(direction[1:] - direction[0], axis=1).max()
    return ImageInfo(index, wcs, direction[0], float(2 * np.arcsin(min(chord / 2, 1.0))))


def directions(wcs: WCS, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return unit vectors (ICRS), shape (n, 3), to places in an image; NaN off the sky."""
    wcs = unshared(wcs)
    lon, lat = wcs.all_pix2world(x, y, 0)[:: 1 if wcs.wcs.lng == 0 else -1]
    frame = wcs_to_celestial_frame(wcs)
    if frame.name != "icrs":  # SkyCoord costs more than all the rest here
        sky = SkyCoord(lon, lat, unit="deg", frame=frame).icrs
        lon, lat = sky.ra.deg, sky.dec.deg
    lon, lat = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], 1)
