"""Make a HiPS of FITS images: tile by tile, all orders, in flat memory, resumed where it ended."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy import constants
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs.utils import proj_plane_pixel_area
from tqdm.auto import tqdm

from ..._paths import user_path
from ...config import conf
from ...exceptions import NoCoverageError, ProviderError
from ...storage import FolderLock, make_folder, write_whole
from .._core import run_all
from .._images._fits import FitsProvider
from ._hips_map import tile_path
from ._hips_plan import hips_plan, start_folder
from ._hips_pyramid import make_pyramid, read_tile
from ._hips_tile import (
    Tile,
    check_hips,
    hips_properties,
    remove_tiles,
    touched_tiles,
    write_tile,
)
from ._moc_writer import covered_cells, sky_fraction, write_moc

__all__ = ["HipsSummary", "make_hips"]

#: Shallowest order that is made, where the deepest one is not shallower.
_ORDER_MIN = 3
#: Counts are not rebinned: HiPS pixels must be smaller than those of the images by this much.
_MARGIN = 0.9


@dataclass(frozen=True)
class HipsSummary:
    """What `make_hips` made.

    Attributes
    ----------
    path : path
        Folder of the HiPS.
    order : int
        Deepest order.
    n_tiles, n_new : int
        Tiles of the deepest order, and how many of them were made now.
    sky_fraction : float
        Fraction of the sky in its MOC.
    exposure_path : path or None
        Folder of the HiPS of the exposure.
    """

    path: Path
    order: int
    n_tiles: int
    n_new: int
    sky_fraction: float
    exposure_path: Path | None


def make_hips(
    path,
    provider: FitsProvider,
    order: int | None = None,
    tile_width: int = 512,
    frame: str = "equatorial",
    *,
    title: str | None = None,
    overwrite: bool = False,
) -> HipsSummary:
    """Make a HiPS of FITS images, with all its orders, a MOC, and the exposure as a second one.

    Parameters
    ----------
    path : path
        Folder to write to; made if need be. The exposure goes into its folder ``exposure``.
    provider : FitsProvider
        The images. Where they overlap they are merged as in cut-outs.
    order : int, optional
        Deepest order. By default the shallowest one with pixels smaller than those of the images.
    tile_width : int
        Pixels along the side of a tile, a power of two.
    frame : {'equatorial', 'galactic'}
        Frame of the HiPS.
    title : str, optional
        Title in ``properties``. By default the name of the band.
    overwrite : bool
        Whether to remove what an earlier call wrote into the folder. By default a call with the
        same images and settings goes on where an earlier one was stopped.

    Returns
    -------
    HipsSummary

    Raises
    ------
    InvalidParameterError
        If order, tile width or frame make no HiPS.
    ProviderError
        If the folder holds something else, counts would have to be rebinned, or an image failed.
    StoreError
        If a file is in place of the folder, it cannot be written, or another process writes it.

    Notes
    -----
    A tile of the deepest order holds, of counts, counts per HiPS pixel; a shallower one the mean
    of the four pixels below, so that counts at every order are those of a pixel of the deepest
    one, as `HipsProvider` takes them. ``properties`` is written last: a folder without it is not
    finished. Memory holds a few tiles and the images in use, however many there are.

    References
    ----------
    Fernique et al. 2015, A&A 578, A114; IVOA Recommendation HiPS 1.0 (2017).

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.io import fits
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers import FitsProvider, make_hips
    >>> from astrocnn.surveys import get_band
    >>> sky = CutoutGrid(SkyCoord(10, 20, unit="deg"), 10 * u.arcmin, 50)
    >>> hdu = fits.PrimaryHDU(np.ones((50, 50), dtype="float32"), sky.wcs.to_header())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     summary = make_hips(folder, FitsProvider(hdu, get_band("dss2")), tile_width=128)
    >>> summary.order, summary.n_tiles
    (8, 4)
    """
    path = user_path(path)
    order = _best_order(provider, tile_width) if order is None else order
    check_hips(order, tile_width, frame)
    _check_counts(provider, order, tile_width)
    plan = hips_plan(provider, order, tile_width, frame)
    with FolderLock(make_folder(path)) as lock:
        try:
            start_folder(path, plan, overwrite)
            return _make(path, provider, order, tile_width, frame, title)
        finally:
            lock.delete()


def _make(path, provider, order, tile_width, frame, title) -> HipsSummary:
    """Make what is not there yet."""
    images, numbers = provider._images, set()
    for image in images:
        center = SkyCoord(*image.info.center, representation_type="cartesian")
        numbers.update(touched_tiles(center, image.info.radius, order, frame).tolist())
    tiles = [Tile(order, number, tile_width, frame) for number in sorted(numbers)]
    new = _make_tiles(path, provider, tiles)
    counts = _is_counts(provider)
    title = title or provider.band.name
    done = [tile.number for tile in tiles if tile_path(path, order, tile.number).is_file()]
    if not done:
        raise ProviderError(f"no image of {provider.description} has a pixel: there are no tiles")
    more = {"astrocnn_quantity": "counts" if counts else "intensity", **_energy(provider.band)}
    if provider.origin_known:
        more["astrocnn_band"] = provider.band.name
    fraction = _finish(path, order, done, tile_width, frame, title, more)
    exposure = path / "exposure"
    seen = [number for number in done if tile_path(exposure, order, number).is_file()]
    if seen:
        _finish(exposure, order, seen, tile_width, frame, f"{title} exposure", {"obs_unit": "s"})
    return HipsSummary(path, order, len(done), new, fraction, exposure if seen else None)


def _best_order(provider, tile_width) -> int:
    """Shallowest order whose pixels are smaller than those of all images."""
    area = min(proj_plane_pixel_area(image.info.wcs) for image in provider._images)
    whole = 4 * np.pi / 12 * np.degrees(1) ** 2 / tile_width**2
    return max(int(np.ceil(np.log2(whole / (_MARGIN * area)) / 2)), 0)


def _is_counts(provider) -> bool:
    """Whether the first image is of counts, and so all of them."""
    return provider._load(provider._images[0]).image.quantity == "counts"


def _check_counts(provider, order, tile_width):
    """Raise where counts would have to be rebinned."""
    best = _best_order(provider, tile_width)
    if order < best and _is_counts(provider):
        raise ProviderError(
            f"order {order} has pixels that are not smaller than the images'; counts need order "
            f"{best} or a deeper one"
        )


def _make_tiles(path, provider, tiles) -> int:
    """Make the tiles that are not there yet; return how many were made."""
    todo = [t for t in tiles if not tile_path(path, t.order, t.number).is_file()]
    faults, new = [], 0

    def make(tile):
        try:
            return _make_tile(path, provider, tile)
        except NoCoverageError:
            return False
        except ProviderError as error:
            faults.append(str(error))
            return False

    pool = ThreadPoolExecutor(conf.threads, thread_name_prefix="astrocnn")
    try:
        with tqdm(
            total=len(todo), desc="tiles", unit="", delay=2, disable=not conf.progress
        ) as bar:
            for start in range(0, len(todo), 4 * conf.threads):
                part = todo[start : start + 4 * conf.threads]
                new += sum(run_all(pool, make, part))
                bar.update(len(part))
    finally:
        pool.shutdown(cancel_futures=True)  # what has begun ends soon, and leaves no part
    if faults:
        raise ProviderError(
            f"{len(faults)} of {len(tiles)} tiles failed; the first: {faults[0]}. Repair or leave "
            "out the image, and run again: finished tiles are kept"
        )
    return new


def _make_tile(path, provider, tile) -> bool:
    """Write a tile; the exposure first, so that the image's file says that both are there."""
    pixels = provider.sample(tile, unexposed=True)
    image, exposure = pixels.image, pixels.exposure
    if pixels.exposure_known and exposure is None:  # a rate or an intensity
        image = np.where(pixels.valid, image, np.nan)
        if not pixels.valid.any():
            return False
    if exposure is not None:
        exposure = np.where(np.isfinite(image), exposure, np.nan)
        write_tile(path / "exposure", tile.order, tile.number, exposure)
    write_tile(path, tile.order, tile.number, image)
    return True


def _finish(path, order, numbers, tile_width, frame, title, more) -> float:
    """Make the shallower orders, the MOC, and at last ``properties``."""
    deeper = min(_deeper(tile_width), 29 - order)
    cells = np.concatenate(
        [covered_cells(n, np.isfinite(read_tile(path, order, n)), deeper) for n in numbers]
    )
    remove_tiles(path, kept=range(order + 1))  # what is left of a run that was killed
    lowest = min(order, _ORDER_MIN)
    make_pyramid(path, order, numbers, lowest)
    write_moc(path / "Moc.fits", cells, order + deeper, frame)
    fraction = sky_fraction(cells, order + deeper)
    more = {"moc_sky_fraction": f"{fraction:.6g}", "moc_order": order + deeper, **more}
    text = hips_properties(order, lowest, tile_width, frame, title, more)
    write_whole(path / "properties", text)
    return fraction


def _deeper(tile_width) -> int:
    """Orders of the MOC below the tiles: three, where the tile has as many."""
    return min(3, tile_width.bit_length() - 1)


def _energy(band) -> dict:
    """Wavelengths (m) of a band with photon energies, as ``properties`` wants them."""
    if band.energy is None:
        return {}
    low, high = (
        (constants.h * constants.c / energy).to_value(u.m)
        for energy in u.Quantity(band.energy)[::-1]
    )
    return {"em_min": f"{low:.6g}", "em_max": f"{high:.6g}"}
