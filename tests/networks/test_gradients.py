"""Integrated gradients: right for networks whose gradient is known, complete for all others."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from astrocnn.networks import NETWORKS, build_cn, integrated_gradients, load_keras
from astrocnn.networks import class_probability as probability

SCRIPT = """
import json, sys
import numpy as np
from astrocnn import conf
from astrocnn.networks import (
    ModelDescription, build_network, class_probability, integrated_gradients, load_keras
)
folder, backend = sys.argv[1:]
conf.keras_backend = backend
model = build_network(ModelDescription("cn", {"input_shape": [16, 16, 2]}, [], 6.0, [], {}))
with np.load(folder + "/given.npz") as given:
    images = given["images"]
    model.set_weights([given[f"weights{i}"] for i in range(len(model.get_weights()))])
before = [np.array(array) for array in model.get_weights()]
found = integrated_gradients(model, images, steps=8)
assert all((a == b).all() for a, b in zip(before, model.get_weights()))
json.dump({
    "backend": load_keras().backend.backend(),
    "attribution": found.tolist(),
    "proba": class_probability(model, images).tolist(),
}, open(folder + "/found.json", "w"))
"""


@pytest.fixture(autouse=True)
def _seed():
    load_keras().utils.set_random_seed(4)


def pictures(n=3, shape=(16, 16, 2), seed=0):
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype("float32")


def steep(model, factor=3.0):
    """The same network with larger weights: probabilities that are not all one half."""
    model.set_weights([factor * array for array in model.get_weights()])
    return model


def linear(shape=(4, 4, 2), dropout=0.9):
    """A network whose probability is linear in the image: gradients are its weights."""
    keras = load_keras()
    image = keras.Input(shape)
    flat = keras.layers.Dropout(dropout)(keras.layers.Flatten()(image))
    return keras.Model(image, keras.layers.Dense(2)(flat))


def ensemble(members):
    """The layout of an ensemble: (n, n_members, n_classes)."""
    keras = load_keras()
    image = keras.Input(members[0].input_shape[1:])
    named = [
        keras.Model(member.inputs[0], member.outputs[0], name=f"member{i}")
        for i, member in enumerate(members)
    ]
    rows = [keras.layers.Reshape((1, 2))(member(image)) for member in named]
    return keras.Model(image, keras.layers.Concatenate(axis=1)(rows))


def test_linear_network_is_exact():
    """Weight times pixel, with one step as with many; dropout is off."""
    model, images = linear(), pictures(shape=(4, 4, 2))
    weights = model.get_weights()[0]
    for index in (0, 1):
        expected = images * weights[:, index].reshape(4, 4, 2)
        for steps in (1, 5):
            found = integrated_gradients(model, images, index, steps=steps)
            assert np.allclose(found, expected, atol=1e-6)


def test_baseline():
    model, images = linear(), pictures(shape=(4, 4, 2))
    baseline = pictures(1, (4, 4, 2), seed=9)[0]
    found = integrated_gradients(model, images, baseline=baseline, steps=2)
    expected = (images - baseline) * model.get_weights()[0][:, 1].reshape(4, 4, 2)
    assert np.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(("name", "factor"), [("cn", 3), ("two_branch", 1.5), ("ensemble", 1.5)])
def test_completeness(name, factor):
    model = steep(NETWORKS[name]((16, 16, 2)), factor)
    images = 2 * pictures(4)
    found = integrated_gradients(model, images).sum(axis=(1, 2, 3))
    gain = probability(model, images) - probability(model, np.zeros((1, 16, 16, 2)))
    assert np.abs(gain).max() > 0.1
    assert np.abs(found - gain).max() < 0.03


def test_classes_share_what_there_is():
    """Probabilities of two classes add up to one: what speaks for one speaks against the other."""
    model, images = steep(build_cn((16, 16, 2))), pictures(1)
    first, second = (integrated_gradients(model, images, index, steps=4) for index in (0, 1))
    assert np.abs(second).max() > 1e-4
    assert np.allclose(first, -second, atol=1e-6)


def test_ensemble_is_the_mean_of_its_members():
    # With one step the points do not depend on where the probability changes.
    members, images = [steep(build_cn((16, 16, 2)), 1.5) for _ in range(2)], pictures(2)
    together = ensemble(members)
    alone = [integrated_gradients(member, images, steps=1) for member in members]
    assert np.abs(alone[0] - alone[1]).max() > 1e-4
    found = integrated_gradients(together, images, steps=1)
    assert np.allclose(found, np.mean(alone, axis=0), atol=1e-6)
    expected = np.mean([probability(member, images) for member in members], axis=0)
    assert np.allclose(probability(together, images), expected, atol=1e-6)


def test_batches_are_normalized_as_in_prediction():
    """Layers that behave otherwise in training do not do so here, and nothing of them changes."""
    keras = load_keras()
    model = keras.Sequential([
        keras.Input((4, 4, 1)), keras.layers.BatchNormalization(), keras.layers.Flatten(),
        keras.layers.Dense(2),
    ])  # fmt: skip
    model.layers[0].set_weights([np.full(1, 2.0), np.ones(1), np.full(1, 5.0), np.full(1, 4.0)])
    before = model.get_weights()
    images = pictures(2, (4, 4, 1))
    found = integrated_gradients(model, images, steps=3)
    expected = images * model.get_weights()[-2][:, 1].reshape(4, 4, 1) * 2 / np.sqrt(4 + 1e-3)
    assert np.allclose(found, expected, atol=1e-5)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


def test_network_is_left_as_it_is():
    model = build_cn((16, 16, 2))
    model.compile("adam", "categorical_crossentropy", jit_compile=False)
    model.layers[0].trainable = False
    optimizer, before = model.optimizer, [array.copy() for array in model.get_weights()]
    integrated_gradients(model, pictures(), steps=2)
    assert model.optimizer is optimizer
    assert [layer.trainable for layer in model.layers] == [False] + [True] * 15
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


def test_no_images():
    found = integrated_gradients(linear(), np.empty((0, 4, 4, 2)))
    assert found.shape == (0, 4, 4, 2)
    assert probability(linear(), np.empty((0, 4, 4, 2))).shape == (0,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": np.zeros((1, 4, 5, 2))}, "the network needs"),
        ({"images": np.zeros((4, 4, 2))}, "the network needs"),
        ({"steps": 0}, "steps must be a whole number above zero, not 0"),
        ({"steps": 2.5}, "steps must be a whole number"),
        ({"baseline": np.zeros((1, 4, 4, 2))}, "the baseline has the shape"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        integrated_gradients(linear(), **({"images": np.zeros((1, 4, 4, 2))} | arguments))


@pytest.mark.slow
@pytest.mark.parametrize("other", ["jax", "tensorflow", "torch"])
def test_other_backend(tmp_path, other):
    """The same attributions, in a process of its own."""
    loaded = load_keras().backend.backend()
    if other == loaded:
        pytest.skip(f"Keras runs on {other} here")
    if not find_spec(other):
        pytest.skip(f"{other} is not installed")
    model, images = steep(build_cn((16, 16, 2))), pictures(2)
    weights = {f"weights{i}": array for i, array in enumerate(model.get_weights())}
    np.savez(tmp_path / "given.npz", images=images, **weights)
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), other],
        check=True, timeout=600, env={**os.environ, "KERAS_BACKEND": loaded},
    )  # fmt: skip
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["backend"] == other
    assert np.allclose(found["proba"], probability(model, images), atol=1e-5)
    expected = integrated_gradients(model, images, steps=8)
    assert np.abs(expected).max() > 1e-4
    assert np.abs(np.array(found["attribution"]) - expected).max() < 1e-5
