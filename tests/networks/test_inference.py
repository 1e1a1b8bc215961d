"""The network that judges gives what the trained network gives."""

import numpy as np
import pytest

from astrocnn.exceptions import UnknownNameError
from astrocnn.networks import NETWORKS, inference_network, largest_batch, load_keras

SMALL = {"widths": (4, 8), "depths": (1, 1), "dense": 8}
CASES = [
    ("cn", {}),
    ("mn", {"alpha": 0.25}),
    ("two_branch", SMALL),
    ("two_branch", SMALL | {"block": "convnext", "patches": False}),
    ("ensemble", SMALL | {"n_members": 2}),
]


def trained(name, arguments):
    """A network whose normalization has seen something."""
    model = NETWORKS[name]((48, 48, 2), **arguments)
    rng = np.random.default_rng(0)
    for layer in model._flatten_layers(include_self=False):
        if type(layer).__name__ == "BatchNormalization":
            shape = layer.gamma.shape
            gamma, variance = rng.uniform(0.5, 2, (2, *shape))
            layer.set_weights([gamma, rng.normal(size=shape), rng.normal(size=shape), variance])
    return model


IMAGES = np.random.default_rng(1).normal(size=(4, 48, 48, 2)).astype(np.float32)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case[0])
def model(request):
    return trained(*request.param)


def test_same_output(model):
    fast = inference_network(model)
    np.testing.assert_allclose(
        fast.predict_on_batch(IMAGES), model.predict_on_batch(IMAGES), atol=1e-5
    )
    assert fast.count_params() <= model.count_params()


def test_nothing_is_left_to_normalize():
    fast = inference_network(trained("two_branch", SMALL))
    names = {type(layer).__name__ for layer in fast.layers}
    assert "Conv2D" in names
    assert "BatchNormalization" not in names


def test_normalization_that_others_read_stays():
    """A convolution whose own output is used elsewhere cannot take up what follows."""
    keras = load_keras()
    image = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(2, 3)(image)
    y = keras.layers.BatchNormalization()(x)
    model = keras.Model(image, keras.layers.Add()([x, y]))
    model.layers[2].set_weights([np.full(2, value) for value in (2.0, 1.0, 0.5, 3.0)])
    small = IMAGES[:, :8, :8, :1]
    fast = inference_network(model)
    assert "BatchNormalization" in {type(layer).__name__ for layer in fast.layers}
    np.testing.assert_allclose(
        fast.predict_on_batch(small), model.predict_on_batch(small), atol=1e-6
    )


def test_model_is_not_changed():
    model = trained("two_branch", SMALL)
    before = [array.copy() for array in model.get_weights()]
    fast = inference_network(model, "bfloat16")
    assert model.trainable
    assert not fast.trainable
    assert all(map(np.array_equal, before, model.get_weights()))
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}


def test_half_precision():
    model = trained("ensemble", SMALL | {"n_members": 2})
    fast = inference_network(model, "bfloat16")
    found, expected = fast.predict_on_batch(IMAGES), model.predict_on_batch(IMAGES)
    assert found.dtype == np.float32
    assert 0 < np.abs(found - expected).max() < 0.05
    members = [layer for layer in fast.layers if hasattr(layer, "layers")]
    assert {member.layers[-1].compute_dtype for member in members} == {"float32"}
    assert {member.layers[2].compute_dtype for member in members} == {"bfloat16"}


def test_unknown_precision():
    with pytest.raises(UnknownNameError, match="float32"):
        inference_network(trained("cn", {}), "float8")


def test_any_network_fits_into_memory(model):
    assert largest_batch(model) > 100


def test_batch_that_fits_into_memory():
    """Larger images, fewer of them; never none."""
    assert [largest_batch(NETWORKS["cn"]((n, n, 1))) for n in (512, 2048)] == [4, 1]
