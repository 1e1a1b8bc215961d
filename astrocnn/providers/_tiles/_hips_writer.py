"""Write images of the sky as a small HiPS: FITS tiles of one order."""


import numpy as np
from astropy.coordinates import SkyCoord

from ...exceptions import InvalidParameterError
from ...storage import make_folder, write_whole
from .._images._fits_image import locate_image
from .._images._resample import SkyImage, resample_image
from ._hips_tile import Tile, check_hips, hips_properties, touched_tiles, write_tile

__all__ = ["write_hips"]


def write_hips(
    path,
    images,
    order: int,
    tile_width: int = 128,
    frame: str = "equatorial",
    *,
    scale_area: bool = False,
    title: str = "images",
    band: str = "",
) -> list[int]:
    """Write images as a HiPS that has its deepest order only.

    Parameters
    ----------
    path : path
        Folder to write to; made if need be. Tiles of the same number are replaced.
    images : list of (array, `~astropy.wcs.WCS`)
        Images of shape (ny, nx), NaN where there is no pixel, with their celestial WCS. Where
        they overlap, the first one that has a value gives it.
    order : int
        HiPS order: pixels are ``58.6323 deg / 2**order / tile_width`` wide.
    tile_width : int
        Pixels along the side of a tile, a power of two.
    frame : {'equatorial', 'galactic'}
        Frame of the HiPS.
    scale_area : bool
        Whether the images are counts: values are scaled by the ratio of the pixel areas, so that
        the HiPS holds counts per HiPS pixel. HiPS pixels may then not be larger than the images'.
    title : str
        Title in ``properties``.
    band : str
        Name of the band that the images are of, where you know it: rows of other HiPS of this
        package are flagged ``origin_unknown``.

    Returns
    -------
    list of int
        Numbers of the tiles that were written; tiles without a value are not.

    Raises
    ------
    InvalidParameterError
        If order, tile width or frame make no HiPS, or counts would have to be rebinned.
    StoreError
        If a file is in place of the folder, or it cannot be written.

    See Also
    --------
    make_hips : From files, any number of them, all orders, with a MOC.

    Notes
    -----
    ``properties`` is written last: a folder without it was not finished.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers import write_hips
    >>> sky = CutoutGrid(SkyCoord(10, 20, unit="deg"), 10 * u.arcmin, 50)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_hips(folder, [(np.ones((50, 50)), sky.wcs)], order=6)
    [19863]
    """
    check_hips(order, tile_width, frame)
    path = make_folder(path)
    quantity = "counts" if scale_area else "intensity"
    images = [SkyImage(np.asarray(data), wcs, quantity) for data, wcs in images]
    numbers = {}
    for image in images:
        for number in _touched(image, order, frame):
            numbers.setdefault(int(number), []).append(image)
    written = []
    for number in sorted(numbers):
        tile = Tile(order, number, tile_width, frame)
        values = _merge(numbers[number], tile)
        if np.isfinite(values).any():
            write_tile(path, order, number, values)
            written.append(number)
    more = {"astrocnn_band": band} if band else {}
    properties = hips_properties(order, order, tile_width, frame, title, more)
    write_whole(path / "properties", properties)
    return written


def _touched(image, order, frame):
    """Numbers of the tiles that an image may touch: those of the circle around it."""
    wcs = image.wcs.deepcopy()
    wcs.array_shape = image.data.shape
    info = locate_image(0, wcs)
    center = SkyCoord(*info.center, representation_type="cartesian")
    return touched_tiles(center, info.radius, order, frame)


def _merge(images, tile):
    """Values of a tile: of the first image that has one."""
    values = np.full(tile.shape, np.nan, dtype=np.float32)
    for image in images:
        if image.quantity == "counts" and tile.pixel_area > image.pixel_area:
            raise InvalidParameterError(
                f"order {tile.order} has larger pixels than the images; counts need a deeper order"
            )
        pixels = resample_image(image, tile)
        if pixels is not None:
            values = np.where(np.isnan(values), pixels.image, values)
    return values
