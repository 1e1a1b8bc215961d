"""A forked process has none of the threads that its network would wait for."""

import os
import warnings

import numpy as np
import pytest

from astrocnn import ClusterClassifier
from astrocnn.exceptions import BackendError
from astrocnn.networks import build_cn, integrated_gradients, load_keras, load_model
from astrocnn.simulation import simulate_cutouts
from astrocnn.training import train_network

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or load_keras().backend.backend() not in ("tensorflow", "jax"),
    reason="needs fork, and a backend with threads",
)
IMAGES = np.zeros((4, 16, 16, 1), "float32")


@pytest.fixture(scope="module")
def model():
    return build_cn((16, 16, 1))


@pytest.fixture(scope="module")
def cutouts():
    return simulate_cutouts(2, random_state=7, bands=["xmm"], pixels=178)[0]


def outcome_in_child(function):
    """What a function raises in a forked process, in words."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork and threads
        warnings.simplefilter("ignore", RuntimeWarning)  # of JAX
        child = os.fork()
    if child == 0:
        try:
            function()
            text = "nothing"
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent reads it
            text = f"{type(error).__name__}: {error}"
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as file:
        return file.read()


def test_calls_in_a_forked_process(model, cutouts):
    """Each says to spawn, and none hangs; the parent goes on."""
    classifier = ClusterClassifier("xmm")
    classifier.predict(cutouts)
    new = ClusterClassifier(weights=None, bands=["xmm"], pixels=178)
    calls = {
        "predict": lambda: classifier.predict(cutouts),
        "predict_proba": lambda: classifier.predict_proba(cutouts),
        "explain": lambda: classifier.explain(cutouts, steps=2),
        "load": lambda: ClusterClassifier.load("xmm"),
        "load_model": lambda: load_model("xmm"),
        "build": lambda: build_cn((16, 16, 1)),
        "train": lambda: train_network(model, IMAGES, [0, 1, 0, 1], epochs=1),
        "gradients": lambda: integrated_gradients(model, IMAGES, steps=2),
        "save": lambda: classifier.save("never.keras"),
        "fit": lambda: new.fit(cutouts, [False, True]),
    }
    outcomes = {name: outcome_in_child(call) for name, call in calls.items()}
    wrong = {name: text for name, text in outcomes.items() if not text.startswith("BackendError")}
    assert not wrong
    assert all('multiprocessing.get_context("spawn")' in text for text in outcomes.values())
    assert len(classifier.predict(cutouts)) == 2


def test_error_is_one_of_ours():
    assert issubclass(BackendError, RuntimeError)
