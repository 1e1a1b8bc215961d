"""The Zarr arrays of kept cut-outs: made in full size, written by regions, synced to the disk."""

import os
import shutil
from itertools import product
from pathlib import Path

import numpy as np
from astropy import units as u

from .._optional import import_optional
from ..tables._flags import text
from ._dataset import MAPS

__all__ = ["create_store", "import_zarr", "sync_region"]

#: Pixels in one chunk of an array: 4 MB of float32.
_CHUNK = 1_000_000
_ARRAYS = {
    "image": ("float32", np.nan), "valid": ("uint8", 0),
    "exposure": ("float32", np.nan), "background": ("float32", np.nan),
}  # fmt: skip


def import_zarr():
    """Return the module zarr, or say how to install it."""
    need = ("cut-outs on disk", "zarr and dask", "dask")
    import_optional("dask", *need)
    return import_optional("zarr", *need)


def create_store(path: Path, targets, bands, size, npix: int, most: int) -> None:
    """Make the arrays of a store in full size, in place of what is there.

    Pixels that are never written take no space. Identifiers that are text are bytes in an array of
    uint8: Zarr 3 has no specification of text of fixed width.
    """
    zarr = import_zarr()
    shutil.rmtree(path, ignore_errors=True)
    step = max(1, min(_CHUNK // npix**2, most))
    codecs = zarr.codecs
    compressors = [
        codecs.BloscCodec(cname="zstd", clevel=3, shuffle="bitshuffle"),
        codecs.Crc32cCodec(),
    ]
    group = zarr.create_group(path, attributes=_attributes(bands, size, npix))
    for name, (dtype, fill) in _ARRAYS.items():
        group.create_array(
            name,
            shape=(len(targets), len(bands), npix, npix),
            chunks=(step, 1, npix, npix),
            dtype=dtype,
            fill_value=fill,
            compressors=compressors,
            dimension_names=("target", "band", "y", "x"),
            attributes=MAPS.get(name, {}),
        )
    for name in ("ra", "dec"):
        values = targets[name].to_value(u.deg)
        group.create_array(name, data=values, dimension_names=("target",))
    ids, names = _identifiers(targets["target_id"])
    group.create_array("target_id", data=ids, dimension_names=names)


def _attributes(bands, size, npix) -> dict:
    """What is the same for all targets."""
    return {
        "size": float(size.to_value(u.arcmin)),
        "pixel_scale": float((size / npix).to_value(u.arcsec)),
        "frame": "icrs",
        "projection": "TAN",
        "bands": [band.name for band in bands],
        "wavebands": [band.waveband for band in bands],
        "units": [str(band.unit) for band in bands],
    }


def _identifiers(ids) -> tuple[np.ndarray, tuple[str, ...]]:
    """Identifiers as numbers, or as bytes in a second dimension."""
    if ids.dtype.kind in "iu":
        return np.asarray(ids), ("target",)
    encoded = np.char.encode(text(ids), "utf-8")
    width = max(1, encoded.dtype.itemsize)
    encoded = np.ascontiguousarray(encoded.astype(f"S{width}"))
    return encoded.view(np.uint8).reshape(len(ids), width), ("target", "character")


def sync_region(path: Path, array, rows: slice) -> None:
    """Make sure that the pixels of some rows are on the disk.

    Chunks of nothing but fill values have no file.
    """
    step = array.chunks[0]
    numbers = range(rows.start // step, -(-rows.stop // step))
    for name, i, b in product(_ARRAYS, numbers, range(array.shape[1])):
        file = path / name / "c" / str(i) / str(b) / "0" / "0"
        if file.exists():
            handle = os.open(file, os.O_RDWR)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
