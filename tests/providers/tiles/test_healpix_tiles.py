"""Places of the kernel against exact ones: poles, faces, caps, corners, both frames."""

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.config import conf
from astrocnn.exceptions import ProviderError
from astrocnn.grid import CutoutGrids
from astrocnn.providers._tiles._healpix_tiles import HealpixTiles
from astrocnn.providers._tiles._hips_map import nested_to_flat

CAP = np.degrees(np.arcsin(2 / 3))
#: Poles, face borders, corners of three and of four faces, where the caps begin.
PLACES = [
    (0, 0), (45, 0), (315, 0.0), (0, 90), (10, -90), (30, 89.97), (0, CAP), (90, -CAP), (45, CAP),
    (33, CAP), (67, -CAP), (0, 60), (0.001, 75), (90, -60), (22.5, 19.4712), (359.9999, 45),
]  # fmt: skip
WIDTH, ORDER = 64, 9


def directions(grids, frame):
    """Unit vectors of the pixels of the first grid."""
    sky = SkyCoord(*grids[0].lonlat(), unit="deg").transform_to(frame)
    return np.moveaxis(sky.cartesian.xyz.value, 0, -1)


def linear_tiles(frame, center, axis):
    """Tiles of a function that is linear in the direction, in units of a HEALPix pixel."""
    n, flat = WIDTH << ORDER, nested_to_flat(WIDTH)

    def read(order, number):
        pixels = number * WIDTH**2 + np.arange(WIDTH**2)
        tile = np.empty(WIDTH**2)
        tile[flat] = (np.transpose(healpy.pix2vec(n, pixels, nest=True)) - center) @ axis * n
        return tile.reshape(WIDTH, WIDTH)

    return HealpixTiles(read, WIDTH, frame, "test")


def place_errors(lon, lat, frame, size=5 * u.arcmin, pixels=60):
    """How far the places found are from the exact ones, in HEALPix pixels (13 arcsec)."""
    position = SkyCoord(lon, lat, unit="deg", frame=frame).icrs
    grids = CutoutGrids(position.ra.deg, position.dec.deg, size, pixels)
    exact = directions(grids, frame)
    center = exact[pixels // 2, pixels // 2]
    missed = []
    for axis in np.linalg.svd(center[np.newaxis])[2][1:]:
        image = linear_tiles(frame, center, axis).sample(grids, ORDER)[0]
        missed.append(image - (exact - center) @ axis * (WIDTH << ORDER))
    return np.hypot(*missed)


@pytest.mark.parametrize("frame", ["icrs", "galactic"])
@pytest.mark.parametrize(("lon", "lat"), PLACES)
def test_places_are_exact(lon, lat, frame):
    assert place_errors(lon, lat, frame).max() < 0.005


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0, 360), st.floats(-90, 90), st.sampled_from(["icrs", "galactic"]),
    st.floats(0.1, 60), st.integers(1, 70),
)  # fmt: skip
def test_places_are_exact_anywhere(lon, lat, frame, size, pixels):
    assert place_errors(lon, lat, frame, size * u.arcmin, pixels).max() < 0.01


def test_an_overlooked_tile_is_fetched():
    """Between the nodes of the coarse grid other tiles may lie."""
    read = []

    def tile(order, number):
        read.append(number)
        return np.full((4, 4), number, dtype="float32")

    tiles = HealpixTiles(tile, 4, "icrs", "test")
    grids = CutoutGrids(30, 10, 5 * u.deg, 40)
    image = tiles.sample(grids, 7, "nearest")[0]
    vectors = np.moveaxis(directions(grids, "icrs"), -1, 0)
    assert np.mean(image == healpy.vec2pix(2**7, *vectors, nest=True)) > 0.99
    assert len(read) == len(set(read)) > 64


def test_memory_is_bounded_and_results_are_not_changed():
    def tile(order, number):
        return np.full((64, 64), number % 1000, dtype="float32")

    lon = np.arange(0, 360, 3.0)
    grids = CutoutGrids(lon, np.zeros_like(lon), 1 * u.deg, 32)
    with conf.set_temp("tile_memory", 1):
        small = HealpixTiles(tile, 64, "icrs", "test")
    found = small.sample(grids, 4)
    assert len(small._pool._slots) <= small._pool.capacity == 64
    large = HealpixTiles(tile, 64, "icrs", "test").sample(grids, 4)
    np.testing.assert_array_equal(found, large)


def test_one_field_may_need_more_than_the_memory():
    with conf.set_temp("tile_memory", 1):
        tiles = HealpixTiles(lambda order, number: np.ones((128, 128)), 128, "icrs", "test")
    assert tiles.sample(CutoutGrids(0, 0, 40 * u.deg, 100), 4)[0].min() == 1
    assert tiles._pool.capacity > 16


def test_too_large_a_field_is_an_error():
    with conf.set_temp("tile_memory", 1):
        tiles = HealpixTiles(None, 64, "icrs", "test map")
    found = tiles.sample(CutoutGrids([0], [0], 80 * u.deg, 2000), 5)[0]
    assert isinstance(found, ProviderError)
    assert "tiles of test map" in str(found)


def test_a_broken_tile_fails_those_who_need_it():
    def tile(order, number):
        if number == healpy.ang2pix(16, 45, 3, nest=True, lonlat=True):
            raise ProviderError("broken")
        return np.ones((64, 64))

    tiles = HealpixTiles(tile, 64, "icrs", "test")
    near, far = tiles.sample(CutoutGrids([45, 80], [3, 3], 30 * u.arcmin, 20), 4)
    assert isinstance(near, ProviderError)
    assert far.min() == 1


@pytest.mark.parametrize(("size", "pixels"), [(30, 12), (30, 200), (8, 40)])
@pytest.mark.parametrize(("lon", "lat"), [*PLACES, (120.3, -33.1)])
def test_counts_are_shared_by_area(lon, lat, size, pixels):
    """Single pixels with counts keep them, whatever is around; a flat map stays flat."""
    width, order, rng = 16, 5, np.random.default_rng(3)
    n = width << order
    grids = CutoutGrids(lon, lat, size * u.deg / 10, pixels)
    inside = healpy.query_disc(n, directions(grids, "icrs")[pixels // 2, pixels // 2],
                               np.radians(size / 10 * 0.4), nest=True)  # fmt: skip
    chosen = rng.choice(inside, 5, replace=False)
    counts, flat = np.zeros(12 * n**2), nested_to_flat(width)
    counts[chosen] = [1, 2, 3, 4, 5]

    def read(order, number):
        tile = np.empty(width**2)
        tile[flat] = counts[number * width**2 : (number + 1) * width**2]
        return tile.reshape(width, width)

    image = HealpixTiles(read, width, "icrs", "test").sample(grids, order, "area")[0]
    assert image.sum(dtype=float) == pytest.approx(15, rel=1e-6)
    counts[:] = 1
    image = HealpixTiles(read, width, "icrs", "test").sample(grids, order, "area")[0]
    ratio = (grids.pixel_area / healpy.nside2pixarea(n) / u.sr).to_value(u.one)
    # At the poles the sides of pixels are curved, which four corners do not tell.
    np.testing.assert_allclose(image, ratio, rtol=0.12 if abs(lat) > 89 else 0.02)


def test_counts_of_a_part(tmp_path):
    """Tiles that are missing leave a hole; at its border what is covered by half is a pixel."""
    there = healpy.ang2pix(16, 45, 3, nest=True, lonlat=True)
    tiles = HealpixTiles(
        lambda order, number: np.ones((16, 16)) if number == there else None, 16, "icrs", "test"
    )
    grids = CutoutGrids(*np.transpose([healpy.pix2ang(16, there, nest=True, lonlat=True)]),
                        12 * u.deg, 40)  # fmt: skip
    image = tiles.sample(grids, 4, "area")[0]
    assert np.nansum(image, dtype=float) == pytest.approx(256, rel=0.05)
    whole = HealpixTiles(lambda order, number: np.ones((16, 16)), 16, "icrs", "test")
    exists = np.isfinite(image)
    np.testing.assert_allclose(image[exists], whole.sample(grids, 4, "area")[0][exists], rtol=1e-3)
    assert 0.05 < np.isfinite(image).mean() < 0.5
