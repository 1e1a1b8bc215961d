"""`predict` from local tiles, two bands, against the network alone on images that are ready.

    python benchmarks/end_to_end.py [--targets 5000] [--short 512] [--precision bfloat16]

Simulated fields are written as two HiPS; targets lie anywhere in the fields. Both sides of each
ratio run in turn, five times, on ``--short`` targets; the median is given. The bare network is
``predict_on_batch`` on full batches: of the network as it was saved, and of what `predict` runs
(normalization folded, ``--precision``). Shares are of processor time, each stage by itself.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import xarray as xr
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from tqdm import tqdm

from astrocnn import ClusterClassifier, conf
from astrocnn.cutouts import iter_cutouts
from astrocnn.estimators._part import Part
from astrocnn.providers import HipsProvider, write_hips
from astrocnn.simulation import simulate_field
from astrocnn.tables import read_targets

BANDS = ("xmm", "dss2-red")
#: Order of each HiPS, tiles of 512 pixels: 3.2 and 1.6 arcsec per pixel.
ORDERS = {"xmm": 7, "dss2-red": 8}
BATCH = 32


def sky(folder: Path, n_fields: int) -> tuple[dict[str, HipsProvider], SkyCoord]:
    """Write simulated fields as tiles; return providers and the centers of the fields."""
    fields = [simulate_field(i, 1, BANDS, exposure_map=True) for i in tqdm(range(n_fields))]
    providers = {}
    for band, order in ORDERS.items():
        images = [(field.images[band].data, field.images[band].wcs) for field in fields]
        counts = band == "xmm"
        write_hips(folder / band, images, order, 512, scale_area=counts, title="simulated")
        providers[band] = HipsProvider(folder / band, band)
    return providers, SkyCoord([field.center for field in fields])


def targets(centers: SkyCoord, n: int) -> SkyCoord:
    """Positions up to 30 arcsec from the centers of fields, field after field."""
    rng = np.random.default_rng(0)
    number = np.sort(np.arange(n) % len(centers))
    angle, distance = rng.uniform(0, 360, n) * u.deg, rng.uniform(0, 30, n) * u.arcsec
    return centers[number].directional_offset_by(angle, distance)


def clocked(work) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def bare(network, tensor):
    """Show ready images to a network."""
    for start in range(0, len(tensor) - BATCH + 1, BATCH):
        network.predict_on_batch(tensor[start : start + BATCH])


def ratios(classifier, fitted, tensor, cutouts, coords, repeats: int) -> Table:
    """Images per second of both networks and of predict, in turn."""
    sides = {
        "network as saved": lambda: bare(fitted.model, tensor),
        "network that judges": lambda: bare(fitted.network, tensor),
        "predict, cut-outs in memory": lambda: classifier.predict(cutouts),
        "predict": lambda: classifier.predict(coords),
    }
    for work in sides.values():
        work()  # what is compiled, is compiled now
    times = {name: [] for name in sides}
    for _ in range(repeats):
        for name, work in sides.items():
            times[name].append(clocked(work))
    times = {name: np.array(pairs) for name, pairs in times.items()}
    rows = []
    for name, pairs in times.items():
        wall, processor = np.median(pairs, axis=0) / len(tensor)
        rate, work = np.median(pairs / times["predict"], axis=0)
        rows.append((name, 1 / wall, rate, 1e3 * processor, work))
    names = ["what", "targets/s", "predict's rate over it", "CPU ms/target", "the same by CPU time"]
    return Table(rows=rows, names=names)


def stages(classifier, fitted, coords) -> tuple[Table, np.ndarray, xr.Dataset]:
    """Processor time per target of each stage by itself, network input, and the cut-outs."""
    description, table = fitted.description, read_targets(coords)
    spent = dict.fromkeys(["cut-outs", "preprocessing", "domain", "network", "flags"], 0.0)
    tensors, datasets = [], []
    chunks = iter_cutouts(
        table, BANDS, classifier.images, description.field_size, description.pixels
    )

    def timed(name, work):
        start = time.process_time()
        found = work()
        spent[name] += time.process_time() - start
        return found

    while (dataset := timed("cut-outs", lambda: next(chunks, None))) is not None:
        tensor = timed("preprocessing", lambda d=dataset: fitted.preprocessing(d))
        timed("domain", lambda t=tensor: fitted.domain.score(t))
        timed("network", lambda t=tensor: fitted.outputs(t, BATCH))
        judged = fitted.judge(dataset, BATCH)
        timed("flags", lambda d=dataset, j=judged: Part.of(d, j))
        tensors.append(tensor)
        datasets.append(dataset)
    seconds = np.array(list(spent.values()))
    columns = [list(spent), 1e3 * seconds / len(coords), 100 * seconds / seconds.sum()]
    found = Table(columns, names=["stage", "CPU ms/target", "%"])
    options = {"data_vars": "minimal", "coords": "minimal", "compat": "override"}
    cutouts = xr.concat(datasets, "target", **options)
    return found, np.concatenate(tensors), cutouts


def printed(table: Table) -> None:
    for name in table.colnames[1:]:
        table[name].info.format = ".3g"
    table.pprint(max_width=-1, max_lines=-1)


def main(arguments=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--targets", type=int, default=5000, help="0: the ratios only")
    parser.add_argument("--short", type=int, default=512, help="targets of the ratios")
    parser.add_argument("--fields", type=int, default=40, help="simulated fields")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--weights", default="xmm-dss2")
    parser.add_argument("--precision", default="float32")
    options = parser.parse_args(arguments)
    conf.progress = False
    conf.precision = options.precision
    short = max(options.short // BATCH, 1) * BATCH
    with tempfile.TemporaryDirectory() as folder:
        providers, centers = sky(Path(folder), options.fields)
        classifier = ClusterClassifier(weights=options.weights, images=providers, batch_size=BATCH)
        first, _ = clocked(lambda: classifier.predict(centers[:1]))
        print(f"first predict, of one target: {first:.1f} s")
        fitted, coords = classifier._ready(), targets(centers, short)
        stages(classifier, fitted, coords[:BATCH])
        shares, tensor, cutouts = stages(classifier, fitted, coords)
        printed(shares)
        printed(ratios(classifier, fitted, tensor, cutouts, coords, options.repeats))
        if options.targets:
            wall, processor = clocked(lambda: classifier.predict(targets(centers, options.targets)))
            print(f"predict of {options.targets} targets: {options.targets / wall:.0f} targets/s, "
                  f"{1e3 * processor / options.targets:.2f} ms of processor time each")


if __name__ == "__main__":
    sys.exit(main())
