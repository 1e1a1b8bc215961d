"""Parameters, work per image, and images per second of the networks.

    python benchmarks/network_cost.py [--seconds 10]

Rates are per second of processor time, times the number of cores: what an idle machine reaches,
also when others use it. They mean nothing with a graphics card.
"""

import argparse
import os
import time

import numpy as np
from astropy.table import Table

from astrocnn.networks import NETWORKS, load_keras

CASES = [
    ("cn", (356, 356, 3), {}), ("cn", (178, 178, 2), {}), ("cn", (89, 89, 2), {}),
    ("mn", (224, 224, 3), {}),
    ("two_branch", (178, 178, 2), {}), ("two_branch", (178, 178, 2), {"patches": False}),
    ("two_branch", (178, 178, 2), {"block": "convnext"}), ("two_branch", (96, 96, 1), {}),
]  # fmt: skip


def work(model) -> float:
    """Multiplications and additions for one image (1e9): convolutions and dense layers."""
    layers = [layer for layer in model.layers if hasattr(layer, "kernel")]
    positions = [np.prod(layer.output.shape[1:-1], dtype=float) for layer in layers]
    return 2e-9 * sum(np.prod(la.kernel.shape) * n for la, n in zip(layers, positions, strict=True))


def rate(step, batch_size, seconds) -> float:
    """Images per second on all cores."""
    step(), step()  # the first compiles
    start, images = time.process_time(), 0
    while (spent := time.process_time() - start) < seconds:
        step()
        images += batch_size
    return images * os.cpu_count() / spent


def measure(name, input_shape, arguments, seconds, batch_size=32) -> tuple:
    """Return one row of the table."""
    model = NETWORKS[name](input_shape, 2, **arguments)
    model.compile("adam", "categorical_crossentropy", jit_compile=False)
    x = np.random.default_rng(0).normal(size=(batch_size, *input_shape)).astype("float32")
    y = np.eye(2)[np.arange(batch_size) % 2]
    return (
        name, "x".join(map(str, input_shape)), str(arguments or ""), model.count_params(),
        round(float(work(model)), 3),
        round(rate(lambda: model.train_on_batch(x, y), batch_size, seconds)),
        round(rate(lambda: model.predict_on_batch(x), batch_size, seconds)),
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="processor time of each figure")
    seconds = parser.parse_args().seconds
    load_keras()
    names = ["network", "input", "arguments", "parameters", "GFLOP", "trained/s", "classified/s"]
    table = Table(rows=[measure(*case, seconds) for case in CASES], names=names)
    table.pprint(max_width=-1, max_lines=-1)


if __name__ == "__main__":
    main()
