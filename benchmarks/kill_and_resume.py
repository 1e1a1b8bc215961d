"""Kill ``predict`` and ``write_cutouts`` (SIGKILL) at random moments; what a resumed run returns.

A run in a process of its own is killed ten times and started again, on simulated targets (of the
embedded sample). The last run is left alone. Shown are the parts that were there at each kill, how
many of them were written again (none should be), and how far the result is from that of one run
in one piece.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

CHUNK = 4
PIXELS = 178


def targets(n: int):
    """Positions up to an arcminute from those of the sample."""
    from astrocnn.datasets import load_sample

    sample = load_sample()
    rng = np.random.default_rng(3)
    rows = np.arange(n) % len(sample.targets)
    centers = SkyCoord(sample.targets["ra"][rows], sample.targets["dec"][rows])
    turn, away = rng.uniform(0, 360, n) * u.deg, rng.uniform(0, 1, n) * u.arcmin
    return centers.directional_offset_by(turn, away), {"xmm": sample.images["xmm"]}


def work(what: str, folder: Path, n: int):
    """One run, in one piece."""
    from astrocnn import ClusterClassifier, conf
    from astrocnn.cutouts import open_cutouts, write_cutouts

    conf.progress = False
    conf.chunk_size = CHUNK
    coords, images = targets(n)
    if what == "verdicts":
        return ClusterClassifier("xmm", images=images).predict(coords, folder=folder)
    return open_cutouts(write_cutouts(folder, coords, ["xmm"], images, pixels=PIXELS))


def stamps(folder: Path) -> dict:
    """When each finished part was written, and which file it is."""
    found = {}
    for path in folder.glob("rows-*.npz"):
        status = path.stat()
        found[path.name] = (status.st_mtime_ns, status.st_ino)
    return found


def kill_and_resume(what: str, n: int = 200, kills: int = 10, seed: int = 1) -> dict:
    """Kill a run some times, finish it, and compare it with one that was not killed.

    Parameters
    ----------
    what : {"verdicts", "cutouts"}
        ``predict``, or ``write_cutouts``.
    n : int
        Targets.
    kills : int
        How often.
    seed : int
        Of the moments.

    Returns
    -------
    dict
        ``parts`` at each kill, how many were ``written_again``, the ``result``, and the
        ``expected`` one.
    """
    rng, parts, again = random.Random(seed), [], 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "run"
        command = [sys.executable, __file__, "--child", what, str(folder), "--n", str(n)]
        for left in range(kills, 0, -1):
            before = stamps(folder)
            process = subprocess.Popen(command)
            # Most of the time goes into the start: some kills hit it, most hit the work.
            more = rng.randrange(max(1, (n // CHUNK - len(before)) // left) + 1)
            while process.poll() is None and len(stamps(folder)) < len(before) + more:
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 0.1))
            process.kill()  # nothing where it has ended by itself
            if process.wait() not in (0, -signal.SIGKILL):
                raise RuntimeError(f"the run ended by itself, with the code {process.returncode}")
            after = stamps(folder)
            again += sum(after.get(name) != stamp for name, stamp in before.items())
            parts.append(len(after))
        before = stamps(folder)
        result = work(what, folder, n)
        result = result.load() if what == "cutouts" else result
        again += sum(stamps(folder)[name] != stamp for name, stamp in before.items())
        expected = work(what, Path(scratch) / "one", n)
        expected = expected.load() if what == "cutouts" else expected
    return {"parts": parts, "written_again": again, "result": result, "expected": expected}


def difference(what: str, found: dict) -> tuple[bool, float]:
    """Whether rows, labels, flags and meta agree, and the largest difference of a number."""
    result, expected = found["result"], found["expected"]
    if what == "cutouts":
        same = result.attrs == expected.attrs and list(result.variables) == list(expected.variables)
        numbers = ["image", "valid", "coverage"]
        same &= all(result[x].equals(expected[x]) for x in ("target_id", "status", "ra", "dec"))
        gaps = [np.nanmax(np.abs(result[x].astype(float) - expected[x])) for x in numbers]
        return bool(same), float(max(gaps))
    same = result.meta == expected.meta and result.colnames == expected.colnames
    same &= all((result[x] == expected[x]).all() for x in ("target_id", "label", "flag"))
    numbers = ["proba_cluster", "novelty", "coverage_xray"]
    return bool(same), float(max(np.max(np.abs(result[x] - expected[x])) for x in numbers))


def main():
    """Print what kills do."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        work(args.child[0], Path(args.child[1]), args.n)
        return
    for what in ("verdicts", "cutouts"):
        found = kill_and_resume(what, args.n, args.kills)
        same, gap = difference(what, found)
        print(f"{what}: {args.n} targets in {-(-args.n // CHUNK)} parts, killed {args.kills} times")
        print(f"  finished parts at each kill: {' '.join(map(str, found['parts']))}")
        print(f"  written again: {found['written_again']}")
        print(f"  rows, labels, flags, meta as in one run: {same}; largest difference: {gap:.1e}")


if __name__ == "__main__":
    main()
