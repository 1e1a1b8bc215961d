"""Readers that fail in each way that the fuzzer has to notice."""

import os
import signal

import numpy as np
from kinds import Kind

__all__ = ["KINDS"]


def _make(folder):
    (folder / "one").mkdir()
    (folder / "one/file.csv").write_text("a,b\n1,2\n")


def _crash(folder, way):
    os.kill(os.getpid(), signal.SIGSEGV)


def _hang(folder, way):
    signal.setitimer(signal.ITIMER_PROF, 0.1)  # rather than 20 s
    while True:
        pass


def _take_memory(folder, way):
    try:
        np.ones(2**29)
    except MemoryError as error:
        raise ValueError("no") from error


def _fail(folder, way):
    raise ZeroDivisionError


KINDS = {
    "crash": Kind(_make, _crash),
    "hang": Kind(_make, _hang),
    "memory": Kind(_make, _take_memory),
    "error": Kind(_make, _fail),
}
