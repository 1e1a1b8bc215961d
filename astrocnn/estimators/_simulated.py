"""The weights that come with astrocnn: one call from a seed to a trained classifier."""

import contextlib
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from .._paths import user_path
from ..networks import device_name
from ..storage import FolderLock, make_folder
from ..surveys import get_band
from ..validation import auc
from ._card import simulation_card
from ._classifier import ClusterClassifier
from ._recipe_list import without_bands
from ._recipes import RECIPES

__all__ = ["train_on_simulation"]


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
        16,000 targets of 178 pixels in two bands are 2 GB; the planes of ``xmm-psf`` and
        ``erosita-psf`` 6 GB, and as much again for the list of both telescopes.

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
        name = f"{recipe}-{n}-{epochs}-simulation{chosen.version}-seed{random_state}.checkpoint"
        checkpoint = user_path(folder) / name
    classifier = chosen.classifier(epochs=epochs, random_state=random_state, checkpoint=checkpoint)
    with _working_folder(folder) as folder:
        sample = chosen.sample(n, random_state, folder, n_jobs)
        held_out = None
        if n_calibration:
            held_out = chosen.held_out.sample(n_calibration, random_state + 2, folder, n_jobs)
        classifier._fit_sample(
            sample,
            held_out,
            chosen.describe(classifier),
            xray_weights=chosen.xray_weights,
            # Planes are small enough for the compiler.
            jit_compile=chosen.source_planes or None,
        )
        n_plain = n_test if chosen.without else 0
        test = chosen.simulate(n_test, random_state + 1, folder, n_jobs, n_plain)
        fitted, truth = classifier._fitted, test.truth
        outputs = fitted.outputs(test.tensor, classifier.batch_size)
        lacking = _lacking(chosen, fitted, test, classifier.batch_size)
        del sample, held_out, test  # before the files go
    settings = asdict(chosen) | {"n": n, "epochs": epochs, "n_calibration": n_calibration}
    settings |= {"optimizer": "Adam, cosine", "device": device_name()}
    command = _command(recipe, chosen, n, epochs, n_test, random_state)
    fitted.description.card = simulation_card(
        recipe, fitted, outputs, truth, settings, command, random_state
    )
    if lacking:
        fitted.description.card["area_under_curve_without"] = lacking
    return classifier


@contextlib.contextmanager
def _working_folder(folder):
    """Folder of images and checkpoints that no other process uses; a temporary one for None."""
    with contextlib.ExitStack() as ends:
        if folder is None:
            folder = ends.enter_context(tempfile.TemporaryDirectory(prefix="astrocnn-"))
        folder = make_folder(folder)
        ends.enter_context(FolderLock(folder))
        yield folder


def _lacking(recipe, fitted, test, batch_size: int) -> dict:
    """Area under the ROC curve, with its interval, of test targets that lack a waveband."""
    found = {}
    wavebands = {name: get_band(name).waveband for name in recipe.bands}
    for waveband in dict.fromkeys(wavebands.values()) if recipe.without else ():
        bands = [name for name in recipe.bands if wavebands[name] == waveband]
        some, words = without_bands(recipe, test, len(test.truth), bands)
        outputs = fitted.outputs(some.tensor, batch_size)
        proba = fitted.probabilities(outputs, missing=np.full(len(outputs), words))[0][:, 1]
        one = auc(np.array(test.truth["is_cluster"], dtype=bool), proba)
        found[waveband] = [round(value, 4) for value in (one.value, one.low, one.high)]
    return found


def _command(recipe, chosen, n, epochs, n_test, random_state) -> str:
    """The command line that trains the same."""
    own = [("--n", n, chosen.n), ("--epochs", epochs, chosen.epochs), ("--n-test", n_test, 1000)]
    words = [f" {option} {value}" for option, value, usual in own if value != usual]
    return f"astrocnn train {recipe}{''.join(words)} --seed {random_state}"
