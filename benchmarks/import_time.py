"""Time of ``import astrocnn`` over that of what every astropy script imports.

python benchmarks/import_time.py
"""

import statistics
import subprocess
import sys

PAIRS = 7
CODE = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def seconds(modules: str) -> float:
    """Time of an import in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(modules)], capture_output=True, check=True, text=True
    )
    return float(done.stdout)


if __name__ == "__main__":
    # In turns, so that what else the machine does hits both.
    pairs = [
        (seconds("astrocnn"), seconds("astropy.table, astropy.coordinates")) for _ in range(PAIRS)
    ]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"import astrocnn: {ours * 1e3:.0f} ms, astropy.table and astropy.coordinates: "
          f"{theirs * 1e3:.0f} ms, ratio {ours / theirs:.2f}")  # fmt: skip
