"""The commands ``astrocnn demo``, ``predict``, ``train`` and ``info``."""

from ._main import main

__all__ = ["main"]
