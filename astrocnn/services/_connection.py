"""Connections that stay open between requests, and one exchange over one of them."""

import http.client
import selectors
import weakref
from collections import OrderedDict
from collections.abc import Mapping

from ._sockets import Origin, open_socket, proxy_login
from ._watch import Watch

__all__ = ["Session", "open_session"]

#: Open connections of one session: a service, and where it sends requests on to.
_MOST_OPEN = 4


class _Connection(http.client.HTTPConnection):
    """Connection of the standard library on a socket that obeys a watch."""

    def __init__(self, origin: Origin):
        super().__init__(origin.host, origin.port)
        self.origin, self.watch = origin, None

    def connect(self) -> None:
        self.sock = open_socket(self.origin, self.watch)

    def ready(self, watch: Watch) -> None:
        """Prepare for a request: a connection that the service has closed is opened anew."""
        self.watch = watch
        if self.sock is None:
            return
        self.sock.watch = watch
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            if selector.select(0):  # its end, or what nobody asked for
                self.close()


class Session:
    """Open connections; one thread uses them at a time."""

    def __init__(self):
        self._open: OrderedDict[Origin, _Connection] = OrderedDict()
        weakref.finalize(self, _close_all, self._open)

    def close(self) -> None:
        """Close all connections; the next request opens them anew."""
        _close_all(self._open)

    def drop(self, origin: Origin) -> None:
        """Close the connection to a place, of which more may come that nobody wants."""
        if connection := self._open.pop(origin, None):
            connection.close()

    def exchange(
        self,
        origin: Origin,
        target: str,
        watch: Watch,
        *,
        method: str = "GET",
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> http.client.HTTPResponse:
        """Send one request and return the answer, of which only the headers were read.

        Raises
        ------
        NotReached, TimeoutError, TooLarge
            As the watch says.
        OSError, http.client.HTTPException
            If the connection is refused or breaks, or the answer is no HTTP.
        """
        connection = self._open.setdefault(origin, _Connection(origin))
        self._open.move_to_end(origin)
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)[1].close()
        connection.ready(watch)
        headers = {"Host": origin.netloc, **headers}
        if origin.proxy and origin.scheme == "http":
            target = f"http://{origin.netloc}{target}"
            headers |= {f"Proxy-{k}": v for k, v in proxy_login(origin.proxy).items()}
        try:
            connection.request(method, target, body, headers)
            return connection.getresponse()
        except BaseException:
            connection.close()
            raise


def open_session() -> Session:
    """Return a `Session`; each thread needs one of its own.

    Examples
    --------
    >>> from astrocnn.services import open_session
    >>> session = open_session()  # nothing is connected before the first request
    >>> session.close()
    """
    return Session()


def _close_all(connections) -> None:
    while connections:
        connections.popitem()[1].close()
