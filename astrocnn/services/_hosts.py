"""Hosts of services: connections that all share, requests at once, and when to leave one alone."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from ..config import conf
from ._connection import Session, open_session

__all__ = ["Host", "awake", "forget_services", "host_of", "prefer"]

_LOCK = threading.Lock()


class Host:
    """What all users of a service share: its connections, and when to leave it alone."""

    def __init__(self):
        self._turn = threading.Condition()
        self._busy = 0
        self._idle: list[Session] = []
        self.rests_until = 0.0

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend a session when it is one's turn; at most ``conf.requests`` are out at a time."""
        with self._turn:
            while self._busy >= conf.requests:
                self._turn.wait(1.0)  # the setting may change meanwhile
            self._busy += 1
            session = self._idle.pop() if self._idle else open_session()
        try:
            yield session
        finally:
            with self._turn:
                self._busy -= 1
                self._idle.append(session)
                self._turn.notify()

    def rest(self) -> float:
        """Seconds for which the service asked to be left alone."""
        return max(self.rests_until - time.monotonic(), 0.0)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()


_HOSTS: dict[str, Host] = {}
#: Addresses -> the one that answered last.
_PREFERRED: dict[tuple[str, ...], str] = {}


def host_of(server: str) -> Host:
    """Return what is known of the host of an address."""
    try:
        name = urlsplit(server).netloc
    except ValueError:
        name = server
    with _LOCK:
        return _HOSTS.setdefault(name, Host())


def awake(servers: tuple[str, ...]) -> Sequence[str]:
    """Return addresses to ask now: the one that answered last first, without those that rest."""
    first = _PREFERRED.get(servers)
    ordered = sorted(servers, key=lambda server: server != first)
    rests = {server: host_of(server).rest() for server in ordered}
    soonest = min(rests.values())
    return [server for server in ordered if rests[server] <= soonest]


def prefer(servers: tuple[str, ...], server: str) -> None:
    """Ask this one of several addresses first from now on."""
    _PREFERRED[servers] = server


def forget_services() -> None:
    """Forget connections, pauses and preferred addresses, as in a new process.

    Examples
    --------
    >>> from astrocnn.services import forget_services
    >>> forget_services()
    """
    with _LOCK:
        for host in _HOSTS.values():
            host.close()
        _HOSTS.clear()
        _PREFERRED.clear()


def _start_anew() -> None:
    """In the child of a fork: connections belong to the process that opened them."""
    global _LOCK  # noqa: PLW0603
    _LOCK = threading.Lock()  # another thread may have held it
    forget_services()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
