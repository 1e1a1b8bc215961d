"""Architectures and named weights. Keras 3, on any of its backends."""

from ._archive import build_network, file_hash, load_model, read_description, save_model
from ._backend import device_name, load_keras
from ._builders import NETWORKS
from ._cn import build_cn
from ._description import ModelDescription
from ._ensemble import build_ensemble, ensemble_members
from ._evidence import build_evidence
from ._find import find_weights, weights_names
from ._gradients import class_probability, integrated_gradients
from ._inference import PRECISIONS, inference_network, largest_batch
from ._mobilenet import build_mn
from ._orientations import average_orientations
from ._two_branch import build_two_branch
from ._weights import weights_table
from ._xray_part import put_xray_part

__all__ = [
    "NETWORKS",
    "PRECISIONS",
    "ModelDescription",
    "average_orientations",
    "build_cn",
    "build_ensemble",
    "build_evidence",
    "build_mn",
    "build_network",
    "build_two_branch",
    "class_probability",
    "device_name",
    "ensemble_members",
    "file_hash",
    "find_weights",
    "inference_network",
    "integrated_gradients",
    "largest_batch",
    "load_keras",
    "load_model",
    "put_xray_part",
    "read_description",
    "save_model",
    "weights_names",
    "weights_table",
]
