"""Manners of the client: mirrors, pauses, requests at once, time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from astrocnn.config import conf
from astrocnn.exceptions import CatalogError, ProviderError
from astrocnn.services import (
    PassingFault,
    Refused,
    Tries,
    UselessAnswer,
    _hosts,
    ask,
    download,
    forget_services,
    get,
    open_session,
)

A, B = "http://a.invalid/", "http://b.invalid/"
QUICK = Tries(timeout=1, total=5, retries=1, backoff=0.01)


@pytest.fixture(autouse=True)
def fresh():
    forget_services()
    yield
    forget_services()


@pytest.fixture
def waits(monkeypatch):
    """Pauses that the client would make."""
    found = []
    monkeypatch.setattr(time, "sleep", found.append)
    return found


class Services:
    """Addresses, each with a list of what it does, used up from the front: an error or a value."""

    def __init__(self, **plans):
        self.plans = {f"http://{name}.invalid/": plan for name, plan in plans.items()}
        self.asked = []

    def __call__(self, session, server, timeout):
        self.asked.append(server)
        plan = self.plans[server]
        found = plan.pop(0) if len(plan) > 1 else plan[0]
        if isinstance(found, Exception):
            raise found
        return found


def test_mirror_is_asked_and_remembered(waits):
    services = Services(a=[PassingFault("down")], b=["pixels"])
    assert [ask([A, B], services, QUICK) for _ in range(3)] == ["pixels"] * 3
    assert services.asked == [A, B, B, B]
    assert waits == []
    services.plans = {A: ["back"], B: [PassingFault("down")]}
    assert [ask([A, B], services, QUICK) for _ in range(2)] == ["back"] * 2
    assert services.asked[4:] == [B, A, A]


def test_useless_answer_of_one_mirror(waits):
    services = Services(a=[UselessAnswer("a page")], b=["pixels"])
    assert ask([A, B], services, QUICK) == "pixels"
    services = Services(a=[UselessAnswer("a page")], b=[UselessAnswer("another page")])
    with pytest.raises(ProviderError, match="page"):
        ask([A, B], services, QUICK)
    assert len(services.asked) == 2


def test_errors_are_of_the_kind_that_is_asked_for(waits):
    for fault, message in (
        (PassingFault("down"), r"^down \(2 tried\); take a file$"),
        (UselessAnswer("a page"), "^a page$"),
        (Refused("no such table"), "^no such table$"),
    ):
        with pytest.raises(CatalogError, match=message) as caught:
            ask([A], Services(a=[fault]), QUICK, error=CatalogError, advice="; take a file")
        assert isinstance(caught.value.__cause__, type(fault))


def test_all_tries_together_end_in_time(serve):
    """A header of a byte at a time, from two mirrors that are tried again and again."""
    wire = serve(lambda wire, request: wire.drip(b"HTTP/1.1 200 OK\r\nX: " + b"z" * 400))
    started = time.monotonic()
    with pytest.raises(ProviderError, match=r"did not answer within .*no time is left of 0\.8 s"):
        download(
            [wire.url, wire.url + "/b"], None, lambda answer, server: answer,
            tries=Tries(timeout=0.25, total=0.8, retries=50, backoff=0.01),
        )  # fmt: skip
    assert time.monotonic() - started < 8
    assert len(wire.requests) > 2


def test_no_address():
    with pytest.raises(ProviderError, match="no address of the service is set"):
        ask([], Services(), QUICK)


def test_refusal_is_final(waits):
    services = Services(a=[Refused("no such HiPS")], b=["pixels"])
    with pytest.raises(ProviderError, match="no such HiPS"):
        ask([A, B], services, QUICK)
    assert services.asked == [A]


def test_all_mirrors_are_tried_before_a_pause(waits):
    services = Services(a=[PassingFault("down")], b=[PassingFault("down too")])
    with pytest.raises(ProviderError, match=r"down too \(6 tried\)") as caught:
        ask([A, B], services, QUICK._replace(retries=2))
    assert isinstance(caught.value.__cause__, PassingFault)
    assert services.asked == [A, B] * 3
    assert len(waits) == 2


def test_host_that_asks_for_a_pause_is_left_alone_by_all(waits):
    """Another target goes to the mirror at once; without one it waits."""
    services = Services(a=[PassingFault("busy", wait=7.0)], b=["pixels"])
    assert ask([A, B], services, QUICK) == "pixels"
    _hosts._PREFERRED.clear()
    assert ask([A, B], services, QUICK) == "pixels"
    assert services.asked == [A, B, B]
    assert waits == []
    services.plans[A] = ["awake"]
    assert ask([A], services, QUICK._replace(total=20)) == "awake"
    assert waits == [pytest.approx(7, abs=1)]
    with pytest.raises(ProviderError, match="asks to come back in 7 s, which is too late"):
        ask([A], services, QUICK._replace(total=2))


def test_mirror_of_a_host_that_rests_long(waits):
    services = Services(a=[PassingFault("busy", wait=3600.0)], b=[PassingFault("down"), "pixels"])
    assert ask([A, B], services, QUICK) == "pixels"
    with pytest.raises(ProviderError, match=r"come back in 3600 s \(1 tried\)"):
        ask([A], services, QUICK)


def test_total_time():
    def attempt(session, server, timeout):
        time.sleep(min(timeout, 0.1))
        raise PassingFault("slow")

    started = time.monotonic()
    with pytest.raises(ProviderError, match=r"slow; no time is left of 0\.3 s"):
        ask([A, B], attempt, Tries(timeout=10, total=0.3, retries=50, backoff=0.01))
    assert time.monotonic() - started < 1


def test_requests_at_once_are_bounded_whatever_the_threads():
    """Two addresses of one host count together; another host has its own bound."""
    running, most, lock = {"a": 0, "b": 0}, {"a": 0, "b": 0}, threading.Lock()

    def attempt(session, server, timeout):
        host = server[7]
        with lock:
            running[host] += 1
            most[host] = max(most[host], running[host])
        time.sleep(0.01)
        with lock:
            running[host] -= 1
        return session

    with conf.set_temp("requests", 3), ThreadPoolExecutor(12) as pool:
        servers = [[A + "one"], [A + "two"], [B]] * 12
        sessions = list(pool.map(lambda server: ask(server, attempt, QUICK), servers))
    assert most == {"a": 3, "b": 3}
    assert len({id(session) for session in sessions}) <= 6


def test_waiting_for_a_turn_is_no_waste_of_time():
    """Twenty requests through one door: the last is not late."""

    def attempt(session, server, timeout):
        time.sleep(0.01)
        return "pixels"

    with conf.set_temp("requests", 1), ThreadPoolExecutor(20) as pool:
        tries = Tries(timeout=0.1, total=0.1, retries=0)
        found = pool.map(lambda _: ask([A], attempt, tries), range(20))
        assert list(found) == ["pixels"] * 20


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (200, None, ""),
        (404, Refused, r"refused the request: status 404 \(4 bytes of no type that start wi"),
        (503, PassingFault, "answered 503"),
        (429, PassingFault, "answered 429"),
    ],
)
def test_status(serve, status, error, message):
    wire = serve(lambda wire, request: wire.reply(b"body", status, Retry_After="3"))

    def attempt(session, server, timeout):
        return get(session, server, {"a": "b"}, timeout)

    if error is None:
        assert ask([wire.url], attempt, QUICK._replace(timeout=20)).content == b"body"
        assert wire.requests[0].startswith(b"GET /?a=b HTTP/1.1\r\n")
        return
    with pytest.raises(error, match=message) as caught:
        attempt(open_session(), wire.url, 20)
    assert getattr(caught.value, "wait", 3) == 3
