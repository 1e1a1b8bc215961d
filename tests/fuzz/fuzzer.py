"""Fuzzer: changes small valid inputs and watches who reads them.

    python tests/fuzz/fuzzer.py                        some cases of each kind
    python tests/fuzz/fuzzer.py --seconds 3600         as many as an hour allows
    python tests/fuzz/fuzzer.py images:1234            one case, again, with its traceback

A case is a kind and a number, and the same each time. It fails if it raises what is no error of
astrocnn, ends the process, needs more than 20 s or 2 GB, or if numbers that have a checksum come
out changed. Cases run in processes of their own, so that nothing of this ends the fuzzer.
"""

import argparse
import collections
import json
import os
import queue
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
#: Kinds that need no Keras.
QUICK = [
    "images", "checked-images", "hips", "healpix", "tables", "regions", "mocs", "cutouts",
    "answers", "cache", "catalogs", "coverage", "arguments",
]  # fmt: skip
SLOW = ["descriptions", "weights", "runs"]
#: Nothing is heard of a process that waits; one that computes ends itself after 20 s.
WALL_SECONDS = 900
#: Cases that are handed out together, and after which a process is replaced.
BATCH, MOST = 50, 3000


class Worker:
    """A process that runs cases, and what became of them."""

    def __init__(self, report):
        self.report, self.process, self.number = report, None, 0

    def run(self, kind, first, last):
        """Run cases; a process that dies is replaced and goes on with the case after."""
        while first < last:
            self._start()
            self.process.stdin.write(f"{kind} {first} {last}\n".encode())
            self.process.stdin.flush()
            first = self._follow(kind, first, last)

    def _follow(self, kind, case, last):
        """Read reports until the last case, or the death of the process; the case that is next."""
        while True:
            ready = select.select([self.process.stdout], [], [], WALL_SECONDS)[0]
            line = self.process.stdout.readline() if ready else b""
            if not line:
                self.report(kind, case, self._end(hung=not ready))
                return case + 1
            self.report(kind, case, json.loads(line))
            case, self.number = case + 1, self.number + 1
            if case == last:
                return case

    def _start(self):
        if self.process is not None and self.number > MOST:
            self.close()
        if self.process is None:
            self.errors, self.number = tempfile.TemporaryFile(), 0
            command = [sys.executable, str(HERE / "worker.py")]
            self.process = subprocess.Popen(
                command, 0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors
            )  # nothing is buffered: select would not see it

    def _end(self, hung):
        """End a process, and say how it ended."""
        if hung:
            self.process.kill()
        status = self.process.wait()
        self.errors.seek(0)
        text = self.errors.read().decode("utf-8", "replace")
        self.process = None
        if hung or status == -signal.SIGPROF:
            reason = "hang"
        else:
            reason = signal.Signals(-status).name if status < 0 else f"exit {status}"
        frames = [line.strip() for line in text.splitlines() if line.startswith("  File")]
        ours = [line for line in frames if "astrocnn" in line and "fuzz" not in line]
        return {"fault": reason, "where": (ours or frames or [""])[0], "text": text[-2000:]}

    def close(self):
        """Let the process end."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


class Tally:
    """Cases that were run, and faults by kind, error and place."""

    def __init__(self):
        self.cases, self.refused = collections.Counter(), collections.Counter()
        self.faults, self.lock = {}, threading.Lock()

    def __call__(self, kind, case, found):
        with self.lock:
            self.cases[kind] += 1
            self.refused[kind] += found.get("refused", False)
            if "fault" in found:
                key = kind, found["fault"], found["where"]
                if key not in self.faults:
                    print(*key, f"{kind}:{case}", file=sys.stderr, flush=True)
                self.faults.setdefault(key, []).append((case, found["text"]))

    def __str__(self):
        lines = [
            f"{kind}: {n} cases, {self.refused[kind]} refused" for kind, n in self.cases.items()
        ]
        for (kind, fault, where), cases in sorted(self.faults.items()):
            lines.append(f"\n{kind}: {fault} in {where} ({len(cases)} cases)")
            lines.append(cases[0][1].strip())
            for case, _ in cases[:3]:
                lines.append(f"  python tests/fuzz/fuzzer.py {kind}:{case}")
        total = sum(self.cases.values())
        return "\n".join([*lines, f"\n{total} cases, {len(self.faults)} kinds of fault"])


def run(kinds, first, cases, seconds, processes) -> Tally:
    """Run cases of kinds in processes, so many each or for so long."""
    tally, work, end = Tally(), queue.Queue(2 * processes), time.monotonic() + (seconds or 1e9)

    def follow():
        worker = Worker(tally)
        while (batch := work.get()) is not None:
            worker.run(*batch)
        worker.close()

    threads = [threading.Thread(target=follow, daemon=True) for _ in range(processes)]
    for thread in threads:
        thread.start()
    start = first
    while time.monotonic() < end and (seconds or start < first + cases):
        step = BATCH if seconds else min(BATCH, first + cases - start)
        for kind in kinds:
            work.put((kind, start, start + step))
        start += step
    for _ in threads:
        work.put(None)
    for thread in threads:
        thread.join()
    return tally


def main():
    """Run what the command line asks for; the exit code is 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("case", nargs="?", help="KIND:NUMBER, to run this one alone")
    add("--kinds", default=",".join(QUICK), help=f"of {', '.join(QUICK + SLOW)}")
    add("--first", type=int, default=0, help="number of the first case")
    add("--cases", type=int, default=100, help="cases of each kind")
    add("--seconds", type=float, help="time to spend, instead of a number of cases")
    add("--processes", type=int, default=1)
    add("--keep", help="folder for the input of the one case")
    options = parser.parse_args()
    if options.case:
        kind, _, number = options.case.partition(":")
        command = [sys.executable, str(HERE / "worker.py"), kind, number, options.keep or ""]
        sys.exit(subprocess.call(command))
    arguments = options.first, options.cases, options.seconds, options.processes
    tally = run(options.kinds.split(","), *arguments)
    print(tally)
    sys.exit(bool(tally.faults))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(HERE.parents[1]))
    main()
