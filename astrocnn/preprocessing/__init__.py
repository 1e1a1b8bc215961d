"""Dataset of cut-outs -> network input: smoothing, scale-free stretch, standardization."""

from ._preprocessing import Preprocessing
from ._source import centered_planes, planes_to_pixels
from ._stretch import local_background, scale_free_stretch, smooth, standardize

__all__ = [
    "Preprocessing", "centered_planes", "local_background", "planes_to_pixels",
    "scale_free_stretch", "smooth", "standardize",
]  # fmt: skip
