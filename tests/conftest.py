"""Fixtures of more than one test folder."""

import os
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def real_data():
    """Folder of the real data, named by ASTROCNN_TEST_DATA; the test is skipped without it."""
    folder = Path(os.environ.get("ASTROCNN_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}: set ASTROCNN_TEST_DATA to the folder that has them")
    return folder


@pytest.fixture
def ctrl_c():
    """SIGINT raises KeyboardInterrupt, here and in processes that are started.

    A shell that starts pytest in the background has it ignored.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
