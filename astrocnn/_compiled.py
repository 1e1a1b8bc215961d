"""Code compiled by Numba, kept between runs where some folder can be written; threads for it."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["compiled", "cores", "half_the_cores", "in_threads"]

_SHARE = ContextVar("_SHARE", default=1)


def compiled(function: Callable) -> Callable:
    """Compile a function when it is first called; it then runs without Python's lock.

    Numba keeps the machine code beside the module or, where that folder cannot be written, in the
    user's cache folder (``NUMBA_CACHE_DIR`` names another). Where neither can be, it compiles anew
    in each process. Modules that use this load Numba: import them where they are needed.

    Parameters
    ----------
    function : callable
        Of NumPy arrays and numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn._compiled import compiled
    >>> def total(values):
    ...     found = 0.0
    ...     for value in values:
    ...         found += value
    ...     return found
    >>> compiled(total)(np.ones(3))
    3.0
    """
    import numba

    # Sums may be taken in any order, so that they run on all lanes of the processor.
    options = {"nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz"}}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to keep it in
        return numba.njit(**options)(function)


def in_threads(function: Callable, n: int) -> None:
    """Call ``function(start, stop)`` for parts of ``range(n)``, one thread per processor core.

    Within `half_the_cores` there are half as many threads, at least one.

    Threads live no longer than the call: nothing is left to go wrong in a forked process.

    Parameters
    ----------
    function : callable
        Must release Python's lock to gain anything.
    n : int
        Length of the range.

    Examples
    --------
    >>> from astrocnn._compiled import in_threads
    >>> done = []
    >>> in_threads(lambda start, stop: done.extend(range(start, stop)), 5)
    >>> sorted(done)
    [0, 1, 2, 3, 4]
    """
    parts = min(max(cores() // _SHARE.get(), 1), n)
    if parts < 2:
        function(0, n)
        return
    edges = [n * i // parts for i in range(parts + 1)]
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(function, edges[:-1], edges[1:]))


@contextmanager
def half_the_cores() -> Iterator[None]:
    """Leave half of the processor cores to a network that runs at the same time.

    Threads of both kinds, more than cores, push each other's data out of the caches.
    """
    token = _SHARE.set(2)
    try:
        yield
    finally:
        _SHARE.reset(token)


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
