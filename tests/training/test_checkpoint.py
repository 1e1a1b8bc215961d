"""Checkpoints: killed and gone on is as never killed."""

import errno
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from astrocnn.exceptions import StoreError, WeightsError
from astrocnn.networks import build_cn, build_mn, load_keras
from astrocnn.training import Plateau, train_network
from astrocnn.training._checkpoint import (
    array_hash,
    layers_hash,
    read_checkpoint,
    write_checkpoint,
)

#: Five epochs, the validation watched; shared by this process and the one that is killed.
TRAIN = """
import numpy as np
from astrocnn.networks import load_keras
from astrocnn.training import train_network

def network():
    # Small: most of the time is its compilation.
    keras = load_keras()
    layers = keras.layers
    image = keras.Input((16, 16, 1))
    features = layers.BatchNormalization()(layers.Conv2D(4, 5, activation="relu")(image))
    features = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(features))
    return keras.Model(image, layers.Dense(2, activation="softmax")(features))

def train(checkpoint=None, **settings):
    load_keras().utils.set_random_seed(7)
    model = network()
    rng = np.random.default_rng(0)
    labels = np.arange(20) % 2
    images = rng.normal(size=(20, 16, 16, 1)) + labels[:, None, None, None]
    usual = {"epochs": 5, "batch_size": 8, "random_state": 1, "patience": 4,
             "validation": (images[:6], labels[:6])}
    history = train_network(model, images, labels, checkpoint=checkpoint, **usual | settings)
    return model, history
"""
#: Killed, as by kill -9, while the checkpoint of the third epoch is being put in place.
KILLED = (
    TRAIN
    + """
import os, signal, sys
from pathlib import Path
calls, replace = [], Path.replace

def replace_or_die(part, target):
    calls.append(target)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(part, target)

Path.replace = replace_or_die
train(sys.argv[1])
"""
)


def define(code):
    names = {}
    exec(code, names)
    return names["train"]


train = define(TRAIN)


def same(model, other, atol):
    pairs = zip(model.get_weights(), other.get_weights(), strict=True)
    return all(np.allclose(a, b, atol=atol) for a, b in pairs)


@pytest.fixture(scope="module")
def whole():
    """The training without an interruption."""
    return train()


@pytest.fixture
def interrupted(tmp_path):
    """A function that trains until an epoch has ended and the next has begun, and the file."""
    path = tmp_path / "run.npz"

    def go(epochs, **settings):
        begun = []

        def stop(*_):
            begun.append(1)
            if len(begun) > epochs:
                raise KeyboardInterrupt

        callback = load_keras().callbacks.LambdaCallback(on_epoch_begin=stop)
        with pytest.raises(KeyboardInterrupt):
            train(path, callbacks=[callback], **settings)
        return path

    return go


def test_goes_on_to_the_same_weights(whole, interrupted):
    path = interrupted(2)
    done = []
    watch = load_keras().callbacks.LambdaCallback(on_epoch_end=lambda e, _: done.append(e))
    model, history = train(path, callbacks=[watch])
    assert done == [2, 3, 4]  # those before were not done again
    assert history["loss"] == pytest.approx(whole[1]["loss"], abs=1e-6)
    assert history["val_loss"] == pytest.approx(whole[1]["val_loss"], abs=1e-6)
    assert same(model, whole[0], 1e-6)


@pytest.mark.slow
def test_killed_while_it_writes(whole, tmp_path):
    path = tmp_path / "run.npz"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], capture_output=True,
                          check=False, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"})  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    with np.load(path) as file:
        assert '"loss": [' in str(file["meta"])
    model, history = train(path)
    assert history["loss"] == pytest.approx(whole[1]["loss"], abs=1e-6)
    assert same(model, whole[0], 1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd", "schedule": Plateau(1, 0.5), "patience": None},
        {"augmented": "orientations", "optimizer": "adadelta", "schedule": "constant"},
    ],
)
def test_other_optimizers_and_schedules(interrupted, settings):
    expected, losses = train(**settings)
    model, history = train(interrupted(2, **settings), **settings)
    assert history["loss"] == pytest.approx(losses["loss"], abs=1e-6)
    assert same(model, expected, 1e-6)


def test_a_training_that_stopped_early_stays_stopped(tmp_path):
    settings = {"epochs": 30, "patience": 1, "learning_rate": 0.3, "schedule": "constant"}
    stopped, history = train(tmp_path / "run", **settings)
    assert len(history["loss"]) < 30
    again, other = train(tmp_path / "run", **settings)
    assert other == history
    assert same(again, stopped, 0)


def test_a_finished_training_is_not_done_again(whole, tmp_path):
    first, history = train(tmp_path / "run")
    again, other = train(tmp_path / "run")
    assert other == history
    assert same(first, again, 0)
    assert same(first, whole[0], 1e-6)  # writing changes nothing
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_without_a_seed_the_first_one_is_kept(interrupted):
    path = interrupted(1, random_state=None)
    seeds = []
    for _ in range(2):
        with np.load(path) as file:
            seeds.append(json.loads(str(file["meta"]))["seed"])
        train(path, random_state=None)
    assert seeds[0] == seeds[1]


def test_of_another_training(tmp_path):
    path = tmp_path / "run.npz"
    train(path, epochs=1)
    others = {
        r"epochs \(1 there, 6 here\)": {"epochs": 6},
        r"augmented \(Augmentation\(": {"augmented": False},
        r"random_state \(1 there, 2 here\)": {"random_state": 2},
        r"weights \(none there": {"sample_weight": np.ones(20)},
        r"validation": {"validation": (np.zeros((2, 16, 16, 1)), [0, 1])},
        r"optimizer \(adam there": {"optimizer": load_keras().optimizers.SGD(0.1)},
    }
    for named, other in others.items():
        with pytest.raises(WeightsError, match=rf"run.npz is of another.*{named}.*delete it"):
            train(path, **{"epochs": 1} | other)


def test_of_another_network(tmp_path):
    """Networks of the same weights that are trained in another way."""
    images, labels, path = np.zeros((4, 16, 16, 1)), [0, 1, 0, 1], tmp_path / "run.npz"
    train_network(build_cn((16, 16, 1)), images, labels, epochs=1, checkpoint=path)
    other = build_cn((16, 16, 1), dropout=0.2)
    with pytest.raises(WeightsError, match=r"differs in layers"):
        train_network(other, images, labels, epochs=1, checkpoint=path)
    assert layers_hash(build_mn((32, 32, 1), alpha=0.25)) != layers_hash(
        build_mn((32, 32, 1), alpha=0.25, momentum=0.9)
    )


@pytest.mark.parametrize("damage", ["cut", "changed", "text", "empty", "foreign"])
def test_damaged(tmp_path, damage):
    path = tmp_path / "run.npz"
    write_checkpoint(path, {"a": "1"}, 0, {"loss": [1.0]}, {"v": [np.arange(1000.0)]})
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes({
        "cut": content[:-200],
        "changed": content[:middle] + bytes(8 * [255]) + content[middle + 8 :],
        "text": b"no archive",
        "empty": b"",
        "foreign": content,
    }[damage])  # fmt: skip
    if damage == "foreign":
        np.savez(path, images=np.zeros(3))
    with pytest.raises(WeightsError, match=r"run.npz is damaged or no checkpoint.*delete it"):
        read_checkpoint(path, {"a": "1"})


def test_objects_are_not_unpickled(tmp_path):
    path = tmp_path / "run.npz"
    np.savez(path, meta=np.array([{"settings": {}}], dtype=object))
    with pytest.raises(WeightsError, match="damaged or no checkpoint"):
        read_checkpoint(path, {})


def test_no_file_yet(tmp_path):
    assert read_checkpoint(tmp_path / "none", {}) is None


def test_hash_sees_type_shape_and_numbers():
    images = np.zeros((500, 4, 4, 1), dtype="float16")
    other = images.copy()
    other[0, 0, 0, 0] = 1
    found = [images, other, images.astype("float32"), images[:400], images.reshape(500, 2, 8, 1)]
    assert len({array_hash(array) for array in found}) == 5
    assert array_hash(images) == array_hash(images.copy())


def test_hash_sees_every_label():
    labels = np.eye(2)[np.zeros(5000, int)]
    hashes = {array_hash(labels)}
    for row in (1, 2345, 4998):
        other = labels.copy()
        other[row] = other[row, ::-1]
        hashes.add(array_hash(other))
    assert len(hashes) == 4


def test_a_file_that_may_not_be_read_is_not_damaged(tmp_path, monkeypatch):
    """Nobody is told to delete it."""
    path = tmp_path / "run.npz"
    write_checkpoint(path, {"a": "1"}, 0, {"loss": [1.0]}, {})

    def forbidden(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", forbidden)
    with pytest.raises(StoreError, match=r"run.npz' cannot be read: Permission denied$"):
        read_checkpoint(path, {"a": "1"})
