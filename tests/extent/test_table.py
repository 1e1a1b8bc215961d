"""The table of extents."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from sklearn.metrics import roc_auc_score

from astrocnn.cutouts import cutout_dataset
from astrocnn.exceptions import InvalidImageError, InvalidParameterError
from astrocnn.extent import fit_extent
from astrocnn.grid import CutoutGrid
from astrocnn.providers import Pixels
from astrocnn.simulation import simulate_cutouts
from astrocnn.surveys import OPTICS, PointSpread, find_axis, get_band


@pytest.fixture(scope="module")
def sample():
    return simulate_cutouts(24, 3, ["xmm"], pixels=178)


def test_columns(sample):
    table = fit_extent(sample[0])
    assert table["target_id"].tolist() == sample[1]["target_id"].tolist()
    assert table["extent"].unit == u.arcsec
    assert table["source_offset"].unit == u.arcsec
    assert table["n_neighbors"].dtype.kind == "i"
    assert all(table[name].info.description for name in table.colnames[1:])


def test_extended_ones_rank_first():
    cutouts, truth = zip(
        *(simulate_cutouts(range(12), 5, ["xmm"], pixels=90, kind=k) for k in ("cluster", "agn")),
        strict=True,
    )
    scores = np.concatenate([fit_extent(part)["extent_likelihood"] for part in cutouts])
    labels = np.concatenate([rows["is_cluster"] for rows in truth])
    assert roc_auc_score(labels, scores) > 0.85


def test_pixels_are_summed_to_those_of_the_telescope(sample):
    fine, coarse = (
        fit_extent(simulate_cutouts(6, 3, ["xmm"], pixels=n, kind="agn", exposure_map=True)[0])
        for n in (360, 90)
    )
    np.testing.assert_allclose(fine["source_counts"], coarse["source_counts"], rtol=0.1, atol=8)


def test_target_without_pixels_is_masked():
    pixels = [[Pixels(np.ones((20, 20), np.float32), np.ones((20, 20), bool))], ["no_coverage:xmm"]]
    args = [1, 2], [150.0, 151.0], [2.0, 2.0], [get_band("xmm")], pixels
    table = fit_extent(cutout_dataset(*args, 1.3 * u.arcmin, 20))
    assert table["extent_likelihood"].mask.tolist() == [False, True]
    assert table["extent"].mask.tolist() == [False, True]


def test_one_psf_for_each_target(sample):
    spreads = [PointSpread(7.0)] * 24
    one = fit_extent(sample[0], PointSpread(7.0))
    np.testing.assert_array_equal(
        fit_extent(sample[0], spreads)["extent_likelihood"], one["extent_likelihood"]
    )
    with pytest.raises(InvalidParameterError, match="one for each of the 24 targets"):
        fit_extent(sample[0], spreads[:3])
    with pytest.raises(InvalidParameterError, match="psf must be a PointSpread"):
        fit_extent(sample[0], 12)


def test_positions_are_no_cutouts():
    with pytest.raises(InvalidImageError, match="Dataset of cut-outs, not SkyCoord: make it with"):
        fit_extent(SkyCoord(150, 2, unit="deg"))


def test_band_that_is_not_there(sample):
    with pytest.raises(InvalidImageError, match="no X-ray band 'erosita', only xmm"):
        fit_extent(sample[0], band="erosita")
    with pytest.raises(InvalidImageError, match="no X-ray band, only dss2-red"):
        fit_extent(simulate_cutouts(1, 3, ["dss2-red"], pixels=32)[0])


def test_unknown_psf_says_what_to_give():
    cutouts, _ = simulate_cutouts(1, 3, ["rass"], pixels=24)
    cutouts = cutouts.assign_coords(band=["swift"]).drop_vars("psf_slope")
    with pytest.raises(InvalidParameterError, match="psf=PointSpread"):
        fit_extent(cutouts)
    assert len(fit_extent(cutouts, PointSpread(half_radius=37.0))) == 1


class TestAxis:
    def test_peak_of_the_map_not_its_middle(self):
        grid = CutoutGrid(SkyCoord(150, 2, unit="deg"), 30 * u.arcmin, 200)
        y, x = np.mgrid[:200, :200]
        exposure = OPTICS["epic-pn"].area(np.hypot(x - 70, y - 120) * 9.0) * 1e4
        exposure[:, 90:93] = np.nan  # a gap between chips
        axis = find_axis(exposure, grid.wcs)
        assert axis.separation(grid.wcs.pixel_to_world(70, 120)) < 40 * u.arcsec

    def test_nothing_exposed(self):
        grid = CutoutGrid(SkyCoord(150, 2, unit="deg"), 30 * u.arcmin, 20)
        with pytest.raises(InvalidImageError, match="no exposure"):
            find_axis(np.zeros((20, 20)), grid.wcs)
