"""Networks in which other bands add to what X-rays say: sums, gaps, parts of other weights."""

import numpy as np
import pytest

from astrocnn.exceptions import InvalidParameterError
from astrocnn.networks import (
    ModelDescription,
    build_ensemble,
    build_evidence,
    build_two_branch,
    ensemble_members,
    inference_network,
    integrated_gradients,
    load_keras,
    load_model,
    put_xray_part,
    save_model,
)

SMALL = {"widths": (4, 6), "depths": (1, 1), "dense": 8}
ARGUMENTS = {"n_classes": 3, "n_xray": 2, "alone": SMALL, "both": SMALL}


@pytest.fixture(autouse=True)
def seed():
    load_keras().utils.set_random_seed(0)


@pytest.fixture
def images():
    found = np.random.default_rng(0).normal(size=(4, 16, 16, 3)).astype("float32")
    found[:2, ..., 2] = 0
    return found


def test_logarithms_are_added(images):
    model = build_evidence((16, 16, 3), **ARGUMENTS)
    alone = np.asarray(model.get_layer("xray")(images[..., :2]))
    both = np.asarray(model.get_layer("all")(images))
    expected = alone * np.where([[False], [False], [True], [True]], both, 1)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model(images), expected, atol=1e-6)


def test_nearly_empty_images_say_little(images):
    """The step from no image to one is smooth: attributions add up to the whole change."""
    model = build_evidence((16, 16, 3), **ARGUMENTS)
    alone = np.asarray(model.get_layer("xray")(images[2:, ..., :2]))
    away = []
    for factor in (1e-4, 1e-2, 1e-1):
        some = images[2:].copy()
        some[..., 2] *= factor
        away.append(np.abs(np.asarray(model(some)) - alone).max())
    assert away[0] < 1e-3
    assert away[0] < away[1] < away[2]
    found = integrated_gradients(model, images, steps=200)
    start = np.asarray(model(np.zeros((1, 16, 16, 3))))[0, -1]
    change = np.asarray(model(images))[:, -1] - start
    np.testing.assert_allclose(found.sum(axis=(1, 2, 3)), change, atol=0.02)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_inference(images, precision):
    model = build_ensemble((16, 16, 3), member="evidence", n_members=2, **ARGUMENTS)
    fast = inference_network(model, precision)
    tolerance = 1e-6 if precision == "float32" else 0.02
    np.testing.assert_allclose(fast(images), model(images), atol=tolerance)


def test_xray_part_of_other_weights(images):
    frozen = ARGUMENTS | {"frozen_xray": True}
    model = build_ensemble((16, 16, 3), member="evidence", n_members=2, **frozen)
    arguments = SMALL | {"n_classes": 3, "n_xray": 2}
    xray = build_ensemble((16, 16, 2), member="two_branch", n_members=2, **arguments)
    put_xray_part(model, xray)
    np.testing.assert_allclose(model(images)[:2], xray(images[:2, ..., :2]), atol=1e-6)
    for member in ensemble_members(model):
        layer = member.get_layer("xray")
        assert not layer.trainable_variables
        assert len(member.trainable_variables) == len(member.get_layer("all").trainable_variables)
        # Nothing of it is left out at random in the training either.
        some = images[:2]
        np.testing.assert_array_equal(member(some, training=True), member(some, training=True))
    fast = inference_network(model)
    np.testing.assert_allclose(fast(images), model(images), atol=1e-6)


def test_part_that_does_not_fit():
    model = build_evidence((16, 16, 3), **ARGUMENTS)
    for other in (
        build_two_branch((16, 16, 2), 2, n_xray=2, **SMALL),
        build_two_branch((16, 16, 2), 3, n_xray=2, widths=(4, 8), depths=(1, 1)),
        build_ensemble((16, 16, 2), 3, member="two_branch", n_members=2, n_xray=2, **SMALL),
    ):
        with pytest.raises(InvalidParameterError, match="built with the same|build both"):
            put_xray_part(model, other)
    with pytest.raises(InvalidParameterError, match="build both"):
        put_xray_part(build_two_branch((16, 16, 3), 3, n_xray=2, **SMALL), model)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_xray": 0}, "needs one at least"),
        ({"n_xray": 3}, "one other band"),
        ({"numbers": (2,)}, "are X-ray bands"),
        ({"both": {"width": 3}}, "has no argument 'width'"),
        ({"both": {"n_classes": 2}}, "same for both networks"),
        ({"alone": {"numbers": (0,)}}, "same for both networks"),
    ],
)
def test_wrong_arguments(wrong, message):
    with pytest.raises(InvalidParameterError, match=message):
        build_evidence((16, 16, 3), **(ARGUMENTS | wrong))


def test_archive(tmp_path, images):
    arguments = {"input_shape": [16, 16, 3], "member": "evidence", "n_members": 2, **ARGUMENTS}
    model = build_ensemble(**arguments)
    description = ModelDescription(
        "ensemble", arguments, ["xmm", "legacy-g", "legacy-r"], 6.0, ["a", "b", "c"], {},
        optional_bands=["legacy-g", "legacy-r"],
    )  # fmt: skip
    save_model(tmp_path / "some.keras", model, description)
    found, described = load_model(tmp_path / "some.keras")
    assert described.optional_bands == ["legacy-g", "legacy-r"]
    np.testing.assert_allclose(found(images), model(images), atol=1e-6)
