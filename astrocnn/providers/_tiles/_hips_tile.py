"""A tile of a HiPS as a grid, and what is written for tiles: files, ``properties``."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from ...exceptions import InvalidParameterError
from ...storage import make_folder, remove_parts, write_whole
from ._hips_map import nested_to_flat, tile_path

__all__ = [
    "FRAMES",
    "Tile",
    "check_hips",
    "hips_properties",
    "remove_tiles",
    "touched_tiles",
    "write_tile",
]

#: Astropy frames by the words of ``hips_frame``.
FRAMES = {"equatorial": "icrs", "galactic": "galactic"}


@dataclass(frozen=True)
class Tile:
    """A tile as a grid: what providers ask of one.

    Parameters
    ----------
    order, number : int
        HiPS order, and number of the tile (nested).
    width : int
        Pixels along one side.
    frame : {'equatorial', 'galactic'}
        Frame of the HiPS.
    """

    order: int
    number: int
    width: int
    frame: str

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the tile's image."""
        return (self.width, self.width)

    @property
    def pixel_area(self) -> u.Quantity:
        """Area of every pixel (arcsec2)."""
        return (4 * np.pi / (12 * (self.width * 2**self.order) ** 2) * u.sr).to(u.arcsec**2)

    @cached_property
    def center(self) -> SkyCoord:
        """Middle of the tile (ICRS)."""
        import healpy

        lon, lat = healpy.pix2ang(2**self.order, self.number, nest=True, lonlat=True)
        return SkyCoord(lon, lat, unit="deg", frame=FRAMES[self.frame]).icrs

    @cached_property
    def size(self) -> u.Quantity:
        """Side of a square whose circle holds the whole tile."""
        import healpy

        corners = healpy.boundaries(2**self.order, self.number, step=4, nest=True)
        middle = np.array(healpy.pix2vec(2**self.order, self.number, nest=True))
        radius = 2 * np.arcsin(np.linalg.norm(corners.T - middle, axis=1).max() / 2)
        return np.sqrt(2) * radius * 1.001 * u.rad

    def plane_pixels(self, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns and rows of positions (degrees); NaN where they are on another base face."""
        from ._healpix_faces import faces_of

        sky = SkyCoord(np.ravel(ra), np.ravel(dec), unit="deg").transform_to(FRAMES[self.frame])
        n, side = self.width << self.order, 1 << self.order
        face, u, v = faces_of(np.ascontiguousarray(sky.cartesian.xyz.value.T), n)
        _, middle_u, middle_v = faces_of(self._middle, n)
        half = self.width / 2
        x = v - (middle_v[0] - half) - 0.5
        y = self.width - 0.5 - (u - (middle_u[0] - half))
        other = face != self.number // (side * side)
        return tuple(np.where(other, np.nan, c).reshape(np.shape(ra)) for c in (x, y))

    @property
    def _middle(self) -> np.ndarray:
        """Direction of the middle, shape (1, 3), in the frame of the tile."""
        import healpy

        return np.array([healpy.pix2vec(1 << self.order, self.number, nest=True)])

    def lonlat(self) -> tuple[np.ndarray, np.ndarray]:
        """Right ascension and declination (degrees) of the pixels, as they lie in the file."""
        import healpy

        nside, area = self.width * 2**self.order, self.width**2
        pixels = np.arange(area) + self.number * area
        lon, lat = np.empty((2, area))
        flat = nested_to_flat(self.width)
        lon[flat], lat[flat] = healpy.pix2ang(nside, pixels, nest=True, lonlat=True)
        if self.frame != "equatorial":
            sky = SkyCoord(lon, lat, unit="deg", frame=FRAMES[self.frame]).icrs
            lon, lat = sky.ra.deg, sky.dec.deg
        return lon.reshape(self.shape), lat.reshape(self.shape)


def check_hips(order: int, tile_width: int, frame: str) -> None:
    """Raise InvalidParameterError unless order, tile width and frame make a HiPS."""
    if tile_width < 1 or tile_width & (tile_width - 1):
        raise InvalidParameterError(f"tile_width must be a power of two, not {tile_width}")
    if frame not in FRAMES:
        raise InvalidParameterError(f"frame must be one of {', '.join(FRAMES)}, not {frame!r}")
    if not 0 <= order <= 29 - (tile_width.bit_length() - 1):
        raise InvalidParameterError(
            f"order {order} with tiles of {tile_width} pixels is beyond HEALPix"
        )


def touched_tiles(center: SkyCoord, radius: float, order: int, frame: str) -> np.ndarray:
    """Return the numbers of the tiles that a circle (radius in radians) may touch."""
    import healpy

    vector = center.transform_to(FRAMES[frame]).cartesian.xyz.value
    return healpy.query_disc(2**order, vector, min(radius, np.pi), inclusive=True, nest=True)


def write_tile(path, order: int, number: int, values: np.ndarray) -> None:
    """Write a tile, whole or not at all."""
    target = tile_path(path, order, number)
    make_folder(target.parent)
    header = fits.Header({"ORDER": order, "NPIX": number})
    write_whole(target, fits.PrimaryHDU(values.astype(np.float32), header).writeto)


def remove_tiles(path: Path, kept: Container[int] = ()) -> None:
    """Delete the tiles in a folder, and what killed programs left of some; no other file.

    Parameters
    ----------
    path : `~pathlib.Path`
        Folder of a HiPS. Folders that are links are left alone.
    kept : container of int
        Orders of which the tiles stay.
    """
    for order in _folders(path, r"Norder(\d+)"):
        for folder in _folders(order, r"Dir\d+"):
            remove_parts(folder)
            for tile in (
                () if int(order.name.removeprefix("Norder")) in kept else [*folder.iterdir()]
            ):
                if re.fullmatch(r"Npix\d+\.fits", tile.name):
                    tile.unlink(missing_ok=True)
            _remove_empty(folder)
        _remove_empty(order)


def _folders(path, pattern) -> list[Path]:
    """Folders of a form."""
    there = path.iterdir() if path.is_dir() else ()
    return [x for x in there if re.fullmatch(pattern, x.name) and x.is_dir() and not x.is_symlink()]


def _remove_empty(folder) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()


def hips_properties(
    order: int, order_min: int, tile_width: int, frame: str, title: str, more: Mapping | None = None
) -> str:
    """Return the file ``properties``: what HiPS 1.0 requires, and ``more``.

    References
    ----------
    IVOA Recommendation HiPS 1.0 (2017), section 4.4.1.
    """
    scale = np.degrees(np.sqrt(4 * np.pi / 12)) / (tile_width * 2**order)
    name = re.sub(r"\W+", "_", title).strip("_") or "images"
    pairs = {
        "creator_did": f"ivo://PRIVATE_USER/P/{name}",
        "obs_title": title,
        "dataproduct_type": "image",
        "hips_version": "1.4",
        "hips_builder": "astrocnn",
        "hips_release_date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "hips_order": order,
        "hips_order_min": order_min,
        "hips_frame": frame,
        "hips_tile_width": tile_width,
        "hips_tile_format": "fits",
        "hips_pixel_bitpix": -32,
        "hips_pixel_scale": f"{scale:.8g}",
        "hips_status": "private master unclonable",
    }
    pairs |= more or {}
    return "".join(f"{key:20} = {value}\n" for key, value in pairs.items())
