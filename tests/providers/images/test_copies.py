"""Copies of one image: which are seen, which one is used."""

import os
from pathlib import Path

import pytest

from astrocnn.providers._images._copies import leave_out_copies

PPS = "P0098010101M2U009IMAGE_3000"
TILE = "em01_164087_024_Image_c010"


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ("a.fits a.fits.gz", "a.fits"),
        ("a.fits.gz a.FIT a.fits.bz2", "a.FIT"),
        ("a.fits.gz a.fits.fz", "a.fits.gz"),
        ("a.fits a.fits.zst", "a.fits"),
        ("a.fits a.fits", "a.fits"),
        ("a.fits b.fits a.fits.gz", "a.fits b.fits"),
        (f"{PPS}.FTZ {PPS}.FIT", f"{PPS}.FIT"),
        (f"x/{PPS}.FTZ y/{PPS}.FTZ", f"x/{PPS}.FTZ"),  # the name is that of one exposure
        (f"x/{TILE}.fits y/{TILE}.fits.gz", f"x/{TILE}.fits"),
        ("x/a.fits y/a.fits", "x/a.fits y/a.fits"),  # own names are not
        ("x/../a.fits a.fits", "x/../a.fits"),
        ("a.fits A.fits a_2.fits.gz ab.fits", "a.fits A.fits a_2.fits.gz ab.fits"),
        ("a.1.fits a.2.fits a.fits", "a.1.fits a.2.fits a.fits"),
    ],
)
def test_what_is_kept(names, kept):
    files = [(Path(name), k) for k, name in enumerate(names.split())]
    found, copies = leave_out_copies(files)
    assert [str(path) for path, _ in found] == kept.split()
    assert all((path, k) in files for path, k in found)
    assert len(copies) == len(files) - len(found)


def test_links_are_copies(tmp_path):
    (tmp_path / "one").mkdir()
    path = tmp_path / "one" / "a.fits"
    path.write_text("pixels")
    links = [tmp_path / "latest.fits", tmp_path / "hard.fits", tmp_path / "two" / "b.fits"]
    links[0].symlink_to(path)
    os.link(path, links[1])
    (tmp_path / "two").symlink_to("one")
    (tmp_path / "one" / "b.fits").symlink_to("a.fits")
    found, copies = leave_out_copies([(path,), *((link,) for link in links)])
    assert found == [(path,)]
    assert copies == [(link, path) for link in links]


def test_the_packed_one_is_left_out():
    _, copies = leave_out_copies([(Path("a.fits.gz"),), (Path("a.fits"),), (Path("a.fits.xz"),)])
    assert copies == [(Path("a.fits.gz"), Path("a.fits")), (Path("a.fits.xz"), Path("a.fits"))]
