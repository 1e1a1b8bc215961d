"""``astrocnn demo``: what a first user sees."""

import sys

import pytest
from astropy.table import QTable

from astrocnn.datasets import load_sample
from astrocnn.networks import ModelDescription, build_network, save_model


@pytest.fixture(scope="module", autouse=True)
def sample():
    """Made once, so that the time of a test is its own."""
    return load_sample()


def test_verdicts_truth_and_files(run, folder, sample):
    code, out, err = run("demo", "--weights", "xmm", "-o", "new/folder")
    assert (code, err) == (0, [])
    assert "simulated sky" in out[0]
    assert any("weights xmm, on " in line for line in out)
    head = next(i for i, line in enumerate(out) if line.startswith("target_id"))
    assert {"label", "proba_cluster", "is_cluster", "kind"} <= set(out[head].split())
    rows = out[head + 3 : head + 27]
    for line, truth in zip(rows, sample.truth, strict=True):
        assert line.split()[0] == str(truth["target_id"])
        assert {str(truth["is_cluster"]), truth["kind"]} <= set(line.split())
    text = "\n".join(out)
    assert "Validation of xmm: 24 targets with known truth" in text
    assert "completeness" in text
    names = ("astrocnn-demo.ecsv", "astrocnn-demo.png", "astrocnn-demo-roc.png")
    paths = [folder / "new" / "folder" / name for name in names]
    assert {f"written: {path.relative_to(folder)}" for path in paths} <= set(out)
    saved = QTable.read(paths[0])
    assert list(saved["kind"]) == list(sample.truth["kind"])
    assert saved.meta["weights"] == "xmm"
    for path in paths[1:]:
        assert path.read_bytes().startswith(b"\x89PNG")


def test_two_bands_are_the_default_and_files_are_replaced(run, folder):
    (folder / "astrocnn-demo.ecsv").write_text("of last time")
    code, out, err = run("demo")
    assert (code, err) == (0, [])
    assert any("xmm + dss2-red, weights xmm-dss2" in line for line in out)
    assert "coverage_optical" in QTable.read("astrocnn-demo.ecsv").colnames


def test_without_matplotlib(run, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, err = run("demo", "--weights", "xmm")
    assert (code, err) == (0, [])
    assert out[-1] == "no figures: they need Matplotlib (pip install astrocnn[plot])"
    assert (folder / "astrocnn-demo.ecsv").is_file()
    assert not list(folder.glob("*.png"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "field.fits"], "'field.fits' is a file: give a folder"),
        (["--weights", "rass"], "unknown weights 'rass'; Choices: erosita, erosita-legacy, "),
        (["--weights", "erosita"], "the demo has images of xmm and dss2-red, the weights erosita"),
        (["--weights", "own.keras"], "the demo has images of xmm and dss2-red, the weights own"),
    ],
)
def test_bad_input(run, folder, arguments, message):
    network = {"network": "cn", "arguments": {"input_shape": [32, 32, 1], "n_classes": 2}}
    description = ModelDescription(
        bands=["rass"], size=6.0, classes=["non_cluster", "cluster"], preprocessing={}, **network
    )
    save_model(folder / "own.keras", build_network(description), description)
    code, out, err = run("demo", *arguments)
    assert (code, out, len(err)) == (1, [], 1)
    assert err[0].startswith(f"error: {message}")
