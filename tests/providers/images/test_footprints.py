"""Which images lie under which targets: the index finds what a plain loop finds."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from astrocnn.grid import CutoutGrid, CutoutGrids
from astrocnn.providers._images._fits_image import locate_image
from astrocnn.providers._images._footprints import Footprints

SIZE = 6 * u.arcmin
REACH = SIZE.to_value(u.rad) * np.sqrt(0.5)


def field(ra, dec, size=20 * u.arcmin, roll=0.0, pixels=50):
    """WCS of a field, turned by an angle."""
    wcs = CutoutGrid(SkyCoord(ra, dec, unit="deg"), size, pixels).wcs.deepcopy()
    c, s = np.cos(roll), np.sin(roll)
    wcs.wcs.pc = [[c, -s], [s, c]]
    wcs.wcs.set()
    return wcs


def touching(wcs, grids):
    """Numbers of the targets of whose grid a pixel lies on an image."""
    ra, dec = np.array([grid.lonlat() for grid in grids]).transpose(1, 0, 2, 3)
    x, y = wcs.wcs_world2pix(ra, dec, 0)
    ny, nx = wcs.array_shape
    on_image = (x > -0.5) & (x < nx - 0.5) & (y > -0.5) & (y < ny - 0.5)
    return np.flatnonzero(on_image.any(axis=(1, 2))).tolist()


@pytest.mark.parametrize(("ra0", "dec0"), [(150, 2), (0, 0), (10, 88.5), (200, -90), (30, -60)])
def test_finds_what_a_loop_finds(ra0, dec0):
    rng = np.random.default_rng(3)
    center = SkyCoord(ra0, dec0, unit="deg")
    turn, far = rng.uniform(0, 360, 42) * u.deg, 1.2 * np.sqrt(rng.random(42)) * u.deg
    places = center.directional_offset_by(turn, far)
    wcses = [field(p.ra.deg, p.dec.deg, roll=k) for k, p in enumerate(places[:12])]
    grids = CutoutGrids(places[12:].ra.deg, places[12:].dec.deg, SIZE, 9)
    near = Footprints([locate_image(0, wcs) for wcs in wcses]).near(grids.axes()[:, 0], REACH)
    wanted = {k: touching(wcs, grids) for k, wcs in enumerate(wcses)}
    assert sum(map(len, wanted.values())) > 5
    for k, targets in wanted.items():
        assert set(targets) <= set(near.get(k, ()))
    # Few images are read for nothing.
    assert sum(map(len, near.values())) < 2 * sum(map(len, wanted.values()))
    assert list(near) == sorted(near)


def test_whole_sky_among_small_images():
    whole = WCS(naxis=2)
    whole.wcs.ctype = ["RA---CAR", "DEC--CAR"]
    whole.wcs.cdelt, whole.wcs.crpix = [-1, 1], [180.5, 90.5]
    whole.array_shape = (180, 360)
    infos = [locate_image(0, wcs) for wcs in (field(10, 0), whole, field(200, 50))]
    grids = CutoutGrids([10.0, 200.0, 300.0], [0.0, 50.0, -80.0], SIZE, 9)
    near = Footprints(infos).near(grids.axes()[:, 0], REACH)
    assert {k: list(v) for k, v in near.items()} == {0: [0], 1: [0, 1, 2], 2: [1]}


def test_nothing_is_near():
    near = Footprints([locate_image(0, field(10, 0))]).near(np.array([[0.0, 0.0, 1.0]]), REACH)
    assert near == {}


def test_thousands_of_images_and_targets():
    """Of ten million pairs the circles' ones, as comparing all of them gives."""
    info = locate_image(0, field(0, 0))
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(5000, 3))
    vectors /= np.linalg.norm(vectors, axis=1)[:, np.newaxis]
    whole = WCS(naxis=2)  # circles alone decide
    whole.wcs.ctype = ["RA---CAR", "DEC--CAR"]
    infos = [type(info)(0, whole, vector, info.radius) for vector in vectors]
    near = Footprints(infos).near(vectors[:500], REACH)
    target, image = np.nonzero(vectors[:500] @ vectors.T > np.cos(info.radius + REACH))
    pairs = {(k, i) for k, targets in near.items() for i in targets}
    assert pairs == set(zip(image.tolist(), target.tolist(), strict=True))
    assert len(pairs) > 500
