"""A service on the loopback address that answers as VizieR does, and fails as asked."""

import re
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

__all__ = ["CatalogServer", "votable"]

LAUGHS = (
    '<!DOCTYPE v [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


def votable(name, columns, rows, infos="", prolog=""):
    """A VOTable (bytes) as VizieR writes it; ``columns`` is (name, ucd, unit, datatype) each."""
    fields = "".join(
        f'<FIELD name={quoteattr(c)} ucd={quoteattr(ucd)} datatype={quoteattr(kind)}'
        + (' arraysize="*"' if kind == "char" else "")
        + (f" unit={quoteattr(unit)}" if unit else "")
        + "/>\n"
        for c, ucd, unit, kind in columns
    )
    cells = "".join(
        "<TR>" + "".join(f"<TD>{'' if v is None else escape(str(v))}</TD>" for v in row) + "</TR>\n"
        for row in rows
    )
    data = f"<DATA><TABLEDATA>\n{cells}</TABLEDATA></DATA>" if rows else "<!-- EMPTY result -->"
    parent = name.rpartition("/")[0]
    return f"""<?xml version="1.0" encoding="UTF-8"?>
{prolog}<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
 <DESCRIPTION>VizieR Astronomical Server vizier.cds.unistra.fr</DESCRIPTION>
<INFO ID="VERSION" name="votable-version" value="1.99+ (14-Oct-2013)"/>
{infos}
<RESOURCE ID="yCat_1" name={quoteattr(parent)}>
  <COOSYS ID="H_2000" system="ICRS" equinox="J2000"/>
  <TABLE ID="t1" name={quoteattr(name)}>
{fields}{data}
  </TABLE>
</RESOURCE>
</VOTABLE>
""".encode()


class CatalogServer:
    """Answers requests for the tables in ``tables``: name -> (columns, rows).

    Use it as a context manager. The first two columns of a table are its position in degrees.
    ``faults`` is a list that is used up, one per request; ``always`` is the fault of every other
    request; ``answer``, a function of the parameters and the fault, takes the place of VizieR's;
    ``refusal`` is the body of answers with an error status. ``requests`` holds the parameters of
    each request as (name, value) pairs.

    Faults: a status ("404", "500", "503", "429"), "slow" (no answer until the server closes),
    "drip" (a byte at a time), "cut" (the connection closes half way), "reset", "truncated" (half
    of the VOTable as if it were whole), "html", "empty", "endless", "error" (in VizieR's words),
    "other" (another catalog), "overflow", "entities", "garbage" (XML that is no VOTable).
    """

    def __init__(self, tables=None, answer=None):
        self.tables, self.answer = tables or {}, answer or self.vizier
        self.faults, self.always, self.retry_after = [], None, None
        self.refusal = b"no luck"
        self.requests = []
        self.closing = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"service": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/viz-bin/votable"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, query):
        """Note a request and return the fault that it meets."""
        with self._lock:
            self.requests.append(query)
            return self.faults.pop(0) if self.faults else self.always

    def centers(self, i=-1):
        """Positions of request ``i`` in degrees, one row each."""
        positions = [value for name, value in self.requests[i] if name == "-c"]
        signs = [max(p.rfind("+"), p.rfind("-")) for p in positions]
        return [(float(p[:s]), float(p[s:])) for p, s in zip(positions, signs, strict=True)]

    def vizier(self, query, fault):
        """VOTable (bytes) for a request."""
        wanted = dict(query)
        name = wanted["-source"]
        if fault == "error":
            info = f'<INFO name="Error" value="Table or Catalog not found: {name}"/>'
            whole = votable(name, [], [], info)
            return re.sub(rb"<RESOURCE.*</RESOURCE>", b"", whole, flags=re.DOTALL)
        columns, rows = self.tables[name]
        columns = [*columns, ("_q", "meta.record", "", "int")]
        rows = self._in_circles(query, rows) if "-c" in wanted else [(*r, 1) for r in rows]
        infos = {
            "overflow": '<INFO name="QUERY_STATUS" value="OVERFLOW">truncated result</INFO>',
        }.get(fault, "")
        if fault == "other":
            name = "J/A+A/590/A31/table1"
        return votable(name, columns, rows, infos, LAUGHS if fault == "entities" else "")

    def _in_circles(self, query, rows):
        """Rows in each circle, one circle after the other, with its number."""
        radius = float(dict(query)["-c.rm"]) * u.arcmin
        places = SkyCoord([r[0] for r in rows], [r[1] for r in rows], unit="deg")
        found = []
        for number, (ra, dec) in enumerate(self.centers(), 1):
            near = places.separation(SkyCoord(ra, dec, unit="deg")) <= radius
            found += [(*rows[i], number) for i in np.flatnonzero(near)]
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service = None

    def do_POST(self):
        """Answer a request, or not."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(_parse(body, self.headers.get("Content-Type", "")))

    def do_GET(self):
        """Answer a request, or not."""
        self._answer(parse_qsl(self.path.partition("?")[2]))

    def _answer(self, query):
        fault = self.service.take(query)
        if fault == "slow":
            self.service.closing.wait(20)
            return None
        if fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return self._drop()
        if fault == "html":
            return self._send(200, b"<html><body>Maintenance</body></html>", "text/html")
        if fault == "garbage":
            return self._send(200, b"<?xml version='1.0'?><VOTABLE><RESOURCE></VOTABLE>")
        if fault and fault.isdigit():
            extra = {"Retry-After": self.service.retry_after} if self.service.retry_after else {}
            return self._send(int(fault), self.service.refusal, "text/plain", **extra)
        body = b"" if fault == "empty" else self.service.answer(query, fault)
        if fault in ("cut", "drip", "endless"):
            return self._send_badly(body, fault)
        return self._send(200, body[: len(body) // 2] if fault == "truncated" else body)

    def _send(self, status, body, kind="text/xml", **headers):
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


def _parse(body, kind):
    """Name and value of each parameter: of a form, or of the lines that astroquery writes."""
    if "form-urlencoded" in kind:
        return parse_qsl(body)
    query, name = [], None
    for line in body.split("\n"):
        if name and line != "====AstroqueryList":
            query.append((name, line))
        elif name:
            name = None
        elif line.endswith("=<<====AstroqueryList"):
            name = line.partition("=")[0]
        else:
            key, _, value = line.partition("=")
            query.append((key, value))
    return query
