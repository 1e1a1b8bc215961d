"""CN against the table of Kosiba et al. (2020)."""

import numpy as np
import pytest

from astrocnn.exceptions import UnknownNameError
from astrocnn.networks import NETWORKS, build_cn

#: Table 2: layer, output shape.
TABLE = [
    ("conv1", (356, 356, 64)), ("pool1", (178, 178, 64)),
    ("conv2", (178, 178, 32)), ("pool2", (89, 89, 32)),
    ("conv3", (89, 89, 32)), ("pool3", (45, 45, 32)),
    ("conv4", (45, 45, 32)), ("pool4", (23, 23, 32)),
    ("conv5", (23, 23, 32)), ("pool5", (12, 12, 32)),
    ("conv6", (12, 12, 32)), ("pool6", (6, 6, 32)),
    ("flatten", (1152,)), ("dense", (256,)), ("dropout", (256,)), ("proba", (2,)),
]  # fmt: skip


@pytest.fixture(scope="module")
def published():
    return build_cn((356, 356, 3))


def test_number_of_parameters(published):
    assert published.count_params() == 352_930
    assert sum(int(np.prod(w.shape)) for w in published.trainable_weights) == 352_930


def test_layer_by_layer(published):
    assert [(layer.name, tuple(layer.output.shape[1:])) for layer in published.layers] == TABLE


def test_kernels_strides_and_activations(published):
    for i in range(1, 7):
        conv, pool = published.get_layer(f"conv{i}"), published.get_layer(f"pool{i}")
        assert (conv.kernel_size, conv.padding, conv.activation.__name__) == (
            (3, 3),
            "same",
            "relu",
        )
        assert (pool.pool_size, pool.strides, pool.padding) == ((2, 2), (2, 2), "same")
    assert published.get_layer("dense").activation.__name__ == "relu"
    assert published.get_layer("proba").activation.__name__ == "softmax"
    assert published.get_layer("dropout").rate == 0.65


@pytest.mark.parametrize("bands", [1, 2, 3, 4, 5])
def test_any_number_of_bands(bands):
    """Only the first kernels grow: 64 of 3 x 3 per band."""
    model = build_cn((64, 64, bands))
    assert model.count_params() == build_cn((64, 64, 1)).count_params() + (bands - 1) * 576
    proba = np.asarray(model(np.ones((2, 64, 64, bands), dtype="float32")))
    assert proba.shape == (2, 2)
    assert np.allclose(proba.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(("pixels", "features"), [(16, 1), (64, 1), (65, 2), (96, 2), (178, 3)])
def test_other_sizes(pixels, features):
    model = build_cn((pixels, pixels, 1))
    assert model.get_layer("pool6").output.shape[1:] == (features, features, 32)


def test_more_classes():
    assert build_cn((32, 32, 1), n_classes=5).output_shape == (None, 5)


def test_dropout_only_in_training():
    model, images = build_cn((32, 32, 1)), np.random.default_rng(0).normal(size=(4, 32, 32, 1))
    first, second = (np.asarray(model(images.astype("float32"), training=False)) for _ in range(2))
    assert np.array_equal(first, second)


def test_registry():
    assert NETWORKS["cn"] is build_cn
    with pytest.raises(UnknownNameError, match="unknown network 'resnet'.*Choices: cn"):
        NETWORKS["resnet"]
