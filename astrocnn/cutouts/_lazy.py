"""Cut-outs that are not in memory: how much to read at once, and what a damaged part becomes."""

import numpy as np
import xarray as xr

from ._survey import survey_pixels

__all__ = ["READ_ERRORS", "dataset_step", "load_cutouts", "split_faults"]

#: What pixels that are damaged, or gone, raise.
READ_ERRORS = (OSError, ValueError, RuntimeError, KeyError)


def dataset_step(dataset: xr.Dataset, chunk_size: int) -> int:
    """Return how many targets to read at once.

    Dask chunks are read whole: as many as fit into ``chunk_size``, or one that is larger.
    """
    # Of the variable: coordinates of the DataArray may have other chunks.
    chunks = dataset["image"].variable.chunksizes.get("target", ())
    return max(chunks[0], chunk_size // chunks[0] * chunks[0]) if chunks else chunk_size


def load_cutouts(dataset: xr.Dataset) -> xr.Dataset:
    """Load cut-outs into memory; what cannot be read is a target without pixels, and a fault.

    Parameters
    ----------
    dataset : `~xarray.Dataset`
        A few targets; loaded already, or backed by Dask.

    Returns
    -------
    `~xarray.Dataset`
        Targets that could not be read have the flag ``failed``; they are in ``attrs["faults"]``.
    """
    try:
        # What a Dataset says of its pixels may be older than they are.
        return survey_pixels(dataset.load())
    except READ_ERRORS as error:
        if dataset.sizes["target"] == 1:
            return _unreadable(dataset, error)
    given = list(dataset.attrs.get("faults", []))
    dataset = dataset.assign_attrs(faults=[])
    parts = [load_cutouts(dataset.isel(target=[i])) for i in range(dataset.sizes["target"])]
    merged = xr.concat(
        parts,
        "target",
        data_vars="all",
        coords="different",
        compat="equals",
        join="outer",
        combine_attrs="drop_conflicts",
    )
    return merged.assign_attrs(faults=given + [x for part in parts for x in part.attrs["faults"]])


def split_faults(dataset: xr.Dataset) -> dict[str, list[str]]:
    """Return the faults of a Dataset by the text of their target's identifier."""
    found = {}
    for fault in dataset.attrs.get("faults", []):
        found.setdefault(fault.partition(": ")[0].removeprefix("target "), []).append(fault)
    return found


def _unreadable(dataset, error) -> xr.Dataset:
    """One target whose pixels cannot be read."""
    shape, dims = dataset["image"].shape, dataset["image"].dims
    bands = [str(name) for name in dataset["band"].values]
    blank = dataset.drop_vars(list(dataset.data_vars))
    fault = f"target {dataset['target_id'].values[0]}: its cut-out cannot be read ({error})"
    return blank.assign(
        image=(dims, np.full(shape, np.nan, np.float32)),
        valid=(dims, np.zeros(shape, np.uint8)),
        coverage=(dims[:2], np.zeros(shape[:2])),
        signal=(dims[:2], np.zeros(shape[:2], dtype=bool)),
        status=(dims[:2], np.array([[f"failed:{name}" for name in bands]])),
    ).assign_attrs(faults=[fault])
