"""Dataset of cut-outs -> network input: smoothing, scale-free stretch, standardization."""

from ._preprocessing import Preprocessing
from ._stretch import local_background, scale_free_stretch, smooth, standardize

__all__ = ["Preprocessing", "local_background", "scale_free_stretch", "smooth", "standardize"]
