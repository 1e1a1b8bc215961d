"""Architectures and named weights. Keras 3, on any of its backends."""

from ._archive import (
    ModelDescription,
    build_network,
    file_hash,
    load_model,
    read_description,
    save_model,
)
from ._backend import device_name, load_keras
from ._builders import NETWORKS
from ._cn import build_cn
from ._find import find_weights, weights_names
from ._weights import weights_table

__all__ = [
    "NETWORKS",
    "ModelDescription",
    "build_cn",
    "build_network",
    "device_name",
    "file_hash",
    "find_weights",
    "load_keras",
    "load_model",
    "read_description",
    "save_model",
    "weights_names",
    "weights_table",
]
