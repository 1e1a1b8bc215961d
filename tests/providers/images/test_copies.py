"""Copies of one image: which are seen, which one is used."""

from pathlib import Path

import pytest

from astrocnn.providers._images._copies import leave_out_copies, told_copies

PPS = "P0098010101M2U009IMAGE_3000"


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ("a.fits a.fits.gz", "a.fits"),
        ("a.fits.gz a.FIT a.fits.bz2", "a.FIT"),
        ("a.fits.gz a.fits.fz", "a.fits.gz"),
        ("a.fits a.fits", "a.fits"),
        ("a.fits b.fits a.fits.gz", "a.fits b.fits"),
        (f"{PPS}.FTZ {PPS}.FIT", f"{PPS}.FIT"),
        (f"x/{PPS}.FTZ y/{PPS}.FTZ", f"x/{PPS}.FTZ"),  # the name is that of one exposure
        ("x/a.fits y/a.fits", "x/a.fits y/a.fits"),  # own names are not
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


def test_what_is_told():
    _, copies = leave_out_copies([(Path("a.fits.gz"),), (Path("a.fits"),), (Path("a.fits.xz"),)])
    assert copies == [(Path("a.fits.gz"), Path("a.fits")), (Path("a.fits.xz"), Path("a.fits"))]
    assert told_copies(copies).startswith("2 copies of other files")
    assert "the first: a.fits.gz, of which a.fits is used" in told_copies(copies)
