"""``astrocnn train``, with as few targets as will do."""

import importlib.util
import tempfile
from pathlib import Path

import pytest
from astropy.coordinates import SkyCoord

from astrocnn import ClusterClassifier
from astrocnn._registry import Registry
from astrocnn.estimators import _simulated, train_on_simulation
from astrocnn.estimators._recipe import Recipe
from astrocnn.exceptions import StoreError
from astrocnn.networks import read_description
from astrocnn.storage import FolderLock

CENTER = SkyCoord(150, 2, unit="deg")
TINY = ["--n", "6", "--n-test", "6", "--epochs", "1", "--jobs", "1"]


@pytest.mark.parametrize("small", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_weights_are_saved_with_their_card(run, folder, monkeypatch, small):
    if small:
        recipes = Registry("recipe", {"xmm": Recipe(("xmm",), 24)})
        monkeypatch.setattr(_simulated, "RECIPES", recipes)
    code, out, err = run("train", "xmm", *TINY, "--seed", "7", "-o", "mine.keras")
    assert (code, err) == (0, [])
    assert out[0].startswith("Training xmm: 6 simulated targets, epochs: 1, seed 7, on ")
    assert out[-1] == "written: mine.keras"
    text = "\n".join(out)
    assert "AUC: " in text
    assert "command: astrocnn train xmm --n 6 --epochs 1 --n-test 6 --seed 7" in text
    assert read_description("mine.keras").bands == ["xmm"]
    classifier = ClusterClassifier("mine.keras", images={"xmm": "field.fits"})
    assert classifier.predict(CENTER)["label"][0] in ("cluster", "non_cluster")


def test_a_number_that_makes_no_sense_is_one_plain_line(run, monkeypatch):
    monkeypatch.setattr(_simulated, "RECIPES", Registry("recipe", {"xmm": Recipe(("xmm",), 24)}))
    code, _, err = run("train", "xmm", "--n", "1", "--epochs", "1", "--n-test", "6")
    assert (code, len(err)) == (1, 1)
    assert err[0].startswith("error: training needs targets of at least two classes")


def _too_far(*args, **kwargs):
    pytest.fail("it started to train")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["xmn"], "unknown recipe 'xmn'; did you mean 'xmm'? Choices: xmm, xmm-dss2"),
        (["xmm", "-o", "a.h5"], "'a.h5': the name must end in .keras"),
        (["xmm", "-o", "no/a.keras"], "cannot write 'no/a.keras': there is no folder"),
        (["xmm"], "'xmm.keras' exists: choose another name, or replace it"),
        (["xmm", "-o", "a.keras", "--folder", "xmm.keras"], "'xmm.keras' is a file: give a folder"),
        (["--dataset", "kosiba2020", "--jobs", "3"], "--jobs would not be used: with --dataset"),
    ],
)
def test_bad_input_is_found_before_the_work(run, folder, monkeypatch, arguments, message):
    (folder / "xmm.keras").write_text("precious")
    monkeypatch.setattr("astrocnn.estimators.train_on_simulation", _too_far)
    code, out, err = run("train", *arguments)
    assert (code, out, len(err)) == (1, [], 1)
    assert err[0].startswith(f"error: {message}")
    assert (folder / "xmm.keras").read_text() == "precious"


def test_full_disk_does_not_lose_the_work(run, folder, monkeypatch):
    """The weights go to the folder for temporary files, and the message says where."""

    class Trained:
        def save(self, path, half, overwrite=False):
            assert half
            if Path(path).name == str(path):
                raise OSError(28, "No space left on device")
            Path(path).write_text("weights")

    monkeypatch.setattr("astrocnn.estimators.train_on_simulation", lambda *_, **__: Trained())
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    code, _, err = run("train", "xmm", "--half")
    (spare,) = folder.glob("astrocnn-*/xmm.keras")
    assert code == 1
    assert err == [
        f"error: cannot write 'xmm.keras' (No space left on device): the weights are in '{spare}'"
    ]


def test_weights_that_came_meanwhile_stay(run, folder, monkeypatch):
    """Another process has written that name since; both trainings are kept."""

    class Trained:
        def save(self, path, half, overwrite=False):
            Path(path).write_text("mine")

    def train(*_, **__):
        Path("xmm.keras").write_text("another's")
        return Trained()

    monkeypatch.setattr("astrocnn.estimators.train_on_simulation", train)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    code, _, err = run("train", "xmm")
    (spare,) = folder.glob("astrocnn-*/xmm.keras")
    assert (code, spare.read_text(), Path("xmm.keras").read_text()) == (1, "mine", "another's")
    assert err[0].endswith(f"the weights are in '{spare}'")


def test_folder_of_a_training_is_used_by_one_process(run, folder, monkeypatch):
    Path("state").mkdir()
    archive_module().write_archive(folder / "small.zip")
    article = ["--dataset", "kosiba2020", "--path", "small.zip", "-o", "cn.keras"]
    with FolderLock(Path("state")):
        for options in (["xmm", *TINY], article):
            code, _, err = run("train", *options, "--folder", "state")
            assert code == 1
            assert err[0].startswith("error: 'state' is in use by process")
        with pytest.raises(StoreError, match="'state' is in use by process"):
            train_on_simulation("xmm", n=4, n_test=4, folder="state")
    assert [path.name for path in Path("state").iterdir()] == [FolderLock.name]


def archive_module():
    path = Path(__file__).parents[1] / "datasets" / "kosiba2020_archive.py"
    spec = importlib.util.spec_from_file_location("kosiba2020_archive", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestDataset:
    def test_paper_beside_what_was_found(self, run, folder):
        archive_module().write_archive(folder / "small.zip")
        code, out, err = run(
            "train", "--dataset", "kosiba2020", "--path", "small.zip", "--epochs", "1",
            "--folder", "state",
        )  # fmt: skip
        assert (code, err) == (0, [])
        assert out[0].startswith("Training kosiba2020: CN by the protocol of Kosiba et al. (2020)")
        assert out[-1] == "written: kosiba2020.keras"
        rows = {line.split()[0]: line for line in out[-6:] if line.strip()}
        assert rows["accuracy"].endswith("0.90 ± 0.03")
        assert rows["precision"].endswith("0.89 ± 0.05")
        assert rows["recall"].endswith("0.91 ± 0.03")
        assert rows["AUC"].endswith("0.96 ± 0.01")
        assert Path("state/kosiba2020-1-seed1.checkpoint").is_file()

    def test_card_says_what_the_images_are(self, run, folder):
        archive_module().write_archive(folder / "small.zip")
        arguments = ["--dataset", "kosiba2020", "--path", "small.zip", "--epochs", "1"]
        code, _, _ = run("train", *arguments, "-o", "mine.keras", "--seed", "4", "--quiet")
        assert code == 0
        found = read_description("mine.keras")
        assert found.bands == ["kosiba2020-optical", "kosiba2020-xray"]
        assert found.arguments == {"input_shape": [16, 16, 2], "n_classes": 2, "dropout": 0.65}
        assert found.preprocessing["stretched"] is False
        assert found.card["command"] == "astrocnn train --dataset kosiba2020 --epochs 1 --seed 4"
        assert "8-bit" in found.card["known_failures"][0]
        assert found.card["trained_prior"]["cluster"] == 0.5
        settings = found.card["settings"]
        assert (settings["batch_size"], settings["learning_rate"]) == (10, 1e-4)
        assert (settings["optimizer"], settings["epochs"]) == ("sgd", 1)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--n", "5"], "--n counts simulated targets: leave it out with --dataset"),
            (["--path", "no.zip"], "there is no file or folder 'no.zip'"),
            (["--path", "targets.csv"], "'targets.csv' cannot be read as a zip file"),
            (["-o", "a.h5"], "'a.h5': the name must end in .keras"),
            (["--folder", "targets.csv"], "'targets.csv' is a file: give a folder"),
        ],
    )
    def test_bad_input(self, run, arguments, message):
        code, _, err = run("train", "--dataset", "kosiba2020", *arguments)
        assert (code, len(err)) == (1, 1)
        assert err[0].startswith(f"error: {message}")

    def test_no_network(self, run, monkeypatch):
        monkeypatch.setattr("astrocnn.datasets._zenodo._SERVER", "http://127.0.0.1:9")
        code, _, err = run("train", "--dataset", "kosiba2020")
        assert (code, len(err)) == (1, 1)
        assert err[0].startswith("error: cannot download Kosiba2020.zip")
        assert "http://127.0.0.1:9/records/7236582/" in err[0]
        assert err[0].endswith("and give its place with path=")

    @pytest.mark.parametrize(
        "arguments", [[], ["xmm", "--dataset", "kosiba2020"], ["--dataset", "kosiba2021"]]
    )
    def test_recipe_or_dataset(self, run, arguments):
        assert run("train", *arguments)[0] == 2

    def test_path_without_a_dataset(self, run):
        code, _, err = run("train", "xmm", "--path", "small.zip")
        assert code == 1
        assert err == ["error: --path is the place of a data set: give --dataset too"]
