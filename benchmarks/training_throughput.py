"""Images per second of train_network, over those of plain model.fit on arrays in memory.

train_network augments and streams half-precision images from a memory-mapped file; model.fit gets
float32 arrays in memory and does neither. Both train the same network in the same process, epoch by
epoch in turns, and all that an epoch takes is counted; the first one, which compiles, is not.

    python benchmarks/training_throughput.py cn:89 cn:178 two_branch:178
    python benchmarks/training_throughput.py cn:178 --mixed-precision mixed_bfloat16
    KERAS_BACKEND=jax python benchmarks/training_throughput.py cn:178 --n 8192

On an NVIDIA accelerator it says too what share of the time that was busy (as nvidia-smi has it).
"""

import argparse
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from astrocnn.config import conf
from astrocnn.networks import NETWORKS, device_name, load_keras
from astrocnn.training import train_network


class Utilization:
    """Share of the time (%) that an NVIDIA accelerator is busy, by phase; nothing without one."""

    def __init__(self):
        self.shares, self.phase, self.process = {}, "start", None
        if shutil.which("nvidia-smi"):
            query = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100"]
            self.process = subprocess.Popen(
                ["nvidia-smi", *query], stdout=subprocess.PIPE, text=True
            )
            threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        """Collect what comes; ends with the process."""
        for line in self.process.stdout:
            if line.strip().isdigit():
                self.shares.setdefault(self.phase, []).append(int(line))

    def stop(self):
        """End the process."""
        if self.process is not None:
            self.process.kill()

    def __str__(self):
        found = {phase: np.median(shares) for phase, shares in self.shares.items()}
        words = [
            f"{phase} {found[phase]:.0f} %" for phase in ("streamed", "plain") if phase in found
        ]
        return f", accelerator busy: {', '.join(words)}" if words else ""


def plain_training(model, images, labels, batch):
    """Return a function that trains for one epoch with model.fit."""
    keras = load_keras()
    model.compile(
        keras.optimizers.Adam(1e-3, clipnorm=1.0),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        # The better setting for it too: on a CPU, TensorFlow's compiler makes it slower.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    targets = np.eye(2, dtype="float32")[labels]
    return lambda: model.fit(images, targets, batch_size=batch, verbose=0)


def clocks():
    """Seconds gone by, and seconds of the processor: the second is fair on a busy machine."""
    return np.array([time.perf_counter(), time.process_time()])


def in_turns(other, utilization):
    """Return a callback that runs ``other`` after each epoch, and the seconds of both."""
    seconds = {"streamed": [], "plain": []}

    class InTurns(load_keras().callbacks.Callback):
        start = clocks()

        def on_train_end(self, logs=None):
            seconds["streamed"].append(clocks() - self.start)
            start, utilization.phase = clocks(), "plain"
            other()
            seconds["plain"].append(clocks() - start)
            # The first epoch of each compiles, and is not counted here either.
            self.start, utilization.phase = clocks(), "streamed"

    return InTurns(), seconds


def measure(name, pixels, n, epochs, batch, utilization, **settings):
    """Return images per second of both, and the ratio by the clock and by processor time."""
    rng = np.random.default_rng(0)
    images = rng.normal(size=(n, pixels, pixels, 2)).astype("float16")
    labels = np.arange(n) % 2
    build = NETWORKS[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        np.save(path, images)
        streamed = np.load(path, mmap_mode="r")
        plain = plain_training(build((pixels, pixels, 2)), images.astype("float32"), labels, batch)
        turns, seconds = in_turns(plain, utilization)
        model = build((pixels, pixels, 2))
        train_network(
            model, streamed, labels, epochs=epochs + 1, batch_size=batch, random_state=1,
            callbacks=[turns], **settings,
        )  # fmt: skip
    ours, plain = (np.array(seconds[name][1:]) for name in ("streamed", "plain"))
    ratio, of_processor = np.median(plain / ours, axis=0)
    return n / np.median(ours[:, 0]), n / np.median(plain[:, 0]), ratio, of_processor


def main():
    """Read the options, print a line per network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", nargs="+", help="NAME:PIXELS, such as cn:89")
    parser.add_argument("--n", type=int, default=256, help="images (default: 256)")
    parser.add_argument("--epochs", type=int, default=7, help="pairs of epochs (default: 7)")
    parser.add_argument("--augmented", default="full", help="full (default), orientations, none")
    parser.add_argument("--mixed-precision", help="of train_network alone; default: none")
    parser.add_argument("--batch", type=int, default=32, help="images per step (default: 32)")
    args = parser.parse_args()
    conf.progress = False
    print(f"{device_name()}, batches of {args.batch}; medians of {args.epochs} pairs of epochs")
    for network in args.network:
        name, pixels = network.split(":")
        utilization = Utilization()
        ours, plain, ratio, of_processor = measure(
            name, int(pixels), args.n, args.epochs, args.batch, utilization,
            augmented=args.augmented, mixed_precision=args.mixed_precision,
        )  # fmt: skip
        utilization.stop()
        print(f"{network}: train_network {ours:.0f} images/s, model.fit {plain:.0f}, "
              f"ratio {ratio:.3f} (by processor time {of_processor:.3f}){utilization}",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
