"""Fixtures of more than one test folder."""

import os
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
