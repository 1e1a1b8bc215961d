"""Threads for compiled code: how many, and where they end."""

import threading

import pytest

from astrocnn import _compiled
from astrocnn._compiled import half_the_cores, in_threads


def parts(n):
    """Stretches that the parts of a range have."""
    found = []
    in_threads(lambda start, stop: found.append((start, stop)), n)
    return sorted(found)


@pytest.mark.parametrize(("cores", "half"), [(1, 1), (2, 1), (5, 2), (8, 4)])
def test_half_the_cores(monkeypatch, cores, half):
    monkeypatch.setattr(_compiled, "cores", lambda: cores)
    with half_the_cores():
        assert len(parts(40)) == half
    assert len(parts(40)) == cores


def test_other_threads_have_all_cores(monkeypatch):
    monkeypatch.setattr(_compiled, "cores", lambda: 4)
    found = []
    with half_the_cores():
        thread = threading.Thread(target=lambda: found.extend(parts(40)))
        thread.start()
        thread.join()
    assert len(found) == 4


def test_an_error_ends_it():
    with pytest.raises(ZeroDivisionError), half_the_cores():
        in_threads(lambda start, stop: 1 / start, 3)
    assert _compiled._SHARE.get() == 1
