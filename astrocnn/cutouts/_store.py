"""Cut-outs that stay: a Zarr store, written chunk by chunk, read lazily."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from astropy import units as u

from ..config import conf
from ..exceptions import StoreError
from ..grid import check_size
from ..surveys import Band
from ._dataset import MAPS
from ._folder import RunFolder, gaps, targets_digest
from ._identity import bands_identity, images_identity
from ._maker import iter_cutouts, open_providers, target_table
from ._zarr import create_store, import_zarr, sync_region

__all__ = ["open_cutouts", "write_cutouts"]

_ZARR = "cutouts.zarr"
_PAIRS = ("target", "band")
#: In a mark, before the names of variables of these dimensions.
_MARKED = "of_"


def write_cutouts(
    path,
    targets,
    bands: Sequence[str | Band],
    images: Mapping | None = None,
    size: u.Quantity = 6 * u.arcmin,
    pixels: int = 356,
) -> Path:
    """Make aligned cut-outs of all targets and keep them on disk, in flat memory.

    The same call with the same path goes on where an earlier one ended, however it ended; chunks
    that are finished are not made again.

    Parameters
    ----------
    path : path
        A folder; made if need be.
    targets, bands, images, size, pixels
        As in `make_cutouts`.

    Returns
    -------
    `~pathlib.Path`
        The folder, for `open_cutouts`. In it, ``cutouts.zarr`` is a Zarr store of version 3 with
        pixels and positions (blosc-zstd with bit shuffling, a checksum per chunk).

    Raises
    ------
    StoreError
        If the folder holds other cut-outs or something else, is in use, or the disk is full.
    ImportError
        Without zarr and dask (``pip install astrocnn[dask]``).

    Notes
    -----
    The arrays have their full size from the start. A chunk is written, synced to the disk, and only
    then marked as complete, by a file that is renamed into place; what is not marked is never read.
    100,000 targets of 356 x 356 pixels in two bands are 127 GB before compression.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.io import fits
    >>> from astrocnn.cutouts import open_cutouts, write_cutouts
    >>> from astrocnn.grid import CutoutGrid
    >>> field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 10 * u.arcmin, 150)
    >>> hdu = fits.PrimaryHDU(np.ones(field.shape, "float32"), field.wcs.to_header())
    >>> path = write_cutouts("kept", field.center, ["dss2"], {"dss2": hdu}, pixels=90)
    >>> open_cutouts(path)["image"].shape
    (1, 1, 90, 90)
    """
    zarr = import_zarr()
    check_size(size, pixels)
    targets = target_table(targets)
    providers = {provider.band.name: provider for provider in open_providers(bands, images)}
    found = [provider.band for provider in providers.values()]
    with RunFolder(path, _identity(targets, providers, size, pixels)) as folder:
        store = folder.path / _ZARR
        try:
            if not folder.parts():  # nothing is there, or what a run left that was killed at once
                create_store(store, targets, found, size, pixels, conf.chunk_size)
            arrays = zarr.open_group(store, mode="r+", use_consolidated=False)
        except (OSError, KeyError, ValueError) as error:
            raise StoreError(f"'{store}' cannot be written: {error}") from error
        step = arrays["image"].chunks[0]
        rows = gaps(len(targets), folder.parts(), max(step, conf.chunk_size // step * step))
        made = iter_cutouts(targets, found, providers, size, pixels, rows=rows)
        for some, dataset in zip(rows, made, strict=True):
            _write(folder, arrays, store, some, dataset)
    return folder.path


def open_cutouts(path, complete: bool = True) -> xr.Dataset:
    """Open cut-outs that `write_cutouts` wrote; pixels are read when they are needed.

    Parameters
    ----------
    path : path
        The folder.
    complete : bool
        Whether cut-outs that are not finished are refused; otherwise the targets that are missing
        have ``valid`` 0 and the ``status`` ``"interrupted"``.

    Returns
    -------
    `~xarray.Dataset`
        As from `make_cutouts`, backed by Dask: ``predict`` takes it chunk by chunk.

    Raises
    ------
    StoreError
        If there are no such cut-outs, or they are not finished.
    ImportError
        Without zarr and dask (``pip install astrocnn[dask]``).
    """
    import_zarr()
    try:
        folder = RunFolder.existing(path)
        raw = xr.open_zarr(folder.path / _ZARR, consolidated=False, chunks={})
    except (OSError, KeyError, ValueError) as error:
        raise StoreError(f"'{path}' holds no cut-outs of write_cutouts ({error})") from error
    marks = {part: folder.read(*part, discard=False) for part in folder.parts()}
    marks = {part: mark for part, mark in marks.items() if mark is not None}
    done = sum(stop - start for start, stop in marks)
    if complete and done < raw.sizes["target"]:
        raise StoreError(
            f"'{path}': {done} of {raw.sizes['target']} cut-outs are finished; call write_cutouts "
            "again to go on, or open_cutouts(..., complete=False)"
        )
    return _dataset(raw, marks)


def _dataset(raw: xr.Dataset, marks: dict) -> xr.Dataset:
    """The Dataset of `make_cutouts`, from arrays and marks."""
    bands, n = raw.attrs["bands"], raw.sizes["target"]
    maps = [name for name in MAPS if any(mark[f"has_{name}"] for mark in marks.values())]
    pixels = raw[["image", "valid", *maps]]
    written = np.zeros(n, dtype=bool)
    for start, stop in marks:
        written[start:stop] = True
    if not written.all():  # half of a chunk may be there
        seen = xr.DataArray(written, dims="target")
        pixels = pixels.assign(image=pixels["image"].where(seen), valid=pixels["valid"] * seen)
    ids = raw["target_id"].values
    if ids.ndim == 2:
        ids = np.char.decode(np.ascontiguousarray(ids).view(f"S{ids.shape[1]}")[:, 0], "utf-8")
    small = _small(marks, n, bands)
    coords = {
        "target_id": ("target", ids),
        "ra": ("target", raw["ra"].values, {"unit": "deg"}),
        "dec": ("target", raw["dec"].values, {"unit": "deg"}),
        "band": bands,
        "waveband": ("band", raw.attrs["wavebands"]),
        "unit": ("band", raw.attrs["units"]),
        "survey": small.pop("survey"),
    }
    kept = ("size", "pixel_scale", "frame", "projection")
    pixels.attrs = {name: raw.attrs[name] for name in kept}
    pixels.attrs["faults"] = [
        fault
        for mark in marks.values()
        for fault in np.char.decode(mark["faults"], "utf-8").tolist()
    ]
    return pixels.assign(small).assign_coords(coords)


def _small(marks: dict, n: int, bands: list[str]) -> dict:
    """What is known of targets and bands, from the marks; rows without a mark are interrupted."""
    found = {
        "status": np.full((n, len(bands)), "interrupted", dtype=object),
        "survey": np.tile(np.array(bands, dtype=object), (n, 1)),
    }
    for (start, stop), mark in marks.items():
        for key, values in mark.items():
            if not key.startswith(_MARKED):
                continue
            name = key.removeprefix(_MARKED)
            values = np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values
            if name not in found:
                found[name] = np.zeros((n, len(bands)), dtype=values.dtype)
            found[name][start:stop] = values
    return {
        name: (_PAIRS, values.astype(str) if values.dtype == object else values)
        for name, values in found.items()
    }


def _write(folder, arrays, store, rows, dataset) -> None:
    """Write a chunk, then its mark."""
    try:
        for name in ("image", "valid", *MAPS):
            if name in dataset:
                arrays[name][rows] = dataset[name].values
        sync_region(store, arrays["image"], rows)
    except OSError as error:
        raise folder.cannot_write(error) from error
    mark = {
        **{f"has_{name}": np.array(name in dataset) for name in MAPS},
        "faults": np.char.encode(np.array(dataset.attrs["faults"], dtype=str), "utf-8"),
    }
    for name, variable in dataset.variables.items():
        if variable.dims == _PAIRS:
            values = variable.values
            text = values.dtype.kind == "U"
            mark[_MARKED + name] = np.char.encode(values, "utf-8") if text else values
    folder.write(rows.start, rows.stop, mark)


def _identity(targets, providers, size, pixels) -> dict[str, str]:
    """What makes cut-outs what they are; see `RunFolder`."""
    return {
        "contents": "cut-outs",
        "targets": targets_digest(targets),
        "bands": bands_identity(provider.band for provider in providers.values()),
        "grids": f"{pixels} pixels on {size.to_value(u.arcmin):.10g} arcmin",
        "images": images_identity(providers),
    }
