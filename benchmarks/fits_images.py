"""Many FITS images: targets image by image against one by one; memory of tiles made of them.

    python benchmarks/fits_images.py [--images 20] [--repeats 5] [--times]

Simulated, gzip-packed counts images of 500 x 500 pixels side by side, and targets in random order
of the sky. Times are processor time, medians of the repeats, and given as a ratio; peak memory is
that of a process of its own.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn import conf
from astrocnn.exceptions import ProviderError
from astrocnn.grid import CutoutGrid, CutoutGrids
from astrocnn.providers import FitsProvider, make_hips
from astrocnn.providers._images import _fits
from astrocnn.surveys import get_band

XMM, PER_IMAGE = get_band("xmm"), 4


def write_images(folder: Path, number: int) -> None:
    """Write images of 25 arcmin (3 arcsec pixels) along the equator, 5 arcmin between them."""
    counts = np.random.default_rng(0).poisson(0.3, (500, 500)).astype("int16")
    for k in range(number):
        field = CutoutGrid(SkyCoord(k * 30 / 60, 0, unit="deg"), 25 * u.arcmin, 500)
        fits.PrimaryHDU(counts, field.wcs.to_header()).writeto(folder / f"{k:04d}.fits.gz")


def compare(folder: Path, number: int, repeats: int) -> None:
    """Time chunks image by image, and targets one by one, as `Provider.cutouts` has them.

    Four images fit into memory here, as a few sky tiles of eROSITA do in earnest.
    """
    _fits._KEPT = 4 * 500 * 500 * 2
    rng = np.random.default_rng(1)
    ra = rng.permutation(np.repeat(np.arange(number), PER_IMAGE)) * 30 / 60
    grids = CutoutGrids(ra + rng.uniform(-0.15, 0.15, ra.size), np.zeros(ra.size), 6 * u.arcmin, 90)
    times = {"image by image": [], "one by one": []}
    with ThreadPoolExecutor(conf.threads) as pool:
        for _ in range(repeats):
            for name, spent in times.items():
                provider = FitsProvider(folder, XMM)  # nothing is in memory yet
                start = time.process_time()
                if name == "one by one":
                    found = super(FitsProvider, provider).cutouts(grids, pool)
                else:
                    found = provider.cutouts(grids, pool)
                spent.append(time.process_time() - start)
                assert not any(isinstance(pixels, ProviderError) for pixels in found)
    together, alone = (np.median(spent) for spent in times.values())
    ratio = f"one by one takes {alone / together:.1f} times as long"
    print(f"{ra.size} targets on {number} images: {ratio}", flush=True)


def peak_memory(folder: Path, number: int) -> float:
    """Peak memory (MiB) of a process that makes tiles of some of the images."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_make, (folder, number))


def _make(folder, number):
    conf.progress = False
    files = sorted(folder.glob("*.fits.gz"))[:number]
    with tempfile.TemporaryDirectory() as out:
        make_hips(Path(out) / "hips", FitsProvider(files, XMM), tile_width=512)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--times", action="store_true", help="leave out the memory")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder), args.images)
        compare(Path(folder), args.images, args.repeats)
        if args.times:
            return 0
        few = max(args.images // 10, 1)
        small, large = (peak_memory(Path(folder), n) for n in (few, args.images))
        print(f"tiles of {few} images: {small:.0f} MiB at most; of {args.images}: {large:.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
