"""Write images of the sky as a small HiPS: FITS tiles of one order."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from ._hips_map import nested_to_flat, tile_path
from ._resample import SkyImage, resample_image

__all__ = ["write_hips"]

_FRAMES = {"equatorial": "icrs", "galactic": "galactic"}


def write_hips(
    path,
    images,
    order: int,
    tile_width: int = 128,
    frame: str = "equatorial",
    *,
    scale_area: bool = False,
    title: str = "images",
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

    Returns
    -------
    list of int
        Numbers of the tiles that were written; tiles without a value are not.

    Raises
    ------
    ValueError
        If order, tile width or frame make no HiPS, or counts would have to be rebinned.

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
    if tile_width < 1 or tile_width & (tile_width - 1):
        raise ValueError(f"tile_width must be a power of two, not {tile_width}")
    if frame not in _FRAMES:
        raise ValueError(f"frame must be one of {', '.join(_FRAMES)}, not {frame!r}")
    if not 0 <= order <= 29 - (tile_width.bit_length() - 1):
        raise ValueError(f"order {order} with tiles of {tile_width} pixels is beyond HEALPix")
    quantity = "counts" if scale_area else "intensity"
    images = [SkyImage(np.asarray(data), wcs, quantity) for data, wcs in images]
    numbers = {}
    for image in images:
        for number in _touched(image, order, frame):
            numbers.setdefault(int(number), []).append(image)
    written = []
    for number in sorted(numbers):
        tile = _Tile(order, number, tile_width, frame)
        values = _merge(numbers[number], tile)
        if np.isfinite(values).any():
            _write_tile(path, tile, values)
            written.append(number)
    Path(path).mkdir(parents=True, exist_ok=True)
    (Path(path) / "properties").write_text(_properties(order, tile_width, frame, title))
    return written


@dataclass(frozen=True)
class _Tile:
    """A tile as a grid: what `resample_image` asks of one."""

    order: int
    number: int
    width: int
    frame: str

    @property
    def shape(self):
        return (self.width, self.width)

    @property
    def pixel_area(self) -> u.Quantity:
        return (4 * np.pi / (12 * (self.width * 2**self.order) ** 2) * u.sr).to(u.arcsec**2)

    def lonlat(self):
        import healpy

        nside, area = self.width * 2**self.order, self.width**2
        pixels = np.arange(area) + self.number * area
        lon, lat = np.empty((2, area))
        flat = nested_to_flat(self.width)
        lon[flat], lat[flat] = healpy.pix2ang(nside, pixels, nest=True, lonlat=True)
        sky = SkyCoord(lon, lat, unit="deg", frame=_FRAMES[self.frame]).icrs
        return sky.ra.deg.reshape(self.shape), sky.dec.deg.reshape(self.shape)


def _touched(image, order, frame):
    """Numbers of the tiles that an image may touch: those of the circle around it."""
    import healpy

    ny, nx = image.data.shape
    x = [(nx - 1) / 2, -0.5, nx - 0.5, -0.5, nx - 0.5]
    y = [(ny - 1) / 2, -0.5, -0.5, ny - 0.5, ny - 0.5]
    sky = image.wcs.pixel_to_world(x, y).transform_to(_FRAMES[frame])
    radius = sky[0].separation(sky[1:]).rad.max()
    center = sky[0].cartesian.xyz.value
    return healpy.query_disc(2**order, center, radius, inclusive=True, nest=True)


def _merge(images, tile):
    """Values of a tile: of the first image that has one."""
    values = np.full(tile.shape, np.nan, dtype=np.float32)
    for image in images:
        if image.quantity == "counts" and tile.pixel_area > image.pixel_area:
            raise ValueError(
                f"order {tile.order} has larger pixels than the images; counts need a deeper order"
            )
        pixels = resample_image(image, tile)
        if pixels is not None:
            values = np.where(np.isnan(values), pixels.image, values)
    return values


def _write_tile(path, tile, values):
    header = fits.Header({"ORDER": tile.order, "NPIX": tile.number})
    target = tile_path(path, tile.order, tile.number)
    target.parent.mkdir(parents=True, exist_ok=True)
    fits.PrimaryHDU(values.astype(np.float32), header).writeto(target, overwrite=True)


def _properties(order, tile_width, frame, title):
    """The file ``properties``: what HiPS 1.0 requires of a local copy."""
    scale = np.degrees(np.sqrt(4 * np.pi / 12)) / (tile_width * 2**order)
    pairs = {
        "obs_title": title,
        "dataproduct_type": "image",
        "hips_version": "1.4",
        "hips_builder": "astrocnn",
        "hips_order": order,
        "hips_order_min": order,
        "hips_frame": frame,
        "hips_tile_width": tile_width,
        "hips_tile_format": "fits",
        "hips_pixel_bitpix": -32,
        "hips_pixel_scale": f"{scale:.8g}",
        "hips_status": "private master unclonable",
    }
    return "".join(f"{key:20} = {value}\n" for key, value in pairs.items())
