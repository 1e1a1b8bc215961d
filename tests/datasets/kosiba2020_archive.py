"""A small archive of the layout of Kosiba2020.zip, and a server that gives it as Zenodo does."""

import csv
import hashlib
import io
import json
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

__all__ = ["CLASSES", "ZenodoServer", "picture", "write_archive"]

#: Class of each image, by split.
CLASSES = {
    "train": ["low-z", "hi-z", "galaxy", "point", "other", "low-z", "hi-z", "point"],
    "test": ["low-z", "point", "hi-z", "other"],
}


def picture(number, name="low-z", pixels=16):
    """Gray levels [empty, optical, X-ray], shape (pixels, pixels, 3): a blob, wide in clusters."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[:pixels, :pixels] - (pixels - 1) / 2
    width = pixels / (4 if name in ("low-z", "hi-z") else 12)
    blob = 180 * np.exp(-(x**2 + y**2) / 2 / width**2)
    image = np.stack([np.zeros_like(blob), 0.5 * blob, blob], axis=-1)
    image[..., 1:] += rng.uniform(0, 40, (pixels, pixels, 2))
    image[0, 0, 1:] = [250, 255]  # marks the upper left corner
    return image.astype(np.uint8)


def encode(image, **options):
    """PNG file (bytes) of an image."""
    file = io.BytesIO()
    Image.fromarray(image, **options).save(file, "PNG")
    return file.getvalue()


def contents(pixels=16):
    """Files of the data set by name."""
    files, number = {}, 0
    for split, classes in CLASSES.items():
        table = io.StringIO()
        writer = csv.writer(table)
        writer.writerow(["image_id", "class"])
        for name in classes:
            number += 1
            writer.writerow([f"xclass{number}", name])
            png = encode(picture(number, name, pixels))
            files[f"Kosiba2020/{split}_images/xclass{number}.png"] = png
        files[f"Kosiba2020/{split}.csv"] = table.getvalue().encode()
    return files


def write_archive(path, changes=None, pixels=16):
    """Write the data set; ``changes`` has other contents by name, None for what is left out."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (contents(pixels) | (changes or {})).items():
            if content is not None:
                archive.writestr(name, content)
    return path


class ZenodoServer:
    """Gives one file, and the record that describes it, at a loopback address.

    Use it as a context manager. ``fault`` of the file: "404", "html", "truncated" (half of it, as
    if it were whole), "cut" (the connection closes half way), "slow" (no answer until the server
    closes). ``record`` of the record: "404", "html", "wrong" (another checksum), "other" (another
    file), "sha256". ``requests`` holds the paths that were asked for.
    """

    def __init__(self, content: bytes, fault=None, record=None):
        self.content, self.fault, self.record = content, fault, record
        self.requests, self.closing = [], threading.Event()

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"service": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = False  # closing waits for them
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def describe(self):
        """The record as Zenodo's API gives it, as far as it matters."""
        checksum = hashlib.md5(b"" if self.record == "wrong" else self.content).hexdigest()
        return json.dumps({
            "id": 7236582,
            "files": [
                {"key": "README.txt", "size": 1, "checksum": f"md5:{'0' * 32}"},
                {
                    "key": "b.zip" if self.record == "other" else "Kosiba2020.zip",
                    "size": len(self.content),
                    "checksum": f"{'sha256' if self.record == 'sha256' else 'md5'}:{checksum}",
                },
            ],
        }).encode()  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    service = None

    def do_GET(self):
        """Answer a request, or not."""
        self.service.requests.append(self.path)
        if self.path == "/api/records/7236582":
            return self._answer(self.service.describe(), self.service.record)
        if self.path == "/records/7236582/files/Kosiba2020.zip?download=1":
            return self._answer(self.service.content, self.service.fault)
        return self._answer(b"", "404")

    def _answer(self, body, fault):
        if fault == "slow":
            self.service.closing.wait(20)
            return
        if fault == "html":
            body = b"<html><body>Maintenance</body></html>"
        length = len(body)
        if fault in ("cut", "truncated"):
            body = body[: length // 2]
        self.send_response(404 if fault == "404" else 200)
        self.send_header("Content-Length", str(length if fault == "cut" else len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Stay silent."""
