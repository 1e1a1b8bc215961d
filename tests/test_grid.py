"""The grid of a target against astropy's WCS."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.utils.masked import Masked
from hypothesis import example, given, settings
from hypothesis import strategies as st

from astrocnn.exceptions import InvalidTargetError
from astrocnn.grid import CutoutGrid, CutoutGrids

A1835 = SkyCoord(210.2583, 2.8783, unit="deg")

centers = st.builds(
    lambda ra, dec, frame: SkyCoord(ra, dec, unit="deg", frame=frame),
    st.one_of(st.sampled_from([0.0, 1e-9, 180.0, 359.9999999]), st.floats(0, 360)),
    st.one_of(st.sampled_from([-90.0, -89.9999, 0.0, 89.99999999, 90.0]), st.floats(-90, 90)),
    st.sampled_from(["icrs", "galactic", "fk5"]),
)
sizes = st.floats(1 / 3600, 60).map(lambda size: size * u.deg)
pixels = st.integers(1, 12)
MODEST = settings(deadline=None, max_examples=60)


@MODEST
@given(centers, sizes, pixels)
@example(SkyCoord(12, 90, unit="deg"), 6 * u.arcmin, 4)
@example(SkyCoord(12, -90, unit="deg"), 6 * u.arcmin, 4)
@example(SkyCoord(12, 89.99, unit="deg"), 6 * u.arcmin, 4)
@example(SkyCoord(0, 30, unit="deg"), 6 * u.arcmin, 4)
def test_closed_form_agrees_with_the_wcs(center, size, pixels):
    """Everywhere on the sky, the poles and RA = 0 among them."""
    grid = CutoutGrid(center, size, pixels)
    y, x = np.indices(grid.shape)
    ra, dec = grid.lonlat()
    separation = grid.wcs.pixel_to_world(x, y).separation(SkyCoord(ra, dec, unit="deg"))
    assert separation.max() < 1e-6 * u.arcsec
    assert ra.shape == dec.shape == grid.shape
    assert ra.min() >= 0
    assert ra.max() <= 360


@MODEST
@given(centers, sizes, pixels)
def test_center_of_the_grid_is_the_target(center, size, pixels):
    grid = CutoutGrid(center, size, pixels)
    middle = (pixels - 1) / 2
    assert grid.wcs.pixel_to_world(middle, middle).separation(center) < 1e-6 * u.arcsec
    if pixels % 2:
        ra, dec = (array[pixels // 2, pixels // 2] for array in grid.lonlat())
        assert SkyCoord(ra, dec, unit="deg").separation(center) < 1e-6 * u.arcsec


@pytest.mark.parametrize("dec", [-89, 0, 2.8783, 60, 89])
def test_north_is_up_and_east_is_left(dec):
    ra, dec = CutoutGrid(SkyCoord(30, dec, unit="deg"), 6 * u.arcmin, 5).lonlat()
    assert np.all(np.diff(dec[:, 2]) > 0)
    assert np.all(np.diff(ra, axis=1) < 0)


def test_field_has_the_size_asked_for():
    grid = CutoutGrid(A1835, 6 * u.arcmin, 356)
    edges = grid.wcs.pixel_to_world([-0.5, 355.5], [177.5, 177.5])
    assert edges[0].separation(edges[1]).to_value(u.arcmin) == pytest.approx(6, rel=1e-6)
    assert grid.pixel_scale.to_value(u.arcsec) == pytest.approx(360 / 356)
    assert grid.pixel_area.to_value(u.arcsec**2) == pytest.approx((360 / 356) ** 2)
    assert grid.wcs.pixel_shape == grid.shape == (356, 356)


def test_header_says_the_same_grid():
    """The WCS survives a FITS header, also at the pole, where FITS has another default."""
    from astropy.wcs import WCS

    grid = CutoutGrid(SkyCoord(12, 90, unit="deg"), 6 * u.arcmin, 3)
    again = WCS(grid.wcs.to_header()).pixel_to_world(0, 0)
    assert again.separation(grid.wcs.pixel_to_world(0, 0)) < 1e-6 * u.arcsec


def test_any_frame_is_kept_as_icrs_without_distance_or_motion():
    center = SkyCoord(
        A1835.galactic.l, A1835.galactic.b, 1000 * u.Mpc, frame="galactic",
        pm_l_cosb=1 * u.mas / u.yr, pm_b=1 * u.mas / u.yr,
    )  # fmt: skip
    grid = CutoutGrid(center, 6 * u.arcmin, 4)
    assert grid.center.name == "icrs"
    assert grid.center.separation(A1835) < 1e-6 * u.arcsec
    assert not grid.center.data.differentials


def test_numpy_integer_becomes_int():
    """Parameter grids hand over numpy integers."""
    grid = CutoutGrid(A1835, 6 * u.arcmin, np.int64(4))
    assert type(grid.pixels) is int


@pytest.mark.parametrize(
    "center",
    [
        (210.0, 2.0),
        SkyCoord([1, 2], [3, 4], unit="deg"),
        SkyCoord([1], [3], unit="deg"),
        SkyCoord(np.nan, 2, unit="deg"),
        SkyCoord(Masked(1.0, mask=True) * u.deg, 2 * u.deg),
    ],
)
def test_bad_center(center):
    with pytest.raises(InvalidTargetError, match="center of a grid must be"):
        CutoutGrid(center, 6 * u.arcmin, 4)


@pytest.mark.parametrize(
    "size", [6, "6 arcmin", 6 * u.m, [6, 6] * u.arcmin, 0 * u.deg, np.nan * u.deg, 91 * u.deg]
)
def test_bad_size(size):
    with pytest.raises(InvalidTargetError, match="size must"):
        CutoutGrid(A1835, size, 4)


@pytest.mark.parametrize("pixels", [0, -1, 3.5, 356.0, True, "356", None, np.nan, [1, 2]])
def test_bad_pixels(pixels):
    with pytest.raises(InvalidTargetError, match="pixels must be a positive whole number"):
        CutoutGrid(A1835, 6 * u.arcmin, pixels)


def test_grids_point_where_each_grid_points():
    ra, dec = [0.0, 359.999, 10.0, 45.0, 200.0], [0.0, 12.0, 90.0, -90.0, -65.3]
    grids = CutoutGrids(ra, dec, 6 * u.arcmin, 9)
    step = grids.pixel_scale.to_value(u.rad)
    x, y = np.meshgrid(*2 * [(np.arange(9) - 4) * step])
    for i, (center, west, north) in enumerate(grids.axes()):
        vectors = center + x[..., np.newaxis] * west + y[..., np.newaxis] * north
        found = SkyCoord(*vectors.transpose(2, 0, 1), representation_type="cartesian")
        found.representation_type = "unitspherical"
        expected = SkyCoord(*grids[i].lonlat(), unit="deg")
        assert found.separation(expected).max() < 1e-9 * u.arcsec
    assert (len(grids), grids.shape, grids.pixel_area) == (5, (9, 9), grids[0].pixel_area)


@pytest.mark.parametrize(
    ("ra", "dec"), [([1.0], [np.nan]), ([1.0, 2.0], [3.0]), ([[1.0]], [[2.0]]), ([np.inf], [0.0])]
)
def test_grids_need_finite_centers(ra, dec):
    with pytest.raises(InvalidTargetError, match="centers"):
        CutoutGrids(ra, dec, 6 * u.arcmin, 9)
