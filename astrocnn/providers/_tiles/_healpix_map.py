"""A HEALPix map in a FITS or HDF5 file, or in memory, read tile by tile."""

import io
import re
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from astropy import units as u
from astropy.io import fits

from ..._fits_counts import check_counts
from ..._paths import user_path
from ...exceptions import ProviderError
from ...grid import CutoutGrids
from .._energy_header import header_energies
from .._identity import file_state, fingerprint
from .._images._fits_open import BROKEN, opened
from .._images._packed_files import readable, stream
from .._images._pixel_values import UNSEEN, Scaling, stated_blanks, with_gaps
from .._origin import Origin
from ._healpix_tiles import HealpixTiles
from ._hips_map import nested_to_flat

__all__ = ["HealpixMap", "is_healpix_file"]

#: Words of healpy, of gammapy (``CEL``, ``GAL``), of the HEALPix library and of the standard.
_FRAMES = {
    "icrs": ("C", "CEL", "CELESTIAL", "EQ", "EQU", "EQUATORIAL", "ICRS", "FK5", "J2000", "Q"),
    "galactic": ("G", "GAL", "GALACTIC"),
}
_HDF5 = (".h5", ".hdf5", ".he5")
_WIDTH = 128


class HealpixMap:
    """Values of all pixels, or of some, of a HEALPix map.

    Parameters
    ----------
    source : path or ndarray of shape (12 * nside**2,)
        FITS file as healpy writes it (all pixels, or some with their numbers), HDF5 file, or
        the values.
    column : int or str, optional
        Which column of the table, or which dataset of the HDF5 file. By default the first that
        holds values.
    nested : bool, optional
        Whether pixels are in nested order. By default the file tells; arrays are in rings.
    frame : {'icrs', 'galactic'}, optional
        By default the file tells (``COORDSYS``); arrays are in ICRS.

    Attributes
    ----------
    nside : int
        HEALPix resolution.

    Raises
    ------
    ProviderError
        If this is not a HEALPix map, or a file that does not say its frame.

    Notes
    -----
    Files are not read but mapped into memory, where they are not compressed. In an HDF5 file the
    attributes ``ordering`` (``"NESTED"``, ``"RING"``), ``coordsys`` and, for maps of a part of the
    sky, ``nside`` and a dataset ``pixel`` with the numbers of the pixels mean what they mean in a
    FITS header (Górski et al. 2005, ApJ 622, 759; healpy's conventions). Missing are healpy's
    ``UNSEEN``, what a header states (``BAD_DATA``, ``BLANK``, ``TNULLn``), the fill value of a
    dataset (``_FillValue``), -999, -9999 and -99999, and what is not finite.
    """

    def __init__(self, source, column=None, nested: bool | None = None, frame: str | None = None):
        if isinstance(source, np.ndarray):
            self.name, header, self._path = "HEALPix map", {"COORDSYS": "ICRS"}, None
            self._values, self._pixels = source.reshape(-1), None
            self._scaling = Scaling((UNSEEN,))
        else:
            self._path = path = user_path(source)
            self.name = f"HEALPix map {path.name}"
            read = _read_hdf5 if path.suffix in _HDF5 else _read_fits
            self._values, self._pixels, header, blanks = read(path, column)
            self._scaling = Scaling(tuple(blanks))
        if self._values.dtype.kind not in "iufb":
            raise ProviderError(
                f"{self.name} holds no numbers ({self._values.dtype}): name another column"
            )
        #: Unit of the values, as the file states it.
        units = [str(header.get(key, "")).strip() for key in ("UNIT", "UNITS")]
        self.unit = units[0] or units[1]
        self.origin = _origin(header, column, self.name)
        self.nside = _nside(self._values, self._pixels, header, self.name)
        self.nested = str(header.get("ORDERING", "RING")).upper()[:4] == "NEST"
        if nested is not None:
            self.nested = nested
        self._frame = _frame(header.get("COORDSYS") if frame is None else frame, self.name)
        if self._pixels is not None:
            self._sort()
        width = min(self.nside, _WIDTH)
        self._order = (self.nside // width).bit_length() - 1
        self._column = column
        self._tiles = HealpixTiles(self._read, width, self._frame, self.name)

    @property
    def identity(self) -> str:
        """State of the file, or a digest of values in memory, and how they are read."""
        known = fingerprint([self._values]) if self._path is None else file_state(self._path)
        return f"{known} {self._column} {self.nested} {self._frame}"

    def counted_area(self) -> u.Quantity:
        """Area of a pixel (arcsec2)."""
        return (4 * np.pi / (12 * self.nside**2) * u.sr).to(u.arcsec**2)

    def sampled_area(self, grids: CutoutGrids) -> u.Quantity:
        """Area of a pixel (arcsec2)."""
        return self.counted_area()

    def sample(
        self,
        grids: CutoutGrids,
        interpolation: str = "bilinear",
        executor: Executor | None = None,
        into: np.ndarray | None = None,
    ) -> list[np.ndarray | ProviderError]:
        """Return the values at the pixel centers of grids; see `HealpixTiles.sample`."""
        return self._tiles.sample(grids, self._order, interpolation, executor, into)

    def _sort(self):
        """Bring the pixels of a part of the sky into the order of their numbers."""
        order = np.argsort(self._pixels, kind="stable")
        self._pixels, self._values = self._pixels[order], self._values.reshape(-1)[order]

    def _read(self, order, number):
        """One tile, as files of a HiPS hold it; None without a value."""
        import healpy

        width = self._tiles.width
        numbers = number * width**2 + np.arange(width**2)
        if not self.nested:
            numbers = healpy.nest2ring(self.nside, numbers)
        values = with_gaps(self._scaling.applied(self._at(numbers)).astype(np.float32))
        if np.isnan(values).all():
            return None
        tile = np.empty(width**2, dtype=np.float32)
        tile[nested_to_flat(width)] = values
        return tile.reshape(width, width)

    def _at(self, numbers):
        """Values of pixels; NaN where the map has none."""
        if self._pixels is not None:
            place = np.searchsorted(self._pixels, numbers)
            place[place == len(self._pixels)] = 0
            return np.where(self._pixels[place] == numbers, self._values[place], np.nan)
        if self._values.ndim == 1:
            return np.asarray(self._values[numbers])
        return np.asarray(self._values[np.divmod(numbers, self._values.shape[1])])


def is_healpix_file(path) -> bool:
    """Whether a file holds a HEALPix map: HDF5, or a FITS table that says so."""
    path = user_path(path)
    if not path.is_file():
        return False
    if path.suffix in _HDF5:
        return True
    try:
        with opened(path) as (hdus, _):
            return any(hdu.header.get("PIXTYPE") == "HEALPIX" for hdu in hdus[:2])
    except ProviderError:
        return False  # whoever reads it as an image says what is wrong


def _read_fits(path, column):
    """Values, numbers of the pixels (None: all), header and blanks of the first HEALPix table."""
    try:
        content = readable(path)  # says how a file is packed that is not understood
        with stream(path) if content is path else io.BytesIO(content.getvalue()) as file:
            check_counts(file)
        with fits.open(content, memmap=True) as hdus:
            hdu = next(h for h in hdus if h.header.get("PIXTYPE") == "HEALPIX")
            names = [name.upper() for name in hdu.columns.names]
            partial = str(hdu.header.get("INDXSCHM", "IMPLICIT")).strip() == "EXPLICIT"
            chosen = (1 if partial else 0) if column is None else column
            if isinstance(chosen, str):
                chosen = names.index(chosen.upper())
            values = hdu.data.field(chosen)
            pixels = np.array(hdu.data.field(0), dtype=np.int64).reshape(-1) if partial else None
            header = {**hdus[0].header, **hdu.header, "UNIT": hdu.columns[chosen].unit or ""}
            return values, pixels, header, _blanks(header, hdu.columns[chosen])
    except StopIteration:
        raise ProviderError(f"{path.name} has no table with PIXTYPE = 'HEALPIX'") from None
    except ProviderError:
        raise
    except BROKEN as error:
        raise ProviderError(f"{path.name} cannot be read as a HEALPix map: {error}") from error


def _read_hdf5(path, column):
    """Values, numbers of the pixels (None: all), attributes and blanks of an HDF5 file."""
    import h5py

    try:
        file = h5py.File(path, "r")
        names = [name for name in file if isinstance(file[name], h5py.Dataset)]
        names = [name for name in names if name.lower() != "pixel"]
        data = file[names[0] if column is None else column]
        header = {k.upper(): v for k, v in (*file.attrs.items(), *data.attrs.items())}
        header = {k: v.decode() if isinstance(v, bytes) else v for k, v in header.items()}
        pixels = next((file[name] for name in file if name.lower() == "pixel"), None)
        if data.chunks is None and data.id.get_offset() is not None:
            # Not compressed: mapped into memory, so that any pixels can be taken at once.
            values = np.memmap(path, data.dtype, "r", data.id.get_offset(), data.shape)
        else:
            values = data[()]
        pixels = None if pixels is None else pixels[()].astype(np.int64)
        return values.reshape(-1), pixels, header, [*_blanks(header), *_fill_value(data)]
    except BROKEN as error:
        raise ProviderError(f"{path.name} cannot be read as a HEALPix map: {error}") from error


def _blanks(header, column=None) -> list[float]:
    """Values that stand for none: healpy's, those of a header, and that of an integer column."""
    blanks = [UNSEEN, *stated_blanks(header)]
    null = None if column is None else column.null
    if isinstance(null, (int, float)):  # TNULL is a stored value
        blanks.append(null * (column.bscale or 1) + (column.bzero or 0))
    return blanks


def _fill_value(data) -> list[float]:
    """What a dataset of an HDF5 file holds where nothing was written; 0 says nothing."""
    return [float(data.fillvalue)] if data.fillvalue else []


def _frame(found, name) -> str:
    """Frame by one of its names; a file that names none is not placed by guessing."""
    found = "" if found is None else str(found).strip()
    if not found:
        raise ProviderError(
            f"{name} does not say its frame (COORDSYS): say HealpixProvider(..., frame='icrs' or "
            "'galactic'), or write 'C' or 'G' into its header"
        )
    frame = next((frame for frame, words in _FRAMES.items() if found.upper() in words), None)
    if frame is None:
        raise ProviderError(
            f"{name} is in the frame {found!r}; say frame='icrs' or frame='galactic'"
        )
    return frame


def _origin(header, column, name) -> Origin:
    """What a header says of where a map comes from, with the unit of its column."""
    partial = str(header.get("INDXSCHM", "")).strip() == "EXPLICIT"
    number = column + 1 if isinstance(column, int) else 2 if partial else 1
    units = [header.get(f"TUNIT{number}"), header.get("UNIT"), header.get("BUNIT")]
    unit = next((str(text) for text in units if text is not None and str(text)), "")
    origin = Origin.from_headers([header], header_energies(header, name=name))
    return replace(origin, unit=unit.strip() or origin.unit)


def _nside(values, pixels, header, name) -> int:
    """Resolution, from the number of pixels or the header."""
    n = values.size
    nside = round((n / 12) ** 0.5)
    if pixels is not None:
        stated = str(header.get("NSIDE"))
        nside = int(float(stated)) if re.fullmatch(r"[0-9]{1,9}(\.0*)?", stated) else 0
    if nside < 1 or nside & (nside - 1) or (pixels is None and 12 * nside**2 != n):
        raise ProviderError(
            f"{name} has {n} values, which is no whole HEALPix map of nside 1, 2, 4 ...; maps of a "
            "part of the sky need the numbers of their pixels and NSIDE"
        )
    inside = pixels is None or ((pixels >= 0) & (pixels < 12 * nside**2)).all()
    if pixels is not None and (len(pixels) != n or not inside):
        raise ProviderError(f"{name} has numbers of pixels that do not belong to nside {nside}")
    return nside
