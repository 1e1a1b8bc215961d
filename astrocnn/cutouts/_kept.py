"""Kept cut-outs as a Dataset, and the search for those that were damaged."""

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr
from astropy import units as u
from astropy.table import QTable

from ..exceptions import DamagedPartWarning
from ..storage import DAMAGE, RunFolder, cannot_read
from ._checked import check_rows, damaged_rows
from ._identity import targets_digest
from ._marks import PIXELS, Marks, mark_pixels
from ._zarr import check_array

__all__ = ["discard_damaged", "kept_dataset"]

_ATTRIBUTES = ("size", "pixel_scale", "frame", "projection")


def kept_dataset(
    raw: xr.Dataset, arrays: Mapping, marks: dict, store: Path, targets: str
) -> xr.Dataset:
    """Return the Dataset of `make_cutouts`, from arrays and marks.

    Parameters
    ----------
    raw : `~xarray.Dataset`
        The arrays of a store.
    arrays : mapping of str to zarr.Array
        The same: their pixels.
    marks : dict of (int, int) to dict of str to ndarray
        The marks of its finished targets.
    store : `~pathlib.Path`
        The store.
    targets : str
        Digest of all targets, for stores of 0.1; see `targets_digest`.

    Raises
    ------
    ValueError, KeyError ...
        If arrays and marks do not fit together, or no mark says where the targets are and the
        arrays are damaged.
    """
    n, about = raw.sizes["target"], Marks.about(marks) or raw.attrs
    bands = about["bands"]
    marks = Marks(marks, n, bands)
    variables = marks.variables()
    pixels = raw[[*PIXELS[:2], *marks.maps]]
    seen = np.repeat(marks.finished[:, np.newaxis], len(bands), axis=1)
    lost = marks.lost(store, arrays["image"].chunks[0])
    faults = marks.faults
    coords = _positions(raw, marks, about.get("positions", targets))
    if lost.any():
        status = variables["status"][1].astype(object)
        status[lost] = np.array([f"failed:{band}" for band in bands])[np.nonzero(lost)[1]]
        variables["status"] = (variables["status"][0], status.astype(str))
        faults += [
            f"target {name}: its cut-out is gone from '{store}'"
            for name in coords["target_id"][1][lost.any(axis=1)]
        ]
    for name in pixels:
        check_array(name, pixels[name].dims, arrays[name].dtype)
        data = check_rows(arrays[name], marks.checksums(name), store)
        pixels[name] = pixels[name].copy(data=data)
    if lost.any() or not seen.all():  # half of a chunk may be there
        seen = xr.DataArray(seen & ~lost, dims=("target", "band"))
        pixels = pixels.assign(image=pixels["image"].where(seen), valid=pixels["valid"] * seen)
    coords |= {
        "band": bands,
        "waveband": ("band", about["wavebands"]),
        "unit": ("band", about["units"]),
        "survey": variables.pop("survey"),
    }
    pixels.attrs = {name: about[name] for name in _ATTRIBUTES} | {"faults": faults}
    return pixels.assign(variables).assign_coords(coords)


def _positions(raw, marks: Marks, targets) -> dict:
    """Identifiers and positions as coordinates."""
    ids = raw["target_id"].values
    if ids.ndim == 2:
        ids = np.char.decode(np.ascontiguousarray(ids).view(f"S{ids.shape[1]}")[:, 0], "utf-8")
    ids = marks.position("target_id", ids)
    ra, dec = (marks.position(name, raw[name].values) for name in ("ra", "dec"))
    if not marks.positioned.all():
        table = QTable({"target_id": ids, "ra": ra * u.deg, "dec": dec * u.deg})
        if targets_digest(table) != targets:
            raise ValueError("identifiers or positions are not those that were written")
    degrees = {"unit": "deg"}
    return {
        "target_id": ("target", ids),
        "ra": ("target", ra, degrees),
        "dec": ("target", dec, degrees),
    }


def discard_damaged(folder: RunFolder, arrays: dict, store: Path, targets, about: dict) -> None:
    """Delete marks of cut-outs that are damaged or gone; give checksums to marks without.

    Parameters
    ----------
    folder : RunFolder
        The folder of the marks.
    arrays : dict of str to zarr.Array
        The arrays of pixels.
    store : `~pathlib.Path`
        Where they are.
    targets : `~astropy.table.QTable`
        All targets.
    about : dict
        What is the same for all cut-outs.

    Warns
    -----
    DamagedPartWarning
        If some are damaged.
    """
    n, damaged = len(targets), 0
    for start, stop in folder.parts():
        mark = folder.read(start, stop)
        if mark is None:
            continue
        marks = Marks({(start, stop): mark}, n, about["bands"])
        rows = slice(start, stop)
        try:
            names = [*PIXELS[:2], *marks.maps]
            pixels = {name: np.asarray(arrays[name][rows]) for name in names}
            bad = marks.lost(store, arrays["image"].chunks[0])[rows]
            for name, values in pixels.items():
                bad = bad | damaged_rows(values, marks.checksums(name)[rows])
        except PermissionError as error:
            raise cannot_read(store, error) from error
        except DAMAGE:
            bad = np.ones(1, dtype=bool)
        if bad.any():
            damaged += stop - start
            folder.discard(start, stop)
        elif Marks.about({(start, stop): mark}) is None:
            some = targets[rows]
            places = (some["ra"].to_value(u.deg), some["dec"].to_value(u.deg))
            folder.write(start, stop, mark_pixels(mark, pixels, some["target_id"], *places, about))
    if damaged:
        warnings.warn(
            f"'{folder.path}': pixels are damaged or gone, {damaged} cut-outs are made anew",
            DamagedPartWarning,
            stacklevel=3,
        )
