"""Peak memory of ``predict`` on many and on few targets, each in a process of its own.

    python benchmarks/flat_memory.py [--n 5000 50000] [--what predict] [--folder] [--source array]

Cut-outs are small, and the network is small and not trained: what grows with the number of targets
(target table, verdicts, flags, result) does not depend on that, and what a chunk takes does not
grow. The slope gives the memory that a million targets take.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

WHAT = ("read", "cutouts", "predict")


def sources(name: str) -> dict:
    """Images of the targets: slices of an array, a FITS image in memory, or the sample's HiPS."""
    from astropy.io import fits

    from astrocnn.datasets import load_sample
    from astrocnn.grid import CutoutGrid
    from astrocnn.providers import Pixels, Provider
    from astrocnn.surveys import get_band

    counts = np.random.default_rng(1).poisson(3.0, (600, 600)).astype("float32")

    class Slices(Provider):
        """Parts of an array, wherever the targets are."""

        description = "an array"

        def cutout(self, grid):
            corner = int(1e4 * grid.center.ra.deg) % (600 - grid.pixels)
            image = counts[corner : corner + grid.pixels, : grid.pixels]
            return Pixels(image, image >= 0)

        def cutouts(self, grids, pool):
            corners = (1e4 * grids.ra).astype(int) % (600 - grids.pixels)
            images = [counts[c : c + grids.pixels, : grids.pixels] for c in corners]
            return [Pixels(image, image >= 0) for image in images]

    if name == "array":
        return {"xmm": Slices(get_band("xmm"))}
    if name == "hips":
        return {"xmm": load_sample().images["xmm"]}
    field = CutoutGrid(SkyCoord(150.75, 2, unit="deg"), 2 * u.deg, 600)
    return {"xmm": fits.PrimaryHDU(counts, field.wcs.to_header())}


def child(what: str, n: int, pixels: int, source: str, folder: str | None) -> None:
    """Do the work on ``n`` targets and print what it took."""
    import warnings

    from astrocnn import ClusterClassifier, conf
    from astrocnn.cutouts import iter_cutouts
    from astrocnn.networks import build_network, load_keras, save_model
    from astrocnn.tables import read_targets

    conf.progress = False
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(2)
    coords = SkyCoord(150 + rng.uniform(0, 1.5, n), 1.5 + rng.uniform(0, 0.9, n), unit="deg")
    images = sources(source)
    load_keras()
    start = time.process_time()
    if what == "read":
        read_targets(coords)
    elif what == "cutouts":
        for _ in iter_cutouts(coords, ["xmm"], images, pixels=pixels):
            pass
    else:
        maker = ClusterClassifier(weights=None, bands=("xmm",), pixels=pixels)
        description = maker._start_description([False, True])
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "small.keras"
            save_model(path, build_network(description), description)
            ClusterClassifier(path, images=images).predict(coords, folder=folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
    print(json.dumps({"MB": megabytes, "seconds": time.process_time() - start}))


def peak(what: str, n: int, pixels: int, source: str, in_folder: bool) -> dict:
    """Peak resident memory (MB) and processor seconds of a process that works on ``n`` targets."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, __file__, "--child", what, str(n), str(pixels), source]
        command += [str(Path(scratch) / "run")] if in_folder else []
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Print peaks, their ratio, and the plan for a million."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, nargs=2, default=(5000, 50000))
    parser.add_argument("--pixels", type=int, default=16)
    parser.add_argument("--source", choices=("array", "fits", "hips"), default="array")
    parser.add_argument("--folder", action="store_true", help="keep parts in a folder")
    parser.add_argument("--what", choices=WHAT, default="predict")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        what, n, pixels, source, *folder = args.child
        child(what, int(n), int(pixels), source, folder[0] if folder else None)
        return
    few, many = args.n
    found = {n: peak(args.what, n, args.pixels, args.source, args.folder) for n in (few, many)}
    for n, taken in found.items():
        print(
            f"{args.what}, {n} targets: peak {taken['MB']:.0f} MB, {taken['seconds']:.0f} s (CPU)"
        )
    slope = (found[many]["MB"] - found[few]["MB"]) / (many - few)  # MB per target
    print(f"ratio of the peaks: {found[many]['MB'] / found[few]['MB']:.3f}")
    print(f"slope: {1000 * slope:.2f} kB per target")
    million = found[many]["MB"] + slope * (1e6 - many)
    seconds = (found[many]["seconds"] - found[few]["seconds"]) / (many - few) * 1e6
    print(
        f"a million targets: {million:.0f} MB, {seconds / 3600:.1f} hours of such small ones (CPU)"
    )


if __name__ == "__main__":
    main()
