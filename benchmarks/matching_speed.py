"""Time and memory of matches against astropy, all sky, half of the targets with a counterpart.

    python benchmarks/matching_speed.py [--repeats 5] [--grow]

Every method runs in a process of its own. Astropy keeps its tree with the catalog, so the first
call (tree built) and the second are both given. ``--grow`` shows how time and memory grow.
"""

import argparse
import resource
import sys
import time
from multiprocessing import get_context

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table

from astrocnn.matching._pairs import nearest_pairs, sky_pairs

RADIUS = 5 * u.arcsec


def catalogs(n: int, m: int, seed: int = 0) -> tuple[SkyCoord, SkyCoord]:
    """Targets and a catalog; every second target is 2 arcsec from an entry."""
    rng = np.random.default_rng(seed)

    def drawn(size):
        return rng.uniform(0, 360, size), np.degrees(np.arcsin(rng.uniform(-1, 1, size)))

    ra, dec = drawn(m)
    lon, lat = drawn(n)
    half = np.arange(0, n, 2)
    lon[half], lat[half] = ra[half % m], np.clip(dec[half % m] + 2 / 3600, -90, 90)
    return SkyCoord(lon, lat, unit="deg"), SkyCoord(ra, dec, unit="deg")


def astropy_nearest(coords, entries):
    """Nearest match of astropy."""
    _, distance, _ = coords.match_to_catalog_sky(entries)
    return int(np.sum(distance <= RADIUS))


METHODS = {
    "nearest": (astropy_nearest, lambda a, b: len(nearest_pairs(a, b, RADIUS))),
    "all pairs": (lambda a, b: len(search_around_sky(a, b, RADIUS)[0]),
                  lambda a, b: len(sky_pairs(a, b, RADIUS))),
}  # fmt: skip


def measured(what: str, ours: bool, n: int, m: int) -> tuple[float, float, float, int]:
    """Seconds of the first and the second call, MB above the inputs, and matches."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (what, ours, n, m))


def _measure(what, ours, n, m):
    coords, entries = catalogs(n, m)
    METHODS[what][ours](*catalogs(100, 100))  # imports
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(2):
        start = time.perf_counter()
        found = METHODS[what][ours](coords, entries)
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return times[0], times[1], (peak - before) / 1024, found


def compared(sizes, repeats: int) -> Table:
    """Medians of both, and their ratios."""
    rows = []
    for n, m in sizes:
        for what in METHODS:
            # In turn, so that both see the same machine.
            runs = [[measured(what, ours, n, m) for ours in (False, True)] for _ in range(repeats)]
            astropy, own = np.median(np.array(runs, dtype=float), axis=0)
            assert astropy[3] == own[3], "not the same matches"
            ratios = [run[1][0] / run[0][0] for run in runs]
            rows.append((f"{n:,} x {m:,}", what, int(own[3]), astropy[0], own[0],
                         float(np.median(ratios)), astropy[1], own[1], astropy[2], own[2],
                         own[2] / max(astropy[2], 1)))  # fmt: skip
    names = ["size", "what", "matches", "astropy s", "s", "ratio", "astropy 2nd s", "2nd s",
             "astropy MB", "MB", "MB ratio"]  # fmt: skip
    table = Table(rows=rows, names=names)
    for name in names[3:]:
        table[name].info.format = ".2f" if "MB" not in name or "ratio" in name else ".0f"
    return table


def grown(sizes) -> Table:
    """Time and memory of the nearest match against the length of the catalog."""
    rows = [(m, *measured("nearest", True, 100_000, m)[:3:2]) for m in sizes]
    return Table(rows=rows, names=["catalog", "s", "MB"])


def main(arguments=None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sizes", default="100000x5000000,1000000x1000000")
    parser.add_argument("--grow", action="store_true", help="up to 20 million entries")
    options = parser.parse_args(arguments)
    sizes = [tuple(map(int, size.split("x"))) for size in options.sizes.split(",")]
    compared(sizes, options.repeats).pprint(max_lines=-1, max_width=-1)
    if options.grow:
        grown([1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000]).pprint()


if __name__ == "__main__":
    sys.exit(main())
