"""A hips2fits service that fails in every way it can, and what the client makes of it.

The service runs on the loopback address in a process of its own. Of 1,000 targets, three quarters
are answered at once or slowly; others fail once (500, 503 that asks to come back, no answer,
connection reset, half an answer) and some each time (the same, half a FITS file, a web page,
wrong shape, another place, 404, no pixels). Four kinds answer every single read in time, and
never end: headers a few bytes a second, ``100 Continue`` again and again, a redirect that drips,
a redirect whose body is endless (it leads to the image, and is followed). Shown are: who was
fetched and who was flagged, with the reasons; time against a bound worked out beforehand;
requests in flight, counted by the service; requests of a second run; and what a request costs
the client, beside that of astroquery.

python benchmarks/hostile_service.py
"""

import argparse
import json
import multiprocessing
import os
import resource
import select
import socket
import statistics
import struct
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

#: Step between targets (deg): the service knows a target by its position.
STEP = 0.3
#: Seconds that a slow answer takes, and that the service asks to wait for after a 503.
SLOW, LATER = 0.2, 1
#: Seconds between the bytes of an answer that drips.
DRIP = 0.2
#: Kind of target -> (share, what becomes of it: "" is fetched, else its fault in words).
KINDS = {
    "good": (0.0, ""),  # and all that are left
    "slow": (0.06, ""),
    "500 once": (0.04, ""),
    "503 once": (0.01, ""),
    "hangs once": (0.005, ""),
    "reset once": (0.04, ""),
    "cut once": (0.03, ""),
    "redirect-flood": (0.005, ""),
    "header-drip": (0.005, "did not answer within"),
    "endless-100": (0.005, "did not answer within"),
    "redirect-drip": (0.005, "did not answer within"),
    "500": (0.02, "answered 500"),
    "hangs": (0.005, "did not answer within"),
    "reset": (0.01, "could not reach"),
    "cut": (0.01, "broke off its answer"),
    "truncated": (0.03, "is truncated"),
    "html": (0.02, "sent no FITS image"),
    "shape": (0.02, "is an image of shape"),
    "elsewhere": (0.01, "from where it was asked for"),
    "404": (0.01, "refused the request"),
    "nan": (0.02, "no coverage"),
}


#: Kinds that take all the time that a try may take.
HANGING = ("hangs", "header-drip", "endless-100", "redirect-drip")


def assigned(n: int) -> list[str]:
    """Kind of each target, mixed; each kind at least once."""
    kinds = list(KINDS)
    for kind, (share, _) in KINDS.items():
        kinds += [kind] * (round(share * n) - 1)
    kinds = (kinds + ["good"] * n)[:n]
    return np.random.default_rng(0).permutation(kinds).tolist()


def positions(n: int) -> SkyCoord:
    """Where the targets are."""
    index = np.arange(n)
    return SkyCoord((index % 1000) * STEP, 10.0 + index // 1000, unit="deg")


class Service:
    """The service: what it was asked, how much at once."""

    def __init__(self, n: int):
        self.kinds, self.counts = assigned(n), [0] * n
        self.lock, self.in_flight, self.most, self.flood = threading.Lock(), set(), 0, 0
        handler = type("Handler", (_Handler,), {"service": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hips2fits"
        self.closing = threading.Event()

    def serve(self) -> None:
        """Answer until `close`."""
        self.server.serve_forever(0.05)
        self.server.server_close()

    def close(self) -> None:
        """End `serve`."""
        self.closing.set()
        self.server.shutdown()

    def begin(self, wcs: dict, handler) -> str:
        """Note a request; the fault that it meets."""
        i = round(wcs["CRVAL1"] / STEP) + 1000 * round(wcs["CRVAL2"] - 10.0)
        with self.lock:
            self.counts[i] += 1
            # What the client has given up is not in flight, though its thread may not know yet.
            self.in_flight = {other for other in self.in_flight if not other.hung_up()} | {handler}
            self.most = max(self.most, len(self.in_flight))
            kind, _, once = self.kinds[i].partition(" ")
            return "good" if once and self.counts[i] > 1 else kind

    def end(self, handler) -> None:
        """Note that a request was answered."""
        with self.lock:
            self.in_flight.discard(handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    service = None

    def do_GET(self):
        """Answer, or fail as the target says."""
        parts = urlsplit(self.path)
        if parts.path == "/counts":
            service = self.service
            return self.send(json.dumps([service.counts, service.most, service.flood]).encode())
        if "on" in parse_qs(parts.query):  # where a redirect leads
            return self.send(image_file(json.loads(parse_qs(parts.query)["wcs"][0]), ""))
        wcs = json.loads(parse_qs(parts.query)["wcs"][0])
        try:
            return self.fail(self.service.begin(wcs, self), wcs)
        finally:
            self.service.end(self)

    def fail(self, fault, wcs):
        """Answer one request."""
        if fault == "hangs":
            while not (self.hung_up() or self.service.closing.is_set()):
                time.sleep(0.005)
            self.close_connection = True
            return None
        if fault in ENDLESS:
            return self.go_on(fault)
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return None
        if fault == "slow":
            time.sleep(SLOW)
        if fault.isdigit():
            return self.send(b'{"title": "no"}', int(fault), {"Retry-After": str(LATER)}
                             if fault == "503" else {})  # fmt: skip
        if fault == "html":
            return self.send(b"<html><body>Maintenance</body></html>", kind="text/html")
        body = image_file(wcs, fault)
        if fault == "truncated":
            body = body[: len(body) // 2]
        return self.send(body, cut=fault == "cut")

    def go_on(self, fault):
        """Send until the client hangs up."""
        self.close_connection = True
        start, piece, pause = ENDLESS[fault]
        sent, flood = start.replace("PATH", f"{self.path}&on=1").encode(), fault == "redirect-flood"
        while not (self.hung_up() or self.service.closing.wait(pause)):
            try:
                self.wfile.write(sent)
            except OSError:
                return
            if flood:
                with self.service.lock:
                    self.service.flood += len(sent)
            sent = piece

    def send(self, body, status=200, headers=(), kind="application/fits", cut=False):
        """Send an answer, or half of it."""
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), **dict(headers)}
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        body = body[: len(body) // 2] if cut else body
        self.wfile.write(body[:-1])
        self.service.end(self)  # before the last byte: with it the client may send its next request
        self.wfile.write(body[-1:])
        self.close_connection |= cut

    def hung_up(self):
        """Whether the client has closed the connection."""
        try:
            readable, _, _ = select.select([self.connection], [], [], 0)
            return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""
        except (OSError, ValueError):  # reset, or closed on this side
            return True

    def log_message(self, *_):
        """Stay silent."""


#: Answer without an end -> its start, what is sent again and again, seconds between.
ENDLESS = {
    "header-drip": ("HTTP/1.1 200 OK\r\nX-Slow: ", b"z", DRIP),
    "endless-100": ("", b"HTTP/1.1 100 Continue\r\n\r\n", DRIP / 20),
    "redirect-drip": ("HTTP/1.1 302 Found\r\nLocation: /", b"z", DRIP),
    "redirect-flood": (
        "HTTP/1.1 302 Found\r\nLocation: PATH\r\nContent-Length: 99999999999\r\n\r\n",
        b"z" * 2**16, 0,
    ),
}  # fmt: skip


def image_file(wcs: dict, fault: str) -> bytes:
    """FITS file on a WCS: noise that its position determines."""
    nx, ny = wcs["NAXIS1"], wcs["NAXIS2"] + (fault == "shape")
    cards = {"SIMPLE": "T", "BITPIX": -32, "NAXIS": 2, "NAXIS1": nx, "NAXIS2": ny}
    cards |= {key: value for key, value in wcs.items() if not key.startswith("NAXIS")}
    if fault == "elsewhere":
        cards["CRVAL2"] += 0.01
    lines = [f"{key:<8}= {_value(value):>20}" for key, value in cards.items()]
    header = "".join(line.ljust(80) for line in [*lines, "END"])
    data = np.resize(_NOISE + np.float32(wcs["CRVAL1"]), (ny, nx)).astype(">f4")
    if fault == "nan":
        data[...] = np.nan
    raw = data.tobytes()
    return header.ljust(-(-len(header) // 2880) * 2880).encode() + raw + b"\0" * (-len(raw) % 2880)


_NOISE = np.random.default_rng(1).normal(100, 5, 10_007).astype(np.float32)


def _value(value) -> str:
    return f"'{value:<8}'" if isinstance(value, str) and value != "T" else str(value)


def _run_service(n, pipe) -> None:
    service = Service(n)
    pipe.send(service.url)
    service.serve()


def start_service(n: int):
    """Start the service in a process of its own; the process and the address."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_run_service, args=(n, theirs), daemon=True
    )
    process.start()
    return process, ours.recv()


def counts(url: str) -> tuple[list[int], int, int]:
    """Requests per target, most at once, bytes sent in bodies of redirects."""
    with urlopen(url.replace("/hips2fits", "/counts"), timeout=10) as answer:
        return tuple(json.load(answer))


def longest(n: int, timeout: float, tries: int, requests: int) -> float:
    """Seconds that a run may take at most: the work shared by the requests at once, 50 ms of
    client and service for each try, and pauses, which stop all.
    """
    kinds = assigned(n)
    slow = kinds.count("slow") * SLOW
    hanging = sum(kinds.count(kind) for kind in HANGING) * tries
    hanging = (hanging + kinds.count("hangs once")) * timeout
    pauses = kinds.count("503 once") * LATER
    backoff = tries * 0.5 * 2**tries
    return (slow + hanging) / requests + 0.05 * n * 1.5 + pauses + backoff + tries * timeout


def check(dataset, n: int) -> dict[str, int]:
    """Compare what became of each target with what should; returns the number of each status."""
    kinds = assigned(n)
    faults = dict(fault.split(": ", 1) for fault in dataset.attrs["faults"])
    found = {"fetched": 0, "failed": 0, "no coverage": 0}
    for i, kind in enumerate(kinds):
        wanted, status = KINDS[kind][1], str(dataset["status"].values[i, 0])
        fault = faults.get(f"target {dataset['target_id'].values[i]}", "")
        flag = "no_coverage:dss2-red" if kind == "nan" else "failed:dss2-red" if wanted else ""
        assert status == flag, f"{kind}: {status!r} {fault}"
        assert kind == "nan" or (wanted in fault and bool(wanted) == bool(fault)), (kind, fault)
        assert bool(dataset["valid"].values[i].all()) == (not wanted), kind
        found["no coverage" if kind == "nan" else "failed" if wanted else "fetched"] += 1
    return found


def run_twice(n: int, url: str, pixels: int, timeout: float) -> dict:
    """Two runs over all targets; figures of both."""
    from astrocnn.config import conf
    from astrocnn.cutouts import make_cutouts

    times, asked = [], [np.array(counts(url)[0])]
    for _ in range(2):
        started = time.perf_counter()
        dataset = make_cutouts(positions(n), ["dss2"], size=6 * u.arcmin, pixels=pixels)
        times.append(time.perf_counter() - started)
        statuses = check(dataset, n)
        asked.append(np.array(counts(url)[0]))
    failed = np.char.startswith(dataset["status"].values[:, 0], "failed")
    again = np.diff(asked, axis=0)[1]
    return {
        **statuses, "seconds": times, "requests": np.diff(asked, axis=0).sum(axis=1).tolist(),
        "asked again": int(again[~failed].sum()), "in flight": counts(url)[1],
        "flood (MB)": counts(url)[2] / 1e6,
        "bound (s)": longest(n, timeout, conf.retries + 1, conf.requests),
    }  # fmt: skip


def client_cost(url: str, pixels: int = 356, n: int = 40, rounds: int = 7) -> dict[str, list]:
    """Milliseconds of wall clock and of processor time per image, medians of rounds in turns."""
    import requests
    from astroquery.hips2fits import hips2fits

    from astrocnn.config import conf
    from astrocnn.grid import CutoutGrid
    from astrocnn.providers import Hips2FitsProvider
    from astrocnn.providers._images._decode import decode_image
    from astrocnn.providers._remote._hips2fits import request_parameters

    good = [i for i, kind in enumerate(assigned(1000)) if kind == "good"][:n]
    grids = [CutoutGrid(position, 6 * u.arcmin, pixels) for position in positions(1000)[good]]
    hips2fits.server = url
    session, plain = requests.Session(), Hips2FitsProvider("dss2-red", url, cache=False)
    kept = Hips2FitsProvider("dss2-red", url)

    def bare(grid):
        parameters = request_parameters("CDS/P/DSS2/red", grid)
        return decode_image(session.get(url, params=parameters, timeout=10).content, "it")

    ways = {
        "astroquery": lambda grid: hips2fits.query_with_wcs("CDS/P/DSS2/red", grid.wcs)[0].data,
        "plain requests session": bare,
        "astrocnn": lambda grid: plain.cutout(grid).image,
        "astrocnn, kept": lambda grid: kept.cutout(grid).image,
    }
    spent = {name: [] for name in ways}
    with conf.set_temp("image_cache_size", "1 GB"):
        for grid in grids:
            images = [way(grid) for way in ways.values()]
            assert all(np.array_equal(image, images[0]) for image in images)
        for _ in range(rounds):
            for name, way in ways.items():
                wall, cpu = time.perf_counter(), time.process_time()
                for grid in grids:
                    way(grid)
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                spent[name].append((1e3 * wall / n, 1e3 * cpu / n))
    return {
        name: [statistics.median(column) for column in zip(*pairs, strict=True)]
        for name, pairs in spent.items()
    }


def main(n: int, pixels: int) -> None:
    """Run all and print it."""
    from astrocnn.config import conf

    os.environ["NO_PROXY"] = "127.0.0.1"
    conf.check_coverage, conf.progress = False, False
    conf.timeout, conf.total_timeout, conf.retries = 1.0, 10.0, 2
    conf.requests, conf.threads, conf.chunk_size = 8, 32, 250
    process, url = start_service(n)
    conf.hips2fits_server = [url]
    with tempfile.TemporaryDirectory() as folder:
        conf.image_cache = folder
        found = run_twice(n, url, pixels, conf.timeout)
        process.terminate()
        print(f"{n} targets, {pixels} x {pixels} pixels, {conf.threads} threads, "
              f"{conf.requests} requests at once, time limit {conf.timeout:g} s")  # fmt: skip
        print(f"fetched {found['fetched']}, flagged with the right reason {found['failed']}, "
              f"no coverage {found['no coverage']}: all as they should be")  # fmt: skip
        for name, seconds, asked in zip(
            ("first run", "second run"), found["seconds"], found["requests"], strict=True
        ):
            print(f"{name}: {seconds:.1f} s of at most {found['bound (s)']:.0f}, {asked} requests")
        print(f"of them for what had been fetched: {found['asked again']}")
        print(f"requests in flight, counted by the service: at most {found['in flight']}")
        print(f"bytes of endless redirects: {found['flood (MB)']:.1f} MB, "
              f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")
        process, url = start_service(1000)
        cost = client_cost(url)
        process.terminate()
    print("per image of 356 x 356 pixels, ms: wall clock, processor time, over plain session")
    plain = cost["plain requests session"][1]
    for name, (wall, cpu) in cost.items():
        print(f"  {name:24s} {wall:6.2f} {cpu:6.2f}  {cpu / plain:5.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--pixels", type=int, default=178)
    arguments = parser.parse_args()
    main(arguments.targets, arguments.pixels)
