"""The training loop on a task that a network must learn."""

import random

import numpy as np
import pytest

from astrocnn.config import conf
from astrocnn.networks import build_cn, load_keras
from astrocnn.training import Augmentation, Plateau, train_network


def blobs(n, seed=0):
    """Noise with a wide (class 1) or a narrow (class 0) blob of the same total."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    y, x = np.mgrid[:16, :16] - 7.5
    widths = np.where(labels, 3.5, 1.0)[:, None, None]
    images = 60 / widths**2 * np.exp(-(x**2 + y**2) / 2 / widths**2)
    images = np.arcsinh(images + rng.normal(size=images.shape))
    return images[..., None].astype(np.float16), labels


def network(seed=3, dropout=0.2):
    """A small one: the loop is the same for all, and most of the time is its compilation."""
    keras = load_keras()
    keras.utils.set_random_seed(seed)
    image = keras.Input((16, 16, 1))
    features = keras.layers.Conv2D(8, 5, activation="relu")(image)
    features = keras.layers.Dropout(dropout)(keras.layers.GlobalAveragePooling2D()(features))
    return keras.Model(image, keras.layers.Dense(2, activation="softmax")(features))


def train(seed=3, network_seed=3, data=None, model=None, **settings):
    model = model or network(network_seed)
    settings = {
        "epochs": 6, "batch_size": 16, "learning_rate": 0.03, "random_state": seed,
    } | settings  # fmt: skip
    return model, train_network(model, *(data or blobs(96)), **settings)


def accuracy(model):
    images, labels = blobs(200, seed=2)
    found = np.asarray(model.predict(images.astype("float32"), verbose=0)).argmax(axis=1)
    return (found == labels).mean()


def same_weights(model, other, atol=1e-6):
    pairs = zip(model.get_weights(), other.get_weights(), strict=True)
    return all(np.allclose(a, b, atol=atol) for a, b in pairs)


@pytest.fixture(scope="module")
def trained():
    return train(validation=blobs(40, seed=1))


class TestTraining:
    def test_it_learns(self, trained):
        model, history = trained
        assert history["loss"][-1] < 0.7 * history["loss"][0]
        assert accuracy(model) > 0.9

    def test_history(self, trained):
        _, history = trained
        assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
        assert all(len(values) == 6 for values in history.values())
        assert all(type(value) is float for values in history.values() for value in values)

    def test_the_network_has_no_augmentation(self, trained):
        model, _ = trained
        assert [type(a) for a in model.layers] == [type(a) for a in network().layers]
        image = blobs(2)[0].astype("float32")
        first, second = (np.asarray(model(image)) for _ in range(2))
        assert np.array_equal(first, second)

    def test_booleans_are_class_numbers(self):
        images, labels = blobs(2)
        history = train_network(network(), images, labels.astype(bool), epochs=1)
        assert np.isfinite(history["loss"]).all()

    def test_nothing_is_printed(self, capsys):
        with conf.set_temp("progress", True):  # a bar appears after two seconds, on standard error
            train(epochs=1)
        assert capsys.readouterr().out == ""

    def test_compiled_is_the_same_training(self):
        """But for rounding, which each step makes larger."""
        settings = {"epochs": 2, "augmented": False, "model": None}
        (one, plain), (other, compiled) = (
            train(**(settings | {"model": network(dropout=0.0)}), jit_compile=jit)
            for jit in (False, True)
        )
        np.testing.assert_allclose(plain["loss"], compiled["loss"], rtol=1e-3)
        assert same_weights(one, other, atol=1e-2)

    def test_labels_must_fit(self):
        with pytest.raises(ValueError, match="labels must be class numbers from 0 to 1"):
            train_network(network(), blobs(4)[0], [0, 1, 2, 1], epochs=1)

    def test_callbacks(self):
        ends = []
        callback = load_keras().callbacks.LambdaCallback(on_epoch_end=lambda e, _: ends.append(e))
        train(epochs=3, data=blobs(16), callbacks=[callback])
        assert ends == [0, 1, 2]


class TestSeed:
    def test_same_seed_same_network(self, trained):
        """Whatever the state of Python's own generator, which Keras would shuffle batches with."""
        model, history = trained
        again, other_history = train(validation=blobs(40, seed=1))
        assert history["loss"] == pytest.approx(other_history["loss"], abs=1e-6)
        assert same_weights(model, again)

    def test_order_comes_from_the_seed_alone(self):
        histories = []
        for state in (1, 2):
            model = network(0, dropout=0.0)
            random.seed(state)
            found = train_network(model, *blobs(32), epochs=2, batch_size=8, random_state=5)
            histories.append(found["loss"])
        assert histories[0] == pytest.approx(histories[1], abs=1e-6)

    def test_another_seed_is_another_training(self):
        assert train(seed=1, epochs=1)[1]["loss"] != train(seed=2, epochs=1)[1]["loss"]

    def test_every_target_once_per_epoch(self):
        """Keras asks for each batch of an epoch in that epoch."""
        seen = []

        class Watched(np.ndarray):
            def __getitem__(self, index):
                if isinstance(index, np.integer):
                    seen.append(int(index))
                return super().__getitem__(index)

        images, labels = blobs(12)
        train(data=(images.view(Watched), labels), epochs=3, batch_size=5)
        # Keras may look at the first batches once more, for their shapes.
        assert all(seen.count(i) >= 3 for i in range(12))
        assert len(seen) <= 3 * (12 + 10)


class TestAugmentation:
    def test_off_center_blobs_need_it(self):
        """Trained on clusters in one corner: only what was turned knows the other corners."""
        images, labels = blobs(128)
        corner = np.roll(images, (4, 4), axis=(1, 2))
        away = np.roll(blobs(200, seed=2)[0], (-4, -4), axis=(1, 2)).astype("float32")
        losses = {}
        for augmented in ("none", "full"):
            load_keras().utils.set_random_seed(3)
            model = build_cn((16, 16, 1), dropout=0.2)  # to which places are not alike
            train(
                data=(corner, labels), epochs=8, augmented=augmented, model=model,
                learning_rate=1e-3,
            )  # fmt: skip
            proba = np.asarray(model.predict(away, verbose=0))
            losses[augmented] = -np.log(proba[np.arange(200), np.arange(200) % 2] + 1e-7).mean()
        assert losses["full"] < losses["none"]

    def test_kinds_differ(self):
        kinds = ("orientations", Augmentation(turned=1.0, noise=0.3))
        histories = [train(epochs=1, augmented=kind)[1]["loss"] for kind in kinds]
        assert histories[0] != pytest.approx(histories[1], abs=1e-4)


class TestWeights:
    def test_targets_of_no_weight_do_not_count(self):
        """Wrong labels with weight zero leave no trace."""
        images, labels = blobs(96)
        wrong, weight = labels.copy(), np.ones(96)
        wrong[:48], weight[:48] = 1 - wrong[:48], 0
        model, _ = train(data=(images, wrong), epochs=10, sample_weight=weight)
        assert accuracy(model) > 0.9

    def test_a_heavy_class_is_called_more_often(self):
        noise = np.random.default_rng(0).normal(size=(64, 16, 16, 1))
        data = (noise, np.arange(64) % 2)
        shares = []
        for class_weight in ({0: 5.0}, {1: 5.0}):
            model, _ = train(data=data, epochs=6, augmented=False, class_weight=class_weight)
            shares.append(np.asarray(model.predict(noise, verbose=0))[:, 1].mean())
        assert shares[0] < 0.45 < 0.55 < shares[1]


class TestOptimizers:
    @pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 0.02), ("adadelta", 1.0)])
    def test_each_learns(self, optimizer, rate):
        model = network()
        train_network(
            model, *blobs(96), epochs=12, batch_size=8, learning_rate=rate, random_state=3,
            optimizer=optimizer, schedule="constant", augmented="orientations",
        )  # fmt: skip
        assert accuracy(model) > 0.85

    def test_plateau_lowers_the_rate(self):
        """A rate that falls to nothing after one epoch stops what comes after."""
        rates = []
        watch = load_keras().callbacks.LambdaCallback(
            on_epoch_end=lambda *_: rates.append(float(watch.model.optimizer.learning_rate))
        )
        images, labels = blobs(16)
        train_network(
            network(), images, labels, epochs=5, batch_size=8, learning_rate=0.5, random_state=0,
            optimizer="sgd", schedule=Plateau(1, 0.1), validation=(images, 1 - labels),
            augmented=False, callbacks=[watch],
        )  # fmt: skip
        assert rates[0] == pytest.approx(0.5)
        assert rates[-1] < 0.1


class TestPatience:
    def test_best_weights_are_restored(self):
        """Validation labels are wrong: what is learned makes them worse."""
        images, labels = blobs(40, seed=1)
        wrong = (images, 1 - labels)
        stopped, history = train(epochs=20, validation=wrong, patience=2)
        best = int(np.argmin(history["val_loss"]))
        assert len(history["loss"]) == best + 3 < 20
        loss = stopped.predict(images.astype("float32"), verbose=0)[np.arange(40), wrong[1]]
        assert -np.log(loss).mean() == pytest.approx(history["val_loss"][best], abs=1e-4)

    def test_needs_something_to_watch(self):
        with pytest.raises(ValueError, match="patience is 1 or more, and needs validation"):
            train(patience=2)
        with pytest.raises(ValueError, match="patience is 1 or more"):
            train(patience=0, validation=blobs(2))


class TestMixedPrecision:
    def test_it_learns_and_stays_single_precision(self, trained):
        model, history = train(mixed_precision="mixed_bfloat16")
        assert history["loss"] != trained[1]["loss"]  # it did compute in another precision
        assert accuracy(model) > 0.9
        assert {str(weight.dtype) for weight in model.weights} == {"float32"}
        assert {layer.compute_dtype for layer in model.layers} == {"float32"}

    def test_unknown(self):
        with pytest.raises(ValueError, match='mixed_precision is "mixed_bfloat16" or None'):
            train(mixed_precision="float8")
