"""Changed files, answers and arguments: an error of ours, or a result; see fuzzer.py.

A few cases of each kind here. ``ASTROCNN_FUZZ=3600 pytest tests/fuzz`` spends an hour.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FUZZER = Path(__file__).with_name("fuzzer.py")
SLOW = "descriptions,weights,runs"


def fuzz(*arguments):
    command = [sys.executable, FUZZER, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout


def test_some_cases():
    """The same ones each time."""
    seconds = os.environ.get("ASTROCNN_FUZZ")
    print(fuzz(*(["--seconds", seconds] if seconds else ["--cases", 8])))


@pytest.mark.slow
def test_weights_and_runs():
    fuzz("--kinds", SLOW, "--cases", 20)


def test_what_is_found():
    """Cases that are made to fail are reported, with the command that runs one of them again."""
    faults = {"crash": "SIGSEGV", "hang": "hang", "memory": "memory", "error": "ZeroDivisionError"}
    command = [sys.executable, FUZZER, "--kinds", ",".join(faults), "--cases", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for kind, fault in faults.items():
        assert f"{kind}: {fault} in" in done.stdout
        assert f"python tests/fuzz/fuzzer.py {kind}:0" in done.stdout
