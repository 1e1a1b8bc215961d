"""Weights in half precision: half the file, the same verdicts."""

import io

import numpy as np

from ..exceptions import WeightsError

__all__ = ["halve_weights"]


def halve_weights(content: bytes) -> bytes:
    """Return a Keras weights file with its float32 arrays as float16.

    Keras casts them back when it loads them into a float32 network, so that nothing else about
    the file changes.

    Parameters
    ----------
    content : bytes
        HDF5 file, ``model.weights.h5`` of a ``.keras`` archive.

    Returns
    -------
    bytes

    Raises
    ------
    WeightsError
        If a number is beyond the range of float16 (65504).

    Examples
    --------
    >>> import io, h5py, numpy as np
    >>> from astrocnn.networks._half import halve_weights
    >>> file = io.BytesIO()
    >>> with h5py.File(file, "w") as group:
    ...     group["kernel"] = np.float32([1, 0.1])
    >>> h5py.File(io.BytesIO(halve_weights(file.getvalue())))["kernel"].dtype.name
    'float16'
    """
    import h5py

    file = io.BytesIO()
    with h5py.File(io.BytesIO(content), "r") as full, h5py.File(file, "w") as half:

        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                new = half.create_dataset(name, data=_half(name, item[()]))
            else:
                new = half.create_group(name)
            new.attrs.update(item.attrs)

        half.attrs.update(full.attrs)
        full.visititems(copy)
    return file.getvalue()


def _half(name, array) -> np.ndarray:
    """Return a float32 array as float16, any other as it is."""
    if array.dtype != np.float32:
        return array
    if not np.all(np.abs(array) <= np.finfo(np.float16).max):
        raise WeightsError(
            f"the weights {name} do not fit into half precision; save the model with half=False"
        )
    return array.astype(np.float16)
