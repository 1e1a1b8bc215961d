"""Maps among a user's files: by words of their names, by their headers."""

from pathlib import Path

import pytest

from astrocnn.providers._images._map_files import (
    kind_by_header,
    kind_by_name,
    leave_out_maps,
    told_maps,
)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("exposure map", "expmap.fits mos2_expmap.fits.gz A1835_EXP.FIT exposure.fits "
                         "m1-exp-im.fits expmap_b1.fits ExposureMap.fits x.expmap "
                         "unvexpmap.fits emap2.fits"),
        ("background map", "img_bkg.fits BackgrImage.fits mos1S001-back-im-sky.fits bkgmap3.fits "
                           "my.background.fits"),
        ("mask", "mask.fits f.detmask.fits regmask1.fits mos1-cheese.fits"),
        ("weight map", "tile_wht.fits stack.weight.fits"),
        (None, "expanse.fits exp01.fits masked.fits backyard.fits image.fits rate.fits maps.fits "
               "lightweight.fits unmasked_img.fits bkgsub.fits deexp.fits map.fits"),
    ],
)  # fmt: skip
def test_words_of_names(kind, names):
    for name in names.split():
        assert kind_by_name(Path("bkg/exp") / name) == kind, name


@pytest.mark.parametrize(
    ("content", "unit", "kind"),
    [
        (("EPIC EXPOSURE MAP",), "Primary Array", "exposure map"),  # eexpmap of SAS
        (("IMAGE", "EXPOSURE"), "", "exposure map"),
        (("EXPMAP",), "", "exposure map"),
        (("EPIC MERGED BACKGROUND MAP",), "", "background map"),
        (("IMAGE", "BKG"), "count", "background map"),
        (("mask ",), "", "mask"),
        ((), "s", "exposure map"),
        ((), "ks", "exposure map"),
        ((), "sec", "exposure map"),
        ((), "cm**2 s", "exposure map"),
        ((), "s cm2", "exposure map"),
        (("EPIC IMAGE", "IMAGE", "TOTAL"), "Primary Array", None),
        (("EXPOSURE CORRECTED IMAGE", "BACKGROUND SUBTRACTED"), "count / s", None),
        (("EVT1", "EVENTS", "ALL"), "/cm**2 /s", None),
        ((), "s-1", None),
        ((), "counts", None),
        (("EXPOSURE 3", "LONG EXPOSURE"), "", None),
    ],
)
def test_headers(content, unit, kind):
    assert kind_by_header(content, unit) == kind


def test_names_tell_nothing_where_all_have_such_a_word():
    paths = [Path(f"exp_{k}.fits") for k in (1, 2)]
    assert leave_out_maps(paths, alone=True) == (paths, [])
    kept, maps = leave_out_maps(paths, alone=False)
    assert kept == []
    assert [path for path, _ in maps] == paths
    kept, maps = leave_out_maps([*paths, Path("a.fits")], alone=True)
    assert kept == [Path("a.fits")]
    assert maps[0] == (paths[0], "exposure map by its name")


def test_many_are_counted():
    told = told_maps([(Path(f"exp_{k}.fits"), "exposure map by its name") for k in range(9)])
    assert "exp_2.fits (exposure map by its name) and 6 more left out" in told
    assert "'exposure': ..." in told
