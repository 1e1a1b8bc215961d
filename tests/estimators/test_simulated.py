"""Weights from simulated targets, with as few and as small ones as will do."""

import pytest

from astrocnn import ClusterClassifier
from astrocnn._registry import Registry
from astrocnn.estimators import _simulated, train_on_simulation
from astrocnn.estimators._recipe import Recipe
from astrocnn.networks import read_description

pytestmark = pytest.mark.slow  # tests/cli/test_train.py has a smaller one


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    recipe = Recipe(
        ("xmm",), 24, n=60, epochs=1, n_calibration=110, network="ensemble",
        arguments={"member": "cn", "n_members": 2}, learning_rate=2e-3,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("images")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_simulated, "RECIPES", Registry("recipe", {"tiny": recipe}))
        classifier = train_on_simulation("tiny", n_test=30, n_jobs=1, folder=folder)
        before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
        again = train_on_simulation("tiny", n_test=30, n_jobs=1, folder=folder)
        after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    return classifier, again, before, after


def test_card(trained):
    card = trained[0]._fitted.description.card
    assert card["settings"]["network"] == "ensemble"
    assert card["settings"]["learning_rate"] == 2e-3
    assert card["calibration"]["method"] == "temperature"
    assert card["calibration"]["held_out_targets"] == 110
    assert 0 <= card["calibration"]["expected_calibration_error"] <= 1
    assert set(card["thresholds"]) == {"prior 0.5", "prior 0.2", "prior 0.05"}
    assert set(card["thresholds"]["prior 0.2"]) == {"purity 0.9", "purity 0.95", "purity 0.99"}
    assert len(card["called_cluster"]["cluster"]) == 3
    assert set(card["trained_prior"]) == {"non_cluster", "cluster"}
    assert card["test"].startswith("30 other simulated targets, seed 2")
    assert card["command"] == "astrocnn train tiny --n-test 30 --seed 1"


def test_saved_weights_know_it_all(trained, tmp_path):
    trained[0].save(tmp_path / "tiny.keras")
    description = read_description(tmp_path / "tiny.keras")
    assert description.card == trained[0]._fitted.description.card
    assert description.domain["n_bands"] == 1
    loaded = ClusterClassifier(tmp_path / "tiny.keras", prior=0.2)
    assert len(loaded.thresholds((0.8, 0.9))) == 2


def test_what_is_in_the_folder_is_used_again(trained):
    _, again, before, after = trained
    images = [name for name in before if name.endswith((".npy", ".ecsv"))]
    assert len(images) == 6
    assert all(before[name] == after[name] for name in images)
    first, second = (c._fitted.description.card for c in (trained[0], again))
    assert first == second
