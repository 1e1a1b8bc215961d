"""``astrocnn cache``."""

import os

import pytest

from astrocnn.config import conf
from astrocnn.storage import AnswerCache


@pytest.fixture
def kept(tmp_path):
    """A folder with three answers of one HiPS and two of another."""
    place = tmp_path / "kept"
    with conf.set_temp("image_cache", str(place)), conf.set_temp("image_cache_size", "1 MB"):
        store = AnswerCache("image_cache", "images").store
        for i in range(3):
            store("CDS/P/DSS2/red", str(i), os.urandom(100_000))
        for i in range(2):
            store("xcatdb/P/XMM/PN/eb2", str(i), b"")
        yield place


def test_show(run, kept):
    code, out, err = run("cache")
    assert (code, err) == (0, [])
    assert out[0] == f"images: {kept}"
    assert out[1] == "kept: 0.3 MB; at most 1 MB (image_cache_size)"
    (red,) = [line.split() for line in out if line.startswith("CDS/P/DSS2/red")]
    assert red[1:3] == ["3", "0.3"]
    assert out[-1].startswith("catalogs: ")


def test_show_nothing(run, tmp_path):
    with conf.set_temp("image_cache", str(tmp_path / "none")):
        code, out, _ = run("cache", "show")
    assert code == 0
    assert out[1].startswith("kept: nothing")


def test_clear_one(run, kept):
    assert run("cache", "clear", "CDS/P/DSS2/red") == (0, [f"deleted: 3 answers in {kept}"], [])
    assert run("cache", "clear") == (0, [f"deleted: 2 answers in {kept}"], [])


@pytest.mark.parametrize("source", ["CDS/P/DSS2/blue", "", ".."])
def test_source_of_which_nothing_is_kept(run, kept, source):
    code, out, err = run("cache", "clear", source)
    assert (code, out) == (1, [])
    assert err[0].startswith(f"error: unknown source of kept images {source!r}; ")
    assert "Choices: CDS/P/DSS2/red, xcatdb/P/XMM/PN/eb2" in err[0]


def test_show_takes_no_source(run, kept):
    assert run("cache", "show", "CDS/P/DSS2/red")[0] == 1


def test_limit(run, kept):
    assert run("cache", "limit", "150kB") == (0, [f"deleted: 2 answers in {kept}"], [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["limit"], "give a size: astrocnn cache limit 2GB"), (["limit", "much"], "not 'much'")],
)
def test_no_size(run, kept, arguments, said):
    code, out, err = run("cache", *arguments)
    assert (code, out) == (1, [])
    assert said in err[-1]
    assert "unexpected" not in err[-1]
