"""A service that stands in for VizieR, SIMBAD, NED and SDSS."""

import importlib.util
from pathlib import Path

import pytest

from astrocnn.catalogs import _request
from astrocnn.config import conf

_SPEC = importlib.util.spec_from_file_location(
    "vizier_server", Path(__file__).with_name("vizier_server.py")
)
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)


@pytest.fixture
def make_votable():
    return _MODULE.votable


@pytest.fixture
def make_service(monkeypatch, tmp_path):
    """Start a service; waits between retries are short, and the cache is the test's own."""
    monkeypatch.setattr(_request, "_BACKOFF", 0.01)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    started = []

    def start(**kwargs):
        server = _MODULE.CatalogServer(**kwargs)
        server.__enter__()
        started.append(server)
        for name in ("vizier_server", "simbad_server", "ned_server", "sdss_server"):
            monkeypatch.setattr(conf, name, server.url)
        return server

    with conf.set_temp("catalog_cache", str(tmp_path / "cache")):
        yield start
    for server in started:
        server.__exit__()
