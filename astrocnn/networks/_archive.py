"""Model archives: a ``.keras`` file with our own description beside the weights."""

import hashlib
import json
import warnings
import zipfile
from dataclasses import asdict
from pathlib import Path

from .._paths import path_exists, user_path
from ..exceptions import WeightsError
from ..storage import DAMAGE, cannot_read, write_whole
from ._backend import load_keras
from ._builders import NETWORKS, check_network
from ._description import ModelDescription, check_description
from ._find import find_weights
from ._finite import check_finite
from ._half import halve_weights

__all__ = ["build_network", "file_hash", "load_model", "read_description", "save_model"]

_MEMBER = "astrocnn.json"
_WEIGHTS = "model.weights.h5"
_FORMAT = 1
#: A description is a few kilobytes; anything far larger is no description.
_MAX_DESCRIPTION = 1_000_000


def save_model(
    path, model, description: ModelDescription, half: bool = False, overwrite: bool = True
) -> Path:
    """Write a network and its description; a file of that name is replaced at once or not at all.

    Parameters
    ----------
    path : path
        Ends in ``.keras``.
    model : keras.Model
        The network.
    description : ModelDescription
        What it is.
    half : bool
        Whether to write float16 numbers: half the file, probabilities within about 1e-3.
    overwrite : bool
        Whether a file of that name is replaced.

    Returns
    -------
    `~pathlib.Path`

    Raises
    ------
    WeightsError
        If the name does not end in ``.keras``, a weight is too large for float16, or one is not
        finite.
    StoreError
        If it cannot be written (disk full, no such folder).
    FileExistsError
        If it exists, without ``overwrite``.
    """
    path = user_path(path)
    if path.suffix != ".keras":
        raise WeightsError(f"a model archive is named *.keras, not {path.name!r}")
    if not overwrite and path_exists(path):
        raise FileExistsError(f"'{path}' exists: choose another name, or overwrite=True")
    keras = load_keras()
    check_finite(model, f"the weights for {path.name}")
    # A fresh copy, never compiled: the optimizer's state would triple the file.
    bare = build_network(description)
    bare.set_weights(model.get_weights())

    def write(part):
        keras.saving.save_model(bare, part)
        _finish(part, description, half)

    return write_whole(path, write)


def _finish(path, description, half) -> None:
    """Add the description to an archive of Keras; halve its weights if asked."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if half:
        members[_WEIGHTS] = halve_weights(members[_WEIGHTS])
    members[_MEMBER] = json.dumps({"format": _FORMAT, **asdict(description)}, indent=1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def read_description(weights) -> ModelDescription:
    """Read what an archive is, without loading Keras.

    Parameters
    ----------
    weights : str or path
        Name of weights that come with astrocnn, or a ``.keras`` file that astrocnn saved.

    Raises
    ------
    WeightsError
        If there is no such file, or astrocnn did not write it.
    """
    path = find_weights(weights)
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(_MEMBER)
            if member.file_size > _MAX_DESCRIPTION:
                raise WeightsError(f"the description in {path.name} is too large to be one")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"compression {member.compress_type}")
            content = json.loads(archive.read(_MEMBER))
        if content.pop("format") != _FORMAT:
            raise WeightsError(f"{path.name} was written by a newer astrocnn; please update")
        description = ModelDescription(**content)
        check_description(description)
    except WeightsError:
        raise
    except PermissionError as error:
        raise cannot_read(path, error) from error
    except DAMAGE as error:
        raise WeightsError(
            f"{path.name} is no model archive of astrocnn ({error}); save one with "
            "ClusterClassifier.save"
        ) from error
    return description


def load_model(weights):
    """Rebuild a network from its description and load its weights.

    No architecture is deserialized and nothing is unpickled: our builder makes the network, and
    only arrays are read from the file.

    Parameters
    ----------
    weights : str or path
        See `read_description`.

    Returns
    -------
    model : keras.Model
        Not compiled.
    description : ModelDescription
        What it is.

    Raises
    ------
    WeightsError
        If the file is missing, damaged, does not fit its description, or holds numbers that are
        not finite.
    """
    description, path = read_description(weights), find_weights(weights)
    load_keras()  # what it raises is not the file's fault
    try:
        model = build_network(description)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # "optimizer has no variables to load"
            model.load_weights(path)
    except PermissionError as error:
        raise cannot_read(path, error) from error
    except DAMAGE as error:
        raise WeightsError(f"the weights in {path.name} cannot be loaded: {error}") from error
    check_finite(model, f"the weights in {path.name}")
    return model, description


def build_network(description: ModelDescription, pretrained: bool = False):
    """Build the network of a description, with random weights.

    Parameters
    ----------
    description : ModelDescription
        Builder and its arguments.
    pretrained : bool
        Whether to follow an argument ``weights``, as `build_mn` has, and download what it names:
        to train, not to put other weights in.

    Returns
    -------
    keras.Model
        Not compiled.
    """
    arguments = dict(description.arguments)
    check_network(description.network, arguments)
    load_keras()
    if not pretrained:
        arguments.pop("weights", None)
    return NETWORKS[description.network](**arguments)


def file_hash(path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
