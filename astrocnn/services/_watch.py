"""Watch over one request: its total time and total bytes, redirects and headers included."""

import time

__all__ = ["TooLarge", "Watch"]


class TooLarge(Exception):
    """More bytes arrived than are accepted."""


class Watch:
    """How long a request may still take, and how much it may still receive.

    The sockets of this sub-package ask it before and after every single read, so that neither one
    byte a second nor an endless answer goes on for longer than was said.

    Parameters
    ----------
    seconds : float
        Time from now to the last byte: looking up the name, connecting, redirects, headers.
    n_bytes : int
        Bytes that may arrive until `allow` says otherwise.
    pace : float, optional
        Bytes for which a second more is given, for files of which nobody knows how long a slow
        connection takes.

    Examples
    --------
    >>> from astrocnn.services import Watch
    >>> watch = Watch(seconds=60, n_bytes=1000)
    >>> watch.count(900)
    >>> 59 < watch.left() <= 60
    True
    >>> watch.count(900)
    Traceback (most recent call last):
        ...
    astrocnn.services._watch.TooLarge: more than 1000 bytes
    """

    def __init__(self, seconds: float, n_bytes: int, pace: float | None = None):
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._n_bytes = n_bytes
        self._pace = pace
        self._received = 0

    def allow(self, n_bytes: int) -> None:
        """Let so many more bytes arrive."""
        self._n_bytes = self._received + n_bytes

    def count(self, n_bytes: int) -> None:
        """Note bytes that arrived; raise `TooLarge` where they are too many."""
        self._received += n_bytes
        if self._received > self._n_bytes:
            raise TooLarge(f"more than {self._n_bytes} bytes")
        if self._pace:
            self._deadline += n_bytes / self._pace

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._deadline

    def left(self) -> float:
        """Return the seconds that are left; raise TimeoutError where none are."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no answer within {self.seconds:g} s")
        return left
