"""What every network must do, on small images."""

import json

import numpy as np
import pytest

from astrocnn.exceptions import UnknownNameError
from astrocnn.networks import (
    NETWORKS,
    ModelDescription,
    build_network,
    load_keras,
    load_model,
    save_model,
)

#: Network -> (pixels, arguments beside input_shape and n_classes): small and without dropout.
SMALL = {
    "cn": (16, {"dropout": 0.0}),
    "mn": (32, {"dropout": 0.0, "alpha": 0.25}),
    "two_branch": (19, {"dropout": 0.0, "widths": [4, 6], "depths": [1, 1], "xray_pool": 2}),
    "ensemble": (16, {"dropout": 0.0, "member": "cn", "n_members": 2}),
}


@pytest.fixture(autouse=True)
def seed():
    load_keras().utils.set_random_seed(0)


def describe(name, n_bands=2, n_classes=2):
    pixels, arguments = SMALL[name]
    shape = [pixels, pixels, n_bands]
    bands = ["xmm", "dss2-red", "sdss-g"][:n_bands]
    classes = [f"class {i}" for i in range(n_classes)]
    arguments = {"input_shape": shape, "n_classes": n_classes, **arguments}
    return ModelDescription(name, arguments, bands, 6.0, classes, {})


def draw(description, n=6, seed=0):
    shape = (n, *description.arguments["input_shape"])
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def move(model):
    """Change all numbers, as training does: also those that normalization starts with."""
    rng = np.random.default_rng(1)
    for weight in model.weights:
        if weight.path.endswith("moving_variance"):
            weight.assign(rng.uniform(0.1, 0.3, weight.shape))
        else:
            weight.assign_add(0.05 * rng.normal(size=weight.shape))


def test_all_are_here():
    # That of two kinds of bands is in test_evidence.py.
    assert {*SMALL, "evidence"} == set(NETWORKS)
    with pytest.raises(UnknownNameError, match="did you mean 'two_branch'"):
        NETWORKS["two-branch"]


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(("n_bands", "n_classes"), [(1, 2), (3, 5)])
def test_probabilities(name, n_bands, n_classes):
    description = describe(name, n_bands, n_classes)
    model = build_network(description)
    move(model)
    proba = np.asarray(model(draw(description)))
    assert proba.dtype == np.float32
    assert proba.shape == ((6, 2, n_classes) if name == "ensemble" else (6, n_classes))
    assert np.allclose(proba.sum(axis=-1), 1, atol=1e-5)
    assert proba.min() >= 0
    assert np.ptp(proba[..., 0], axis=0).min() > 0  # it looks at the image


@pytest.mark.parametrize("name", SMALL)
def test_training_lowers_the_loss(name):
    description = describe(name)
    model, images = build_network(description), draw(description)
    labels = np.eye(2)[[0, 1, 0, 1, 0, 1]]
    if name == "ensemble":
        labels = np.repeat(labels[:, None], 2, axis=1)
    before = [w.copy() for w in model.get_weights()]
    model.compile("adam", "categorical_crossentropy", run_eagerly=True)
    loss = [float(model.train_on_batch(images, labels)) for _ in range(4)]
    assert loss[-1] < loss[0]
    changed = [np.any(a != b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert np.mean(changed) > 0.9  # a ReLU may keep one bias where it was


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("name", SMALL)
def test_archive(name, half, tmp_path):
    description = describe(name)
    assert json.loads(json.dumps(description.arguments)) == description.arguments
    model, images = build_network(description), draw(description)
    move(model)
    again, found = load_model(save_model(tmp_path / "a.keras", model, description, half=half))
    assert found == description
    expected = np.asarray(model(images))
    difference = np.abs(np.asarray(again(images)) - expected).max()
    assert difference < (3e-3 if half else 1e-6)  # test_half.py has trained weights
    assert np.abs(np.asarray(build_network(description)(images)) - expected).max() > 1e-3
    assert {str(w.dtype) for w in again.get_weights()} == {"float32"}
