"""One request to servers that never end: total time, total bytes, what is read all the same."""

import gzip
import io
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import numpy as np
import pytest

from astrocnn.config import conf
from astrocnn.services import (
    Answer,
    PassingFault,
    Refused,
    TooLarge,
    UselessAnswer,
    Watch,
    _sockets,
    open_session,
    send,
    unpacked,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npixels"


def asked(url, **options):
    """Answer to one request, and the seconds it took."""
    session, started = open_session(), time.monotonic()
    try:
        return send(session, url, **{"timeout": 0.6, "most": 10**6, **options})
    finally:
        session.close()
        asked.seconds = time.monotonic() - started


# Total time ---------------------------------------------------------------------------------------


def header_drip(wire, request):
    return wire.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 400)


def long_continue(wire, request):
    return all(wire.drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01) for _ in range(100))


def redirect_drip(wire, request):
    return wire.drip(b"HTTP/1.1 302 Found\r\nLocation: /there" + b"e" * 400)


def redirect_circle(wire, request):
    time.sleep(0.25)  # each in time, all of them not
    return wire.reply(status=302, Location="/again")


def body_drip(wire, request):
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    return wire.drip(b"z" * 400)


def chunk_drip(wire, request):
    wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    return all(wire.drip(b"1\r\nz\r\n") for _ in range(100))


def trailer_drip(wire, request):
    wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\n")
    return all(wire.drip(b"X-More: z\r\n") for _ in range(100))


def silence(wire, request):
    return not wire.closing.wait(10)


ENDLESS = [header_drip, long_continue, redirect_drip, redirect_circle, body_drip, chunk_drip,
           trailer_drip, silence]  # fmt: skip


@pytest.mark.parametrize("answer", ENDLESS)
def test_no_answer_takes_longer_than_was_said(serve, answer):
    """Each single read is answered in time; the request is not."""
    wire = serve(answer)
    with pytest.raises(PassingFault, match=r"did not answer within 0\.6 s"):
        asked(wire.url)
    assert 0.5 < asked.seconds < 6


@pytest.mark.parametrize("answer", [header_drip, body_drip])
def test_total_time_through_tls(serve, tls, answer):
    wire = serve(answer, tls)
    with pytest.raises(PassingFault, match="did not answer within 2 s"):
        asked(wire.url, timeout=2)
    assert asked.seconds < 6


def test_tls(serve, tls):
    wire = serve(lambda wire, request: wire.send(OK), tls)
    assert asked(wire.url + "/a?b=c", timeout=20).content == b"pixels"
    assert wire.requests[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")


def test_handshake_that_does_not_end(serve, tls):
    wire = serve(silence, "silent")
    with pytest.raises(PassingFault, match="could not reach .*no connection within"):
        asked(wire.url)
    assert asked.seconds < 6


def test_certificate_of_another(serve, tls, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    wire = serve(silence, tls)
    with pytest.raises(Refused, match="cannot be used .*certificate"):
        asked(wire.url, timeout=20)


def test_name_that_is_looked_up_for_ever(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20) and [])
    with pytest.raises(PassingFault, match=r"could not reach http://localhost:9/ \(no connection"):
        asked("http://localhost:9/")
    over.set()
    assert asked.seconds < 6


def test_name_that_is_not_found(monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(PassingFault, match="could not reach .*Name or service not known"):
        asked("http://localhost:9/")


def test_second_address_of_a_name(serve, monkeypatch):
    """As IPv6 and IPv4: nobody listens at the first one."""
    wire = serve(lambda wire, request: wire.send(OK))
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
             for port in (9, wire.port)]  # fmt: skip
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert asked(f"http://localhost:{wire.port}", timeout=20).content == b"pixels"


def test_address_of_a_kind_that_the_computer_lacks(serve, monkeypatch):
    """As IPv6 where it is switched off: there is not even a socket for it."""
    wire = serve(lambda wire, request: wire.send(OK))
    found = [(family, socket.SOCK_STREAM, 6, "", ("127.0.0.1", wire.port))
             for family in (99, socket.AF_INET)]  # fmt: skip
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert asked(f"http://localhost:{wire.port}", timeout=20).content == b"pixels"


def test_certificates_that_are_not_there(serve, monkeypatch):
    wire = serve(lambda wire, request: None, context="silent")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
    _sockets._context.cache_clear()
    with pytest.raises(PassingFault, match="'/no/such/file.pem', which REQUESTS_CA_BUNDLE or"):
        asked(wire.url.replace("http:", "https:"), timeout=20)
    _sockets._context.cache_clear()


@pytest.fixture
def full():
    """Port of a listener whose queue is full: to connect has no end."""
    listener, waiting = socket.socket(), []
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(3):
        waiting.append(socket.socket())
        waiting[-1].setblocking(False)
        waiting[-1].connect_ex(listener.getsockname())
    time.sleep(0.1)
    yield listener.getsockname()[1]
    for sock in (listener, *waiting):
        sock.close()


def test_connection_that_nobody_takes(full):
    with pytest.raises(PassingFault, match="could not reach|did not answer"):
        asked(f"http://127.0.0.1:{full}/")
    assert asked.seconds < 6


def test_first_address_leaves_time_for_the_second(serve, full, monkeypatch):
    wire = serve(lambda wire, request: wire.send(OK))
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
             for port in (full, wire.port)]  # fmt: skip
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert asked(f"http://localhost:{wire.port}", timeout=2).content == b"pixels"


def test_slow_file_gets_time_for_each_byte(serve):
    """A pace: what comes steadily may take long, what drips may not."""

    def steady(wire, request):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n")
        return all(wire.send(b"z" * 1000) and not wire.closing.wait(0.1) for _ in range(20))

    wire, file = serve(steady), io.BytesIO()
    assert asked(wire.url, pace=5000, into=file).content == b""
    assert len(file.getvalue()) == 20_000
    assert asked.seconds > 1
    with pytest.raises(PassingFault, match=r"did not answer within 0\.6 s"):
        asked(serve(body_drip).url, pace=5000, into=io.BytesIO())
    assert asked.seconds < 6


# Total bytes --------------------------------------------------------------------------------------


def flood(head, piece):
    """Answer without an end, as fast as it goes."""

    def answer(wire, request):
        wire.send(head)
        while wire.send(piece * 100):
            pass
        return False

    return answer


@pytest.mark.parametrize(
    ("head", "piece", "message"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", "bytes before its answer"),
        (b"", b"HTTP/1.1 100 Continue\r\nX-More: " + b"z" * 900 + b"\r\n\r\n", "before its answer"),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: z\r\n", "more than 100 headers"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"z" * 1000, "more than 65536 bytes"),
        (b"", b"z" * 1000, "more than 65536 bytes|no readable answer"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"z" * 1000, "sent more than 1000000 bytes$"),
        (b"HTTP/1.1 500 Sorry\r\n\r\n", b"z" * 1000, "sent more than 1000000 bytes$"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"z" * 1000, "1000000 bytes$"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nz\r\n", "1000000 bytes$"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=", b"z" * 1000, "bytes"),
    ],
)
def test_no_answer_is_larger_than_was_said(serve, head, piece, message):
    wire = serve(flood(head, piece))
    with pytest.raises((UselessAnswer, PassingFault), match=message):
        asked(wire.url, timeout=20)
    assert asked.seconds < 15
    assert wire.sent < 20e6  # what the buffers of the system hold comes on top


def test_body_of_a_redirect_is_not_read(serve):
    """It led to the answer, whatever else was sent."""

    def answer(wire, request):
        if request.startswith(b"GET /there"):
            return wire.send(OK)
        head = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 99999999999\r\n\r\n"
        return flood(head, b"z" * 1000)(wire, request)

    wire = serve(answer)
    assert asked(wire.url, timeout=20).content == b"pixels"
    assert wire.sent < 20e6


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (gzip.compress(b"\0" * 10**7), "sent more than 1000000 bytes"),
        (b"no gzip", "damaged"),
        (gzip.compress(b"pixels" * 100)[:-9], "broke off its answer"),
    ],
    ids=["too large", "no gzip", "cut"],
)
def test_packed_answer(serve, packed, message):
    wire = serve(lambda wire, request: wire.reply(packed, Content_Encoding="gzip"))
    with pytest.raises((UselessAnswer, PassingFault), match=message):
        asked(wire.url, timeout=20)


def test_unpacked_answer(serve):
    packed = gzip.compress(b"pix") + gzip.compress(b"els") + b"\0" * 10
    wire = serve(lambda wire, request: wire.reply(packed, Content_Encoding="gzip"))
    assert asked(wire.url, timeout=20).content == b"pixels"
    wire = serve(lambda wire, request: wire.reply(b"pixels", Content_Encoding="br"))
    with pytest.raises(UselessAnswer, match="no readable answer .*packed as 'br'"):
        asked(wire.url, timeout=20)


def test_gzip_file_as_body():
    packed = gzip.compress(b"pixels")
    assert unpacked(packed, 6) == unpacked(b"pixels", 6) == b"pixels"
    assert unpacked(packed + packed + b"\0\0", 12) == b"pixelspixels"
    for content, most, message in (
        (packed, 5, "more than 5 bytes"),
        (gzip.compress(b"\0" * 10**7), 10**6, "more than 1000000 bytes"),
        (packed[:-1], 10, "cut short"),
        (packed[:-1] + b"!", 10, "cannot be read"),
        (packed[:8] + b"\xff" * 20, 10, "cannot be read"),
        (packed + b"more", 10, "cannot be read"),
    ):
        with pytest.raises(UselessAnswer, match=message):
            unpacked(content, most)


def test_watch():
    watch = Watch(60, 100)
    watch.count(60)
    watch.count(40)
    watch.allow(50)
    watch.count(50)
    with pytest.raises(TooLarge, match="more than 150 bytes"):
        watch.count(1)
    assert 59 < watch.left() <= 60
    assert not watch.is_over
    with pytest.raises(TimeoutError, match="no answer within 0 s"):
        Watch(0, 1).left()


# Connections --------------------------------------------------------------------------------------


def test_connection_stays_open(serve):
    wire, session = serve(lambda wire, request: wire.send(OK)), open_session()
    for _ in range(3):
        assert send(session, wire.url, timeout=20, most=100).content == b"pixels"
    assert (wire.connections, len(wire.requests)) == (1, 3)
    session.close()


@pytest.mark.parametrize("head", ["", "Connection: close\r\n"])
def test_connection_that_the_service_closed(serve, head):
    """The next request opens another, and is sent once."""
    answer = OK.replace(b"\r\n\r\n", f"\r\n{head}\r\n".encode())
    wire, session = serve(lambda wire, request: wire.send(answer) and False), open_session()
    for _ in range(3):
        assert send(session, wire.url, timeout=20, most=100).content == b"pixels"
        time.sleep(0.05)
    assert (wire.connections, len(wire.requests)) == (3, 3)
    session.close()


def test_bytes_that_nobody_asked_for(serve):
    """What comes after an answer is not taken for the next one."""
    wire = serve(lambda wire, request: wire.send(OK + OK.replace(b"pixels", b"poison")))
    session = open_session()
    for _ in range(3):
        assert send(session, wire.url, timeout=20, most=100).content == b"pixels"
        time.sleep(0.05)
    session.close()


def test_connection_is_fit_for_use_after_a_fault(serve):
    plans = [body_drip, lambda wire, request: wire.send(OK)]
    wire, session = serve(lambda wire, request: plans.pop(0)(wire, request)), open_session()
    with pytest.raises(PassingFault):
        send(session, wire.url, timeout=0.3, most=1000)
    assert send(session, wire.url, timeout=20, most=100).content == b"pixels"
    session.close()


def test_form_and_query(serve):
    wire = serve(lambda wire, request: wire.send(OK))
    asked(wire.url + "/tap?a=1", parameters={"q": "é ü", "none": None, "n": [1, 2]}, timeout=20)
    asked(wire.url, parameters={"q": "é"}, method="POST", timeout=20)
    asked(wire.url, parameters="-source=x\ny=é", method="POST", timeout=20)
    asked(wire.url + "/a b#c", parameters="d=e f", timeout=20)
    first, form, text, odd = wire.requests
    assert first.startswith(b"GET /tap?a=1&q=%C3%A9+%C3%BC&n=1&n=2 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{wire.port}\r\n".encode() in first
    assert b"User-Agent: astrocnn" in first
    assert form.endswith(b"\r\n\r\nq=%C3%A9")
    assert b"Content-Type: application/x-www-form-urlencoded" in form
    assert text.endswith("\r\n\r\n-source=x\ny=é".encode())
    assert odd.startswith(b"GET /a%20b?d=e%20f HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "address", ["", "nonsense", "http://", "file:///etc/hostname", "ftp://127.0.0.1/",
                "http://127.0.0.1:99999/", "http://[::1/", "http://a\nb/", "http://" + "a" * 300]
)  # fmt: skip
def test_address_that_is_none(address):
    with pytest.raises((Refused, PassingFault), match="cannot be used|could not reach"):
        asked(address)


@pytest.mark.parametrize(
    "raw", [b"HTTP/9.9 200 OK\r\n\r\n", b"SSH-2.0\r\n\r\n", b"\r\n\r\n", b"\0" * 500 + b"\r\n\r\n",
            b"HTTP/1.1 two OK\r\n\r\n", b"HTTP/1.1 99999 OK\r\n\r\n"]
)  # fmt: skip
def test_answer_that_is_no_http(serve, raw):
    wire = serve(lambda wire, request: wire.send(raw) and False)
    with pytest.raises((UselessAnswer, PassingFault), match="readable answer|could not reach"):
        asked(wire.url, timeout=20)


# Retry-After --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("7", 7), (" 7 ", 7), ("0", 0), ("²", None), ("٣", None), ("-1", None), ("soon", None),
        ("", None), ("1.5", None), ("9" * 400, float("inf")), ("nan", None), ("1e9", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0), ("Fri, 99 Dec 1999 23:59:59 GMT", None),
        ("Fri, 31 Dec 99999999999 23:59:59 GMT", None), ("Fri, 31 Dec 1999 23:59:59 -0000", None),
        ("1 2 3 4 5 6", None),
    ],
)  # fmt: skip
def test_wait_that_a_service_asks_for(text, wait):
    assert Answer(503, {"Retry-After": text}, b"").wait == wait


def test_wait_until_a_date():
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60))
    assert Answer(503, {"Retry-After": later}, b"").wait == pytest.approx(60, abs=5)


def test_settings_have_their_defaults():
    assert conf.redirect_hosts == []


# Anything at all ----------------------------------------------------------------------------------


SOUND = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Type: text/html\r\n\r\npixels",
    b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 503 Busy\r\nRetry-After: 3\r\n\r\nx",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\npix\r\n3;a=b\r\nels\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"pixels", mtime=0),
]  # fmt: skip


def test_random_damage(serve):
    """Bytes changed, cut and moved: an answer, or one of the three faults, and soon."""
    rng, plans = np.random.default_rng(7), []
    wire = serve(lambda wire, request: wire.send(plans[-1]) and False)
    session, answers = open_session(), 0
    for _ in range(40):
        raw = bytearray(SOUND[rng.integers(len(SOUND))])
        for _ in range(rng.integers(1, 5)):
            place = rng.integers(len(raw))
            raw[place : place + rng.integers(3)] = rng.choice(
                [b"", b"\0", b"\r\n", b"\xff", b"-1", b"99999999999999999999", b":", b"\xb2", b" "]
            )
        plans.append(bytes(raw))
        try:
            answer = send(session, wire.url, timeout=0.5, most=10**6)
            assert isinstance(answer.wait, float | None)
            answers += 1
        except (PassingFault, UselessAnswer, Refused):
            session.close()
    session.close()
    assert answers > 5
