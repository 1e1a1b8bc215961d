"""The experiment of Kosiba et al. (2020), in small."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from astrocnn import ClusterClassifier
from astrocnn.datasets import (
    KOSIBA2020_BANDS,
    _protocol,
    load_kosiba2020,
    train_on_kosiba2020,
)
from astrocnn.exceptions import FailedTargetWarning
from astrocnn.networks import load_keras

_spec = importlib.util.spec_from_file_location(
    "kosiba2020_archive", Path(__file__).with_name("kosiba2020_archive.py")
)
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)


@pytest.fixture
def archive(tmp_path):
    return made.write_archive(tmp_path / "Kosiba2020.zip")


@pytest.fixture
def quick(monkeypatch):
    """A rate with which a dozen steps are enough to see that it learns."""
    changes = {"learning_rate": 0.02, "batch_size": 4}
    monkeypatch.setattr(_protocol, "_SETTINGS", _protocol._SETTINGS | changes)


def test_scores_beside_the_paper(archive):
    trained = train_on_kosiba2020(archive, epochs=1)
    table = trained.comparison()
    assert table["metric"].tolist() == ["accuracy", "precision", "recall", "AUC"]
    assert table["paper"].tolist() == [0.90, 0.89, 0.91, 0.96]
    assert table["paper_std"].tolist() == [0.03, 0.05, 0.03, 0.01]
    assert table["value"][0] == trained.report.accuracy.value
    assert trained.report.confusion.total == 4
    assert len(trained.history["loss"]) == 1


def test_settings_are_those_of_the_article(archive, monkeypatch):
    """What reaches the training loop: table 3, standardized images, labels of the experts."""
    found = {}

    def note(model, images, labels, **settings):
        found.update(settings, images=images, labels=labels, model=model)
        return {"loss": [0.0]}

    monkeypatch.setattr(_protocol, "train_network", note)
    train_on_kosiba2020(archive, random_state=5)
    assert found["epochs"] == 1000
    assert found["batch_size"] == 10
    assert found["learning_rate"] == 1e-4
    assert (found["optimizer"], found["schedule"]) == ("sgd", "constant")
    assert found["augmented"] == "orientations"
    assert found["random_state"] == 5
    assert found["labels"].tolist() == [1, 1, 0, 0, 0, 1, 1, 0]
    images = found["images"].astype(float)
    assert images.shape == (8, 16, 16, 2)
    assert np.allclose(images.mean(axis=(1, 2)), 0, atol=1e-3)
    assert np.allclose(images.std(axis=(1, 2)), 1, atol=1e-3)
    xray = made.picture(1)[::-1, :, 2].astype(float)
    assert np.allclose(images[0, ..., 1], (xray - xray.mean()) / xray.std(), atol=2e-3)
    dropout = [x for x in found["model"].layers if isinstance(x, load_keras().layers.Dropout)]
    assert [layer.rate for layer in dropout] == [0.65]


def test_it_learns_and_can_be_used(archive, quick, tmp_path):
    """The saved weights give the same verdicts as the test of the training did."""
    trained = train_on_kosiba2020(archive, epochs=25)
    assert trained.report.auc.value == 1
    trained.save(tmp_path / "mine.keras")
    cutouts, labels = load_kosiba2020("test", archive)
    classifier = ClusterClassifier(tmp_path / "mine.keras", bands=KOSIBA2020_BANDS)
    proba = classifier.predict_proba(cutouts)[:, 1]
    called = (proba >= 0.5) == labels["is_cluster"]
    assert called.mean() == trained.report.accuracy.value
    assert proba[labels["is_cluster"]].min() > proba[~labels["is_cluster"]].max()


def test_same_seed_same_network(archive):
    first, second = (train_on_kosiba2020(archive, 1, seed).model.get_weights() for seed in (3, 3))
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(first, second, strict=True))


def test_interrupted_training_goes_on(archive, tmp_path):
    state = tmp_path / "state.checkpoint"
    train_on_kosiba2020(archive, 2, checkpoint=state)
    before = state.stat().st_mtime_ns
    again = train_on_kosiba2020(archive, 2, checkpoint=state)
    assert len(again.history["loss"]) == 2
    assert state.stat().st_mtime_ns == before


def test_image_that_cannot_be_read_is_left_out(archive):
    made.write_archive(archive, {"Kosiba2020/train_images/xclass3.png": None})
    with pytest.warns(FailedTargetWarning, match="1 of 8"):
        trained = train_on_kosiba2020(archive, 1)
    assert trained.description.card["data"].startswith("7 training images of Kosiba et al. 2020")
