"""Packages that only some need, imported when they are first used."""

from importlib import import_module
from types import ModuleType

__all__ = ["import_optional"]


def import_optional(module: str, purpose: str, package: str, extra: str) -> ModuleType:
    """Import a module of a package that astrocnn does without.

    Parameters
    ----------
    module : str
        Its name, such as ``"matplotlib.pyplot"``.
    purpose : str
        What needs it, in the plural: the message begins with it.
    package : str
        Name of the package as people know it.
    extra : str
        Extra of astrocnn that brings it.

    Raises
    ------
    ImportError
        If it cannot be imported; the message says how to get it.

    Examples
    --------
    >>> from astrocnn._optional import import_optional
    >>> import_optional("no_such_module", "crystal balls", "Crystal", "magic")
    Traceback (most recent call last):
        ...
    ImportError: crystal balls need Crystal, which is not installed: pip install astrocnn[magic]
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{purpose} need {package}, which is not installed: pip install astrocnn[{extra}]"
        ) from error
