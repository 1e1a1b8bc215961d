"""What half precision changes: probabilities and labels of simulated targets.

    python benchmarks/precision.py [--targets 1000] [--weights xmm-dss2]

The network as it was saved, against the one that judges in float32 and in bfloat16.
"""

import argparse
import sys
import time

import numpy as np
from astropy.table import Table

from astrocnn.estimators._fitted import Fitted
from astrocnn.networks import PRECISIONS, inference_network
from astrocnn.training import simulated_tensors

BATCH = 32


def outputs(network, tensor) -> tuple[np.ndarray, float]:
    """What a network gives, and its processor time per image (ms) after the first batch."""
    parts, spent = [], []
    for start in range(0, len(tensor), BATCH):
        batch = tensor[start : start + BATCH].astype(np.float32)
        begin = time.process_time()
        parts.append(np.asarray(network.predict_on_batch(batch)))
        spent.append((time.process_time() - begin) / len(batch))
    return np.concatenate(parts), 1e3 * float(np.median(spent))


def compared(fitted, tensor) -> Table:
    """Differences of the calibrated probability of a cluster, and of the labels at 0.5."""
    expected, usual = outputs(fitted.model, tensor)
    expected = fitted.probabilities(expected.reshape(len(tensor), -1, 2))[0][:, 1]
    rows = []
    for name in PRECISIONS:
        found, spent = outputs(inference_network(fitted.model, name), tensor)
        found = fitted.probabilities(found.reshape(len(tensor), -1, 2))[0][:, 1]
        off, changed = np.abs(found - expected), (found >= 0.5) != (expected >= 0.5)
        rows.append((name, usual / spent, off.max(), np.quantile(off, 0.99), np.median(off),
                     int(changed.sum()), len(tensor)))  # fmt: skip
    names = ["precision", "speed-up (CPU)", "max |dp|", "99 %", "median", "labels changed", "of"]
    return Table(rows=rows, names=names)


def main(arguments=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--weights", default="xmm-dss2")
    options = parser.parse_args(arguments)
    fitted = Fitted.from_weights(options.weights)
    description = fitted.description
    tensor, _ = simulated_tensors(
        options.targets, 12345, description.bands, fitted.preprocessing,
        description.field_size, description.pixels,
    )  # fmt: skip
    table = compared(fitted, tensor)
    for name in table.colnames[1:5]:
        table[name].info.format = ".3g"
    table.pprint(max_width=-1, max_lines=-1)


if __name__ == "__main__":
    sys.exit(main())
