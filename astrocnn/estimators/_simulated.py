"""The weights that come with astrocnn: one call from a seed to a trained classifier."""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.table import QTable

from .._paths import user_path
from .._registry import Registry
from ..networks import device_name
from ..simulation import VERSION
from ..tables import write_result
from ..training import Augmentation, simulated_tensors
from ._card import simulation_card
from ._classifier import ClusterClassifier
from ._sample import Sample

__all__ = ["RECIPES", "Recipe", "train_on_simulation"]


@dataclass(frozen=True)
class Recipe:
    """How named weights are trained.

    Parameters
    ----------
    bands : tuple of str
        Bands of the images.
    pixels : int
        Pixels along one side of a cut-out. Kosiba et al. (2020) used 356 on 6 arcmin; fewer train
        faster. 3.75 arcsec (96 pixels) are close to XMM-Newton's own 4 arcsec; interpolated so
        coarsely, the counts of a single photon are kept to 20 % only, those of a source of 4 arcsec
        to 1 %.
    size : float
        Side of a cut-out (arcmin).
    n, epochs : int
        Simulated training targets, and passes over them.
    n_calibration : int
        Further ones that calibrate the probabilities; with less training as many less.
    calibration : str
        How; see `astrocnn.training.fit_calibration`.
    network : str
        Architecture; see `astrocnn.networks.NETWORKS`.
    arguments : dict
        Further arguments of its builder.
    batch_size : int
        Targets per step.
    learning_rate : float
        Highest learning rate.
    turned, shift : float
        Share of the images that are turned by any angle, and how far they are shifted, see
        `astrocnn.training.Augmentation`.
    """

    bands: tuple[str, ...]
    pixels: int
    size: float = 6.0
    n: int = 16000
    epochs: int = 8
    n_calibration: int = 4000
    calibration: str = "temperature"
    network: str = "cn"
    arguments: Mapping = field(default_factory=dict)
    batch_size: int = 32
    learning_rate: float = 1e-3
    turned: float = 0.5
    shift: float = 0.06

    def classifier(self, **parameters) -> ClusterClassifier:
        """Return the classifier to train."""
        return ClusterClassifier(
            weights=None,
            bands=self.bands,
            pixels=self.pixels,
            size=self.size * u.arcmin,
            network=self.network,
            network_arguments=dict(self.arguments),
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            calibration=self.calibration,
            augmented=Augmentation(turned=self.turned, shift=self.shift),
            **parameters,
        )

    def simulate(
        self, n: int, seed: int, folder: Path, n_jobs: int = 1
    ) -> tuple[np.ndarray, QTable]:
        """Return simulated network input and its truth, kept in a folder.

        Parameters
        ----------
        n, seed : int
            Number of targets, and the seed of their list.
        folder : path
            What is there of the same targets, bands and grid is read instead.
        n_jobs : int
            Processes that simulate.

        Returns
        -------
        tensor : ndarray of shape (n, pixels, pixels, n_bands), float16
            Memory-mapped.
        truth : `~astropy.table.QTable`
            One row per target.
        """
        bands = "+".join(self.bands)
        grid = f"{self.size:g}arcmin-{self.pixels}px"
        stem = Path(folder) / f"{bands}-{grid}-simulation{VERSION}-seed{seed}-{n}"
        tensor, truth = stem.with_name(stem.name + ".npy"), stem.with_name(stem.name + ".ecsv")
        if not truth.exists():  # it is written last
            _, table = simulated_tensors(
                n,
                seed,
                self.bands,
                size=self.size * u.arcmin,
                pixels=self.pixels,
                n_jobs=n_jobs,
                out=str(tensor),
            )
            write_result(table, truth)
        return np.load(tensor, mmap_mode="r"), QTable.read(truth)


#: Three networks of two branches, see `astrocnn.networks.build_two_branch`.
_ENSEMBLE = {"network": "ensemble", "arguments": {"member": "two_branch", "n_members": 3}}

#: Recipes of the weights that come with astrocnn.
RECIPES = Registry(
    "recipe",
    {
        "xmm": Recipe(("xmm",), 178, n=40000, epochs=3, shift=0.03, **_ENSEMBLE),
        "xmm-dss2": Recipe(("xmm", "dss2-red"), 178, n=40000, epochs=4, shift=0.03, **_ENSEMBLE),
        # Its probabilities near one half come out too low, which no temperature mends.
        "erosita": Recipe(
            ("erosita",),
            178,
            n=40000,
            epochs=3,
            n_calibration=10000,
            calibration="beta",
            **_ENSEMBLE,
        ),
        "erosita-legacy": Recipe(
            ("erosita", "legacy-g", "legacy-r", "legacy-z"), 178, n=40000, epochs=3, **_ENSEMBLE
        ),
    },
)


def train_on_simulation(
    recipe: str,
    n: int | None = None,
    n_test: int = 1000,
    epochs: int | None = None,
    random_state: int = 1,
    n_jobs: int = 2,
    folder: "str | Path | None" = None,
) -> ClusterClassifier:
    """Simulate targets, train, calibrate, score on other simulated targets, and write the card.

    Parameters
    ----------
    recipe : str
        Name of the weights, of `RECIPES`.
    n, epochs : int, optional
        Training targets and passes, instead of the recipe's.
    n_test : int
        Targets of the test; their seed is ``random_state + 1``. Those of the calibration have
        ``random_state + 2``.
    random_state : int
        Seed of simulation and training.
    n_jobs : int
        Processes that simulate.
    folder : path, optional
        Keep simulated images and the state of the training here, and go on from what is there.
        By default they are in a temporary folder.
        16,000 targets of 178 pixels in two bands are 2 GB.

    Returns
    -------
    ClusterClassifier
        Trained; `ClusterClassifier.save` keeps it together with its card.
    """
    chosen = RECIPES[recipe]
    n, epochs = n or chosen.n, epochs or chosen.epochs
    n_calibration = round(chosen.n_calibration * min(1, n / chosen.n))
    checkpoint = None
    if folder is not None:
        name = f"{recipe}-{n}-{epochs}-simulation{VERSION}-seed{random_state}.checkpoint"
        checkpoint = user_path(folder) / name
    classifier = chosen.classifier(epochs=epochs, random_state=random_state, checkpoint=checkpoint)
    with tempfile.TemporaryDirectory(prefix="astrocnn-") as scratch:
        folder = user_path(folder or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        sample = _sample(chosen, n, random_state, folder, n_jobs)
        held_out = None
        if n_calibration:
            held_out = _sample(chosen, n_calibration, random_state + 2, folder, n_jobs)
        classifier._fit_sample(sample, held_out, classifier._start_description([False, True]))
        tensor, truth = chosen.simulate(n_test, random_state + 1, folder, n_jobs)
        fitted = classifier._fitted
        outputs = fitted.outputs(tensor, classifier.batch_size)
        del sample, held_out, tensor  # before the files go
    settings = asdict(chosen) | {"n": n, "epochs": epochs, "n_calibration": n_calibration}
    settings |= {"optimizer": "Adam, cosine", "device": device_name()}
    command = _command(recipe, chosen, n, epochs, n_test, random_state)
    fitted.description.card = simulation_card(
        recipe, fitted, outputs, truth, settings, command, random_state
    )
    return classifier


def _sample(chosen, n, seed, folder, n_jobs) -> Sample:
    tensor, truth = chosen.simulate(n, seed, folder, n_jobs)
    return Sample(tensor, np.array(truth["is_cluster"]).astype(int))


def _command(recipe, chosen, n, epochs, n_test, random_state) -> str:
    """The command line that trains the same."""
    own = [("--n", n, chosen.n), ("--epochs", epochs, chosen.epochs), ("--n-test", n_test, 1000)]
    words = [f" {option} {value}" for option, value, usual in own if value != usual]
    return f"astrocnn train {recipe}{''.join(words)} --seed {random_state}"
