"""Several networks as one."""

import numpy as np
import pytest

from astrocnn.exceptions import UnknownNameError
from astrocnn.networks import build_cn, build_ensemble, ensemble_members, load_keras

IMAGES = np.random.default_rng(0).normal(size=(4, 16, 16, 1)).astype("float32")


@pytest.fixture
def ensemble():
    load_keras().utils.set_random_seed(0)
    return build_ensemble((16, 16, 1), member="cn", n_members=3, dropout=0.1)


def test_output_is_that_of_the_members(ensemble):
    proba = np.asarray(ensemble(IMAGES))
    members = ensemble_members(ensemble)
    assert [member.name for member in members] == ["member1", "member2", "member3"]
    for i, member in enumerate(members):
        assert np.allclose(proba[:, i], member(IMAGES), atol=1e-6)
    assert np.std(proba, axis=1).max() > 1e-4  # they start differently


def test_members_get_the_arguments(ensemble):
    assert {member.get_layer("dropout").rate for member in ensemble_members(ensemble)} == {0.1}
    assert ensemble.count_params() == 3 * build_cn((16, 16, 1)).count_params()


def test_training_a_member_trains_the_ensemble(ensemble):
    before = np.asarray(ensemble(IMAGES))
    member = ensemble_members(ensemble)[1]
    member.compile("adam", "categorical_crossentropy", run_eagerly=True)
    member.train_on_batch(IMAGES, np.eye(2)[[0, 1, 0, 1]])
    after = np.asarray(ensemble(IMAGES))
    assert np.array_equal(before[:, [0, 2]], after[:, [0, 2]])
    assert np.abs(before[:, 1] - after[:, 1]).max() > 1e-5


def test_a_single_network_is_its_own_member():
    model = build_cn((16, 16, 1))
    assert ensemble_members(model) == [model]


def test_refused():
    with pytest.raises(ValueError, match="at least two members, not 1"):
        build_ensemble((16, 16, 1), member="cn", n_members=1)
    with pytest.raises(UnknownNameError, match="Choices: cn, mn, two_branch, evidence$"):
        build_ensemble((16, 16, 1), member="ensemble")
