"""The weights that come with astrocnn: one call from a seed to a trained classifier."""

from dataclasses import asdict, dataclass

import numpy as np
from astropy import units as u
from astropy.table import Table

from .._registry import Registry
from ..simulation import LIMITS
from ..training import simulated_tensors
from ..validation import validate
from ._classifier import ClusterClassifier

__all__ = ["RECIPES", "Recipe", "train_on_simulation"]


@dataclass(frozen=True)
class Recipe:
    """How named weights are trained.

    Parameters
    ----------
    bands : tuple of str
        Bands of the images.
    pixels : int
        Pixels along the 6 arcmin of a cut-out. Kosiba et al. (2020) used 356; fewer train faster.
        3.75 arcsec (96 pixels) are close to XMM-Newton's own 4 arcsec; interpolated so coarsely,
        the counts of a single photon are kept to 20 % only, those of a source of 4 arcsec to 1 %.
    n : int
        Simulated training targets.
    epochs : int
        Passes over them.
    """

    bands: tuple[str, ...]
    pixels: int
    n: int = 16000
    epochs: int = 8


#: Recipes of the weights that come with astrocnn.
RECIPES = Registry(
    "recipe",
    {
        "xmm": Recipe(("xmm",), 96, epochs=12),
        "xmm-dss2": Recipe(("xmm", "dss2-red"), 178),
    },
)


def train_on_simulation(
    recipe: str,
    n: int | None = None,
    n_test: int = 1000,
    epochs: int | None = None,
    random_state: int = 1,
    n_jobs: int = 2,
) -> ClusterClassifier:
    """Simulate targets, train, score on other simulated targets, and write the card.

    Parameters
    ----------
    recipe : str
        Name of the weights: ``"xmm"`` or ``"xmm-dss2"``.
    n, epochs : int, optional
        Training targets and passes, instead of the recipe's.
    n_test : int
        Targets of the test; their seed is ``random_state + 1``.
    random_state : int
        Seed of simulation and training.
    n_jobs : int
        Processes that simulate.

    Returns
    -------
    ClusterClassifier
        Trained; `ClusterClassifier.save` keeps it together with its card.
    """
    chosen = RECIPES[recipe]
    n, epochs = n or chosen.n, epochs or chosen.epochs
    classifier = ClusterClassifier(
        weights=None,
        bands=chosen.bands,
        pixels=chosen.pixels,
        size=6 * u.arcmin,
        epochs=epochs,
        random_state=random_state,
    )
    description = classifier._start_description([False, True])

    def simulate(number, seed):
        return simulated_tensors(number, seed, chosen.bands, pixels=chosen.pixels, n_jobs=n_jobs)

    tensor, truth = simulate(n, random_state)
    classifier._fit_tensor(tensor, np.array(truth["is_cluster"]).astype(int), description)
    del tensor
    tensor, truth = simulate(n_test, random_state + 1)
    proba = classifier._fitted.proba(tensor.astype(np.float32), classifier.batch_size)[:, 1]
    description = classifier._fitted.description
    description.card.update(_card(recipe, chosen, n, epochs, random_state, proba, truth))
    return classifier


def _card(recipe, chosen, n, epochs, random_state, proba, truth) -> dict:
    """The model card: what the weights are, how they came about, how good they are."""
    report = validate(Table({"proba_cluster": proba}), np.array(truth["is_cluster"]))
    scores = {
        name: [round(value, 4) for value in (found.value, found.low, found.high)]
        for name, found in report.estimates().items()
    }
    return {
        "name": recipe,
        "training": "simulated training, 50 % prevalence",
        "data": f"{n} simulated targets (astrocnn.simulation), seed {random_state}",
        "command": _command(recipe, chosen, n, epochs, random_state),
        "settings": asdict(chosen) | {"n": n, "epochs": epochs, "optimizer": "Adam, cosine"},
        "cluster_limits": dict(LIMITS),
        "scores": scores,
        "test": f"{len(truth)} other simulated targets, seed {random_state + 1}; 95 % intervals",
        "license": "BSD-3-Clause",
        "known_failures": [
            "trained on simulated images only",
            "nearby galaxies with hot gas look like clusters in X-rays alone",
            "two or three point sources within 20 arcsec pass for one extended source",
            "probabilities assume that half of the targets are clusters",
        ],
    }


def _command(recipe, chosen, n, epochs, random_state) -> str:
    """The command line that trains the same."""
    own = [("--n", n, chosen.n), ("--epochs", epochs, chosen.epochs)]
    words = [f" {option} {value}" for option, value, usual in own if value != usual]
    return f"astrocnn train {recipe}{''.join(words)} --seed {random_state}"
