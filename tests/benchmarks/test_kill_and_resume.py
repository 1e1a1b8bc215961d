"""Runs that are killed: the benchmark with fewer of them."""

from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("what", ["verdicts", "cutouts"])
def test_three_kills(what, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    script = __import__("kill_and_resume")
    found = script.kill_and_resume(what, n=60, kills=3)
    assert found["written_again"] == 0
    assert len(found["parts"]) == 3
    same, gap = script.difference(what, found)
    assert same
    assert gap < 1e-5
