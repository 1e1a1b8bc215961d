"""Requests to services: bounded in time and size, sent again after faults that pass."""

import contextlib
import itertools
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from .exceptions import AstrocnnError

__all__ = ["Answer", "PassingFault", "open_session", "retried", "send"]

#: Longest wait for a connection (s); an answer may take longer.
_CONNECT = 10.0


class PassingFault(Exception):
    """A request failed for a reason that may have gone when it is sent again.

    Parameters
    ----------
    message : str
        What happened.
    wait : float, optional
        Seconds that the service asks to wait.
    answered : bool
        Whether the service began to answer.
    """

    def __init__(self, message: str, wait: float | None = None, answered: bool = True):
        super().__init__(message)
        self.wait, self.answered = wait, answered


class Answer(NamedTuple):
    """Answer of a service.

    Attributes
    ----------
    status : int
    headers : mapping of str to str
    content : bytes
    """

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def passing(self) -> bool:
        """Whether the status says to come back later: 429 or 5xx."""
        return self.status == 429 or self.status >= 500

    @property
    def wait(self) -> float | None:
        """Seconds that the service asks to wait (Retry-After), as a number or a date."""
        text = self.headers.get("Retry-After", "").strip()
        if text.isdigit():
            return float(text)
        with contextlib.suppress(ValueError, TypeError):
            return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
        return None


def open_session():
    """Return a `requests.Session`; each thread needs one of its own."""
    import requests

    session = requests.Session()
    session.headers["User-Agent"] = "astrocnn"
    session.max_redirects = 3
    return session


def send(
    session,
    server: str,
    parameters: "str | Mapping[str, str]",
    *,
    timeout: float,
    most: int,
    error: type[AstrocnnError],
    method: str = "GET",
    advice: str = "",
    if_large: str = "",
) -> Answer:
    """Send one request and return its answer, whatever its status.

    Parameters
    ----------
    session : requests.Session
        See `open_session`.
    server : str
        Address.
    parameters : str or dict of str to str
        Parameters of a GET request, or body of a POST request.
    timeout : float
        Seconds until the last byte; a connection may take ten of them.
    most : int
        Largest answer that is accepted (bytes).
    error : class
        What to raise where another try is no use.
    method : {"GET", "POST"}
        How it is sent.
    advice, if_large : str
        End the messages about the connection, and about the size.

    Raises
    ------
    PassingFault
        If there is no connection, or no whole answer in time.
    AstrocnnError
        As ``error`` says: the address cannot be used, or the answer is too large.
    """
    import requests
    import urllib3

    place = "data" if method == "POST" else "params"
    first, started, answered = min(timeout, _CONNECT), time.monotonic(), False
    passing = (requests.ConnectionError, urllib3.exceptions.HTTPError, ConnectionError)
    try:
        with session.request(
            method, server, **{place: parameters}, timeout=(first, timeout), stream=True
        ) as response:
            answered = True
            content = _body(response, started + timeout, most)
    except requests.ConnectTimeout as cause:
        message = f"could not reach {server} within {first:g} s{advice}"
        raise PassingFault(message, answered=answered) from cause
    except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError) as cause:
        message = f"{server} did not answer within {timeout:g} s{advice}"
        raise PassingFault(message, answered=answered) from cause
    except passing as cause:
        message = f"could not reach {server} ({_root(cause)}){advice}"
        raise PassingFault(message, answered=answered) from cause
    except (requests.RequestException, ValueError) as cause:
        raise error(f"{server} cannot be used ({_root(cause)}){advice}") from cause
    if content is None:
        raise error(f"{server} sent more than {most} bytes{if_large}")
    return Answer(response.status_code, response.headers, content)


def retried(attempt: Callable[[], Any], retries: int, backoff: float, longest: float) -> Any:
    """Return what a call returns, which is tried again after passing faults.

    Parameters
    ----------
    attempt : callable
        The call.
    retries : int
        How often it is tried again.
    backoff : float
        Seconds before the second try; they double with each one.
    longest : float
        Seconds beyond which a wait that a service asks for is refused.

    Raises
    ------
    PassingFault
        The last one; its message says how often was tried.

    Examples
    --------
    >>> from astrocnn._http import PassingFault, retried
    >>> tries = []
    >>> def attempt():
    ...     tries.append(1)
    ...     if len(tries) < 3:
    ...         raise PassingFault("busy")
    ...     return "done"
    >>> retried(attempt, retries=2, backoff=0.001, longest=1.0), len(tries)
    ('done', 3)
    """
    for number in itertools.count():
        try:
            return attempt()
        except PassingFault as fault:
            wait = backoff * 2**number if fault.wait is None else fault.wait
            if number >= retries or wait > longest:
                asked = f"; it asks to come back in {wait:.0f} s" if wait > longest else ""
                message = f"{fault}{asked} ({number + 1} tried)"
                raise PassingFault(message, fault.wait, fault.answered) from fault
            time.sleep(wait)


def _body(response, deadline: float, most: int) -> bytes | None:
    """Body of an answer, up to a time; None if it is too large."""
    # read1 returns what is there; older urllib3 has only read, which waits for the whole block.
    read = getattr(response.raw, "read1", response.raw.read)
    parts, size = [], 0
    while part := read(2**16, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > most:
            return None
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(parts)


def _root(error: BaseException) -> str:
    """Message of the error that caused another one."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__
    return str(error) or type(error).__name__
