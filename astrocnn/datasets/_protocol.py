"""The experiment of Kosiba et al. (2020) on their public images."""

from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from ..networks import ModelDescription, build_network, load_keras, save_model
from ..preprocessing import Preprocessing
from ..training import train_network
from ..validation import ValidationReport, validate
from ._kosiba2020 import KOSIBA2020_BANDS, load_kosiba2020

__all__ = ["PAPER_CN_E", "TrainedNetwork", "train_on_kosiba2020"]

#: Mean and standard deviation over ten runs of the network CN-E (Kosiba et al. 2020, table 4).
PAPER_CN_E = {
    "accuracy": (0.90, 0.03), "precision": (0.89, 0.05), "recall": (0.91, 0.03), "AUC": (0.96, 0.01)
}  # fmt: skip
#: Their table 3; the learning rate is constant, for its initial value is also its least one.
_SETTINGS = {
    "batch_size": 10, "learning_rate": 1e-4, "optimizer": "sgd", "schedule": "constant",
    "augmented": "orientations",
}  # fmt: skip
_DROPOUT = 0.65
_PREPROCESSING = Preprocessing(smoothing={}, standardized=True, stretched=False)
_CHUNK = 64


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network trained on a published data set, and how good it is.

    Attributes
    ----------
    model : keras.Model
        The network.
    description : `~astrocnn.networks.ModelDescription`
        What it is, with its card.
    history : dict of str to list of float
        Loss and accuracy per epoch.
    report : `~astrocnn.validation.ValidationReport`
        Of the test images.
    """

    model: object
    description: ModelDescription
    history: dict
    report: ValidationReport

    def save(self, path, half: bool = False, overwrite: bool = False) -> None:
        """Write it to a ``.keras`` file; see `astrocnn.networks.save_model`."""
        save_model(path, self.model, self.description, half, overwrite)

    def comparison(self) -> Table:
        """Return its scores beside those of the article.

        Returns
        -------
        `~astropy.table.Table`
            ``metric``; ``value``, ``low``, ``high``: one run, with 95 % intervals for the number of
            test images; ``paper``, ``paper_std``: mean and standard deviation over ten runs.
        """
        found = {
            "accuracy": self.report.accuracy,
            "precision": self.report.purity,
            "recall": self.report.completeness,
            "AUC": self.report.auc,
        }
        rows = [(n, e.value, e.low, e.high, *PAPER_CN_E[n]) for n, e in found.items()]
        return Table(
            rows=rows, names=["metric", "value", "low", "high", "paper", "paper_std"],
            dtype=[str, float, float, float, float, float],
        )  # fmt: skip


def train_on_kosiba2020(
    path=None, epochs: int = 1000, random_state: int = 1, checkpoint=None
) -> TrainedNetwork:
    """Train CN on the public images by the protocol of Kosiba et al. (2020), and test it on theirs.

    Batches of 10, stochastic gradient descent with Nesterov momentum 0.9 and a rate of 1e-4,
    dropout 0.65, images turned by multiples of 90 degrees and mirrored, (x - mean) / std per image,
    labels of the experts. 1,000 epochs are their 153,000 steps.

    Parameters
    ----------
    path : path, optional
        See `load_kosiba2020`.
    epochs : int
        Passes over the images.
    random_state : int
        Seed.
    checkpoint : path, optional
        File of the training's state after each epoch; if it exists, training goes on from it.

    Returns
    -------
    TrainedNetwork

    Raises
    ------
    ImportError, ProviderError, InvalidImageError
        See `load_kosiba2020`.

    Notes
    -----
    Two things differ from the article: the empty first channel is left out, which a network cannot
    notice, and the weights of the last epoch are taken.
    """
    images, is_cluster, source = _network_input("train", path)
    test, truth, _ = _network_input("test", path)
    description = ModelDescription(
        network="cn",
        arguments={"input_shape": list(images.shape[1:]), "n_classes": 2, "dropout": _DROPOUT},
        bands=[band.name for band in KOSIBA2020_BANDS],
        size=source["size"],
        classes=["non_cluster", "cluster"],
        preprocessing=_PREPROCESSING.to_config(),
        band_kinds={band.name: [band.waveband, band.quantity] for band in KOSIBA2020_BANDS},
    )
    load_keras().utils.set_random_seed(random_state)
    model = build_network(description)
    history = train_network(
        model, images, is_cluster, epochs=epochs, random_state=random_state,
        checkpoint=checkpoint, **_SETTINGS,
    )  # fmt: skip
    parts = [
        np.asarray(model.predict_on_batch(np.asarray(test[i : i + 1], dtype=np.float32)))
        for i in range(len(test))
    ]
    proba = np.concatenate(parts)[:, 1]
    report = validate(Table({"proba_cluster": proba}), truth == 1, name="CN")
    description.card = _card(report, is_cluster, len(truth), source, epochs, random_state)
    return TrainedNetwork(model, description, history, report)


def _network_input(split, path) -> tuple[np.ndarray, np.ndarray, dict]:
    """Network input, in half precision, and class numbers of the images that can be read."""
    cutouts, labels = load_kosiba2020(split, path)
    rows = np.flatnonzero((cutouts["coverage"] > 0).all("band").values)
    ny, nx = cutouts.sizes["y"], cutouts.sizes["x"]
    tensor = np.empty((len(rows), ny, nx, cutouts.sizes["band"]), dtype=np.float16)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        tensor[start : start + len(part)] = _PREPROCESSING(cutouts.isel(target=part))
    return tensor, np.array(labels["is_cluster"][rows]).astype(int), dict(cutouts.attrs)


def _card(report, is_cluster, n_test, source, epochs, random_state) -> dict:
    """The model card."""
    share = float(np.mean(is_cluster))
    scores = {
        name: [round(value, 4) for value in (found.value, found.low, found.high)]
        for name, found in report.estimates().items()
    }
    return {
        "name": "kosiba2020",
        "training": f"expert labels of Kosiba et al. 2020, {100 * share:.0f} % prevalence",
        "trained_prior": {"non_cluster": 1 - share, "cluster": share},
        "data": f"{len(is_cluster)} training images of {source['source']}",
        "data_md5": source.get("md5", "read from a folder"),
        "command": f"astrocnn train --dataset kosiba2020 --epochs {epochs} --seed {random_state}",
        "settings": _SETTINGS | {"epochs": epochs, "dropout": _DROPOUT, "momentum": "Nesterov 0.9"},
        "scores": scores,
        "paper": "CN-E, ten runs: "
        + ", ".join(f"{name} {mean:.2f} ± {std:.2f}" for name, (mean, std) in PAPER_CN_E.items()),
        "test": f"the {n_test} test images of the data set; 95 % intervals",
        "license": "the data set's own; see its Zenodo record",
        "known_failures": [
            "only for images of this data set: 8-bit gray levels of an unknown stretch, without "
            "positions, counts or exposure; neither xmm nor dss2-red pixels look like them",
            f"probabilities assume that {100 * share:.0f} % of the targets are clusters",
        ],
    }
