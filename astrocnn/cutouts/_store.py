"""Cut-outs that stay: a Zarr store, written chunk by chunk, read lazily."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from astropy import units as u

from ..config import conf
from ..exceptions import StoreError
from ..grid import check_size
from ..storage import DAMAGE, RunFolder, cannot_read, cannot_write, gaps
from ..surveys import Band
from ._identity import bands_identity, images_identity, targets_digest
from ._kept import discard_damaged, kept_dataset
from ._maker import iter_cutouts, open_providers, target_table
from ._marks import PIXELS, make_mark
from ._zarr import about_cutouts, import_zarr, open_store, remove_store, sync_region

__all__ = ["open_cutouts", "write_cutouts"]

_ZARR = "cutouts.zarr"


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
    that are finished are not made again, but for those that were damaged since.

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
        pixels and positions (blosc-zstd with bit shuffling, a checksum per chunk), beside it files
        with the checksums of the pixels of each target.

    Raises
    ------
    StoreError
        If the folder holds other cut-outs or something else, is in use, or the disk is full.
    ImportError
        Without zarr and dask (``pip install astrocnn[dask]``).

    Warns
    -----
    DamagedPartWarning
        If cut-outs that were finished are damaged or gone; they are made anew.

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
    import_zarr()
    check_size(size, pixels)
    targets = target_table(targets)
    providers = {provider.band.name: provider for provider in open_providers(bands, images)}
    found = [provider.band for provider in providers.values()]
    with RunFolder(path, _identity(targets, providers, size, pixels)) as folder:
        store = folder.path / _ZARR
        about = about_cutouts(targets, found, size, pixels)
        try:
            if not folder.parts():  # nothing is there, or what a run left that was killed at once
                remove_store(store)
            arrays = open_store(store, targets, about, pixels, conf.chunk_size)
        except (OSError, KeyError, ValueError) as error:
            raise StoreError(f"'{store}' cannot be written: {error}") from error
        discard_damaged(folder, arrays, store, targets, about)
        step = arrays["image"].chunks[0]
        rows = gaps(len(targets), folder.parts(), max(step, conf.chunk_size // step * step))
        made = iter_cutouts(targets, found, providers, size, pixels, rows=rows)
        for some, dataset in zip(rows, made, strict=True):
            _write(folder, arrays, store, some, dataset, about)
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
        As from `make_cutouts`, backed by Dask: ``predict`` takes it chunk by chunk, and flags
        targets as ``failed`` whose pixels are damaged or gone. Reading those by other means raises
        a StoreError.

    Raises
    ------
    StoreError
        If there are no such cut-outs, or they are not finished, or damaged as a whole.
    ImportError
        Without zarr and dask (``pip install astrocnn[dask]``).
    """
    zarr = import_zarr()
    folder = RunFolder.existing(path)
    store = folder.path / _ZARR
    if not store.is_dir():
        raise StoreError(f"'{path}' holds no cut-outs of write_cutouts")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # arrays that are gone: said below
            raw = xr.open_zarr(store, consolidated=False, chunks=None)
            arrays = zarr.open_group(store, mode="r", use_consolidated=False)
        n = raw.sizes["target"]
    except PermissionError as error:
        raise cannot_read(path, error) from error
    except DAMAGE as error:
        raise _damaged(path, error) from error
    marks = {part: folder.read(*part, discard=False) for part in folder.parts()}
    marks = {part: mark for part, mark in marks.items() if mark is not None}
    done = sum(stop - start for start, stop in marks)
    if complete and done < n:
        raise StoreError(
            f"'{path}': {done} of {n} cut-outs are finished; call write_cutouts "
            "again to go on, or open_cutouts(..., complete=False)"
        )
    try:
        return kept_dataset(raw, arrays, marks, store, folder.identity["targets"])
    except PermissionError as error:
        raise cannot_read(path, error) from error
    except DAMAGE as error:
        raise _damaged(path, error) from error


def _damaged(path, error) -> StoreError:
    """What arrays that cannot be opened become."""
    reason = str(error) or type(error).__name__
    return StoreError(
        f"the cut-outs in '{path}' are damaged ({reason}): call write_cutouts again with the same "
        "arguments, which makes anew what is lost"
    )


def _write(folder, arrays, store, rows, dataset, about) -> None:
    """Write a chunk, then its mark."""
    try:
        for name in PIXELS:
            if name in dataset:
                values = dataset[name].values
                if values.dtype.kind == "f":  # one NaN: what is all NaN is not written
                    values[np.isnan(values)] = np.nan
                arrays[name][rows] = values
        sync_region(store, arrays["image"], rows)
    except OSError as error:
        raise cannot_write(store, error) from error
    folder.write(rows.start, rows.stop, make_mark(dataset, about))


def _identity(targets, providers, size, pixels) -> dict[str, str]:
    """What makes cut-outs what they are; see `RunFolder`."""
    return {
        "contents": "cut-outs",
        "targets": targets_digest(targets),
        "bands": bands_identity(provider.band for provider in providers.values()),
        "grids": f"{pixels} pixels on {size.to_value(u.arcmin):.10g} arcmin",
        "images": images_identity(providers),
    }
