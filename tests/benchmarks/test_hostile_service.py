"""The hostile service, on a few targets: who is fetched, who is flagged, how much at once."""

import sys
import threading
import time
from pathlib import Path

import pytest

from astrocnn.config import conf
from astrocnn.providers._remote import _hips2fits
from astrocnn.services import forget_services

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import hostile_service

sys.path.pop(0)


@pytest.fixture
def service(monkeypatch):
    """The service, with short waits."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(hostile_service, "LATER", 0)
    monkeypatch.setattr(hostile_service, "SLOW", 0.05)
    monkeypatch.setattr(_hips2fits, "_BACKOFF", 0.02)
    forget_services()
    found = hostile_service.Service(40)
    thread = threading.Thread(target=found.serve)
    thread.start()
    yield found
    found.close()
    thread.join()


def test_forty_targets(service, tmp_path):
    assert len(set(service.kinds)) == len(hostile_service.KINDS)
    started = time.monotonic()
    with (
        conf.set_temp("hips2fits_server", [service.url]),
        conf.set_temp("image_cache", str(tmp_path)),
        conf.set_temp("image_cache_size", "50 MB"),
        conf.set_temp("timeout", 0.3),
        conf.set_temp("retries", 2),
        conf.set_temp("requests", 3),
        conf.set_temp("threads", 16),
    ):
        found = hostile_service.run_twice(40, service.url, 32, conf.timeout)
    assert time.monotonic() - started < 40
    assert found["fetched"] + found["failed"] + found["no coverage"] == 40
    assert found["fetched"] == sum(not hostile_service.KINDS[kind][1] for kind in service.kinds)
    assert max(found["seconds"]) < found["bound (s)"]
    assert 1 < found["in flight"] <= 3
    # The second run asks for nothing but what failed.
    assert found["asked again"] == 0
    assert found["failed"] <= found["requests"][1] <= 3 * found["failed"]
