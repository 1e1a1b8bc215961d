"""Paths that users write: homes, names, and patterns."""

import os

import pytest

from astrocnn._paths import expand_pattern, user_path
from astrocnn.exceptions import InvalidParameterError, WeightsError
from astrocnn.networks import find_weights
from astrocnn.storage import make_folder
from astrocnn.tables import read_file


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Folders whose names are patterns, with a file in each."""
    for name in ("A1835 [v2]", "A1835 v", "obs1", "obs?", "a*b", "axb", "sub/obs2"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "a.fits").touch()
        (tmp_path / name / "[1].fits").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("A1835 [v2]", ["A1835 [v2]"]),
        ("A1835 [v2]/*.fits", ["A1835 [v2]/[1].fits", "A1835 [v2]/a.fits"]),
        ("A1835 [vx]/a.fits", ["A1835 v/a.fits"]),
        ("A1835 [wx]/a.fits", []),
        ("A1835*/a.fits", ["A1835 [v2]/a.fits", "A1835 v/a.fits"]),
        ("obs?", ["obs?"]),
        ("obs[1-9]/a.fits", ["obs1/a.fits"]),
        ("o*/[1].fits", ["obs1/[1].fits", "obs?/[1].fits"]),
        ("a*b/?.fits", ["a*b/a.fits"]),
        ("*/obs2/a.fits", ["sub/obs2/a.fits"]),
        ("obs1/../obs?/a.fits", ["obs1/../obs?/a.fits"]),
        ("none", []),
        ("none/*.fits", []),
        ("obs1/a.fits/*", []),
    ],
)
def test_names_come_before_patterns(tree, pattern, found):
    assert [path.as_posix() for path in expand_pattern(pattern)] == found
    assert [str(path) for path in expand_pattern(tree / pattern)] == [
        os.path.join(tree, name) for name in found
    ]


def test_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.fits").touch()
    assert user_path("~/a.fits") == tmp_path / "a.fits"
    assert expand_pattern("~/*.fits") == [tmp_path / "a.fits"]


def test_what_begins_with_a_tilde_and_is_no_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~backup.csv").write_text("ra,dec\n150,2\n")
    assert user_path("~backup.csv").name == "~backup.csv"
    assert len(read_file("~backup.csv")) == 1
    with pytest.raises(WeightsError, match=r"there is no file '~mine\.keras'"):
        find_weights("~mine.keras")


def test_no_path_holds_a_nul(tmp_path):
    for use in (user_path, expand_pattern, find_weights, read_file, make_folder):
        with pytest.raises(InvalidParameterError, match="holds a NUL character"):
            use(str(tmp_path / "a\0b.keras"))
