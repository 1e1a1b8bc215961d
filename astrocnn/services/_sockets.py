"""Sockets that obey a watch: plain, through TLS, through a proxy."""

import base64
import ipaddress
import os
import queue
import socket
import ssl
import threading
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from ._watch import Watch

__all__ = ["NotReached", "Origin", "open_socket", "origin_of", "proxy_login"]

#: Longest wait for a connection (s); an answer may take longer.
_CONNECT = 10.0
#: Longest answer of a proxy that is asked for a connection (bytes).
_MOST_PROXY = 2**13
_PORTS = {"http": 80, "https": 443}


class NotReached(TimeoutError):
    """There was no connection in time."""


class Origin(NamedTuple):
    """Where connections lead.

    Attributes
    ----------
    scheme : {'http', 'https'}
    host : str
    port : int
    proxy : str
        Address of the proxy that the environment names for it, '' for none.
    """

    scheme: str
    host: str
    port: int
    proxy: str = ""

    @property
    def netloc(self) -> str:
        """Host, and port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def origin_of(address: str) -> Origin:
    """Return where an address leads.

    Raises
    ------
    ValueError
        If it is no address of http or https.

    Examples
    --------
    >>> from astrocnn.services._sockets import origin_of
    >>> origin_of("https://example.org/a?b=c")[:3]
    ('https', 'example.org', 443)
    """
    parts = urlsplit(address)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("it is no address that starts with http:// or https://")
    host = parts.hostname
    if not host.isascii():
        host = host.encode("idna").decode()
    port = parts.port or _PORTS[parts.scheme]
    return Origin(parts.scheme, host, port, _proxy(parts.scheme, host, port))


def _proxy(scheme, host, port) -> str:
    """Address of the proxy that the environment or the system names, '' for none."""
    proxies = getproxies()
    found = proxies.get(scheme) or proxies.get("all", "")
    if not found or proxy_bypass(f"{host}:{port}") or proxy_bypass(host):
        return ""
    found = found if "://" in found else f"http://{found}"
    if urlsplit(found).scheme != "http":
        raise ValueError(f"the proxy {found} is not understood: give one that starts with http://")
    return found


class _Watched:
    """Socket of which each read and each write ends when the watch says so."""

    watch: Watch

    def recv_into(self, *args):
        self.settimeout(self.watch.left())
        n_bytes = super().recv_into(*args)
        self.watch.count(n_bytes)
        return n_bytes

    def send(self, *args):
        self.settimeout(self.watch.left())
        return super().send(*args)

    def sendall(self, *args):
        self.settimeout(self.watch.left())
        return super().sendall(*args)


class _Plain(_Watched, socket.socket):
    pass


class _Secure(_Watched, ssl.SSLSocket):
    pass


def open_socket(origin: Origin, watch: Watch) -> "_Plain | _Secure":
    """Connect to a host, through its proxy where there is one.

    Raises
    ------
    NotReached
        If that takes too long; looking up the name counts.
    OSError
        If it is refused.
    """
    proxy = urlsplit(origin.proxy)
    host, port = origin.host, origin.port
    if origin.proxy:
        host, port = proxy.hostname, proxy.port or _PORTS["http"]
    patience = Watch(min(watch.left(), _CONNECT), 2 * _MOST_PROXY)
    try:
        sock = _connect(host, port, patience)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if origin.scheme == "https":
                if origin.proxy:
                    _ask_proxy(sock, origin)
                sock = _secure(sock, origin.host, patience)
        except BaseException:
            sock.close()
            raise
    except TimeoutError as error:
        raise NotReached(f"no connection within {patience.seconds:.3g} s") from error
    sock.watch = watch
    return sock


def _connect(host, port, watch) -> _Plain:
    """Plain connection to the first address of a host that answers."""
    addresses, fault = _look_up(host, port, watch), None
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        try:
            sock = _Plain(family, kind, protocol)
        except OSError as error:  # a computer without IPv6, say
            fault = error
            continue
        sock.watch = watch
        try:
            sock.settimeout(watch.left() / (len(addresses) - number))
            sock.connect(address)
        except OSError as error:
            sock.close()
            fault = error
        else:
            return sock
    raise fault or OSError(f"{host} has no address")


def _look_up(host, port, watch) -> list[tuple]:
    """Addresses of a host. Nothing can end a look-up: one that takes too long is left behind."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    answers = queue.SimpleQueue()

    def look_up():
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:  # handed over to the thread that waits
            answers.put(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        found = answers.get(timeout=watch.left())
    except queue.Empty:
        raise TimeoutError(f"the name {host} was not found in time") from None
    if isinstance(found, Exception):
        raise found
    return found


def proxy_login(proxy: str) -> dict[str, str]:
    """Return the header with which a proxy, or a server, is told the login in its address."""
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return {"Authorization": f"Basic {base64.b64encode(login).decode()}"}


def _ask_proxy(sock, origin) -> None:
    """Ask a proxy for a connection to a host (RFC 9110, section 9.3.6)."""
    target = f"{origin.netloc.rpartition(']')[0] + ']' if ':' in origin.host else origin.host}"
    lines = [f"CONNECT {target}:{origin.port} HTTP/1.1", f"Host: {target}:{origin.port}"]
    lines += [f"Proxy-{name}: {value}" for name, value in proxy_login(origin.proxy).items()]
    sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
    answer, byte = bytearray(), bytearray(1)
    while not answer.endswith(b"\r\n\r\n"):
        # One byte at a time: what follows belongs to the host.
        if not sock.recv_into(byte) or len(answer) >= _MOST_PROXY:
            raise ConnectionError("the proxy closed the connection")
        answer += byte
    status = answer.split(None, 2)[1:2]
    if status != [b"200"]:
        said = answer.split(b"\r\n")[0].decode("latin-1")
        raise ConnectionError(f"the proxy refused the connection: {said!r}")


def _secure(sock, host, watch) -> _Secure:
    """Connection with TLS over a plain one."""
    sock.settimeout(watch.left())
    secure = _context().wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    secure.watch = watch
    try:
        secure.do_handshake()
    except BaseException:
        secure.close()
        raise
    return secure


@lru_cache(maxsize=1)
def _context() -> ssl.SSLContext:
    """Settings of TLS: certificates of the system, of certifi, and those the environment names."""
    context = ssl.create_default_context()
    context.sslsocket_class = _Secure
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if named:
        folder = os.path.isdir(named)
        try:
            context.load_verify_locations(**{"capath" if folder else "cafile": named})
        except OSError as error:
            reason = error.strerror or error
            raise OSError(
                f"'{named}', which REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names, has no readable "
                f"certificates: {reason}"
            ) from error
        return context
    try:
        import certifi
    except ImportError:
        return context
    context.load_verify_locations(certifi.where())
    return context
