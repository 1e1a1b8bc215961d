"""Zarr arrays of kept cut-outs: made in full size, written by regions, synced to the disk."""

import contextlib
import os
import shutil
from itertools import product
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.table import QTable

from .._optional import import_optional
from ..storage import DAMAGE, cannot_read
from ..tables._flags import text
from ._dataset import MAPS
from ._identity import targets_digest

__all__ = [
    "about_cutouts",
    "check_array",
    "chunk_path",
    "import_zarr",
    "open_store",
    "remove_store",
    "sync_region",
]

#: Pixels in one chunk of an array: 4 MB of float32.
_CHUNK = 1_000_000
_PIXELS = {
    "image": ("float32", np.nan), "valid": ("uint8", 0),
    "exposure": ("float32", np.nan), "background": ("float32", np.nan),
}  # fmt: skip
_DIMS = ("target", "band", "y", "x")
_METADATA = "zarr.json"


def import_zarr():
    """Return the module zarr, or say how to install it."""
    need = ("cut-outs on disk", "zarr and dask", "dask")
    import_optional("dask", *need)
    return import_optional("zarr", *need)


def open_store(path: Path, targets, about: dict, npix: int, most: int) -> dict:
    """Open the arrays of a store in full size; make those that are not there, or damaged.

    Pixels that are never written take no space. What describes an array is made anew without its
    pixels: whether those are what they were is for their checksums to say. Identifiers that are
    text are bytes in an array of uint8: Zarr 3 has no specification of text of fixed width.

    Parameters
    ----------
    path : `~pathlib.Path`
        The store.
    targets : `~astropy.table.QTable`
        All targets.
    about : dict
        What is the same for all; see `about_cutouts`.
    npix : int
        Pixels along one side.
    most : int
        Targets in a chunk at most.

    Returns
    -------
    dict of str to zarr.Array
        Those of pixels, by name.
    """
    zarr = import_zarr()
    try:
        group = zarr.open_group(path, mode="r+", use_consolidated=False)
    except PermissionError as error:
        raise cannot_read(path, error) from error
    except DAMAGE:
        (path / _METADATA).unlink(missing_ok=True)
        group = zarr.create_group(path)
    if dict(group.attrs) != about:
        group.attrs.put(about)
    shape = (len(targets), len(about["bands"]), npix, npix)
    there = {name: _open_array(path, group, name, shape) for name in _PIXELS}
    step = next((array.chunks[0] for array in there.values() if array), None)
    step = step or max(1, min(_CHUNK // npix**2, most))
    arrays = {
        name: array or _create_pixels(group, name, shape, step) for name, array in there.items()
    }
    ids, names = _identifiers(targets["target_id"])
    ra, dec = (targets[name].to_value(u.deg) for name in ("ra", "dec"))
    columns = {"ra": (ra, names[:1]), "dec": (dec, names[:1]), "target_id": (ids, names)}
    for name, (values, dims) in columns.items():
        if not _holds(group, name, values):
            # Not data=values, which Zarr has since 3.0.9.
            array = group.create_array(
                name, shape=values.shape, dtype=values.dtype, dimension_names=dims, overwrite=True
            )
            array[...] = values
    return arrays


def remove_store(path: Path) -> None:
    """Delete a store."""
    shutil.rmtree(path, ignore_errors=True)


def _create_pixels(group, name, shape, step):
    """Make an array of pixels."""
    from zarr.codecs import BloscCodec, Crc32cCodec

    dtype, fill = _PIXELS[name]
    return group.create_array(
        name,
        shape=shape,
        chunks=(step, 1, *shape[2:]),
        dtype=dtype,
        fill_value=fill,
        compressors=[BloscCodec(cname="zstd", clevel=3, shuffle="bitshuffle"), Crc32cCodec()],
        dimension_names=_DIMS,
        attributes=MAPS.get(name, {}),
    )


def _open_array(path, group, name, shape):
    """An array of pixels that is there; None, and what describes it deleted, where it is none."""
    dtype, fill = _PIXELS[name]
    with contextlib.suppress(*DAMAGE):
        array = group[name]
        about = (array.shape, str(array.dtype), array.chunks[1:], array.metadata.dimension_names)
        wanted = (shape, dtype, (1, *shape[2:]), _DIMS)
        if about == wanted and np.array_equal(array.fill_value, fill, equal_nan=True):
            return array
    (path / name / _METADATA).unlink(missing_ok=True)
    return None


def check_array(name: str, dims, dtype) -> None:
    """Raise ValueError unless an array of pixels has the axes and numbers that were written.

    Its checksums are of bytes, whatever numbers these are said to be.
    """
    if (tuple(dims), str(dtype)) != (_DIMS, _PIXELS[name][0]):
        raise ValueError(f"{name} has axes {dims} of {dtype}")


def _holds(group, name, values) -> bool:
    """Whether an array is there and has these values."""
    with contextlib.suppress(*DAMAGE):
        there = group[name][...]
        return there.dtype == values.dtype and np.array_equal(there, values, equal_nan=True)
    return False


def about_cutouts(targets, bands, size, npix) -> dict:
    """Return what is the same for all targets: the attributes of the store."""
    ids = targets["target_id"]
    plain = QTable([_plain(ids), targets["ra"], targets["dec"]], names=["target_id", "ra", "dec"])
    return {
        "size": float(size.to_value(u.arcmin)),
        "pixel_scale": float((size / npix).to_value(u.arcsec)),
        "frame": "icrs",
        "projection": "TAN",
        "bands": [band.name for band in bands],
        "wavebands": [band.waveband for band in bands],
        "units": [str(band.unit) for band in bands],
        "positions": targets_digest(plain),
    }


def _identifiers(ids) -> tuple[np.ndarray, tuple[str, ...]]:
    """Identifiers as numbers, or as bytes in a second dimension."""
    ids = _plain(ids)
    if ids.dtype.kind in "iu":
        return ids, ("target",)
    encoded = np.char.encode(ids, "utf-8")
    width = max(1, encoded.dtype.itemsize)
    encoded = np.ascontiguousarray(encoded.astype(f"S{width}"))
    return encoded.view(np.uint8).reshape(len(ids), width), ("target", "character")


def _plain(ids) -> np.ndarray:
    """Identifiers without a mask: numbers, or text."""
    return np.asarray(ids) if ids.dtype.kind in "iu" else text(ids)


def sync_region(path: Path, array, rows: slice) -> None:
    """Make sure that the pixels of some rows are on the disk.

    Chunks of nothing but fill values have no file.
    """
    step = array.chunks[0]
    numbers = range(rows.start // step, -(-rows.stop // step))
    for name, i, b in product(_PIXELS, numbers, range(array.shape[1])):
        file = chunk_path(path, name, i, b)
        if file.exists():
            handle = os.open(file, os.O_RDWR)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def chunk_path(path: Path, name: str, number: int, band: int) -> Path:
    """Return the file of a chunk of pixels."""
    return path / name / "c" / str(number) / str(band) / "0" / "0"
