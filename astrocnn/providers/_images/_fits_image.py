"""One image of a FITS file: where it lies, from its header alone, and its pixels."""

import bz2
import gzip
import lzma
import os
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.io.fits.verify import VerifyError
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_area, wcs_to_celestial_frame

from ...exceptions import ProviderError
from .._energies import name_energies
from .._energy_header import header_energies
from ._esass_products import esass_energies
from ._resample import SkyImage
from ._xmm_products import product_energies

__all__ = [
    "BROKEN", "LOCK", "SILENCED", "ImageInfo", "directions", "locate_image", "opened", "read_image",
    "read_info", "read_pixels",
]  # fmt: skip

#: Silencing warnings is not thread-safe: one file at a time, and only the modules that complain of
#: trifles in FITS files, so that a mix-up with other threads can never hide anything else.
LOCK = Lock()
SILENCED = rf"astropy\.(io\.fits|wcs)\.|{re.escape(__name__)}"
#: How packed files begin, and what unpacks them.
_PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
#: Longest header (blocks of 2880 bytes), and largest image (bytes), that are read.
_HEADER_BLOCKS, _LARGEST = 4000, 8 * 2**30
#: Keywords that say what the pixels of an HDU are.
_CONTENT = ("CONTENT", "HDUCLAS1", "HDUCLAS2", "HDUCLAS3", "HDUCLAS4", "EXTNAME")
#: What was read from headers, by file, HDU, and state of the file.
_INFOS, _MOST_INFOS = {}, 100_000
#: What broken files make astropy raise.
BROKEN = (
    OSError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, MemoryError,
    VerifyError, Warning, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
)  # fmt: skip


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
    telescope : str
        Name in the header, if there is one.
    content : tuple of str
        What the header says that the pixels are: ``CONTENT``, ``HDUCLASn``, ``EXTNAME``.
    unit : str
        ``BUNIT``, if there is one.
    energies : tuple of float, optional
        Lowest and highest photon energy (keV), by header or name.
    """

    index: int
    wcs: WCS
    center: np.ndarray
    radius: float
    telescope: str = ""
    content: tuple[str, ...] = ()
    unit: str = ""
    energies: tuple[float, float] | None = None


def read_image(source, hdu: int | str | None = None) -> SkyImage:
    """Read a two-dimensional image with a celestial WCS.

    Parameters
    ----------
    source : path, HDU or HDUList
        A FITS file (compressed or not) or what astropy makes of one.
    hdu : int or str, optional
        Number or name (``EXTNAME``) of the HDU. By default the first that is such an image.

    Returns
    -------
    SkyImage
        Of quantity ``"intensity"``; the caller knows better.

    Raises
    ------
    ProviderError
        If the file is missing, truncated, no FITS file, or has no such image.

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
    with opened(source) as (hdus, name):
        index, wcs = _find_image(hdus, name, hdu)
        unit = str(hdus[index].header.get("BUNIT", "")).strip()
        return SkyImage(_native_pixels(hdus[index], name), wcs, name=name, unit=unit)


def read_info(path, hdu: int | str | None = None) -> ImageInfo:
    """Read where an image of a file lies, without its pixels; see `read_image`.

    What was read is remembered until the file changes: thousands of headers take seconds.

    Raises
    ------
    ProviderError
        See `read_image`.
    """
    state = os.stat(path) if os.path.exists(path) else None
    key = (str(path), hdu, state and (state.st_ino, state.st_size, state.st_mtime_ns))
    if key not in _INFOS:
        if len(_INFOS) >= _MOST_INFOS:
            _INFOS.clear()
        _INFOS[key] = _read_info(path, hdu)
    return _INFOS[key]


def _read_info(path, hdu):
    with opened(path) as (hdus, name):
        index, wcs = _find_image(hdus, name, hdu)
        header = hdus[index].header
        named = header.get("TELESCOP") or hdus[0].header.get("TELESCOP", "")
        return replace(
            locate_image(index, wcs),
            telescope=str(named).strip(),
            content=tuple(str(header[key]) for key in _CONTENT if key in header),
            unit=str(header.get("BUNIT", "")).strip(),
            energies=_energies(path, hdus[0].header, header),
        )


def _energies(path, *headers):
    """Photon energies of an image: by a name that is known, its headers, or numbers of its name."""
    path = Path(path)
    of_product = product_energies(path) or esass_energies(path)
    if of_product is not None:
        return of_product
    telescope = next((str(h["TELESCOP"]) for h in headers if h.get("TELESCOP")), "")
    of_headers = (header_energies(header, telescope, path.name) for header in headers[::-1])
    return next((found for found in of_headers if found), None) or name_energies(path.name)


def read_pixels(path, index: int) -> np.ndarray:
    """Read the pixels, shape (ny, nx), of one HDU of a file.

    Raises
    ------
    ProviderError
        If the pixels are truncated or damaged.
    """
    with opened(path) as (hdus, name):
        return _native_pixels(hdus[index], name)


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
    lon, lat = wcs.all_pix2world(x, y, 0)[:: 1 if wcs.wcs.lng == 0 else -1]
    frame = wcs_to_celestial_frame(wcs)
    if frame.name != "icrs":  # SkyCoord costs more than all the rest here
        sky = SkyCoord(lon, lat, unit="deg", frame=frame).icrs
        lon, lat = sky.ra.deg, sky.dec.deg
    lon, lat = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], 1)


@contextmanager
def opened(source) -> Iterator[tuple[fits.HDUList, str]]:
    """HDUs of a source and its name; faults of the file become `ProviderError`."""
    is_file = isinstance(source, (str, Path))
    name = Path(source).name if is_file else "the given HDU"
    try:
        with LOCK, warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=AstropyWarning, module=SILENCED)
            if is_file:
                _check_start(source, name)
                # Opened here: astropy leaves a file open when it cannot read it.
                with open(source, "rb") as file, fits.open(file, memmap=False) as hdus:
                    yield hdus, name
            else:
                yield source if isinstance(source, fits.HDUList) else [source], name
    except ProviderError:
        raise
    except BROKEN as error:
        reason = "it is truncated" if "cannot reshape" in str(error) else error
        reason = str(reason) or type(error).__name__
        raise ProviderError(f"{name} cannot be read as a FITS image: {reason}") from error


def _check_start(path, name):
    """Raise unless the file begins with a header that ends: astropy would unpack all of it."""
    with open(path, "rb") as file:
        magic = file.read(6)
        file.seek(0)
        unpack = next((u for start, u in _PACKED.items() if magic.startswith(start)), None)
        if unpack is None and not magic.startswith(b"SIMPLE"):
            return  # astropy says what it is
        content = file if unpack is None else unpack(file)
        for _ in range(_HEADER_BLOCKS):
            block = content.read(2880)
            ends = any(block[i : i + 8] == b"END     " for i in range(0, len(block), 80))
            if ends or len(block) < 2880:
                return
    raise ProviderError(f"{name} cannot be read as a FITS image: its header does not end")


def _find_image(hdus, name, wanted=None) -> tuple[int, WCS]:
    """Number and celestial WCS of the wanted HDU, or the first one, that is an image of the sky."""
    for index, hdu in enumerate(hdus):
        if wanted is not None and wanted not in (index, hdu.name, hdu.name.lower()):
            continue
        shape = hdu.shape if hdu.is_image else ()
        if len(shape) < 2 or 0 in shape or max(shape[:-2], default=1) > 1:
            continue
        wcs = WCS(hdu.header, hdus if isinstance(hdus, fits.HDUList) else None)
        if not wcs.has_celestial:
            continue
        if wcs.naxis > 2:
            wcs = wcs.celestial
        wcs.array_shape = shape[-2:]
        axis = wcs.wcs.ctype[wcs.wcs.lng]
        if axis[:4].rstrip("-") not in ("RA", "GLON"):
            raise ProviderError(
                f"{name} has coordinates {axis}; equatorial and Galactic ones are understood"
            )
        if not 0 < proj_plane_pixel_area(wcs) < np.inf:
            raise ProviderError(f"{name} has pixels without an area; its WCS is damaged")
        return index, wcs
    where = "" if wanted is None else f" in HDU {wanted!r}"
    raise ProviderError(
        f"{name} has no two-dimensional image with a celestial WCS{where}; give an image made on "
        "the sky"
    )


def _native_pixels(hdu, name) -> np.ndarray:
    """Two-dimensional pixels of an HDU, in the byte order of this machine."""
    size = np.prod(hdu.shape, dtype=float) * abs(hdu.header["BITPIX"]) / 8
    if size > _LARGEST:
        raise ProviderError(
            f"{name} has {size / 2**30:.0f} GiB of pixels; cut it into images of at most "
            f"{_LARGEST // 2**30} GiB"
        )
    data = np.asarray(hdu.data)
    return data.reshape(data.shape[-2:]).astype(data.dtype.newbyteorder("="), copy=False)
