"""Redirects and links: where a service may lead, and what is sent there."""

import pytest

from astrocnn.config import conf
from astrocnn.exceptions import ProviderError
from astrocnn.services import Tries, UselessAnswer, check_onward, download, open_session, send

QUICK = Tries(timeout=20, total=40, retries=0)


def content(server, **options):
    session = open_session()
    try:
        return send(session, server, timeout=20, most=1000, **options).content
    finally:
        session.close()


@pytest.mark.parametrize(
    ("start", "end", "names", "allowed"),
    [
        ("http://a.org/x", "http://a.org/y", [], True),
        ("http://A.org/x", "http://a.ORG:80/y", [], True),
        ("http://a.org/x", "https://a.org/x", [], True),
        ("https://a.org/x", "https://a.org:443/y", [], True),
        ("https://a.org/x", "http://a.org/x", [], False),
        ("http://a.org/x", "http://a.org:8080/x", [], False),
        ("http://a.org:8080/x", "https://a.org/x", [], False),
        ("http://a.org/x", "https://b.org/x", [], False),
        ("https://a.org/x", "https://b.a.org/x", [], False),
        ("https://a.org/x", "https://evil-a.org/x", [], False),
        ("https://a.org/x", "https://a.org.evil/x", [], False),
        ("https://a.org/x", "https://a.org@evil/x", [], False),
        ("https://a.org/x", "file:///etc/hostname", ["*"], False),
        ("https://a.org/x", "ftp://a.org/x", ["*"], False),
        ("https://a.org/x", "https://[::1/", ["*"], False),
        ("https://a.org/x", "https://b.org/x", ["b.org"], True),
        ("https://a.org/x", "https://B.org/x", ["c.org", "b.ORG"], True),
        ("https://a.org/x", "https://b.org:8443/x", ["b.org"], True),
        ("https://a.org/x", "https://b.org:8443/x", ["b.org:8443"], True),
        ("https://a.org/x", "https://b.org/x", ["b.org:8443"], False),
        ("https://a.org/x", "https://c.b.org/x", ["*.b.org"], True),
        ("https://a.org/x", "https://b.org/x", ["*.b.org"], False),
        ("https://a.org/x", "https://b.org/x", ["*"], True),
        ("https://a.org/x", "http://b.org/x", ["*", "b.org"], False),
        ("https://a.org/x", "http://b.org/x", ["https://b.org"], False),
        ("https://a.org/x", "http://b.org/x", ["http://b.org"], True),
        ("https://a.org/x", "http://a.org/x", ["http://a.org"], True),
        ("http://a.org/x", "http://b.org/x", ["b.org"], True),
    ],
)
def test_where_a_service_may_lead(start, end, names, allowed):
    with conf.set_temp("redirect_hosts", names):
        if allowed:
            check_onward(start, end)
            return
        with pytest.raises(UselessAnswer, match="leads to"):
            check_onward(start, end)


def test_mirrors_may_lead_to_each_other():
    mirrors = ["https://a.org/x", "https://b.org/x"]
    check_onward("https://a.org/x", "https://b.org/elsewhere", mirrors)
    with pytest.raises(UselessAnswer):
        check_onward("https://a.org/x", "http://b.org/x", mirrors)


def test_another_place_is_refused_and_the_advice_works(serve):
    other = serve(lambda wire, request: wire.reply(b"pixels"))
    wire = serve(lambda wire, request: wire.reply(status=302, Location=other.url + "/b"))
    with pytest.raises(ProviderError, match=r"leads to .*add '127\.0\.0\.1:\d+' to conf") as caught:
        download([wire.url], None, lambda answer, _: answer.content, tries=QUICK)
    assert not other.requests
    name = str(caught.value).split("'")[1]
    with conf.set_temp("redirect_hosts", [*conf.redirect_hosts, name]):
        assert download([wire.url], None, lambda a, _: a.content, tries=QUICK) == b"pixels"


def test_redirect_to_a_mirror(serve):
    other = serve(lambda wire, request: wire.reply(b"pixels"))
    wire = serve(lambda wire, request: wire.reply(status=307, Location=other.url + "/b"))
    servers = [wire.url, other.url]
    assert download(servers, None, lambda answer, _: answer.content, tries=QUICK) == b"pixels"
    assert (len(wire.requests), len(other.requests)) == (1, 1)


def test_redirect_elsewhere_and_a_mirror_that_answers(serve):
    wire = serve(lambda wire, request: wire.reply(status=302, Location="http://127.0.0.1:9/"))
    mirror = serve(lambda wire, request: wire.reply(b"pixels"))
    servers = [wire.url, mirror.url]
    assert download(servers, None, lambda answer, _: answer.content, tries=QUICK) == b"pixels"


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"),
                                                (307, "POST"), (308, "POST")])  # fmt: skip
def test_form_is_sent_on_where_the_status_says_so(serve, status, method):
    def answer(wire, request):
        if b" /there " in request:
            return wire.reply(b"pixels")
        return wire.reply(status=status, Location="there")

    wire = serve(answer)
    assert content(wire.url + "/here", parameters={"a": "b"}, method="POST") == b"pixels"
    first, second = wire.requests
    assert first.endswith(b"a=b")
    assert second.startswith(f"{method} /there HTTP/1.1".encode())
    assert second.endswith(b"a=b") == (method == "POST")
    assert (b"form-urlencoded" in second) == (method == "POST")


def test_login_of_an_address_stays_there(serve):
    other = serve(lambda wire, request: wire.reply(b"pixels"))
    wire = serve(lambda wire, request: wire.reply(status=302, Location=other.url))
    address = wire.url.replace("//", "//me:p%40ss@")
    with conf.set_temp("redirect_hosts", ["127.0.0.1"]):
        assert content(address) == b"pixels"
    assert b"Authorization: Basic bWU6cEBzcw==" in wire.requests[0]
    assert b"Authorization" not in other.requests[0]


@pytest.mark.parametrize("location", ["", " ", None])
def test_redirect_to_nowhere(serve, location):
    headers = {} if location is None else {"Location": location}
    wire = serve(lambda wire, request: wire.reply(b"gone", 302, **headers))
    with pytest.raises(ProviderError, match="refused the request: status 302"):
        download([wire.url], None, lambda answer, _: answer, tries=QUICK)


def test_redirect_that_is_no_address(serve):
    """The next mirror is asked: it is not the address of the user that is wrong."""
    broken = serve(lambda wire, request: wire.reply(status=302, Location="http://[::1"))
    with pytest.raises(ProviderError, match="leads to 'http://\\[::1': Invalid IPv6"):
        download([broken.url], None, lambda answer, _: answer, tries=QUICK)
    mirror = serve(lambda wire, request: wire.reply(b"pixels"))
    found = download([broken.url, mirror.url], None, lambda answer, _: answer, tries=QUICK)
    assert found.content == b"pixels"


def test_path_that_is_not_ascii(serve):
    def answer(wire, request):
        if b"/caf%C3%A9" in request:
            return wire.reply(b"pixels")
        return wire.reply(status=302, Location="/caf\u00c3\u00a9 1")  # UTF-8

    assert content(serve(answer).url) == b"pixels"
