"""Tries of a request: mirrors, pauses that grow, an end to it all."""

import itertools
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..config import conf
from ..exceptions import AstrocnnError, ProviderError
from ._answer import Answer, PassingFault, Refused, UselessAnswer, check_status
from ._connection import Session
from ._hosts import awake, host_of, prefer
from ._request import send

__all__ = ["Tries", "ask", "download", "get"]

#: Largest answer that is accepted (bytes): a grid of 4000 x 4000 float32 pixels.
_MAX_BYTES = 64 * 2**20
#: Shortest time that a last try gets (s).
_LEAST = 0.1
#: Jitter is about the load of a service; no result depends on it.
_JITTER = random.Random()


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
    longest : float
        Longest pause that a service can ask for with Retry-After (s).
    """

    timeout: float
    total: float
    retries: int
    backoff: float = 0.5
    longest: float = 30.0


def ask(
    servers: Sequence[str],
    attempt: Callable[[Session, str, float], Any],
    tries: Tries,
    *,
    error: type[AstrocnnError] = ProviderError,
    advice: str = "",
) -> Any:
    """Return what an attempt at one of several equal services returns.

    Each is tried once, the one that answered last first, then all again after a pause. At most
    ``astrocnn.conf.requests`` attempts at one host run at a time in this process, over all
    services and threads. A host that says when to come back (Retry-After) is left alone until then
    by all of them.

    Parameters
    ----------
    servers : sequence of str
        Addresses.
    attempt : callable
        Takes a session, an address and the seconds it may take. It raises `PassingFault` where
        another try may help, `UselessAnswer` where another address may, and `Refused` where
        nothing does.
    tries : Tries
        How hard to try.
    error : class
        What is raised in the end.
    advice : str
        Ends messages about the connection.

    Raises
    ------
    AstrocnnError
        As ``error`` says, if no attempt succeeds. Its cause is the last fault.

    Examples
    --------
    >>> from astrocnn.services import PassingFault, Tries, ask
    >>> def attempt(session, server, timeout):
    ...     if server == "http://a/":
    ...         raise PassingFault("busy")
    ...     return server
    >>> ask(["http://a/", "http://b/"], attempt, Tries(timeout=1, total=2, retries=0))
    'http://b/'
    """
    if not servers:
        raise error("no address of the service is set; see astrocnn.conf")
    try:
        return _Asking(tuple(servers), attempt, tries).run()
    except PassingFault as fault:
        raise error(f"{fault}{advice}") from (fault.__cause__ or fault)
    except (UselessAnswer, Refused) as fault:
        raise error(str(fault)) from fault


class _Asking:
    """One question to equal services, and how much was spent on it."""

    def __init__(self, servers, attempt, tries):
        self.servers, self.attempt, self.tries = servers, attempt, tries
        self.left, self.n_tried = tries.total, 0

    def run(self) -> Any:
        """Ask round after round."""
        for number in itertools.count():
            self.await_rest()
            faults, useless = [], None
            for server in awake(self.servers):
                try:
                    value = self.ask_one(server)
                except PassingFault as fault:
                    faults.append(fault)
                    self.let_rest(server, fault)
                except UselessAnswer as answer:
                    useless = answer
                else:
                    prefer(self.servers, server)
                    return value
                if self.left <= 0:
                    break
            if not faults:
                raise useless
            self.pause(faults, number)

    def ask_one(self, server) -> Any:
        """Answer of one service."""
        with host_of(server).session() as session:
            started = time.monotonic()
            self.n_tried += 1
            try:
                timeout = min(self.tries.timeout, max(self.left, _LEAST))
                return self.attempt(session, server, timeout)
            finally:
                self.left -= time.monotonic() - started

    def let_rest(self, server, fault) -> None:
        """Leave a service alone that asks for it."""
        if fault.wait is not None and fault.wait <= self.tries.longest:
            host = host_of(server)
            host.rests_until = max(host.rests_until, time.monotonic() + fault.wait)

    def await_rest(self) -> None:
        """Sleep until one of the services may be asked again."""
        rest = min(host_of(server).rest() for server in self.servers)
        if rest > self.left:
            said = f"{self.servers[0]} asks to come back in {rest:.0f} s, which is too late"
            raise PassingFault(said)
        if rest:
            time.sleep(rest)
        self.left -= rest

    def pause(self, faults, number) -> None:
        """Sleep before the next round, or raise what ends the tries."""
        tries, asked = self.tries, min((fault.wait or 0.0 for fault in faults), default=0.0)
        wait = tries.backoff * 2**number * _JITTER.uniform(0.5, 1.0)
        if number < tries.retries and asked <= tries.longest and max(wait, asked) < self.left:
            time.sleep(wait)  # the next round awaits the rest of what was asked
            self.left -= wait
            return
        message = str(faults[-1])
        if asked > tries.longest:
            message += f"; it asks to come back in {asked:.0f} s"
        elif number < tries.retries:
            message += f"; no time is left of {tries.total:g} s"
        raise PassingFault(f"{message} ({self.n_tried} tried)", faults[-1].wait) from faults[-1]


def get(
    session: Session,
    server: str,
    parameters: "str | Mapping[str, Any] | None",
    timeout: float,
    **options,
) -> Answer:
    """Send one request and return its answer if it is a success.

    Parameters
    ----------
    session, server, parameters, timeout
        See `send`.
    **options
        What else `send` takes; ``most`` is 64 MiB by default.

    Returns
    -------
    Answer
        With the status 200.

    Raises
    ------
    PassingFault, UselessAnswer, Refused
        If there is none; see `send` and `check_status`.
    """
    options.setdefault("most", _MAX_BYTES)
    answer = send(session, server, parameters, timeout=timeout, **options)
    check_status(answer, server)
    return answer


def download(
    servers: Sequence[str],
    parameters: "str | Mapping[str, Any] | None",
    read: Callable[[Answer, str], Any],
    *,
    tries: Tries | None = None,
    most: int = _MAX_BYTES,
    method: str = "GET",
    error: type[AstrocnnError] = ProviderError,
    advice: str = "",
) -> Any:
    """Send one request, as `ask` does, and return what ``read`` makes of the answer.

    Parameters
    ----------
    servers : sequence of str
        Addresses of equal services; one may send the request on to another.
    parameters : str or dict of str to str, optional
        Parameters of the request.
    read : callable
        Takes the answer and the address; raises `UselessAnswer` if it is not what was asked for.
    tries : Tries, optional
        How hard to try; by default as the settings say.
    most : int
        Largest answer that is accepted (bytes).
    method : {"GET", "POST"}
        How the request is sent.
    error : class
        What is raised if there is no answer that is of use.
    advice : str
        Ends messages about the connection.

    Returns
    -------
    object
        What ``read`` returns.

    Raises
    ------
    AstrocnnError
        As ``error`` says.

    Examples
    --------
    >>> from astrocnn.services import Tries, download
    >>> def read(answer, server):
    ...     return answer.content
    >>> download(["ftp://example.org/"], None, read, tries=Tries(timeout=1, total=1, retries=0))
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.ProviderError: ftp://example.org/ cannot be used (it is no address ...
    """

    def attempt(session, server, timeout):
        options = {"most": most, "method": method, "allowed": servers}
        return read(get(session, server, parameters, timeout, **options), server)

    usual = Tries(conf.timeout, conf.total_timeout, conf.retries)
    return ask(servers, attempt, usual if tries is None else tries, error=error, advice=advice)
