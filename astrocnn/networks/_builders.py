"""Architectures by name."""

from .._registry import Registry
from ._ensemble import MEMBERS, build_ensemble

__all__ = ["NETWORKS"]

#: Builder functions by name; each takes ``input_shape``, ``n_classes`` and its own arguments.
NETWORKS = Registry("network", {**MEMBERS, "ensemble": build_ensemble})
