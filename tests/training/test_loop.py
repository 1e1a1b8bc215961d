"""The training loop on a task that a network must learn."""

import random

import numpy as np
import pytest

from astrocnn.config import conf
from astrocnn.networks import build_cn, load_keras
from astrocnn.training import train_network


def blobs(n, seed=0):
    """Noise with a wide (class 1) or a narrow (class 0) blob of the same total."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    y, x = np.mgrid[:16, :16] - 7.5
    widths = np.where(labels, 3.5, 1.0)[:, None, None]
    images = 60 / widths**2 * np.exp(-(x**2 + y**2) / 2 / widths**2)
    images = np.arcsinh(images + rng.normal(size=images.shape))
    return images[..., None].astype(np.float16), labels


def train(seed=3, network_seed=3, **settings):
    load_keras().utils.set_random_seed(network_seed)
    model = build_cn((16, 16, 1), dropout=0.2)
    images, labels = blobs(96)
    settings = {"epochs": 6, "batch_size": 16, "random_state": seed} | settings
    return model, train_network(model, images, labels, **settings)


@pytest.fixture(scope="module")
def trained():
    return train(validation=blobs(40, seed=1))


def test_it_learns(trained):
    model, history = trained
    assert history["loss"][-1] < 0.7 * history["loss"][0]
    images, labels = blobs(200, seed=2)
    found = np.asarray(model.predict(images.astype("float32"), verbose=0)).argmax(axis=1)
    assert (found == labels).mean() > 0.9


def test_history(trained):
    _, history = trained
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 6 for values in history.values())
    assert all(type(value) is float for values in history.values() for value in values)


def test_same_seed_same_network(trained):
    """Whatever the state of Python's own generator, which Keras would shuffle batches with."""
    model, history = trained
    again, other_history = train(validation=blobs(40, seed=1))
    assert history["loss"] == pytest.approx(other_history["loss"], abs=1e-6)
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        assert np.allclose(a, b, atol=1e-6)


def test_order_comes_from_the_seed_alone():
    histories = []
    for state in (1, 2):
        load_keras().utils.set_random_seed(0)
        model = build_cn((16, 16, 1), dropout=0.0)
        random.seed(state)
        images, labels = blobs(32)
        histories.append(train_network(model, images, labels, 2, 8, random_state=5)["loss"])
    assert histories[0] == pytest.approx(histories[1], abs=1e-6)


def test_another_seed_is_another_order():
    assert train(seed=1, epochs=1)[1]["loss"] != train(seed=2, epochs=1)[1]["loss"]


def test_learning_rate_warms_up_and_falls():
    model, _ = train(epochs=10, learning_rate=1e-3)  # 60 steps, 3 of them to warm up
    rates = [float(model.optimizer._learning_rate(step)) for step in (0, 3, 30, 60)]
    assert rates[0] == pytest.approx(5e-5, rel=1e-3)
    assert rates[1] == pytest.approx(1e-3, rel=1e-3)
    assert 1e-4 < rates[2] < 9e-4
    assert rates[3] == pytest.approx(0, abs=1e-6)


def test_targets_of_no_weight_do_not_count():
    """Wrong labels with weight zero leave no trace."""
    images, labels = blobs(96)
    wrong, weight = labels.copy(), np.ones(96, dtype="float32")
    wrong[:48], weight[:48] = 1 - wrong[:48], 0
    load_keras().utils.set_random_seed(3)
    model = build_cn((16, 16, 1), dropout=0.2)
    train_network(model, images, wrong, 10, 16, random_state=3, sample_weight=weight)
    images, labels = blobs(200, seed=2)
    found = np.asarray(model.predict(images.astype("float32"), verbose=0)).argmax(axis=1)
    assert (found == labels).mean() > 0.9


def test_booleans_are_class_numbers():
    images, labels = blobs(2)
    load_keras().utils.set_random_seed(3)
    history = train_network(build_cn((16, 16, 1)), images, labels.astype(bool), 1)
    assert np.isfinite(history["loss"]).all()


def test_nothing_is_printed(capsys):
    with conf.set_temp("progress", True):  # a bar appears after two seconds, on standard error
        train(epochs=1)
    assert capsys.readouterr().out == ""
