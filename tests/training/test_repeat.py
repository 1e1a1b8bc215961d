"""Repeated trainings and their spread."""

import numpy as np
import pytest
from astropy.table import Table

from astrocnn.networks import load_keras
from astrocnn.training import repeat_training, summarize_runs

RNG = np.random.default_rng(0)
LABELS = np.arange(24) % 2
IMAGES = (RNG.normal(size=(24, 16, 16, 1)) + 2 * LABELS[:, None, None, None]).astype("float32")
SCORES = ["accuracy", "precision", "recall", "auc"]


def build():
    """A small network: most of the time is its compilation."""
    keras = load_keras()
    image = keras.Input((16, 16, 1))
    features = keras.layers.Conv2D(4, 5, activation="relu")(image)
    features = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(image, keras.layers.Dense(2, activation="softmax")(features))


def repeat(**settings):
    usual = {
        "runs": 2, "epochs": 2, "batch_size": 8, "augmented": False, "learning_rate": 0.03,
    }  # fmt: skip
    return repeat_training(build, IMAGES, LABELS, **usual | settings)


def test_a_row_per_run():
    kept = {}
    table = repeat(
        test=(IMAGES, LABELS),
        random_state=5,
        epochs=6,
        each=lambda row, network, proba: kept.update({row: (network, proba)}),
    )
    assert table.colnames == ["run", "fold", "seed", "n_test", *SCORES]
    assert table["run"].tolist() == [0, 1]
    assert table["seed"].tolist() == [5, 6]
    assert table["n_test"].tolist() == [24, 24]
    assert (table["auc"] > 0.9).all()  # bright ones and dark ones
    assert not np.array_equal(kept[0][1], kept[1][1])
    for row, (network, proba) in kept.items():
        assert np.allclose(network.predict(IMAGES, verbose=0)[:, 1], proba, atol=1e-5)
        assert table["accuracy"][row] == ((proba >= 0.5) == LABELS).mean()


def test_same_seed_same_table():
    first, second = (repeat(test=(IMAGES, LABELS), runs=1, epochs=1) for _ in range(2))
    assert first["auc"][0] == pytest.approx(second["auc"][0], abs=1e-6)


def test_folds():
    rows = np.arange(24)
    folds = [(rows[8:], rows[:8]), (rows[:16], rows[16:])]
    sizes = []
    callback = load_keras().callbacks.LambdaCallback(on_train_begin=lambda _: sizes.append(1))
    table = repeat(folds=folds, runs=2, epochs=1, sample_weight=np.ones(24), callbacks=[callback])
    assert table["fold"].tolist() == [0, 1, 0, 1]
    assert table["run"].tolist() == [0, 0, 1, 1]
    assert len(set(table["seed"])) == len(sizes) == 4
    assert table["n_test"].tolist() == [8] * 4


def test_a_test_of_one_class_has_no_auc():
    table = repeat(test=(IMAGES[:1], LABELS[:1]), runs=1, epochs=1)
    assert np.isnan(table["auc"][0])
    assert table["recall"][0] == 0


def test_each_training_has_its_checkpoint(tmp_path):
    """Killed in the second training, the first is not done again."""
    path, done = tmp_path / "state", []
    settings = {"test": (IMAGES, LABELS), "runs": 2, "epochs": 1, "checkpoint": path}
    first = repeat_training(build, IMAGES, LABELS, **settings)
    assert {file.name for file in tmp_path.iterdir()} == {"state.0", "state.1"}
    (tmp_path / "state.1").unlink()
    callback = load_keras().callbacks.LambdaCallback(on_train_begin=done.append)
    again = repeat_training(build, IMAGES, LABELS, callbacks=[callback], **settings)
    assert len(done) == 1
    assert again["auc"].tolist() == pytest.approx(first["auc"].tolist())


def test_either_test_or_folds():
    for wrong in ({}, {"test": (IMAGES, LABELS), "folds": []}):
        with pytest.raises(ValueError, match="give either test"):
            repeat(**wrong)


def test_summary():
    runs = Table({name: [0.5, 0.6, 0.8] for name in SCORES})
    summary = summarize_runs(runs)
    assert summary["score"].tolist() == SCORES
    assert summary["mean"][0] == pytest.approx(1.9 / 3)
    assert summary["std"][0] == pytest.approx(np.std([0.5, 0.6, 0.8], ddof=1))
    assert set(summary["trainings"]) == {3}


def test_one_training_has_no_spread():
    summary = summarize_runs(Table({name: [0.5] for name in SCORES}))
    assert np.isnan(summary["std"]).all()
    assert summary["mean"][0] == 0.5
