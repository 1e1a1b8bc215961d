"""Architectures by name."""

from .._registry import Registry
from ._cn import build_cn

__all__ = ["NETWORKS"]

#: Builder functions by name; each takes ``input_shape``, ``n_classes`` and its own arguments.
NETWORKS = Registry("network", {"cn": build_cn})
