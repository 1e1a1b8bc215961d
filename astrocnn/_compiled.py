"""Compiled functions: Numba, with its cache on disk where there is a place for it."""

from numba import njit

__all__ = ["compiled"]


def compiled(function):
    """Compile a function when it is first called, and keep the machine code on disk.

    It runs without the interpreter's lock, so that threads share the work: Numba's own threads
    must not be entered from two threads at once, nor forked.

    Parameters
    ----------
    function : callable
        Of numbers and arrays.

    Examples
    --------
    >>> from astrocnn._compiled import compiled
    >>> @compiled
    ... def twice(x):
    ...     return 2 * x
    >>> twice(21)
    42
    """
    options = {"nogil": True, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to write to: compile in each session
        return njit(**options)(function)
