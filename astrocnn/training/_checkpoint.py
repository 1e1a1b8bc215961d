"""Checkpoint of a training: one file, replaced after every epoch at once or not at all."""

import hashlib
import inspect
import json

import numpy as np

from .._paths import user_path
from ..exceptions import InvalidParameterError, WeightsError
from ..storage import DAMAGE, cannot_read, write_whole

__all__ = ["array_hash", "layers_hash", "read_checkpoint", "write_checkpoint"]

#: Rows of an image tensor that tell it from others; a memory-mapped one is not read as a whole.
_ROWS = 64


def array_hash(array) -> str:
    """Shape, type and hash of an array; of a long one, of some rows spread over it.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.training._checkpoint import array_hash
    >>> array_hash(np.zeros(3)) == array_hash(np.ones(3)), array_hash(None)
    (False, 'none')
    """
    if array is None:
        return "none"
    array = np.asarray(array)
    rows = array
    if array.ndim > 2:
        rows = array[np.unique(np.linspace(0, len(array) - 1, _ROWS).astype(int))]
    digest = hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()[:12]
    return f"{array.dtype} of shape {array.shape}, {digest}"


def layers_hash(model) -> str:
    """Hash of what the layers of a network are and how they are set, but for their names.

    Networks whose weights have the same shapes may differ in it, as two fractions of dropout do.

    Examples
    --------
    >>> from astrocnn.networks import build_cn
    >>> from astrocnn.training._checkpoint import layers_hash
    >>> hashes = [layers_hash(build_cn((16, 16, 1), dropout=share)) for share in (0.5, 0.5, 0.1)]
    >>> hashes[0] == hashes[1], hashes[0] == hashes[2]
    (True, False)
    """
    found = [_settings(layer) for layer in _layers(model)]
    text = json.dumps(found, sort_keys=True, default=lambda value: type(value).__name__)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _layers(model):
    """Layers of a network and of networks in it."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _layers(layer)
        else:
            yield layer


def _settings(layer) -> dict:
    """How a layer is set, but for defaults, which other versions of Keras may not name."""
    usual = inspect.signature(type(layer)).parameters
    config = layer.get_config()
    return {"class": type(layer).__name__} | {
        name: value
        for name, value in config.items()
        if name != "name"
        and not name.endswith("_initializer")
        and value is not None
        and value is not False
        and not (name in usual and usual[name].default == value)
    }


def write_checkpoint(path, settings: dict, seed: int, history: dict, arrays: dict) -> None:
    """Write a checkpoint; whoever is killed meanwhile leaves the one before.

    Parameters
    ----------
    path : path
        File; one of that name is replaced.
    settings : dict of str to str
        What the training is of; compared by `read_checkpoint`.
    seed : int
        Its seed.
    history : dict of str to list of float
        One value per epoch done.
    arrays : dict of str to list of ndarray
        State, by what it belongs to.

    Raises
    ------
    StoreError
        If it cannot be written (disk full).
    """
    meta = {"settings": settings, "seed": seed, "history": history}
    meta["numbers"] = {name: len(values) for name, values in arrays.items()}
    flat = {f"{name}{i}": v for name, values in arrays.items() for i, v in enumerate(values)}

    def write(part):
        with open(part, "wb") as file:  # NumPy adds a suffix to a name without
            np.savez(file, meta=np.array(json.dumps(meta)), **flat)

    write_whole(path, write)


def read_checkpoint(path, settings: dict) -> tuple[int, dict, dict] | None:
    """Read a checkpoint; None where there is no file yet.

    Parameters
    ----------
    path : path
        File.
    settings : dict of str to str
        What the training is of.

    Returns
    -------
    seed : int
    history : dict of str to list of float
    arrays : dict of str to list of ndarray

    Raises
    ------
    InvalidParameterError
        If it is a folder.
    WeightsError
        If the file is damaged, or of another training.
    """
    path = user_path(path)
    if path.is_dir():
        raise InvalidParameterError(f"checkpoint='{path}' is a folder: give the name of a file")
    if not path.exists():
        return None
    try:
        # Opened here: NumPy leaves a damaged file open.
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            meta = json.loads(str(file["meta"]))
            numbers = meta["numbers"].items()
            arrays = {name: [file[f"{name}{i}"] for i in range(n)] for name, n in numbers}
        found, seed, history = meta["settings"], meta["seed"], meta["history"]
    except PermissionError as error:
        raise cannot_read(path, error) from error
    except DAMAGE as error:
        raise WeightsError(
            f"{path.name} is damaged or no checkpoint of astrocnn ({error}); delete it to start "
            "anew, or name another file"
        ) from error
    names = sorted(set(found) | set(settings))
    wrong = [
        f"{name} ({found.get(name)} there, {settings.get(name)} here)"
        for name in names
        if found.get(name) != settings.get(name)
    ]
    if wrong:
        raise WeightsError(
            f"the checkpoint {path.name} is of another training, it differs in {'; '.join(wrong)}; "
            "name another file, or delete it to start anew"
        )
    return seed, history, arrays
