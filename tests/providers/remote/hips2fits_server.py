"""A service on the loopback address that answers as hips2fits does, and fails as asked."""

import io
import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

__all__ = ["Hips2FitsServer"]


class Hips2FitsServer:
    """Answers requests with a Gaussian on a flat background, on the WCS that is asked for.

    Use it as a context manager. ``faults`` is a list that is used up, one per request; ``always``
    is the fault of every other request. ``requests`` holds the parameters of each request.

    Faults: a status ("404", "500", "503", "429"), "slow" (no answer until the server closes),
    "drip" (a byte at a time), "cut" (the connection closes half way), "reset", "truncated" (half a
    FITS file as if it were whole), "html", "empty", "shape" (one row too many), "nan", "cube",
    "endless", "redirect" (to a local file), "loop" (to itself).
    """

    def __init__(self, center=None, sigma=30 * u.arcsec, peak=100.0, background=5.0):
        self.center = center or SkyCoord(150, 2, unit="deg")
        self.sigma, self.peak, self.background = sigma, peak, background
        self.faults, self.always, self.retry_after = [], None, None
        self.requests, self.connections = [], set()
        self.closing = threading.Event()
        self._lock = threading.Lock()

    def sky(self, position):
        """Value of the sky at a `~astropy.coordinates.SkyCoord`."""
        radius = (position.separation(self.center) / self.sigma).to_value(u.one)
        return self.background + self.peak * np.exp(-(radius**2) / 2)

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"service": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hips2fits"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, query, connection):
        """Note a request and return the fault that it meets."""
        with self._lock:
            self.requests.append(query)
            self.connections.add(connection)
            return self.faults.pop(0) if self.faults else self.always

    def render(self, query, fault):
        """FITS file (bytes) for a request."""
        header = fits.Header(json.loads(query["wcs"]))
        wcs = WCS(header)
        shape = (header["NAXIS2"] + (fault == "shape"), header["NAXIS1"])
        y, x = np.indices(shape)
        image = self.sky(wcs.pixel_to_world(x, y)).astype(np.float32)
        if fault == "nan":
            image[...] = np.nan
        if fault == "cube":
            image = np.stack([image] * 3)
        file = io.BytesIO()
        fits.PrimaryHDU(image, wcs.to_header()).writeto(file)
        return file.getvalue()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service = None

    def do_GET(self):
        """Answer a request, or not."""
        query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
        fault = self.service.take(query, self.client_address)
        if fault in ("redirect", "loop"):
            target = "file:///etc/hostname" if fault == "redirect" else self.path
            return self._send(302, b"", Location=target)
        if fault == "slow":
            self.service.closing.wait(600)
            return None
        if fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return self._drop()
        if fault == "html":
            return self._send(200, b"<html><body>Maintenance</body></html>", "text/html")
        if fault and fault.isdigit():
            extra = {"Retry-After": self.service.retry_after} if self.service.retry_after else {}
            error = json.dumps({"title": "Bad Request", "description": "no such HiPS"})
            return self._send(int(fault), error.encode(), "application/json", **extra)
        body = b"" if fault == "empty" else self.service.render(query, fault)
        if fault in ("cut", "drip", "endless"):
            return self._send_badly(body, fault)
        return self._send(200, body[: len(body) // 2] if fault == "truncated" else body)

    def _send(self, status, body, kind="application/fits", **headers):
        self.send_response(status)
        headers |= {"Content-Type": kind, "Content-Length": str(len(body))}
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def _send_badly(self, body, fault):
        self.send_response(200)
        self.send_header("Content-Length", str(2**40 if fault == "endless" else len(body)))
        self.end_headers()
        try:
            if fault == "cut":
                self.wfile.write(body[: len(body) // 2])
            elif fault == "endless":
                for _ in range(10_000):
                    self.wfile.write(body)
            else:
                for byte in body[:200]:
                    self.wfile.write(bytes([byte]))
                    if self.service.closing.wait(0.05):
                        break
        except OSError:
            pass  # the client had enough
        self._drop()

    def _drop(self):
        self.close_connection = True

    def log_message(self, *_):
        """Stay silent."""
