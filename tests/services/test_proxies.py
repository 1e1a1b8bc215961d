"""Proxies that the environment names."""

import contextlib
import socket
import threading
import time

import pytest

from astrocnn.services import PassingFault, Refused, open_session, send

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npixels"


@pytest.fixture
def use_proxy(serve, monkeypatch):
    """Name a `Wire` as the proxy for everything."""
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "ALL_PROXY",
                 "HTTP_PROXY", "HTTPS_PROXY"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)

    def use(address):
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.setenv("https_proxy", address)

    return use


def asked(address, timeout=20):
    session = open_session()
    try:
        return send(session, address, timeout=timeout, most=1000)
    finally:
        session.close()


def test_plain_request_through_a_proxy(serve, use_proxy):
    proxy = serve(lambda wire, request: wire.send(OK))
    use_proxy(proxy.url.replace("//", "//me:secret@"))
    assert asked("http://nowhere.invalid/a?b=c").content == b"pixels"
    (request,) = proxy.requests
    assert request.startswith(b"GET http://nowhere.invalid/a?b=c HTTP/1.1\r\n")
    assert b"Host: nowhere.invalid\r\n" in request
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" in request


def test_tunnel_through_a_proxy(serve, tls, use_proxy):
    """CONNECT, then TLS with the service itself; the proxy passes bytes on."""
    service = serve(lambda wire, request: wire.send(OK), tls)

    def tunnel(wire, request):
        wire.send(b"HTTP/1.1 200 Connection established\r\nX-More: a\r\n\r\n")
        client = wire._local.connection
        with socket.create_connection(("127.0.0.1", service.port)) as beyond:
            back = threading.Thread(target=passed_on, args=(beyond, client))
            back.start()
            passed_on(client, beyond)
            back.join()
        return False

    proxy = serve(tunnel)
    use_proxy(proxy.url)
    assert asked(service.url + "/a").content == b"pixels"
    assert proxy.requests[0].startswith(f"CONNECT 127.0.0.1:{service.port} HTTP/1.1".encode())
    assert service.requests[0].startswith(b"GET /a HTTP/1.1\r\n")


def passed_on(start, end):
    with contextlib.suppress(OSError):
        start.settimeout(2)
        while raw := start.recv(65536):
            end.sendall(raw)
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda wire, _: wire.reply(status=407), "proxy refused the connection: 'HTTP/1.1 407 So'"),
        (lambda wire, _: False, "proxy closed the connection"),
        (lambda wire, _: wire.send(b"z" * 10**6) and False, "proxy closed"),
        (lambda wire, _: wire.drip(b"HTTP/1.1 200 OK" + b"z" * 400), "no connection within"),
    ],
)
def test_proxy_that_fails(serve, use_proxy, answer, message):
    use_proxy(serve(answer).url)
    started = time.monotonic()
    with pytest.raises(PassingFault, match=message):
        asked("https://nowhere.invalid/", timeout=1)
    assert time.monotonic() - started < 8


def test_host_that_goes_past_the_proxy(serve, use_proxy, monkeypatch):
    use_proxy("http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert asked(serve(lambda wire, request: wire.send(OK)).url).content == b"pixels"


def test_proxy_of_another_kind(use_proxy):
    use_proxy("socks5://127.0.0.1:9")
    with pytest.raises(Refused, match=r"proxy socks5://127\.0\.0\.1:9 is not understood: give one"):
        asked("http://nowhere.invalid/")
