"""Chip gaps, field edge and vignetting: what was not exposed, told from what does not exist."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from astrocnn.cutouts import exposure_flags, make_cutouts
from astrocnn.estimators._verdicts import row_flags
from astrocnn.grid import CutoutGrid
from astrocnn.providers import Origin, Pixels, SkyImage, read_image
from astrocnn.simulation import EPIC_MOS, EPIC_PN
from astrocnn.simulation._xray import Pointing, exposure_map


def pixels(exposure, full=None, exists=None):
    image = np.zeros(exposure.shape, dtype="float32")
    if exists is not None:
        image[~exists] = np.nan
    valid = (exposure > 0.05 * exposure.max()) & np.isfinite(image)
    return Pixels(image, valid, exposure.astype("float32"), full_exposure=full)


def offsets(n):
    """Arcsec from the center of a 6 arcmin field of n x n pixels."""
    return (np.indices((n, n)) - (n - 1) / 2) * 360 / n


@pytest.mark.parametrize("n", [64, 90, 178, 356])
class TestShapes:
    def test_all_exposed(self, n):
        assert exposure_flags(pixels(np.full((n, n), 1e4)), 360 / n) == []

    @pytest.mark.parametrize(("width", "turn"), [(20, 0.0), (25, 0.7)])
    def test_gap_through_the_center(self, n, width, turn):
        y, x = offsets(n)
        strip = np.abs(np.cos(turn) * x + np.sin(turn) * y) < width / 2
        assert exposure_flags(pixels(np.where(strip, 0, 1e4)), 360 / n) == ["chip_gap"]

    def test_gap_off_the_center(self, n):
        x = offsets(n)[1]
        assert exposure_flags(pixels(np.where(np.abs(x - 90) < 12, 0, 1e4)), 360 / n) == []

    @pytest.mark.parametrize(
        ("at", "words"), [(170, []), (80, ["field_edge"]), (20, ["field_edge"])]
    )
    def test_edge(self, n, at, words):
        y, x = offsets(n)
        assert exposure_flags(pixels(np.where(x + y / 5 > at, 0, 1e4)), 360 / n) == words

    def test_what_does_not_exist_is_no_edge(self, n):
        x = offsets(n)[1]
        found = pixels(np.full((n, n), 1e4), exists=x < 40)
        assert exposure_flags(found, 360 / n) == []

    @pytest.mark.parametrize(("share", "words"), [(0.5, []), (0.2, ["vignetted"])])
    def test_vignetting(self, n, share, words):
        assert exposure_flags(pixels(np.full((n, n), share * 1e4), 1e4), 360 / n) == words

    def test_without_a_map(self, n):
        ones = np.ones((n, n), dtype="float32")
        assert exposure_flags(Pixels(ones, ones > 0), 360 / n) == []


@pytest.mark.parametrize("camera", [EPIC_PN, EPIC_MOS], ids=["pn", "mos"])
def test_simulated_cameras(camera):
    """On the axis of pn lies a gap between its chips, on that of MOS none."""
    y, x = offsets(90)

    def words(off_axis, full=1e4):
        seen = Pointing(camera, 1e4, off_axis, 0.0, 0.2, 1.0, True)
        return exposure_flags(pixels(exposure_map(seen, -x, y), full), 4.0)

    assert words(0.0) == (["chip_gap"] if camera is EPIC_PN else [])
    assert "field_edge" in words(800.0)
    assert words(600.0) == []


def test_in_the_dataset_and_the_row():
    field = SkyCoord(150, 2, unit="deg")
    grid = CutoutGrid(field, 20 * u.arcmin, 300)
    exposure = np.full(grid.shape, 1e4)
    exposure[:, 145:152] = 0
    exposure[:60] = 0
    image = SkyImage(
        np.random.default_rng(1).poisson(0.3, grid.shape),
        grid.wcs,
        "counts",
        exposure,
        origin=Origin("XMM"),
    )
    south = field.directional_offset_by(180 * u.deg, 6.5 * u.arcmin)
    dataset = make_cutouts(SkyCoord([field, south]), ["xmm"], {"xmm": image}, pixels=90)
    assert dataset["status"].values.tolist() == [["chip_gap:xmm"], ["field_edge:xmm"]]
    flags = row_flags(dataset)
    assert flags[0] == "chip_gap:xmm"
    assert flags[1].startswith("field_edge:xmm")
    # The pixels exist, and were not exposed: two different things.
    assert np.isfinite(dataset["image"].values).all()
    assert 0 < dataset["valid"].values.mean() < 1


def test_real_field(real_data):
    """XMM-Newton MOS2: nothing at the cluster, the field's edge 13.5 arcmin away."""
    folder = real_data / "a1835_xmm"
    image = read_image(folder / "P0098010101M2U009IMAGE_3000.FTZ")
    image.exposure = read_image(folder / "P0098010101M2U009EXPMAP3000.FTZ").data
    image.quantity = "counts"
    cluster = SkyCoord(210.258, 2.879, unit="deg")
    away = cluster.directional_offset_by(90 * u.deg, [0, 13.5] * u.arcmin)
    dataset = make_cutouts(away, ["xmm"], {"xmm": image}, pixels=90)
    words = dataset["status"].values[:, 0]
    assert words[0] == ""
    assert "field_edge:xmm" in words[1].split(";")


class TestCentralArcminute:
    """The central arcminute has a radius of 60 arcsec around the middle."""

    @pytest.mark.parametrize(("at", "words"), [(74, []), (46, ["chip_gap"])])
    def test_gaps_beside_it(self, at, words):
        x = offsets(90)[1]
        exposure = np.where(np.abs(np.abs(x) - at) < 10, 0, 1e4)
        assert exposure_flags(pixels(exposure), 4.0) == words

    @pytest.mark.parametrize(
        ("inside", "outside", "words"), [(0.3, 1.0, ["vignetted"]), (0.4, 0.06, [])]
    )
    def test_exposure_beside_it(self, inside, outside, words):
        y, x = offsets(90)
        exposure = np.where(np.maximum(np.abs(x), np.abs(y)) < 64, inside, outside)
        assert exposure_flags(pixels(1e4 * exposure, full=1e4), 4.0) == words

    @pytest.mark.parametrize("corner", [0, -1])
    def test_a_corner_is_not_the_target(self, corner):
        exposure = np.full((90, 90), 1e4)
        exposure[corner, corner] = 600
        assert exposure_flags(pixels(exposure, full=1e4), 4.0) == []
        low = np.full((90, 90), 2e3)
        low[corner, corner] = 1e4
        assert exposure_flags(pixels(low, full=1e4), 4.0) == ["vignetted"]
