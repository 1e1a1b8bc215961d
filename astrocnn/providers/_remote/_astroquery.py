"""Modules of astroquery, imported when a request needs them."""

import importlib
import threading
from types import ModuleType

__all__ = ["astroquery_module"]

_LOCK = threading.Lock()
_LOADED: dict[str, ModuleType] = {}


def astroquery_module(name: str) -> ModuleType:
    """Return a module of astroquery.

    Its logger would take warnings away from whoever catches them; it is kept from that while it
    is imported, in one thread at a time.

    Parameters
    ----------
    name : str
        Name of the module below ``astroquery``.

    Raises
    ------
    ImportError
        If something that it needs is not installed.

    Examples
    --------
    >>> from astrocnn.providers._remote._astroquery import astroquery_module
    >>> astroquery_module("mocserver").MOCServer.__class__.__name__
    'MOCServerClass'
    """
    if name not in _LOADED:
        from astropy.logger import conf as log_conf

        with _LOCK, log_conf.set_temp("log_warnings", False):
            _LOADED[name] = importlib.import_module(f"astroquery.{name}")
    return _LOADED[name]
