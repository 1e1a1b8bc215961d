"""What `paper_table.py` trains: rows, protocol, simulated lists with their labels, one run."""

import json
import os
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from astropy.table import QTable, vstack

from astrocnn.config import conf
from astrocnn.networks import NETWORKS, load_keras
from astrocnn.simulation import VERSION, confirmed_clusters, expert_labels, volunteer_labels
from astrocnn.training import Plateau, simulated_tensors, train_network

BANDS = ("xmm", "dss2-red")
#: Targets simulated in one task; a killed command loses no more than that.
BLOCK = 500
#: Kosiba et al. 2020: labeled by experts alone, by volunteers alone, by both (clusters, others),
#: and test objects of each class among those.
SIZES = {
    "expert": 1303, "volunteer": 1196, "both_clusters": 254, "both_others": 150, "test": 85,
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A row of the table: network, labels, bands, and the paper's figures (mean, std)."""

    name: str
    network: str
    labels: str
    bands: tuple[int, ...]
    augmented: bool
    paper: dict[str, tuple[float, float]]


def _row(name, network, *paper, labels="expert", bands=(0, 1), augmented=True):
    figures = dict(zip(("accuracy", "precision", "recall", "auc"), paper, strict=True))
    return Row(name, network, labels, bands, augmented, figures)


ROWS = {
    "cn-e": _row("CN-E", "cn", (0.90, 0.03), (0.89, 0.05), (0.91, 0.03), (0.96, 0.01)),
    "mn-e": _row("MN-E", "mn", (0.88, 0.02), (0.87, 0.03), (0.91, 0.03), (0.94, 0.01)),
    "cn-e-optical": _row("CN-E solo optical", "cn", (0.68, 0.02), (0.64, 0.02), (0.85, 0.04),
                         (0.77, 0.02), bands=(1,)),
    "cn-e-xray": _row("CN-E solo X-ray", "cn", (0.81, 0.01), (0.78, 0.03), (0.86, 0.04),
                      (0.89, 0.01), bands=(0,)),
    "cn-z": _row("CN-Z", "cn", (0.82, 0.01), (0.96, 0.01), (0.67, 0.02), (0.91, 0.01),
                 labels="volunteer"),
    "mn-z": _row("MN-Z", "mn", (0.79, 0.02), (0.96, 0.03), (0.62, 0.03), (0.86, 0.02),
                 labels="volunteer"),
    "cn-e-plain": _row("CN-E no augmentation", "cn", (0.75, 0.02), (0.70, 0.02), (0.87, 0.03),
                       (0.87, 0.01), augmented=False),
    "mn-e-plain": _row("MN-E no augmentation", "mn", (0.81, 0.01), (0.75, 0.02), (0.91, 0.01),
                       (0.90, 0.02), augmented=False),
}  # fmt: skip


@dataclass(frozen=True)
class Training:
    """How a network is trained; every row of a network takes the same number of steps."""

    steps: int
    batch: int
    optimizer: str
    learning_rate: float
    schedule: str
    pixels: int
    precision: str | None = None
    momentum: float | None = None

    def describe(self) -> str:
        """The training in words."""
        words = [
            f"{self.steps} steps of {self.batch}", self.optimizer,
            f"learning rate {self.learning_rate:g}", self.schedule, f"{self.pixels} pixels",
        ]  # fmt: skip
        if self.precision:
            words.append(self.precision)
        if self.momentum:
            words.append(f"batch normalization keeps {self.momentum:g}")
        return ", ".join(words)


@dataclass(frozen=True)
class Protocol:
    """All that the results depend on; kept in the folder, so that no other runs mix in."""

    cn: Training
    mn: Training
    grid: int
    n_test: int = 10_000
    scale: float = 1.0
    seed: int = 2020
    simulation: int = VERSION

    def size(self, name: str) -> int:
        """Objects of a part of the lists."""
        return max(round(SIZES[name] * self.scale), 2)

    def describe(self) -> str:
        """The protocol in words, for the table."""
        return f"CN: {self.cn.describe()}; MN: {self.mn.describe()}"


def reduced_protocol(
    epochs=(15, 8), pixels=(89, 56), scale=1.0, precision=None, **settings
) -> Protocol:
    """The paper's protocol cut down to what two cores do in an hour or two.

    The sides of the images have the ratio of the paper's 356 and 224.
    """
    n = (SIZES["expert"] + 404 - 170) * scale
    # CN learns little from optical images alone at larger steps.
    cn = Training(
        int(-(-n // 10)) * epochs[0], 10, "adam", 4e-4, "cosine", pixels[0], precision
    )  # fmt: skip
    # A MobileNet is no faster in half precision. Its averages must keep up with so few steps.
    mn = Training(
        int(-(-n // 20)) * epochs[1], 20, "adam", 1e-3, "cosine", pixels[1], momentum=0.9
    )  # fmt: skip
    return Protocol(cn, mn, grid=2 * pixels[0], scale=scale, **settings)


def full_protocol(precision=None, **settings) -> Protocol:
    """The paper's own protocol (its table 3), for an accelerator.

    The lowest learning rate printed for CN is the first one, so that rate stays; the decay printed
    for MN is taken for Adadelta's rho.
    """
    cn = Training(153_000, 10, "sgd", 1e-4, "constant", 356, precision)
    mn = Training(3_825, 20, "adadelta", 1.0, "plateau", 224)
    return Protocol(cn, mn, grid=356, **settings)


def write_atomic(path: Path, write) -> None:
    """Write a file under another name and rename it: it is there as a whole, or not at all."""
    part = path.with_name(f"{path.stem}.{os.getpid()}.part{path.suffix}")
    write(part)
    os.replace(part, path)


def blocks(protocol: Protocol) -> list[tuple[str, int, int]]:
    """Name, seed and size of every block of simulated targets."""
    both = protocol.size("both_clusters") + protocol.size("both_others")
    n_train = both + protocol.size("expert") + protocol.size("volunteer")
    found = []
    for offset, (part, n) in enumerate((("train", n_train), ("test", protocol.n_test))):
        for i, start in enumerate(range(0, n, BLOCK)):
            # A list of its own for every block, and for training and test.
            seed = 1000 * (2 * protocol.seed + offset) + i
            found.append((f"{part}-{i:03d}", seed, min(BLOCK, n - start)))
    return found


def simulate_block(folder: Path, protocol: Protocol, name: str, seed: int, n: int) -> None:
    """Simulate a block of targets, unless it is there."""
    if (folder / f"{name}.npy").exists():
        return
    with conf.set_temp("progress", False):
        tensor, truth = simulated_tensors(n, seed, BANDS, pixels=protocol.grid)
    truth["list"] = seed
    truth.meta = {}  # vstack would find that they differ
    write_atomic(folder / f"{name}.ecsv", lambda path: truth.write(path, format="ascii.ecsv"))
    write_atomic(folder / f"{name}.npy", lambda path: np.save(path, tensor))


def _resized(tensor: np.ndarray, pixels: int) -> np.ndarray:
    """Images of ``pixels`` a side: means of whole groups of pixels, else interpolated."""
    n, side, _, bands = tensor.shape
    factor, rest = divmod(side, pixels)
    if rest == 0 and factor == 1:
        return tensor
    images = np.asarray(tensor, np.float32)
    if rest:
        resize = load_keras().ops.image.resize
        parts = [images[i : i + 100] for i in range(0, n, 100)]
        parts = [np.asarray(resize(part, (pixels, pixels), antialias=True)) for part in parts]
        return np.concatenate(parts).astype(np.float16)
    groups = images.reshape(n, pixels, factor, pixels, factor, bands)
    return groups.mean(axis=(2, 4)).astype(np.float16)


@lru_cache(maxsize=4)
def read_images(folder: Path, part: str, pixels: int) -> list[np.ndarray]:
    """Blocks of images of a list; memory-mapped where they have that size."""
    paths = sorted(folder.glob(f"{part}-???.npy"))
    return [_resized(np.load(path, mmap_mode="r"), pixels) for path in paths]


@lru_cache(maxsize=4)
def read_truth(folder: Path, part: str) -> QTable:
    """Truth of a list."""
    return vstack([
        QTable.read(path, format="ascii.ecsv") for path in sorted(folder.glob(f"{part}-???.ecsv"))
    ])  # fmt: skip


@lru_cache(maxsize=2)
def read_lists(folder: Path, protocol: Protocol) -> dict[str, np.ndarray]:
    """Who labeled what: indices of both training lists and of the small test, and the labels."""
    truth = read_truth(folder, "train")
    cluster = np.asarray(truth["is_cluster"])
    numbers = np.arange(len(truth))
    clusters = numbers[cluster][: protocol.size("both_clusters")]
    others = numbers[~cluster][: protocol.size("both_others")]
    n, seed = protocol.size("test"), protocol.seed
    if min(len(clusters), len(others)) < n:
        raise ValueError("the simulated list has too few objects of one class; use a larger scale")
    confirmed = clusters[confirmed_clusters(truth[clusters], seed, n=n)]
    test = np.concatenate([confirmed, others[:n]])
    both = np.concatenate([clusters, others])
    single = np.setdiff1d(numbers, both)
    known = np.setdiff1d(both, test)
    return {
        "both": both,
        "test": test,
        "expert": np.concatenate([known, single[: protocol.size("expert")]]),
        "volunteer": np.concatenate([known, single[protocol.size("expert") :]]),
        "expert_labels": expert_labels(truth, seed),
        "volunteer_labels": volunteer_labels(truth, seed),
    }


def train_run(folder: Path, protocol: Protocol, key: str, run: int):
    """Train one row once; return the network, its loss by epoch, and the number of targets."""
    row, lists = ROWS[key], read_lists(folder, protocol)
    training = protocol.cn if row.network == "cn" else protocol.mn
    chosen = lists[row.labels]
    images = np.concatenate(read_images(folder, "train", training.pixels))
    images = images[chosen][..., list(row.bands)]
    labels = lists[f"{row.labels}_labels"][chosen].astype(int)
    # The same first weights and order in every row: differences between rows are paired by run.
    seed = 100 * protocol.seed + run
    load_keras().utils.set_random_seed(seed)
    arguments = {} if training.momentum is None else {"momentum": training.momentum}
    model = NETWORKS[row.network](input_shape=images.shape[1:], **arguments)
    schedule = Plateau(4, 0.85, 0.01) if training.schedule == "plateau" else training.schedule
    history = train_network(
        model, images, labels,
        epochs=max(round(training.steps / -(-len(chosen) // training.batch)), 1),
        batch_size=training.batch, learning_rate=training.learning_rate,
        augmented=row.augmented, optimizer=training.optimizer, schedule=schedule,
        mixed_precision=training.precision, random_state=seed,
        checkpoint=_checkpoint(folder, training, key, run),
    )  # fmt: skip
    return model, history["loss"], len(chosen)


def _checkpoint(folder: Path, training: Training, key: str, run: int) -> Path | None:
    """Where a run of hours keeps its state; one of minutes is begun again."""
    return folder / f"checkpoint-{key}-{run:02d}.npz" if training.steps > 2000 else None


def predict(model, folder: Path, protocol: Protocol, key: str) -> np.ndarray:
    """Probabilities of the small test's objects, then of the large test's."""
    row = ROWS[key]
    pixels = (protocol.cn if row.network == "cn" else protocol.mn).pixels
    small = np.concatenate(read_images(folder, "train", pixels))
    parts = [small[read_lists(folder, protocol)["test"]], *read_images(folder, "test", pixels)]
    found = [
        model.predict(np.asarray(part[..., list(row.bands)], np.float32), batch_size=100, verbose=0)
        for part in parts
    ]
    return np.concatenate(found)[:, 1].astype(np.float32)


def run_path(folder: Path, key: str, run: int) -> Path:
    """File that says that a run is done; its scores lie beside it."""
    return folder / f"run-{key}-{run:02d}.json"


def one_run(folder: Path, protocol: Protocol, key: str, run: int) -> None:
    """Train and test one row once, unless that is done."""
    path = run_path(folder, key, run)
    if path.exists():
        return
    start = time.perf_counter()
    with conf.set_temp("progress", False):
        model, loss, n = train_run(folder, protocol, key, run)
    scores = predict(model, folder, protocol, key)
    load_keras().utils.clear_session()
    record = {
        "row": key, "run": run, "n_train": n, "loss": loss,
        "seconds": round(time.perf_counter() - start, 1),
    }  # fmt: skip
    # Scores first: the JSON file says that the run is whole.
    write_atomic(path.with_suffix(".npy"), lambda part: np.save(part, scores))
    write_atomic(path, lambda part: part.write_text(json.dumps(record), encoding="utf-8"))
    (folder / f"checkpoint-{key}-{run:02d}.npz").unlink(missing_ok=True)


def check_folder(folder: Path, protocol: Protocol) -> None:
    """Keep the protocol in the folder; refuse a folder that holds another one."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.part.*"):  # of a killed command
        path.unlink()
    path, wanted = folder / "protocol.json", json.loads(json.dumps(asdict(protocol)))
    if not path.exists():
        text = json.dumps(wanted, indent=1)
        write_atomic(path, lambda part: part.write_text(text, encoding="utf-8"))
    found = json.loads(path.read_text(encoding="utf-8"))
    wrong = [name for name in wanted if found.get(name) != wanted[name]]
    if wrong:
        raise SystemExit(
            f"{folder} holds runs of another protocol (it differs in {', '.join(wrong)}): name "
            "another folder, or give the same options"
        )
