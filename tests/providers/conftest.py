"""A service on the loopback address whose answers a test writes; a folder of kept answers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from astrocnn.config import conf
from astrocnn.providers._remote import _moc
from astrocnn.services import forget_services


class Web:
    """``answer(path, query)`` returns a body, or a status, or (status, body, headers).

    ``requests`` lists path and query (one value per key) of each request.
    """

    def __init__(self):
        self.answer = lambda path, query: 404
        self.requests = []

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"web": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web = None

    def do_GET(self):
        """Answer as the test says."""
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.web.requests.append((parts.path, query))
        found = self.web.answer(parts.path, query)
        if isinstance(found, int):
            found = found, b"", {}
        elif isinstance(found, bytes):
            found = 200, found, {}
        status, body, headers = found
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Stay silent."""


@pytest.fixture
def web(monkeypatch):
    """A service whose answers the test writes."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    forget_services()
    _moc.forget_mocs()
    with Web() as server:
        yield server
    _moc.forget_mocs()


@pytest.fixture
def kept(tmp_path):
    """Answers are kept, in a folder of the test."""
    place = tmp_path / "kept images"
    with conf.set_temp("image_cache", str(place)), conf.set_temp("image_cache_size", "50 MB"):
        yield place


@pytest.fixture
def mocs(web):
    """A MOC server that knows the MOCs of a dict (in words), by HiPS; hips2fits beside it."""
    known = {}
    web.released, web.pixels = "2019-05-07T10:30Z", 404

    def answer(path, query):
        if path == "/hips2fits":
            return web.pixels
        hips = next((hips for hips in known if f"ID={hips})" in query["expr"]), None)
        if query["get"] == "record":
            return json.dumps([{"ID": hips, "hips_release_date": web.released}]).encode()
        return known[hips].encode() if hips else b""

    web.answer = answer
    with (
        conf.set_temp("moc_server", [web.url]),
        conf.set_temp("check_coverage", True),
        conf.set_temp("timeout", 1.0),
    ):
        yield known
