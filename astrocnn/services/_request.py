"""Request to a service: sent on where that is allowed, bounded in time and bytes."""

import http.client
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode, urljoin, urlsplit

from ._answer import Answer, Gunzip, PassingFault, Refused, UselessAnswer
from ._connection import Session
from ._redirects import check_onward
from ._sockets import NotReached, origin_of, proxy_login
from ._watch import TooLarge, Watch

__all__ = ["send"]

#: Bytes that may arrive before the body: headers, those of redirects, and ``100 Continue``.
_HEADS = 2**18
#: What may arrive along with a body (bytes): marks of its pieces.
_MARKS = 2**16
_PIECE = 2**16
_MOST_REDIRECTS = 3
#: Characters of an address that are sent as they are.
_SAFE = "!#$%&'()*+,/:;=?@[]~"
#: Statuses that send a request on; after those of the second set it is sent as it was.
_REDIRECTS, _UNCHANGED = {301, 302, 303, 307, 308}, {307, 308}


def send(
    session: Session,
    server: str,
    parameters: "str | Mapping[str, Any] | None" = None,
    *,
    timeout: float,
    most: int,
    method: str = "GET",
    allowed: Iterable[str] = (),
    into: BinaryIO | None = None,
    pace: float | None = None,
) -> Answer:
    """Send one request and return its answer, whatever its status.

    Parameters
    ----------
    session : Session
        See `open_session`.
    server : str
        Address.
    parameters : str or dict of str to str, optional
        Parameters of a GET request, or body of a POST request.
    timeout : float
        Seconds from the look-up of the name to the last byte, redirects included; a connection
        may take ten of them.
    most : int
        Largest answer that is accepted (bytes).
    method : {"GET", "POST"}
        How it is sent.
    allowed : iterable of str
        Addresses to which the request may be sent on; see `check_onward`.
    into : binary file, optional
        Where the body of a success is written; by default it is ``content`` of the answer.
    pace : float, optional
        Bytes for which a second is added to ``timeout``.

    Raises
    ------
    PassingFault
        If there is no connection, or no whole answer in time.
    UselessAnswer
        If the answer is too large, no HTTP, or sends the request on to where it may not go.
    Refused
        If the address cannot be used.

    Examples
    --------
    >>> from astrocnn.services import open_session, send
    >>> send(open_session(), "ftp://example.org/", timeout=1, most=100)
    Traceback (most recent call last):
        ...
    astrocnn.services._answer.Refused: ftp://example.org/ cannot be used (it is no address ...
    """
    request = _Request(session, server, Watch(timeout, _HEADS, pace), most, tuple(allowed), into)
    try:
        return request.run(parameters, method)
    except (OSError, http.client.HTTPException, TooLarge, zlib.error, ValueError) as cause:
        raise request.fault(cause) from cause


class _Request:
    """One request, and how far it got."""

    def __init__(self, session, server, watch, most, allowed, into):
        self.session, self.server, self.watch = session, server, watch
        self.most, self.allowed, self.into = most, allowed, into
        self.answered = False
        self.limit = f"{_HEADS} bytes before its answer"

    def run(self, parameters, method) -> Answer:
        """Send it, and on where the service says so."""
        address, body, headers = _prepared(self.server, parameters, method)
        for _ in range(_MOST_REDIRECTS + 1):
            origin, response = self.exchange(address, method, body, headers)
            location = response.headers.get("Location", "").strip()
            if response.status not in _REDIRECTS or not location:
                return self.finish(origin, response)
            response.close()
            self.session.drop(origin)  # what a redirect has to say is not read
            location = location.encode("latin-1", "replace").decode("utf-8", "replace")
            try:
                onward = urljoin(address, quote(location, safe=_SAFE))
            except ValueError as error:
                said = f"{self.server} leads to {location[:200]!r}: {error}"
                raise UselessAnswer(said) from error
            check_onward(self.server, onward, self.allowed)
            if response.status not in _UNCHANGED and method != "GET":
                method, body = "GET", None
                headers.pop("Content-Type", None)
            if origin_of(onward)[:3] != origin[:3]:
                headers.pop("Authorization", None)
            address = onward
        raise UselessAnswer(f"{self.server} sends the request on more than {_MOST_REDIRECTS} times")

    def exchange(self, address, method, body, headers):
        """Place that was asked, and the start of its answer."""
        origin, parts = origin_of(address), urlsplit(address)
        target = quote(parts.path or "/", safe=_SAFE)
        target += f"?{quote(parts.query, safe=_SAFE)}" * bool(parts.query)
        response = self.session.exchange(
            origin, target, self.watch, method=method, headers=headers, body=body
        )
        self.answered = True
        return origin, response

    def finish(self, origin, response) -> Answer:
        """Read the body."""
        into = self.into if response.status == 200 else None
        self.limit = f"{self.most} bytes"
        try:
            if response.length is not None and response.length > self.most:
                raise TooLarge
            self.watch.allow(self.most + _MARKS)
            content = _body(response, self.most, into)
        except BaseException:
            self.session.drop(origin)
            raise
        finally:
            response.close()
        return Answer(response.status, response.headers, content)

    def fault(self, cause) -> Exception:
        """What an error means for whoever asks again, or asks another service."""
        server, reason = self.server, str(cause) or type(cause).__name__
        if isinstance(cause, NotReached):
            return PassingFault(f"could not reach {server} ({reason})", answered=self.answered)
        if isinstance(cause, TimeoutError) and self.watch.is_over:
            said = f"{server} did not answer within {self.watch.seconds:g} s"
            return PassingFault(said, answered=self.answered)
        if isinstance(cause, TooLarge):
            return UselessAnswer(f"{server} sent more than {self.limit}")
        if isinstance(cause, zlib.error):
            return UselessAnswer(f"{server} sent a packed answer that is damaged ({reason})")
        if isinstance(cause, (ValueError, http.client.InvalidURL)):
            return Refused(f"{server} cannot be used ({reason})")
        if isinstance(cause, http.client.IncompleteRead):
            cause, reason = ConnectionError(), "before its last piece"
        if isinstance(cause, OSError) and self.answered:
            return PassingFault(f"{server} broke off its answer ({reason})")
        if isinstance(cause, OSError):
            return PassingFault(f"could not reach {server} ({reason})", answered=False)
        return UselessAnswer(f"{server} sent no readable answer ({reason})")


def _prepared(server, parameters, method) -> tuple[str, bytes | None, dict[str, str]]:
    """Address, body and headers of a request."""
    headers = {"User-Agent": "astrocnn", "Accept": "*/*", "Accept-Encoding": "gzip"}
    headers |= proxy_login(server)
    body = parameters
    if isinstance(parameters, Mapping):
        named = {key: value for key, value in parameters.items() if value is not None}
        body = urlencode(named, doseq=True)
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
    if method == "POST":
        return server, (body or "").encode(), headers
    parts = urlsplit(server)
    query = "&".join(part for part in (parts.query, body) if part)
    return parts._replace(query=query, fragment="").geturl(), None, headers


def _body(response, most, into) -> bytes:
    """Body of an answer, unpacked; written into a file where one is given."""
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip"):
        raise http.client.HTTPException(f"packed as {packing!r}")
    gunzip = Gunzip(most) if "gzip" in packing else None
    parts, size = [], 0
    while piece := response.read1(_PIECE):
        plain = piece if gunzip is None else gunzip.feed(piece)
        size += len(plain)
        if size > most:
            raise TooLarge
        parts.append(plain)
        if into is not None:
            into.write(parts.pop())
    if response.length or (gunzip and not gunzip.whole):
        raise ConnectionError(f"after {size} bytes, {response.length or 'some'} more were expected")
    return b"".join(parts)
