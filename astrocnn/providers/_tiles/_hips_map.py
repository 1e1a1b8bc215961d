"""A HiPS directory: its properties, its tiles, its values at positions."""

import os
import re
from concurrent.futures import Executor
from functools import cache
from pathlib import Path

import numpy as np
from astropy import units as u

from ..._paths import user_path
from ...exceptions import ProviderError
from ...grid import CutoutGrids
from .._identity import file_state
from .._images._pixel_values import Scaling, stated_blanks, with_gaps
from ._healpix_tiles import HealpixTiles
from ._hips_origin import hips_origin
from ._tile_file import TILE_ENDINGS, fill_from_plain_tile, read_bounded, read_tile_image

__all__ = ["HipsMap", "nested_to_flat", "tile_path"]

#: Astropy frames by the words of ``hips_frame`` and of its forerunner ``coordsys``.
_FRAMES = {"equatorial": "icrs", "C": "icrs", "galactic": "galactic", "G": "galactic"}


#: Pixels along the side of the widest tiles, and bytes of the longest ``properties``.
_WIDEST, _MOST_PROPERTIES = 4096, 2**20


class HipsMap:
    """One HiPS directory: its properties, and its values at positions.

    Parameters
    ----------
    path : path
        Folder that holds ``properties``.

    Attributes
    ----------
    order : int
        Deepest order, as stated in ``properties``.
    orders : list of int
        Orders whose folders exist, shallowest first.
    tile_width : int
        Pixels along the side of a tile.
    frame : str
        Name of the astropy frame, ``'icrs'`` or ``'galactic'``.
    origin : Origin
        What ``properties`` says of where it comes from.

    Raises
    ------
    ProviderError
        If this is not a HiPS of FITS tiles.
    """

    def __init__(self, path):
        self.path = user_path(path)
        self._root = os.path.realpath(self.path)
        properties = _read_properties(self.path)
        self.order = _whole(properties, "hips_order", properties.get("maxOrder"), self.path)
        self.origin = hips_origin(properties)
        self.tile_width = _whole(properties, "hips_tile_width", "512", self.path)
        if self.tile_width & (self.tile_width - 1) or not 1 <= self.tile_width <= _WIDEST:
            width = f"hips_tile_width = {self.tile_width}"
            raise ProviderError(f"{self.path}: {width} is no power of two up to {_WIDEST}")
        if self.order > 30 - self.tile_width.bit_length():
            raise ProviderError(f"{self.path}: hips_order = {self.order} is beyond HEALPix")
        formats = properties.get("hips_tile_format", properties.get("format", "fits")).lower()
        if "fits" not in re.split(r"[\s,]+", formats):
            raise ProviderError(
                f"{self.path} has tiles as {formats}; PNG/JPEG tiles hold no pixel values: get the "
                "HiPS with its FITS tiles"
            )
        frame = properties.get("hips_frame", properties.get("coordsys", "equatorial"))
        if frame not in _FRAMES:
            raise ProviderError(
                f"{self.path} is in the frame {frame!r}; only equatorial and galactic HiPS are read"
            )
        self.frame = _FRAMES[frame]
        self.orders = self._orders_with_tiles()
        blanks = stated_blanks({key.upper(): value for key, value in properties.items()})
        self._scaling = Scaling(tuple(blanks))
        self._tiles = HealpixTiles(
            self._read_tile, self.tile_width, self.frame, self.name, self._fill_tile
        )

    def _orders_with_tiles(self) -> list[int]:
        """Orders that have tiles: the folders of some hold but an overview (``Allsky.fits``)."""
        folders = (re.fullmatch(r"Norder(\d+)", p.name) for p in self.path.iterdir())
        numbers = sorted(int(m[1]) for m in folders if m and int(m[1]) <= self.order)
        if not numbers:
            raise ProviderError(f"{self.path} has no tiles: no Norder* folder up to {self.order}")
        first = {order: _first_file(self.path / f"Norder{order}") for order in numbers}
        orders = [order for order, name in first.items() if _is_tile(name)]
        other = next((name for name in first.values() if name), None)
        if not orders and other:
            raise ProviderError(
                f"{self.path} has no FITS tiles (Npix*{', Npix*'.join(TILE_ENDINGS)}) but {other}: "
                "get the HiPS with its FITS tiles"
            )
        return orders or numbers

    def pixel_area(self, order: int) -> u.Quantity:
        """Area of a pixel at an order (arcsec2).

        From order and tile width; ``hips_pixel_scale`` in ``properties`` is often wrong.
        """
        nside = self.tile_width * 2**order
        return (4 * np.pi / (12 * nside**2) * u.sr).to(u.arcsec**2)

    @property
    def name(self) -> str:
        """What it is called."""
        return f"HiPS {self.path.name}"

    @property
    def identity(self) -> str:
        """Name, and size and time of the last change of its ``properties``."""
        return f"{self.path.name} {file_state(self.path / 'properties')}"

    def counted_area(self) -> u.Quantity:
        """Area of a pixel at the deepest order (arcsec2): shallower ones hold means."""
        return self.pixel_area(self.order)

    def sampled_area(self, grids: CutoutGrids) -> u.Quantity:
        """Area of a pixel at the order that is used for some grids (arcsec2)."""
        return self.pixel_area(self.best_order(grids))

    def best_order(self, grid) -> int:
        """Shallowest order whose pixels are not larger than the grid's, else the deepest."""
        largest = grid.pixel_area.to_value(u.sr) * (1 + 1e-9)
        fine = [n for n in self.orders if 4 * np.pi / 12 / (self.tile_width << n) ** 2 <= largest]
        return fine[0] if fine else self.orders[-1]

    def sample(
        self,
        grids: CutoutGrids,
        interpolation: str = "bilinear",
        executor: Executor | None = None,
        into: np.ndarray | None = None,
    ) -> list[np.ndarray | ProviderError]:
        """Return the values at the pixel centers of grids; see `HealpixTiles.sample`."""
        return self._tiles.sample(grids, self.best_order(grids), interpolation, executor, into)

    def _fill_tile(self, order, number, tile):
        """Read a tile straight to its place; False where that is not as simple."""
        if self._scaling.blanks:
            return False
        if not fill_from_plain_tile(tile_path(self.path, order, number), self._root, tile):
            return False
        tile[...] = with_gaps(tile)
        return True

    def _read_tile(self, order, number):
        """Pixels of a tile as in its file; None where the tile does not exist."""
        path = tile_path(self.path, order, number)
        tile = read_tile_image(path, self._root, self.tile_width)
        if tile is None:
            return None
        return self._scaling.applied(with_gaps(np.asarray(tile)))


@cache
def nested_to_flat(width: int) -> np.ndarray:
    """Position in a flattened FITS tile of each pixel, in nested order.

    The bits of a nested sub-index are those of two coordinates in the tile in turn: even bits
    ``hx``, odd bits ``hy``. A FITS tile holds that pixel in column ``hy`` and row
    ``width - 1 - hx``, row 0 being the first in the file (the bottom of the image). Tiles made at
    CDS (the borders of adjacent tiles agree; bright stars and globular clusters are where they
    should be) and by ``reproject.hips`` are the same in this; the tests check both.
    """
    index = np.arange(width * width)
    hx, hy = np.zeros_like(index), np.zeros_like(index)
    for bit in range(width.bit_length() - 1):
        hx |= ((index >> (2 * bit)) & 1) << bit
        hy |= ((index >> (2 * bit + 1)) & 1) << bit
    flat = (width - 1 - hx) * width + hy
    flat.flags.writeable = False
    return flat


def tile_path(path: Path, order: int, number: int) -> Path:
    """Return where a HiPS keeps a tile.

    Examples
    --------
    >>> from astrocnn.providers._tiles._hips_map import tile_path
    >>> tile_path("dss", 6, 30123).as_posix()
    'dss/Norder6/Dir30000/Npix30123.fits'
    """
    folder = f"Dir{number // 10000 * 10000}"
    return Path(path) / f"Norder{order}" / folder / f"Npix{number}.fits"


def _is_tile(name: str) -> bool:
    return name.startswith("Npix") and name.endswith(TILE_ENDINGS)


def _first_file(folder: Path) -> str:
    """Name of a file of an order: a FITS tile if there is one, or another; empty without any."""
    names = [path.name for path in folder.glob("Allsky.*")]
    for part in folder.glob("Dir*"):
        with os.scandir(part) as entries:
            for entry in entries:
                if _is_tile(entry.name):
                    return entry.name
                names.append(entry.name)
    return names[-1] if names else ""


def _read_properties(path):
    """Keys and values of ``properties``; comments, blank and odd lines are passed over."""
    try:
        raw = read_bounded(path / "properties", os.path.realpath(path), _MOST_PROPERTIES)
    except OSError as error:
        raise ProviderError(
            f"{path} is no HiPS: its file 'properties' cannot be read ({error.strerror or error}). "
            "Give the folder that holds 'properties' and 'Norder3', 'Norder4' ..."
        ) from error
    text = raw.decode("utf-8", "replace")
    pairs = (line.split("=", 1) for line in text.lstrip("\ufeff").splitlines() if "=" in line)
    return {k.strip(): v.strip() for k, v in pairs if not k.lstrip().startswith(("#", "!"))}


def _whole(properties, key, default, path):
    """A whole number among the properties."""
    text = properties.get(key, default)
    if text is None or not re.fullmatch(r"\d{1,4}", text):
        found = "lacks" if text is None else f"has {text!r} for"
        raise ProviderError(f"the file 'properties' of {path} {found} {key}; a number is needed")
    return int(text)
