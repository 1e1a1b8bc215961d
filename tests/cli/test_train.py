"""``astrocnn train``, with as few targets as will do."""

import tempfile
from pathlib import Path

import pytest
from astropy.coordinates import SkyCoord

from astrocnn import ClusterClassifier
from astrocnn.networks import read_description

CENTER = SkyCoord(150, 2, unit="deg")
TINY = ["--n", "6", "--n-test", "6", "--epochs", "1", "--jobs", "1"]


def test_weights_are_saved_with_their_card(run, folder):
    code, out, err = run("train", "xmm", *TINY, "--seed", "7", "-o", "mine.keras")
    assert (code, err) == (0, [])
    assert out[0].startswith("Training xmm: 6 simulated targets, epochs: 1, seed 7, on ")
    assert out[-1] == "written: mine.keras"
    text = "\n".join(out)
    assert "AUC: " in text
    assert "command: astrocnn train xmm --n 6 --epochs 1 --seed 7" in text
    assert read_description("mine.keras").bands == ["xmm"]
    classifier = ClusterClassifier("mine.keras", images={"xmm": "field.fits"})
    assert classifier.predict(CENTER)["label"][0] in ("cluster", "non_cluster")


def _too_far(*args, **kwargs):
    pytest.fail("it started to train")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["xmn"], "unknown recipe 'xmn'; did you mean 'xmm'? Choices: xmm, xmm-dss2"),
        (["xmm", "-o", "a.h5"], "'a.h5': the name must end in .keras"),
        (["xmm", "-o", "no/a.keras"], "cannot write 'no/a.keras': there is no folder"),
        (["xmm"], "'xmm.keras' exists: choose another name, or replace it"),
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
        def save(self, path):
            if Path(path).name == str(path):
                raise OSError(28, "No space left on device")
            Path(path).write_text("weights")

    monkeypatch.setattr("astrocnn.estimators.train_on_simulation", lambda *_, **__: Trained())
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    code, _, err = run("train", "xmm")
    (spare,) = folder.glob("astrocnn-*/xmm.keras")
    assert code == 1
    assert err == [
        f"error: cannot write 'xmm.keras' (No space left on device): the weights are in '{spare}'"
    ]
