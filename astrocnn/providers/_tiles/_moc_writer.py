"""Write the coverage of a HiPS as a MOC: plain FITS, no other library needed."""


import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits

from ...storage import write_whole
from ._hips_map import nested_to_flat

__all__ = ["covered_cells", "sky_fraction", "write_moc"]


def covered_cells(number: int, exists: np.ndarray, deeper: int) -> np.ndarray:
    """Return the HEALPix cells of a tile in which any pixel exists.

    Parameters
    ----------
    number : int
        Number of the tile.
    exists : ndarray of shape (width, width), bool
        Pixels as they lie in the tile's file.
    deeper : int
        Orders of the cells below that of the tile; ``2**deeper`` divides the width.

    Returns
    -------
    ndarray of int
        Nested numbers at the order of the tile plus ``deeper``, rising.
    """
    nested = exists.ravel()[nested_to_flat(exists.shape[0])]
    return np.flatnonzero(nested.reshape(4**deeper, -1).any(axis=1)) + number * 4**deeper


def sky_fraction(cells: np.ndarray, order: int) -> float:
    """Fraction of the sky that cells of one order cover."""
    return len(cells) / (12 * 4**order)


def write_moc(path, cells: np.ndarray, order: int, frame: str = "equatorial") -> None:
    """Write cells as a MOC, in ICRS.

    Parameters
    ----------
    path : path
        File to write; replaced if it exists.
    cells : array-like of int
        Nested numbers at one order.
    order : int
        That order.
    frame : {'equatorial', 'galactic'}
        Frame of the cells. A MOC is in ICRS: of Galactic cells, those ICRS cells are written that
        a grid of 16 points in each cell falls on.

    References
    ----------
    IVOA Recommendation MOC 1.1 (2019), section 2.3.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from astropy.io import fits
    >>> from astrocnn.providers._tiles._moc_writer import write_moc
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "Moc.fits"
    ...     write_moc(path, [20, 21, 22, 23, 24], 3)  # four cells of one parent, and one more
    ...     fits.getdata(path, 1)["UNIQ"].tolist()
    [69, 280]
    """
    cells = np.unique(np.asarray(cells, dtype=np.int64))
    if frame == "galactic":
        cells = _galactic_to_icrs(cells, order)
    column = fits.Column("UNIQ", "1K", array=_unique_numbers(cells, order))
    table = fits.BinTableHDU.from_columns([column])
    table.header.update(
        PIXTYPE="HEALPIX",
        ORDERING="NUNIQ",
        COORDSYS="C",
        MOCORDER=order,
        MOCVERS="1.1",
        MOCTOOL="astrocnn",
    )
    write_whole(path, fits.HDUList([fits.PrimaryHDU(), table]).writeto)


def _unique_numbers(cells, order):
    """Numbers that hold the order (4 * 4**order + cell); four cells of a parent become it."""
    found = []
    for level in range(order, -1, -1):
        parents, counts = np.unique(cells >> 2, return_counts=True)
        whole = parents[counts == 4] if level > 0 else parents[:0]
        alone = cells[~np.isin(cells >> 2, whole)]
        found.append(4 * 4**level + alone)
        cells = whole
    return np.sort(np.concatenate(found))


def _galactic_to_icrs(cells, order):
    """Cells of the other frame on which points of these cells fall."""
    import healpy

    points = (cells[:, np.newaxis] * 16 + np.arange(16)).ravel()
    lon, lat = healpy.pix2ang(2 ** (order + 2), points, nest=True, lonlat=True)
    sky = SkyCoord(lon, lat, unit="deg", frame="galactic").icrs
    return np.unique(healpy.ang2pix(2**order, sky.ra.deg, sky.dec.deg, nest=True, lonlat=True))
