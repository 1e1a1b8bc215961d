"""Optical images: fluxes, noise, saturation, stamps."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from astrocnn.simulation import OPTICAL_CAMERAS, PLATE_RED
from astrocnn.simulation._galaxies import Galaxies, Stars
from astrocnn.simulation._native import native_grid
from astrocnn.simulation._optical import _moffat, _sersic_total, optical_image

_, X, Y = native_grid(SkyCoord(150, 2, unit="deg"), 300, 1.0, 0.05, np.random.default_rng(0))
SKY = 10 ** (0.4 * (25.0 - PLATE_RED.sky))
LEGACY_R = OPTICAL_CAMERAS["legacy-r"]


def star(magnitude, x=0.0, y=0.0, color=0.0):
    return Stars(*(np.array([v]) for v in (x, y, magnitude, color)))


def galaxy(magnitude, x=0.0, y=0.0, radius=2.0, index=1.0, axis_ratio=0.7, angle=0.4, z=0.1):
    values = (x, y, magnitude, radius, index, axis_ratio, angle, z, True)
    return Galaxies(*(np.array([v]) for v in values))


NO_STARS = Stars(*(np.zeros(0) for _ in range(4)))
NO_GALAXIES = galaxy(20.0).brighter(0)


def intensity(plate):
    """Undo the plate's response; the zero point is 25."""
    return SKY * 10 ** ((plate - 6000.0) / PLATE_RED.gamma)


def image(galaxies=NO_GALAXIES, stars=NO_STARS, camera=PLATE_RED, seed=0, seeing=2.8, nh=0.0):
    rng = np.random.default_rng(seed)
    return optical_image(galaxies, stars, camera, X, Y, rng, seeing, nh)


def difference(seed=0, camera=PLATE_RED, **sources):
    """What sources add to the same sky: they draw nothing from the stream."""
    full, empty = image(seed=seed, camera=camera, **sources), image(seed=seed, camera=camera)
    return full - empty if camera.gamma is None else intensity(full) - intensity(empty)


class TestStars:
    @pytest.mark.parametrize("magnitude", [16.0, 18.0, 20.0])
    @pytest.mark.parametrize("camera", [PLATE_RED, LEGACY_R], ids=lambda c: c.name)
    def test_flux(self, magnitude, camera):
        added = difference(stars=star(magnitude, 12.0, -20.0), camera=camera)
        band = star(magnitude).magnitudes(camera.filter)[0]
        total = added[np.hypot(X - 12, Y + 20) < 25].sum()
        assert total == pytest.approx(10 ** (0.4 * (25 - band)), rel=0.05)

    def test_position(self):
        added = difference(stars=star(16.0, 40.0, 25.0)).clip(0)
        weight = added / added.sum()
        assert ((X * weight).sum(), (Y * weight).sum()) == pytest.approx((40, 25), abs=0.7)

    def test_seeing(self):
        added = difference(stars=star(16.0))
        width = 2 * np.sqrt((np.hypot(X, Y)[added > added.max() / 2] ** 2).max())
        assert 2.0 < width < 4.0

    def test_bright_ones_saturate_and_have_spikes(self):
        bright = image(stars=star(8.0))
        assert bright.max() == pytest.approx(6000 + 2 * PLATE_RED.gamma)
        assert (bright == bright.max()).sum() > 20
        added = difference(stars=star(8.0))
        row, column = np.unravel_index(np.hypot(X, Y).argmin(), X.shape)
        assert added[row, column + 45] > 2 * added[row + 32, column + 32]

    def test_outside_the_image(self):
        assert np.array_equal(image(stars=star(10.0, 900.0, 0.0)), image())


class TestGalaxies:
    @pytest.mark.parametrize("index", [1.0, 4.0])
    def test_total_of_a_sersic_profile(self, index):
        """By numerical integration; half of it within one half-light radius."""
        r = np.geomspace(1e-6, 1e4, 200_000)
        profile = np.exp(-(2 * index - 1 / 3) * (r ** (1 / index) - 1)) * 2 * np.pi * r
        parts = (profile[1:] + profile[:-1]) / 2 * np.diff(r)
        assert parts.sum() == pytest.approx(_sersic_total(index), rel=2e-3)
        assert parts[r[1:] < 1].sum() == pytest.approx(0.5 * parts.sum(), rel=1e-2)

    @pytest.mark.parametrize("radius", [0.6, 1.5, 3.0, 8.0])
    @pytest.mark.parametrize("index", [1.0, 4.0])
    def test_flux(self, radius, index):
        """Whatever the size of the stamp; the wings of index 4 are cut."""
        added = difference(galaxies=galaxy(16.0, radius=radius, index=index), camera=LEGACY_R)
        flux = 10 ** (0.4 * (25 - galaxy(16.0).magnitudes("r")[0]))
        assert added.sum() == pytest.approx(flux, rel=0.05 if index == 1 else 0.2)

    @pytest.mark.parametrize("angle", [0.0, 0.6, 2.0])
    def test_elongated_along_its_angle(self, angle):
        """Pixel columns run to the west: the angle is that of the pixels."""
        added = difference(
            galaxies=galaxy(15.0, radius=8.0, axis_ratio=0.3, angle=angle), camera=LEGACY_R
        )
        rows, columns = np.indices(added.shape)
        weight = added.clip(0) / added.clip(0).sum()
        dx = columns - (columns * weight).sum()
        dy = rows - (rows * weight).sum()
        xx, yy, xy = ((a * b * weight).sum() for a, b in ((dx, dx), (dy, dy), (dx, dy)))
        found = 0.5 * np.arctan2(2 * xy, xx - yy)
        assert np.sin(found - angle) == pytest.approx(0, abs=0.05)

    def test_many_are_the_sum_of_each(self):
        """Stamps are computed together, and cut at the edge."""
        rng = np.random.default_rng(0)
        n = 40
        values = (
            *rng.uniform(-170, 170, (2, n)), rng.uniform(15, 20, n), rng.uniform(0.4, 9, n),
            rng.choice([1.0, 4.0], n), rng.uniform(0.3, 1, n), rng.uniform(0, 3, n),
            np.full(n, 0.1), np.ones(n, bool),
        )  # fmt: skip
        together = difference(galaxies=Galaxies(*values), camera=LEGACY_R)
        quiet = OPTICAL_CAMERAS["legacy-r"]
        one_by_one = sum(
            difference(galaxies=Galaxies(*(v[i : i + 1] for v in values)), camera=quiet)
            for i in range(n)
        )
        # Photon noise of the sources is part of a difference.
        sigma = 10 ** (0.4 * (25 - 23.4)) / 5
        residual = (together - one_by_one)[together < 5 * sigma]
        assert np.abs(np.median(residual)) < 0.02 * sigma

    def test_dust_dims(self):
        clear = difference(galaxies=galaxy(16.0), camera=LEGACY_R).sum()
        rng = np.random.default_rng(0)
        dusty = optical_image(galaxy(16.0), NO_STARS, LEGACY_R, X, Y, rng, 2.8, 1e21)
        lost = 2.5 * np.log10(clear / (dusty - image(camera=LEGACY_R)).sum())
        assert lost == pytest.approx(0.8 / 2.21 * 1.05, rel=0.05)


def test_moffat():
    psf = _moffat(3.0)
    assert psf.sum() == pytest.approx(1, rel=1e-5)
    assert psf[30, 30 + 1] > psf.max() / 2 > psf[30, 30 + 2]


class TestSky:
    def test_plate(self):
        plate = image()
        assert np.median(plate) == pytest.approx(6000, abs=150)
        assert plate.dtype == np.float32
        assert np.isfinite(plate).all()

    def test_detector(self):
        sky = image(camera=LEGACY_R)
        assert np.median(sky) == pytest.approx(0, abs=0.1 * float(sky.std()))
        assert sky.dtype == np.float32

    @pytest.mark.parametrize("camera", [PLATE_RED, LEGACY_R], ids=lambda c: c.name)
    def test_limit(self, camera):
        """A star at the limit is found at about five times the noise of its disk."""
        found = []
        for seed in range(8):
            given = star(camera.limit - star(0.0).magnitudes(camera.filter)[0])
            added = difference(stars=given, seed=seed, camera=camera)
            blank = image(seed=seed, camera=camera)
            blank = intensity(blank) if camera.gamma else blank
            noise = 1.4826 * np.median(np.abs(blank - np.median(blank)))
            disk = np.sqrt(4 * np.pi * (2.8 / 2.355) ** 2)
            found.append(added[np.hypot(X, Y) < 6].sum() / (noise * disk))
        assert 2.5 < np.median(found) < 7

    def test_some_plates_have_a_trail(self):
        plates = [image(seed=s) for s in range(60)]
        assert 1 <= sum(p.max() > 6000 + 9 * p.std() for p in plates) < 12
