"""Other targets in the field of each, against astropy, and what a fit makes of them."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.cutouts import make_cutouts
from astrocnn.extent import OtherTargets, fit_extent, fit_source, other_pixels
from astrocnn.grid import CutoutGrid
from astrocnn.providers import SkyImage
from astrocnn.surveys import PointSpread

PSF = PointSpread(half_radius=8.0)
N, PIXEL = 91, 4.0


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    dec=st.sampled_from([-90.0, -45.0, 0.0, 60.0, 89.98, 90.0]),
    n=st.integers(1, 30),
)
def test_offsets_are_those_of_astropy(seed, dec, n):
    rng = np.random.default_rng(seed)
    center = SkyCoord(rng.choice([0.0, 123.4, 359.99]), dec, unit="deg")
    angle, radius = rng.uniform(0, 360, n) * u.deg, rng.uniform(0, 400, n) * u.arcsec
    coords = center.directional_offset_by(angle, radius)
    found = OtherTargets(coords.ra.deg, coords.dec.deg).offsets(slice(None))
    for coord, offsets in zip(coords, found, strict=True):
        apart = coord.separation(coords).to_value(u.arcsec)
        near = np.sort(apart[(apart > 25) & (apart < 260)])
        offsets = offsets[np.isfinite(offsets[:, 0])]
        assert np.hypot(*offsets.T) == pytest.approx(near, abs=2e-3)
        for east, north in offsets:
            there = coord.skyoffset_frame()
            place = SkyCoord(east * u.arcsec, north * u.arcsec, frame=there).icrs
            assert place.separation(coords).min() < 2 * u.mas


def test_nearest_of_many_and_none_of_none():
    ra, dec = np.full(200, 150.0), 2 + np.arange(200) * 2.5 / 3600
    found = OtherTargets(ra, dec).offsets(np.array([100]))
    assert found.shape == (1, 32, 2)
    assert np.abs(found[0, :, 1]).max() == pytest.approx(62.5, abs=0.1)
    # One source that is listed a thousand times hides no other.
    found = OtherTargets([150.0] * 1000 + [150.0], [2.0] * 1000 + [2.01]).offsets(slice(0, 1))
    assert found[0] == pytest.approx(np.array([[0.0, 36.0]]), abs=0.01)
    assert OtherTargets([], []).offsets(slice(None)).shape == (0, 0, 2)
    assert OtherTargets([np.nan, 150.0], [2.0, 2.0]).offsets(slice(None)).shape == (2, 0, 2)


def field(*sources, background=0.05, seed=0):
    """Sources of (counts, row, column) from the middle, as points."""
    point = PSF.image(PIXEL, N // 2)
    expected = np.full((N, N), background)
    for counts, row, column in sources:
        expected += counts * np.roll(point, (row, column), (0, 1))
    return np.random.default_rng(seed).poisson(expected).astype(float)


class TestFit:
    """A faint source in the middle, and a bright one 40 arcsec from it."""

    image = field((60, 0, 0), (600, 0, 10))
    other = N // 2, N // 2 + 10

    def test_the_brighter_one_without_a_list(self):
        assert fit_source(self.image, PSF, PIXEL).place == self.other

    def test_the_own_one_with_a_list(self):
        fit = fit_source(self.image, PSF, PIXEL, others=[self.other])
        assert np.hypot(*np.subtract(fit.place, N // 2)) <= 1
        assert fit.counts == pytest.approx(60, abs=25)
        (neighbor,) = fit.neighbors
        assert np.hypot(*np.subtract(neighbor[:2], self.other)) <= 1

    def test_a_source_in_several_catalogs_is_one(self):
        y, x = self.other
        near = [(y, x), (y + 0.4, x - 0.3), (y + 1.0, x)]
        assert fit_source(self.image, PSF, PIXEL, others=near) == fit_source(
            self.image, PSF, PIXEL, others=near[:1]
        )

    def test_the_other_way_round(self):
        fit = fit_source(np.roll(self.image, -10, 1), PSF, PIXEL, others=[(N // 2, N // 2 - 10)])
        assert fit.place == (N // 2, N // 2)
        assert fit.counts == pytest.approx(600, rel=0.2)

    def test_where_nothing_is_nothing_changes(self):
        """A list of positions on a grid hides no source from any."""
        grid = [(N // 2 + i, N // 2 + j) for i in (-30, 0, 30) for j in (-30, 30)]
        assert fit_source(self.image, PSF, PIXEL, others=grid) == fit_source(
            self.image, PSF, PIXEL
        )

    @pytest.mark.parametrize("step", [30, 40])
    def test_positions_on_a_halo_take_nothing_of_it(self, step):
        """Such as those of member galaxies, or of a grid."""
        at = (np.arange(N) - N // 2) * PIXEL
        halo = (1 + (at[:, np.newaxis] ** 2 + at**2) / 30**2) ** -1.5
        steps = np.arange(-3, 4) * step / PIXEL
        grid = [(N // 2 + y, N // 2 + x) for y in steps for x in steps if np.hypot(y, x) > 6]
        masks, lost = [], []
        for seed in range(10):
            image = np.random.default_rng(seed).poisson(0.05 + 1000 * halo / halo.sum())
            found = [fit_source(image, PSF, PIXEL, others=others) for others in ((), grid)]
            masks.append(len(found[1].neighbors))
            lost.append(1 - found[1].extent_likelihood / found[0].extent_likelihood)
        assert np.median(masks) == 0
        assert np.median(lost) < 0.02

    def test_without_a_source_of_its_own(self):
        fit = fit_source(field((600, 0, 10)), PSF, PIXEL, others=[self.other])
        assert fit.counts < 120  # wings


def test_extents_of_a_list():
    grid = CutoutGrid(SkyCoord(150, 2, unit="deg"), N * PIXEL * u.arcsec, N)
    image = SkyImage(TestFit.image, grid.wcs, "counts", psf=PSF)
    coords = SkyCoord(*grid.lonlat_at(np.array([45.0, 55.0]), np.array([45.0])), unit="deg")[0]
    cutouts = make_cutouts(coords, ["xmm"], {"xmm": image}, 4 * u.arcmin, 60)
    both, alone = fit_extent(cutouts, PSF), fit_extent(cutouts, PSF, mask_targets=False)
    assert both["source_counts"][0] == pytest.approx(60, abs=25)
    assert alone["source_counts"][0] == pytest.approx(600, rel=0.2)
    assert both["source_counts"][1] == pytest.approx(600, rel=0.2)
    assert both["source_offset"][0] < 6 * u.arcsec < 30 * u.arcsec < alone["source_offset"][0]


@pytest.mark.parametrize(("n", "scale"), [(60, 4.0), (61, 4.0), (178, 2.0), (179, 2.0), (356, 1.0)])
def test_pixels_are_those_of_the_wcs(n, scale):
    """Also where pixels are summed up, and do not come out even."""
    grid = CutoutGrid(SkyCoord(150, 60, unit="deg"), n * scale * u.arcsec, n)
    other = SkyCoord(150.03, 60.01, unit="deg")
    offsets = OtherTargets([150.0, other.ra.deg], [60.0, other.dec.deg]).offsets(slice(0, 1))[0]
    factor = round(PIXEL / scale)
    ((row, column),) = other_pixels(offsets, grid.shape, scale, factor)
    x, y = grid.wcs.world_to_pixel(other)
    first = n % factor // 2  # what is cut off
    assert row == pytest.approx((y - first - (factor - 1) / 2) / factor, abs=1e-3)
    assert column == pytest.approx((x - first - (factor - 1) / 2) / factor, abs=1e-3)
