"""The mean over eight orientations."""

import numpy as np
import pytest

from astrocnn.networks import average_orientations, build_cn, build_ensemble, load_keras

IMAGES = np.random.default_rng(0).normal(size=(3, 16, 16, 2)).astype("float32")


@pytest.fixture(scope="module")
def model():
    load_keras().utils.set_random_seed(0)
    return build_cn((16, 16, 2))


def test_mean_of_eight(model):
    views = [np.rot90(v, k, axes=(1, 2)) for v in (IMAGES, IMAGES[:, :, ::-1]) for k in range(4)]
    expected = np.mean([np.asarray(model(np.ascontiguousarray(v))) for v in views], axis=0)
    assert np.allclose(average_orientations(model)(IMAGES), expected, atol=1e-6)


def test_same_answer_for_all(model):
    averaged = average_orientations(model)
    turned = np.ascontiguousarray(np.rot90(IMAGES, axes=(1, 2))[:, ::-1])
    assert np.allclose(averaged(turned), averaged(IMAGES), atol=1e-6)
    assert not np.allclose(model(turned), model(IMAGES), atol=1e-4)


def test_of_an_ensemble():
    ensemble = build_ensemble((16, 16, 2), member="cn", n_members=2)
    assert average_orientations(ensemble)(IMAGES).shape == (3, 2, 2)
