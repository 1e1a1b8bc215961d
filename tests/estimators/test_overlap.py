"""The next item is made while one is finished; errors and Ctrl-C come through, no thread stays."""

import threading
import time

import pytest

from astrocnn.estimators._overlap import overlapped


def threads():
    return [t for t in threading.enumerate() if t.name.startswith("astrocnn-network")]


def items(n, error=None):
    yield from range(n)
    if error is not None:
        raise error


def test_order():
    assert list(overlapped(items(20), lambda i: i**2)) == [i**2 for i in range(20)]
    assert list(overlapped([], str)) == []
    assert not threads()


def test_next_item_is_made_meanwhile():
    """The first is finished only after the second was asked for."""
    asked = threading.Event()

    def two():
        yield 1
        asked.set()
        yield 2

    assert list(overlapped(two(), lambda i: (i, asked.wait(5)))) == [(1, True), (2, True)]


def test_no_more_than_one_waits():
    made = []
    found = overlapped((made.append(i) or i for i in range(10)), lambda i: i)
    assert next(found) == 0
    time.sleep(0.01)
    assert made == [0, 1]
    found.close()
    assert not threads()


def test_finish_runs_in_one_other_thread():
    names = set(overlapped(range(5), lambda _: threading.current_thread().name))
    assert len(names) == 1
    assert threading.current_thread().name not in names


@pytest.mark.parametrize("error", [ValueError("no tile"), KeyboardInterrupt()])
def test_end_of_the_items(error):
    """What was being finished is not lost."""
    found = []
    with pytest.raises(type(error)) as caught:
        found.extend(overlapped(items(3, error), lambda i: i))
    assert caught.value is error
    assert found == [0, 1, 2]
    assert not threads()


def test_error_of_finish():
    found = []
    with pytest.raises(ZeroDivisionError):
        found.extend(overlapped(range(-1, 5), lambda i: 1 / i))
    assert found == [-1]
    assert not threads()


def test_caller_gives_up():
    closed = []

    def endless():
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    for _ in overlapped(endless(), str):
        break
    assert closed == [True]
    assert not threads()


def test_interrupted_while_waiting(monkeypatch):
    """Ctrl-C while the network is waited for: what it has in hand is not lost either."""
    from astrocnn.estimators import _overlap

    calls = []

    def interrupted(futures):
        calls.append(futures)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(_overlap, "wait", interrupted)
    found = []
    with pytest.raises(KeyboardInterrupt):
        found.extend(overlapped(range(9), lambda i: i))
    assert found == [0, 1, 2]
    assert not threads()
