"""Identity of a run: what tells its targets and images from those of another; see `RunFolder`."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import xarray as xr
from astropy.table import QTable

from ..providers import Provider
from ..providers._identity import fingerprint
from ..surveys import Band
from ._dataset import MAPS, SPREAD
from ._lazy import READ_ERRORS

__all__ = ["bands_identity", "dataset_identity", "images_identity", "targets_digest"]

#: Variables that verdicts may depend on.
_VARIABLES = ("image", "valid", *MAPS, "status", *(f"psf_{name}" for name in SPREAD))


def bands_identity(bands: Iterable[Band]) -> str:
    """Return names of bands and what decides how their pixels are treated.

    Examples
    --------
    >>> from astrocnn.cutouts._identity import bands_identity
    >>> from astrocnn.surveys import get_band
    >>> bands_identity([get_band("xmm"), get_band("dss2")])
    'xmm (xray rate) + dss2-red (optical intensity)'
    """
    return " + ".join(f"{band.name} ({band.waveband} {band.quantity})" for band in bands)


def images_identity(providers: Mapping[str, Provider]) -> str:
    """Return the identities of providers, by band."""
    return "; ".join(f"{name}: {provider.identity}" for name, provider in providers.items())


def dataset_identity(dataset: xr.Dataset, step: int) -> str:
    """Return the digest of the pixels of cut-outs; those of Dask are not read.

    Parameters
    ----------
    dataset : `~xarray.Dataset`
        Cut-outs. An array of Dask is known by its name, which Dask makes of where it comes from
        and of all that was done to it.
    step : int
        Targets to read at once.
    """
    return f"a Dataset of cut-outs {fingerprint(_dataset_parts(dataset, step))}"


def targets_digest(targets: QTable) -> str:
    """Return the SHA-256 of identifiers and positions of a target table."""
    digest = hashlib.sha256()
    ids = targets["target_id"]
    if getattr(ids, "mask", None) is not None:
        digest.update(np.asarray(ids.mask).tobytes())
        ids = ids.filled()
    for column in (np.asarray(ids), targets["ra"].value, targets["dec"].value):
        # Not the bytes of text in memory: their padding depends on the longest.
        digest.update("\n".join(map(str, column.tolist())).encode())
    return digest.hexdigest()


def _dataset_parts(dataset, step) -> Iterator[str | np.ndarray]:
    """Names and pixels of the variables that count, some targets at a time."""
    for name in _VARIABLES:
        if name not in dataset:
            continue
        variable = dataset[name].variable
        yield name
        if variable.chunks:
            yield variable.data.name
            continue
        for start in range(0, variable.sizes["target"], step):
            try:
                values = variable.isel(target=slice(start, start + step)).values
            except READ_ERRORS:
                values = "cannot be read"
            text = isinstance(values, np.ndarray) and values.dtype.kind not in "biuf"
            yield values.tolist() if text else values
