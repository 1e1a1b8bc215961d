"""A server on the loopback address whose every byte a test writes."""

import contextlib
import select
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from astrocnn.services import forget_services

#: No test sends for longer than this (s), or takes more connections.
_LONGEST, _MOST = 20.0, 200


class Wire:
    """``answer(wire, request)`` is called with each request (bytes) of each connection.

    ``send`` and ``drip`` return False when the client has hung up or the test is over. ``sent`` is
    the number of bytes that were sent, ``requests`` the list of what was asked.
    """

    def __init__(self, answer, context=None):
        self.answer, self.context = answer, context
        self.requests, self.connections, self.sent = [], 0, 0
        self.closing = threading.Event()
        self._local = threading.local()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self):
        self.closing.set()
        for thread in self._threads:
            thread.join()

    def _accept(self):
        with self._listener:
            while not self.closing.is_set() and self.connections < _MOST:
                if select.select([self._listener], [], [], 0.02)[0]:
                    self.connections += 1
                    connection = self._listener.accept()[0]
                    self._threads.append(threading.Thread(target=self._serve, args=[connection]))
                    self._threads[-1].start()

    def _serve(self, connection):
        self._local.deadline = time.monotonic() + _LONGEST
        with contextlib.suppress(OSError), connection:
            if self.context == "silent":  # no TLS, though https was asked for
                self.closing.wait(_LONGEST)
                return
            connection.settimeout(2.0)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                self._local.connection = connection
                while request := self._request(connection):
                    self.requests.append(request)
                    if self.answer(self, request) is False:
                        return

    def _request(self, connection):
        """One request with its body, None at the end."""
        raw = b""
        connection.settimeout(0.05)
        while b"\r\n\r\n" not in raw:
            if self.closing.is_set():
                return None
            with contextlib.suppress(TimeoutError):
                piece = connection.recv(65536)
                if not piece:
                    return None
                raw += piece
        connection.settimeout(2.0)
        head, _, body = raw.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                       if line.lower().startswith(b"content-length:")), 0)  # fmt: skip
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def send(self, raw):
        """Send bytes."""
        if self.closing.is_set() or time.monotonic() > self._local.deadline:
            return False
        try:
            self._local.connection.sendall(raw)
        except OSError:
            return False
        self.sent += len(raw)
        return True

    def drip(self, raw, seconds=0.05):
        """Send a byte at a time."""
        return all(self.send(bytes([byte])) and not self.closing.wait(seconds) for byte in raw)

    def reply(self, body=b"", status=200, **headers):
        """Send a whole answer."""
        headers = {"Content_Length": str(len(body)), **headers}
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        head = "\r\n".join([f"HTTP/1.1 {status} So", *lines, "", ""]).encode("latin-1")
        return self.send(head + body)


@pytest.fixture
def serve(monkeypatch):
    """Start a `Wire` with an answer."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    forget_services()
    started = []

    def start(answer, context=None):
        started.append(Wire(answer, context))
        return started[-1]

    yield start
    for wire in started:
        wire.close()
    forget_services()


@pytest.fixture
def tls(monkeypatch):
    """TLS for a `Wire`, with a certificate that the client trusts."""
    from astrocnn.services import _sockets

    pem = Path(__file__).with_name("loopback.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    _sockets._context.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    yield context
    _sockets._context.cache_clear()
