"""Kept answers of image services: what there is, and deleting it."""

import os

import pytest
from astropy import units as u

from astrocnn.config import conf
from astrocnn.providers import clear_image_cache, image_cache_table, limit_image_cache
from astrocnn.providers._remote._cache import IMAGES


@pytest.fixture
def folder(tmp_path):
    """A folder of kept answers of up to 100 kB."""
    place = tmp_path / "kept images"
    with conf.set_temp("image_cache", str(place)), conf.set_temp("image_cache_size", "100 kB"):
        yield place


def test_table_clear_and_limit(folder):
    for i in range(5):
        IMAGES.store("CDS/P/DSS2/red", str(i), os.urandom(10_000))
        IMAGES.store("xcatdb/P/XMM/PN/eb2", str(i), b"")
    (folder / "notes.txt").write_text("mine")
    table = image_cache_table()
    assert list(table["source"]) == ["CDS/P/DSS2/red", "xcatdb/P/XMM/PN/eb2"]
    assert list(table["answers"]) == [5, 5]
    assert table["size"][0].to_value(u.kB) == pytest.approx(51, abs=1)
    assert clear_image_cache("xcatdb/P/XMM/PN/eb2") == 5
    assert limit_image_cache("25 kB") == 3
    assert list(image_cache_table()["answers"]) == [2]
    assert clear_image_cache() == 2
    assert len(image_cache_table()) == 0
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / "notes.txt"]
