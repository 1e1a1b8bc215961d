"""Kinds of input that runs keep, that services send, and that are typed; see kinds.py."""

import contextlib
import io
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from astropy import units as u
from astropy.table import Table
from kinds import PIXELS, SIZE, TARGETS, Kind, counts_hdu, known, make_some

from astrocnn.config import conf

__all__ = ["KINDS"]


# ---- cut-outs, weights, runs ---------------------------------------------------------------------


def _make_cutouts(folder):
    from astrocnn.cutouts import write_cutouts

    for variant, names in {"numbers": None, "names": ["a", "bb", "é"]}.items():
        targets = Table({"ra": TARGETS.ra.deg, "dec": TARGETS.dec.deg})
        if names:
            targets["name"] = names
        with conf.set_temp("chunk_size", 2):
            write_cutouts(folder / variant, targets, ["xmm"], {"xmm": counts_hdu()}, SIZE, PIXELS)


def _read_cutouts(folder, way):
    from astrocnn.cutouts import open_cutouts

    dataset = open_cutouts(folder, complete=way % 2 == 0)
    try:
        dataset.load()
    except (OSError, ValueError):  # of a chunk that Zarr, or we, find damaged; predict flags it
        return {}
    found = known(dataset)
    well = (dataset["status"] == "ok").values[:, 0]
    for name in ("ra", "dec"):
        found[name] = np.where(well, dataset[name].values, np.nan)
    found["target_id"] = np.where(well, dataset["target_id"].values.astype(str), "")
    return found


def _make_weights(folder):
    from astrocnn.networks import ModelDescription, build_network, save_model
    from astrocnn.preprocessing import Preprocessing

    description = ModelDescription(
        "cn",
        {"input_shape": [16, 16, 1], "n_classes": 2},
        ["xmm"],
        2.0,
        ["non_cluster", "cluster"],
        Preprocessing().to_config(),
    )
    for variant in ("whole", "half"):
        (folder / variant).mkdir()
        path = folder / variant / "weights.keras"
        save_model(path, build_network(description), description, half=variant == "half")


def _read_description(folder, way):
    from astrocnn.networks import read_description

    read_description(folder / "weights.keras")


def _read_weights(folder, way):
    from astrocnn.networks import load_model

    model, description = load_model(folder / "weights.keras")
    found = {f"weights {i}": array for i, array in enumerate(model.get_weights())}
    return {**found, "classes": np.array(description.classes), "size": np.array(description.size)}


def _make_runs(folder):
    _make_weights(folder / "..")
    shutil.move(folder / "../whole/weights.keras", folder / "../run.keras")
    (folder / "kept").mkdir()
    _predict(folder / "../run.keras", folder / "kept")


def _predict(weights, folder):
    from astrocnn import ClusterClassifier

    with conf.set_temp("chunk_size", 2):
        classifier = ClusterClassifier(weights=weights, images={"xmm": counts_hdu()})
        return classifier.predict(TARGETS, folder=folder)


def _read_runs(folder, way):
    table = _predict(next(p for p in folder.parents if (p / "run.keras").exists()) / "run.keras",
                     folder)  # fmt: skip
    probability = np.ma.filled(np.ma.array(table["proba_cluster"], dtype=float), np.nan)
    return {"ra": table["ra"].value, "dec": table["dec"].value, "proba": probability.round(4)}


# ---- services ------------------------------------------------------------------------------------


class Service:
    """A service on the loopback address that answers all with the same bytes."""

    def __init__(self):
        service = self
        self.answer = b""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(service.answer)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(service.answer)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}/"


_SERVICES = []


def _service(answer):
    """The one service, with another answer."""
    if not _SERVICES:
        _SERVICES.append(Service())
    _SERVICES[0].answer = answer
    return _SERVICES[0].url


def _make_answers(folder):
    from astrocnn.grid import CutoutGrid

    grid = CutoutGrid(TARGETS[0], SIZE, PIXELS)
    hdu = counts_hdu().__class__(np.ones(grid.shape, "float32"), grid.wcs.to_header())
    (folder / "image").mkdir()
    hdu.writeto(folder / "image/answer.fits", checksum=True)


def _read_answer(folder, way):
    from astrocnn.providers import Hips2FitsProvider

    path = folder / "answer.fits"
    url = _service(path.read_bytes() if path.exists() else b"")
    provider = Hips2FitsProvider("dss2-red", server=url, retries=0, timeout=5, cache=False)
    make_some(provider, "dss2-red", TARGETS[:1])


def _make_cache(folder):
    place = folder / "kept"
    place.mkdir()
    _make_answers(folder)
    answer = (folder / "image/answer.fits").read_bytes()
    shutil.rmtree(folder / "image")
    _ask(place, _service(answer))


def _ask(place, url):
    from astrocnn.providers import Hips2FitsProvider

    with conf.set_temp("image_cache", str(place)), conf.set_temp("image_cache_size", "50 MB"):
        provider = Hips2FitsProvider("dss2-red", server=url, retries=0, timeout=5)
        return known(make_some(provider, "dss2-red", TARGETS[:1]))


def _read_cache(folder, way):
    return _ask(folder, _service(b""))


def _make_catalogs(folder):
    (folder / "votable").mkdir()
    table = Table({"RAJ2000": [150.0, 151.0], "DEJ2000": [2.0, 3.0], "Name": ["a", "b"],
                   "z": [0.1, 0.2]})  # fmt: skip
    table["RAJ2000"].unit = table["DEJ2000"].unit = u.deg
    path = folder / "votable/answer.vot"
    table.write(path, format="votable")
    path.write_text(path.read_text().replace("<TABLE>", '<TABLE name="J/A/1/t">'))


def _read_catalog(folder, way):
    from astrocnn.catalogs import CatalogDefinition, fetch_catalog

    path = folder / "answer.vot"
    url = _service(path.read_bytes() if path.exists() else b"")
    names = {"ra": "RAJ2000", "dec": "DEJ2000", "source_id": "Name", "z_spec": "z"}
    mine = CatalogDefinition("mine", "mine", "J/A/1/t", "spec", names, "", None, "", "")
    with conf.set_temp("vizier_server", url):
        fetch_catalog(mine, cache=False, retries=0, timeout=5)


def _make_coverage(folder):
    (folder / "text").mkdir()
    (folder / "text/moc.txt").write_text("5/10-30 6/400 8/9000-9010 9/")


def _read_coverage(folder, way):
    from astrocnn.providers import hips_moc

    path = folder / "moc.txt"
    url = _service(path.read_bytes() if path.exists() else b"")
    with conf.set_temp("moc_server", [url]), conf.set_temp("check_coverage", True):
        hips_moc(f"CDS/P/{folder.name}")


# ---- the command line ----------------------------------------------------------------------------

COMMANDS = """
match a.csv b.csv --radius 2arcmin -o out.csv
match a.csv b.csv --radius 500kpc --all
validate a.csv --truth b.csv
cache limit 2GB
cache show
info --weights xmm
tiles image.fits --band xmm -o tiles
predict missing.csv --weights xmm --images xmm=missing.fits -o out.ecsv --threshold 0.5
"""


def _make_arguments(folder):
    for number, line in enumerate(COMMANDS.strip().splitlines()):
        (folder / str(number)).mkdir()
        (folder / str(number) / "arguments.txt").write_text(line)


def _read_arguments(folder, way):
    from astrocnn.cli import main

    text = (folder / "arguments.txt").read_bytes().decode("utf-8", "replace")
    arguments = text.replace("\x00", " ").split()[:20]
    for name, z in (("a", 0.1), ("b", 0.2)):
        (folder / f"{name}.csv").write_text(f"name,ra,dec,z\nx,150,2,{z}\ny,151,2,{z}\n")
    spoken = io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(spoken),
        contextlib.suppress(SystemExit),
    ):
        main(arguments)
    if "unexpected" in spoken.getvalue():
        raise RuntimeError(spoken.getvalue()[-500:])


KINDS = {
    "cutouts": Kind(_make_cutouts, _read_cutouts, checked=True),
    "descriptions": Kind(_make_weights, _read_description),
    "weights": Kind(_make_weights, _read_weights, checked=True),
    "runs": Kind(_make_runs, _read_runs, checked=True),
    "answers": Kind(_make_answers, _read_answer),
    "cache": Kind(_make_cache, _read_cache, checked=True),
    "catalogs": Kind(_make_catalogs, _read_catalog),
    "coverage": Kind(_make_coverage, _read_coverage),
    "arguments": Kind(_make_arguments, _read_arguments),
}
