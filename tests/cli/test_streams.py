"""Standard streams that are closed, full, or of another encoding; Ctrl-C at any moment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from astrocnn.cli import _main, main

MATCH = [sys.executable, "-m", "astrocnn", "match", "greek.csv", "greek.csv"]


@pytest.fixture
def greek(folder):
    Path("greek.csv").write_text("name,ra,dec\n\N{GREEK SMALL LETTER ALPHA} Cen,150,2\n", "utf-8")
    return folder


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_characters_that_an_encoding_lacks(greek, monkeypatch, encoding):
    with open("out.txt", "w", encoding=encoding) as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert main(["match", "greek.csv", "greek.csv"]) == 0
        assert stdout.errors == "strict"  # as it was
    first = "\N{GREEK SMALL LETTER ALPHA}" if encoding == "utf-8" else "?"
    assert f"\n{first} Cen" in Path("out.txt").read_text(encoding)


def test_closed_output(greek, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["match", "greek.csv", "greek.csv", "-o", "out.ecsv"]) == 0
    sys.stdout.close()  # it leads nowhere
    assert Path("out.ecsv").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_of_a_shell(greek, closed):
    command = " ".join([*MATCH, "-o", "out.ecsv", closed])
    done = subprocess.run(command, check=False, shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path("out.ecsv").is_file()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_output_that_is_full(option, unbuffered):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "astrocnn", option], check=False,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "error: No space left on device\n")


def test_ctrl_c_while_options_are_read(run, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(_main, "_parser", interrupted)
    assert run("predict", "150 2") == (130, [], ["interrupted"])
