"""Maps among a user's files: by words of their names, by their headers."""

from pathlib import Path

import pytest

from astrocnn.exceptions import ProviderError
from astrocnn.providers._images._file_choice import choose_files
from astrocnn.providers._images._left_out import LeftOut
from astrocnn.providers._images._map_files import describe_words, kind_by_header, kind_by_name
from astrocnn.surveys import get_band


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("exposure map", "expmap.fits mos2_expmap.fits.gz A1835_EXP.FIT exposure.fits "
                         "m1-exp-im.fits expmap_b1.fits ExposureMap.fits x.expmap "
                         "unvexpmap.fits emap2.fits exp05-2.fits exp0.5-2keV.fits"),
        ("background map", "img_bkg.fits BackgrImage.fits mos1S001-back-im-sky.fits bkgmap3.fits "
                           "my.background.fits"),
        ("mask", "mask.fits f.detmask.fits regmask1.fits mos1-cheese.fits"),
        ("mask", "img_r_dqmask.fits img.bpm.fits VIS-FLAG_TILE1.fits coadd_seg.fits"),
        ("weight map", "KiDS_DR4.1_150.0_2.0_r_wei.fits coadd_conf.fits nd-rrhr.fits"),
        ("coverage map", "coadd_cov.fits j_hits.fits image-nexp-r.fits"),
        ("weight map", "tile_wht.fits stack.weight.fits a.wt.fits"),
        ("source map", "SrcMap_024.fits srcmap0123456789E000PN_00500_02000.fits model_image.fits "
                       "model.fits"),
        ("PSF map", "PSFMap_024.fits psf.fits broad_thresh.psfmap"),
        ("sensitivity map", "SensMap_024.fits tile-galdepth-r.fits"),
        ("significance map", "significance.fits ts_map.fits sqrt_ts.fits likelihood.fits"),
        ("map of a ratio", "hardness_ratio.fits hr-map.fits ratio.fits"),
        ("temperature map", "kT_map.fits tempmap.fits"),
        ("coverage map", "coverage.fits theta_map.fits vignetting.fits"),
        ("error map", "image_rms.fits err.fits"),
        (None, "expanse.fits exp01.fits masked.fits backyard.fits image.fits rate.fits maps.fits "
               "psfcorr_img.fits lightweight.fits unmasked_img.fits bkgsub.fits deexp.fits "
               "mos1_exp1-0.5-2.0_img.fits pn_exp1-0.5-2.0keV_image.fits exp2-3.fits "
               "epn_exp001-002_image.fits a_exp05-2_img.fits mos1_flag_0_img.fits "
               "temperature_selected_img.fits x_e_map_img.fits pn_conf_image.fits "
               "map.fits hr_1099.fits theta_ori.fits rxj_1347-1145.fits counts_map.fits"),
    ],
)  # fmt: skip
def test_words_of_names(kind, names):
    for name in names.split():
        assert kind_by_name(Path("bkg/exp") / name) == kind, name


@pytest.mark.parametrize(
    ("content", "unit", "kind"),
    [
        (("EPIC EXPOSURE MAP",), "Primary Array", "exposure map"),  # eexpmap of SAS
        (("mkexpmap - Version CIAO 4.15",), "", "exposure map"),
        (("ermldet 1.35",), "", "source map"),
        (("erbackmap",), "", "background map"),
        ((), "min", "exposure map"),
        ((), "m2 s", "exposure map"),
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
    paths, left = [Path(f"exp_{k}.fits") for k in (1, 2)], LeftOut(get_band("xmm"))
    assert [path for path, _ in choose_files(paths, left.band, left).images] == paths
    choice = choose_files([*paths, Path("a.fits")], left.band, left)
    assert [path for path, _ in choice.images] == [Path("a.fits")]
    assert [path for path, _ in choice.maps] == paths


def test_many_are_counted():
    left = LeftOut(get_band("xmm"))
    left.maps = [(Path(f"exp_{k}.fits"), "exposure map by its name") for k in range(9)]
    words = r"exp_2.fits \(exposure map by its name\) and 6 more left out.*'exposure': \.\.\."
    with pytest.raises(ProviderError, match=words):
        left.report(0)


@pytest.mark.parametrize(
    ("image", "exposure"),
    [
        ("a.fits", "a_exp.fits"),
        ("img_0300_0600.fits.gz", "expmap_norm_0300_0600.fits.gz"),  # eFEDS of mbproj2d
        ("mos1S001-obj-im-400-2300.fits", "mos1S001-exp-im-400-2300.fits"),  # ESAS
        ("mos1S001-fovimsky-400-2300.fits", "mos1S001-expimsky-400-2300.fits"),
        ("iimage0123456789E000PN_00500_02000.fits", "expmap0123456789E000PN_00500_02000.fits"),
        ("rp180296n00_im1.fits", "rp180296n00_mex.fits"),  # ROSAT
        ("sw00030793002xpcw3po_sk.img.gz", "sw00030793002xpcw3po_ex.img.gz"),  # Swift
        ("img05-2.fits", "exp05-2.fits"),
        ("im0.5-2keV.fits", "expmap0.5-2keV.fits"),
        ("Image_024.fits", "ExposureMap_024.fits"),  # eSASS, names of one's own
    ],
)
def test_image_and_map_of_one_name(image, exposure):
    one, other = describe_words(Path(image)), describe_words(Path(exposure))
    assert (one.kind, other.kind) == ("image", "exposure map")
    assert one.pair == other.pair != ()


@pytest.mark.parametrize(
    ("image", "exposure"),
    [
        ("a.fits", "b_exp.fits"),
        ("x/a.fits", "y/a_exp.fits"),
        ("img.fits", "expmap.fits"),  # nothing in common but the folder
        ("img_0300_0600.fits", "expmap_norm_0600_1100.fits"),
        ("a.fits", "a_unvexpmap.fits"),  # not vignetted
    ],
)
def test_map_of_another_name(image, exposure):
    one, other = describe_words(Path(image)), describe_words(Path(exposure))
    assert not other.pair or one.pair != other.pair
