"""The two-branch network: grids, branches, rings, size."""

import numpy as np
import pytest

from astrocnn.exceptions import InvalidParameterError, UnknownNameError
from astrocnn.networks import build_two_branch, load_keras

SMALL = {"widths": (4, 6), "depths": (1, 2), "dense": 8}


@pytest.fixture(autouse=True)
def seed():
    load_keras().utils.set_random_seed(0)


def test_small_enough():
    """Three members in half precision stay below 3 MB."""
    model = build_two_branch((178, 178, 2))
    assert 3 * 2 * model.count_params() < 3_000_000
    assert model.count_params() < 400_000


@pytest.mark.parametrize(("pixels", "left"), [(89, None), (96, None), (178, 89), (356, 89)])
def test_xray_pixels(pixels, left):
    """About 4 arcsec on 6 arcmin, whatever the grid."""
    names = {layer.name: layer for layer in build_two_branch((pixels, pixels, 2), **SMALL).layers}
    if left is None:
        assert "xray" not in names
    else:
        assert names["xray"].output.shape[1:] == (left, left, 1)


@pytest.mark.parametrize("pixels", [16, 17, 33, 35])
@pytest.mark.parametrize(("pool", "patches"), [(1, True), (2, True), (3, False), (4, False)])
def test_branches_meet_on_one_grid(pixels, pool, patches):
    model = build_two_branch((pixels, pixels, 2), xray_pool=pool, patches=patches, **SMALL)
    both = model.get_layer("bands").output.shape
    assert both[1] == both[2] == -(-pixels // (4 * pool))
    assert both[3] == 2 * 6


def test_xray_pixels_are_averaged():
    """Within a block of the X-ray image only the mean counts; in the other bands each pixel."""
    model = build_two_branch((32, 32, 2), xray_pool=2, **SMALL)
    image = np.random.default_rng(0).normal(size=(1, 32, 32, 2)).astype("float32")
    expected = np.asarray(model(image))
    for band, same in ((0, True), (1, False)):
        turned = image.copy().reshape(1, 16, 2, 16, 2, 2)
        turned[..., band] = turned[:, :, ::-1, :, ::-1, band]  # each block of 2 x 2 by itself
        assert np.allclose(model(turned.reshape(image.shape)), expected, atol=1e-5) == same


@pytest.mark.parametrize(("n_bands", "n_xray", "branches"), [(1, 1, 1), (2, 0, 1), (4, 2, 2)])
def test_branches(n_bands, n_xray, branches):
    model = build_two_branch((16, 16, n_bands), n_xray=n_xray, **SMALL)
    assert ("bands" in [layer.name for layer in model.layers]) == (branches == 2)
    images = np.random.default_rng(0).normal(size=(2, 16, 16, n_bands)).astype("float32")
    expected = np.asarray(model(images))
    for band in range(n_bands):
        changed = images.copy()
        changed[..., band] = changed[::-1, ..., band]
        assert not np.allclose(model(changed), expected, atol=1e-5)


def test_other_widths():
    """The stages of the other bands before both meet, and no others."""
    model = build_two_branch((32, 32, 3), n_xray=2, other_widths=(8, 12), **SMALL)
    assert model.get_layer("bands").output.shape[-1] == 6 + 12
    with pytest.raises(InvalidParameterError, match="3 widths"):
        build_two_branch((32, 32, 3), other_widths=(8, 12, 16), **SMALL)


@pytest.mark.parametrize("block", ["residual", "convnext"])
def test_blocks_learn(block):
    """Bright or faint in the middle: a few steps tell them apart."""
    keras = load_keras()
    model = build_two_branch((16, 16, 2), block=block, dropout=0.0, **SMALL)
    rng, truth = np.random.default_rng(0), np.arange(32) % 2
    images = rng.normal(size=(32, 16, 16, 2)).astype("float32")
    images[:, 6:10, 6:10] += 3 * truth[:, None, None, None]
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", jit_compile=False)
    model.optimizer.build(model.trainable_variables)  # otherwise the step is traced twice
    for _ in range(30):
        model.train_on_batch(images, np.eye(2)[truth])
    assert (np.asarray(model(images)).argmax(axis=1) == truth).mean() > 0.95


def test_mixed_precision_ends_in_full():
    keras = load_keras()
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        proba = build_two_branch((16, 16, 2), **SMALL)(np.ones((2, 16, 16, 2), dtype="float32"))
    finally:
        keras.config.set_dtype_policy(before)
    assert np.asarray(proba).dtype == np.float32
    assert np.allclose(np.asarray(proba).sum(axis=1), 1, atol=1e-5)


def test_numbers_meet_the_last_features():
    """One pixel of a band says all: the network sees it beside what convolutions made of it."""
    network = build_two_branch((16, 16, 2), numbers=(1,), **SMALL)
    features = network.get_layer("numbers").output
    told = load_keras().Model(network.input, features)
    images = np.random.default_rng(0).normal(size=(2, 16, 16, 2)).astype("float32")
    images[..., 1] = [[[1.0]], [[-3.0]]]
    other = images.copy()
    other[..., 0] = 0.0
    np.testing.assert_array_equal(np.asarray(told(images)), np.asarray(told(other)))
    weight, bias = network.get_layer("numbers").get_weights()
    expected = np.maximum(np.array([[1.0], [-3.0]]) @ weight + bias, 0)
    np.testing.assert_allclose(np.asarray(told(images)), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n_xray": 3}, "n_xray=3 X-ray bands of 2: choose 0 to 2"),
        ({"n_xray": -1}, "choose 0 to 2"),
        ({"depths": (1,)}, "2 widths, 1 depths"),
        ({"n_separate": 3}, "n_separate=3"),
        ({"n_separate": 0}, "n_separate=0"),
        ({"numbers": (2,)}, "numbers=\\(2,\\) are bands: give some of 0 to 1"),
    ],
)
def test_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        build_two_branch((16, 16, 2), **(SMALL | arguments))


def test_unknown_block():
    with pytest.raises(UnknownNameError, match="Choices: residual, convnext"):
        build_two_branch((16, 16, 2), block="resnet", **SMALL)
