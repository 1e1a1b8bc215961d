"""While the network looks at some images, the next ones are prepared."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait

__all__ = ["overlapped"]


def overlapped(items: Iterable, finish: Callable) -> Iterator:
    """Yield ``finish(item)`` in order; it runs in a thread while the next item is made.

    Items are made by the caller's own thread, so that Ctrl-C ends a wait for files or services at
    once. No more than one item waits. Whatever ends the items (an error, Ctrl-C), what is being
    finished is still yielded, then the error is raised. No thread is left.

    Parameters
    ----------
    items : iterable
        Each is made when it is asked for.
    finish : callable
        From an item to what is yielded.

    Examples
    --------
    >>> from astrocnn.estimators._overlap import overlapped
    >>> list(overlapped(range(4), lambda number: number**2))
    [0, 1, 4, 9]
    """
    items, ended = iter(items), None
    with ThreadPoolExecutor(1, thread_name_prefix="astrocnn-network") as pool:
        waiting = []
        while ended is None:
            try:
                waiting.append(pool.submit(finish, next(items)))
            except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - raised below
                ended = error
            while len(waiting) > (ended is None):
                try:
                    wait(waiting[:1])
                except KeyboardInterrupt as error:
                    ended = error
                yield waiting.pop(0).result()
    if not isinstance(ended, StopIteration):
        raise ended
