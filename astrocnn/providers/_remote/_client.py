"""A polite client of image services: few requests at once, pauses, mirrors, bounded time."""

import itertools
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..._http import Answer, PassingFault, open_session, send
from ...config import conf
from ...exceptions import ProviderError

__all__ = [
    "Tries", "UselessAnswer", "ask", "download", "forget_services", "get", "received",
]  # fmt: skip

#: Longest wait that a service can ask for with Retry-After (s).
_MAX_WAIT = 30.0
#: Largest answer that is accepted (bytes): a grid of 4000 x 4000 float32 pixels.
_MAX_BYTES = 64 * 2**20
_LOCK = threading.Lock()
#: Jitter is about the load of a service; no result depends on it.
_JITTER = random.Random()


class UselessAnswer(ProviderError):
    """A service answered, but not with what was asked for: another one may do better."""


class Tries(NamedTuple):
    """How hard to try.

    Attributes
    ----------
    timeout : float
        Seconds that one answer may take.
    total : float
        Seconds that all tries and the pauses between them may take; waiting for one's turn
        (see `ask`) does not count.
    retries : int
        How often each address is tried again after a passing fault.
    backoff : float
        Seconds of the first pause, which is drawn between half and all of it; it doubles with
        each one.
    """

    timeout: float
    total: float
    retries: int
    backoff: float = 0.5


class _Host:
    """What all providers share about a service: its connections, and when to leave it alone."""

    def __init__(self):
        self._turn = threading.Condition()
        self._busy = 0
        self._idle = []
        self.rests_until = 0.0

    @contextmanager
    def session(self) -> Iterator[Any]:
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


_HOSTS: dict[str, _Host] = {}
#: Addresses -> the one that answered last.
_PREFERRED: dict[tuple[str, ...], str] = {}


def ask(servers: Sequence[str], attempt: Callable[[Any, str, float], Any], tries: Tries) -> Any:
    """Return what an attempt at one of several equal services returns.

    Each is tried once, the one that answered last first, then all again after a pause. At most
    ``astrocnn.conf.requests`` attempts at one host run at a time in this process, over all
    providers and threads. A host that says when to come back (Retry-After) is left alone until then
    by all of them.

    Parameters
    ----------
    servers : sequence of str
        Addresses.
    attempt : callable
        Takes a session, an address and the seconds it may take. It raises `PassingFault` where
        another try may help, and `UselessAnswer` where another address may.
    tries : Tries
        How hard to try.

    Raises
    ------
    ProviderError
        If no attempt succeeds. Its cause is the last `PassingFault`, if that was the reason.

    Examples
    --------
    >>> from astrocnn._http import PassingFault
    >>> from astrocnn.providers._remote._client import Tries, ask
    >>> def attempt(session, server, timeout):
    ...     if server == "http://a/":
    ...         raise PassingFault("busy")
    ...     return server
    >>> ask(["http://a/", "http://b/"], attempt, Tries(timeout=1, total=2, retries=0))
    'http://b/'
    """
    servers, left, n_tried = tuple(servers), tries.total, 0
    if not servers:
        raise ProviderError("no address of the service is set; see astrocnn.conf")
    for number in itertools.count():
        faults, useless = [], None
        left -= _await_rest(servers, left)
        for server in _awake(servers):
            host, started = _host(server), None
            try:
                with host.session() as session:
                    started = time.monotonic()
                    n_tried += 1
                    value = attempt(session, server, min(tries.timeout, max(left, 0.1)))
                _PREFERRED[servers] = server
                return value
            except PassingFault as fault:
                faults.append(fault)
                if fault.wait is not None and fault.wait <= _MAX_WAIT:
                    host.rests_until = max(host.rests_until, time.monotonic() + fault.wait)
            except UselessAnswer as error:
                useless = error
            finally:
                left -= 0.0 if started is None else time.monotonic() - started
            if left <= 0:
                break
        if not faults:
            raise useless
        left -= _pause(faults[-1], faults, number, tries, left, n_tried)


def get(
    session,
    server: str,
    parameters: "str | dict[str, str]",
    timeout: float,
    *,
    most: int = _MAX_BYTES,
    advice: str = "",
) -> Answer:
    """Send one GET request and return its answer if it is a success.

    Raises
    ------
    PassingFault
        If there is none in time, or the status says to come back.
    ProviderError
        If the request is refused.
    """
    answer = send(
        session, server, parameters, timeout=timeout, most=most, error=ProviderError, advice=advice
    )
    check_status(answer, server)
    return answer


def download(
    servers: Sequence[str],
    parameters: "str | dict[str, str]",
    read: Callable[[Answer, str], Any],
    *,
    tries: Tries | None = None,
    most: int = _MAX_BYTES,
    advice: str = "",
) -> Any:
    """Send one GET request, as `ask` does, and return what ``read`` makes of the answer.

    Parameters
    ----------
    servers : sequence of str
        Addresses of equal services.
    parameters : str or dict of str to str
        Parameters of the request.
    read : callable
        Takes the answer and the address; raises `UselessAnswer` if it is not what was asked for.
    tries : Tries, optional
        How hard to try; by default as the settings say.
    most : int
        Largest answer that is accepted (bytes).
    advice : str
        Ends messages about the connection.

    Raises
    ------
    ProviderError
        If there is no answer that is of use.
    """

    def attempt(session, server, timeout):
        answer = get(session, server, parameters, timeout, most=most, advice=advice)
        return read(answer, server)

    usual = Tries(conf.timeout, conf.total_timeout, conf.retries)
    return ask(servers, attempt, usual if tries is None else tries)


def check_status(answer: Answer, server: str) -> None:
    """Raise `PassingFault` or `ProviderError` unless an answer is a success."""
    if answer.status == 200:
        return
    if answer.passing:
        raise PassingFault(f"{server} answered {answer.status} ({received(answer)})", answer.wait)
    raise ProviderError(
        f"{server} refused the request: status {answer.status} ({received(answer)})"
    )


def received(answer: Answer) -> str:
    """Say what an answer is: size, kind, first words."""
    kind = answer.headers.get("Content-Type", "no type").split(";")[0]
    start = " ".join(answer.content[:200].decode("utf-8", "replace").split())
    return f"{len(answer.content)} bytes of {kind}" + (f" that start with {start!r}" * bool(start))


def forget_services() -> None:
    """Forget connections, pauses and preferred addresses, as in a new process."""
    with _LOCK:
        _HOSTS.clear()
        _PREFERRED.clear()


def _host(server) -> _Host:
    """What is known of the host of an address."""
    try:
        name = urlsplit(server).netloc
    except ValueError:
        name = server
    with _LOCK:
        return _HOSTS.setdefault(name, _Host())


def _awake(servers) -> list[str]:
    """Addresses to ask now: the one that answered last first, without those that rest."""
    first = _PREFERRED.get(servers)
    ordered = sorted(servers, key=lambda server: server != first)
    rests = {server: _host(server).rest() for server in ordered}
    soonest = min(rests.values())
    return [server for server in ordered if rests[server] <= soonest]


def _await_rest(servers, left) -> float:
    """Sleep until one of the hosts may be asked again; seconds slept."""
    rest = min(_host(server).rest() for server in servers)
    if rest > left:
        raise ProviderError(f"{servers[0]} asks to come back in {rest:.0f} s, which is too late")
    if rest:
        time.sleep(rest)
    return rest


def _pause(fault, faults, number, tries, left, n_tried) -> float:
    """Sleep before the next round and return how long, or raise what ends the tries."""
    asked = min((found.wait or 0.0 for found in faults), default=0.0)
    wait = tries.backoff * 2**number * _JITTER.uniform(0.5, 1.0)
    if number < tries.retries and asked <= _MAX_WAIT and max(wait, asked) < left:
        time.sleep(wait)  # the next round awaits the rest of what was asked
        return wait
    message = str(fault)
    if asked > _MAX_WAIT:
        message += f"; it asks to come back in {asked:.0f} s"
    elif number < tries.retries:
        message += f"; no time is left of {tries.total:g} s"
    raise ProviderError(f"{message} ({n_tried} tried)") from fault


# Connections belong to the process that opened them.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_services)
