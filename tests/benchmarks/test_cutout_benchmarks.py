"""The benchmarks of cut-outs run, and print what they promise."""

import importlib.util
from pathlib import Path

import pytest

from astrocnn import conf

FOLDER = Path(__file__).parents[2] / "benchmarks"


def run(name, *arguments):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(list(arguments))


@pytest.mark.slow
def test_places_are_exact_and_counts_are_kept(capsys):
    run("cutout_accuracy", "--n", "3")
    lines = capsys.readouterr().out.splitlines()
    errors = [float(line.split()[-2]) for line in lines if "largest error" in line]
    assert len(errors) == 15
    assert max(errors) < 0.02
    counts = [line.replace(",", "").split() for line in lines if line.startswith("counts")]
    assert len(counts) == 5
    assert max(float(words[words.index("lost") + 1]) for words in counts) < 1e-6
    assert max(float(words[-1]) for words in counts) < 1e-3


@pytest.mark.slow
def test_cutouts_against_the_obvious_ways(capsys):
    run("cutouts", "--n", "8", "--repeats", "1", "--threads", "2")
    assert capsys.readouterr().out.count("ratio") == 6


@pytest.mark.slow
def test_end_to_end(capsys):
    with conf.set_temp("progress", False), conf.set_temp("precision", "float32"):
        run("end_to_end", "--targets", "0", "--short", "32", "--fields", "2", "--repeats", "1")
    out = capsys.readouterr().out
    for stage in ("cut-outs", "preprocessing", "domain", "network", "flags", "predict"):
        assert stage in out
