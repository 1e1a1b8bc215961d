"""Time and memory of matches against astropy, all sky, half of the targets with a counterpart.

    python benchmarks/matching_speed.py [--repeats 5]
    python benchmarks/matching_speed.py --grow --figure matching_speed.png
    python benchmarks/matching_speed.py --lsdb

Every method runs in a process of its own. Astropy keeps its tree with the catalog, so the first
call (tree built) and the second are both given. ``--grow`` shows how time and memory grow with the
catalog, for 100,000 targets. ``--lsdb`` writes the catalogs of ``--sizes`` as HATS files and
matches them through LSDB, chance rate included, beside `match_sky` on the same in memory.
"""

import argparse
import resource
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import QTable, Table

from astrocnn.matching import match_hats, match_sky
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


def grown(sizes, n: int) -> Table:
    """Time and memory of the nearest match of n targets against the length of the catalog."""
    names = ["catalog", "astropy s", "s", "astropy MB", "MB"]
    table = Table(names=names, dtype=[int, float, float, float, float])
    for m in sizes:
        (theirs, _, more, there), (ours, _, mine, here) = (
            measured("nearest", own, n, m) for own in (False, True)
        )
        assert there == here, "not the same matches"
        table.add_row((m, theirs, ours, more, mine))
    for name in names[1:]:
        table[name].info.format = ".2f" if "MB" not in name else ".0f"
    return table


def draw(table: Table, path: str, n: int) -> None:
    """Time and memory against the length of the catalog."""
    from astrocnn.plotting._matplotlib import CYCLE, import_pyplot

    plt = import_pyplot()
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
    for ax, unit, what in zip(axes, ("s", "MB"), ("time (s)", "memory above the inputs (MB)"),
                              strict=True):  # fmt: skip
        ax.plot(table["catalog"], table[f"astropy {unit}"], "s--", color=CYCLE[1], label="astropy")
        ax.plot(table["catalog"], table[unit], "o-", color=CYCLE[0], label="astrocnn")
        drawn = np.r_[table[f"astropy {unit}"], table[unit]]
        ax.set(xscale="log", yscale="log" if (drawn > 0).all() else "linear",
               xlabel="entries of the catalog", ylabel=what)  # fmt: skip
        ax.grid(color="0.92", lw=0.6)
    axes[0].set_title(f"nearest entry within 5 arcsec of {n:,} targets", fontsize=9, loc="left")
    axes[0].legend(frameon=False)
    figure.savefig(path, dpi=120)


def through_lsdb(sizes, rows: int) -> Table:
    """Seconds, seconds of processors, MB and matches of `match_sky`, and of `match_hats`."""
    found = []
    for n, m in sizes:
        with tempfile.TemporaryDirectory() as folder:
            calls = [(_write_hats, n, m, rows), (_match, False, n, m), (_match, True, n, m)]
            results = []
            for call, *arguments in calls:
                with get_context("spawn").Pool(1) as pool:
                    results.append(pool.apply(call, (*arguments, folder)))
            (files, written), memory, hats = results
            assert memory[-2:] == hats[-2:], "not the same matches"
            found.append((f"{n:,} x {m:,}", files, written, *memory[:3], *hats[:3], hats[3]))
    names = ["size", "files", "written s", "match_sky s", "cpu s", "MB", "match_hats s",
             "hats cpu s", "hats MB", "matches"]  # fmt: skip
    table = Table(rows=found, names=names)
    for name in names[2:-1]:
        table[name].info.format = ".0f" if "MB" in name else ".1f"
    return table


def _write_hats(n, m, rows, folder):
    """Files of the catalog, and the time it took to write them."""
    from astrocnn.matching._lsdb import import_lsdb, quiet

    _, entries = catalogs(n, m)
    start = time.perf_counter()
    with quiet():
        frame = Table({"ra": entries.ra.deg, "dec": entries.dec.deg, "source_id": np.arange(m)})
        catalog = import_lsdb().from_dataframe(
            frame.to_pandas(), catalog_name="drawn", partition_rows=rows, margin_threshold=None
        )
        catalog.write_catalog(Path(folder) / "drawn", progress_bar=False)
    return catalog.npartitions, time.perf_counter() - start


def _match(hats, n, m, folder):
    """Time, that of processors, memory; then matches and what chance makes."""
    coords, entries = catalogs(n, m)
    targets = QTable({"ra": coords.ra, "dec": coords.dec})
    if hats:
        from astrocnn.matching._lsdb import import_lsdb, quiet

        with quiet():
            import_lsdb()
        catalog, entries, function = Path(folder) / "drawn", None, match_hats
    else:
        catalog, function = QTable({"ra": entries.ra, "dec": entries.dec}), match_sky
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, processors = time.perf_counter(), time.process_time()
    table = function(targets, catalog, RADIUS)
    seconds, processors = time.perf_counter() - start, time.process_time() - processors
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    counts = table.meta["match"]["chance_counts"]
    return seconds, processors, more, int(table["matched"].sum()), counts


def main(arguments=None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sizes", default="100000x5000000,1000000x1000000")
    parser.add_argument("--grow", action="store_true", help="up to 20 million entries, no table")
    parser.add_argument("--grow-sizes", default="1000000,2000000,5000000,10000000,20000000")
    parser.add_argument("--grow-targets", type=int, default=100_000)
    parser.add_argument("--figure", help="file for the figure of --grow")
    parser.add_argument("--lsdb", action="store_true", help="through HATS files, no table")
    parser.add_argument("--partition-rows", type=int, default=500_000, help="of the HATS files")
    options = parser.parse_args(arguments)
    sizes = [tuple(map(int, size.split("x"))) for size in options.sizes.split(",")]
    if options.lsdb:
        through_lsdb(sizes, options.partition_rows).pprint(max_lines=-1, max_width=-1)
    if options.grow or options.figure:
        table = grown([int(m) for m in options.grow_sizes.split(",")], options.grow_targets)
        table.pprint(max_lines=-1, max_width=-1)
        if options.figure:
            draw(table, options.figure, options.grow_targets)
    if not (options.lsdb or options.grow or options.figure):
        compared(sizes, options.repeats).pprint(max_lines=-1, max_width=-1)


if __name__ == "__main__":
    sys.exit(main())
