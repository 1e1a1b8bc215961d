"""Optical images of version 3: noise, gaps, bright stars, foreground, plates of another sky."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from astrocnn.simulation import OPTICAL_CAMERAS, simulate_cutouts, simulate_field, truth_table
from astrocnn.simulation._galaxies import Stars
from astrocnn.simulation._optical import add_galaxies
from astrocnn.simulation._resampling import resample_some_times
from astrocnn.simulation._unrelated import _galaxies, _no_galaxies
from astrocnn.simulation._varied_optics import draw_look, varied_optical_image

#: Mean and spread of each optical image of target 4, seed 1, of version 2, whose pixels stay.
VERSION_2 = {
    "dss2-red": (6011.949, 196.191),
    "legacy-g": (1.409, 190.398),
    "legacy-r": (2.096, 241.615),
    "legacy-z": (3.03, 327.629),
    "sdss-g": (1.476, 192.636),
    "sdss-r": (2.238, 250.156),
    "sdss-i": (2.774, 301.38),
}


@pytest.fixture(scope="module")
def plates():
    return [simulate_field(i, 3, ("dss2-red",), version=3) for i in range(60)]


def correlation(image, lag):
    """Correlation of the noise between neighbors, faint sources clipped."""
    noise = image - np.nanmedian(image)
    noise[np.abs(noise) > 2.5 * 1.4826 * np.nanmedian(np.abs(noise))] = np.nan
    noise -= np.nanmean(noise)
    return np.nanmean(noise[:, lag:] * noise[:, :-lag]) / np.nanmean(noise**2)


@pytest.mark.parametrize("band", VERSION_2)
def test_version_2_is_as_it_was(band):
    image = simulate_field(4, 1, (band,)).images[band].data
    mean, spread = VERSION_2[band]
    assert image.mean() == pytest.approx(mean, rel=1e-4, abs=0.02)
    assert image.std() == pytest.approx(spread, rel=1e-3)


def test_the_same_numbers_give_the_same_pixels():
    one, other = (simulate_field(31, 3, bands, version=3) for bands in
                  (("legacy-r",), ("xmm", "sdss-g", "legacy-r")))  # fmt: skip
    pair = [field.images["legacy-r"].data for field in (one, other)]
    assert np.array_equal(*pair, equal_nan=True)


def test_x_rays_do_not_know_of_optical_bands():
    alone = simulate_field(5, 3, ("xmm",), version=3)
    both = simulate_field(5, 3, ("xmm", "dss2-red", "legacy-z"), version=3)
    assert np.array_equal(alone.images["xmm"].data, both.images["xmm"].data, equal_nan=True)
    changed = {
        name for name, value in alone.truth.items()
        if value != both.truth[name] and value == value  # NaN
    }  # fmt: skip
    assert changed <= {"seeing"}


def test_grain_is_correlated_more_or_less():
    """A real red plate (1.7 arcsec) has 0.5 between pixels of 2 arcsec."""
    cutouts, _ = simulate_cutouts(16, 9, ["dss2-red"], pixels=180, version=3, kind="blank")
    found = [correlation(image.copy(), 1) for image in cutouts["image"].values[:, 0]]
    assert min(found) < 0.45
    assert max(found) > 0.6
    assert 0.4 < np.median(found) < 0.8


def test_detectors_have_less_correlated_noise():
    cutouts, _ = simulate_cutouts(8, 9, ["sdss-r"], pixels=180, version=3, kind="blank")
    found = [correlation(image.copy(), 1) for image in cutouts["image"].values[:, 0]]
    assert 0.05 < np.median(found) < 0.45


def test_a_quarter_has_gaps_and_the_middle_stays(plates):
    lost = [np.isnan(f.images["dss2-red"].data).any() for f in plates]
    assert 0.1 < np.mean(lost) < 0.42
    middle = []
    for plate in plates:
        image = plate.images["dss2-red"]
        column, row = (int(v) for v in image.wcs.world_to_pixel(plate.center))
        half = int(35 / np.sqrt(image.pixel_area.value))
        middle.append(np.isnan(image.data[row - half : row + half, column - half : column + half]))
    assert np.mean([part.mean() > 0.1 for part in middle]) <= 0.05
    finite = np.concatenate([f.images["dss2-red"].data.ravel() for f in plates])
    assert not np.isinf(finite).any()


def test_images_cover_the_field(plates):
    """But for gaps: pixels and their sizes vary, the field of 6 arcmin is on all of them."""
    sizes = {round(float(np.sqrt(f.images["dss2-red"].pixel_area.value)), 3) for f in plates}
    assert len(sizes) > 30
    for plate in plates:
        image = plate.images["dss2-red"]
        side = np.sqrt(image.pixel_area.value) * np.array(image.data.shape)
        assert (side > 385).all()
        assert image.data.dtype == np.float32


@pytest.mark.parametrize("angle", [0.1, 0.5, 1.2])
@pytest.mark.parametrize("band", ["dss2-red", "legacy-r"])
def test_spikes_have_one_angle(band, angle):
    camera = OPTICAL_CAMERAS[band]
    look = replace(
        draw_look(camera, 2.0, np.random.default_rng(0)), pixel=1.0, spike_angle=angle, spikes=1e-3,
        halo=1e-5, ceiling=2.0 if camera.gamma else 8.0, bleeding=False, times=0, axis_ratio=1.0,
        limit=camera.limit,
    )  # fmt: skip
    center = SkyCoord(150, 2, unit="deg")

    def image(*stars):
        made = varied_optical_image(
            _no_galaxies(), Stars(*np.array(stars).reshape(-1, 4).T), camera, center, look, _Quiet()
        )
        return made[0], made[1]

    (full, wcs), (empty, _) = image((0.0, 0.0, 9.0, 0.0)), image()
    column, row = wcs.world_to_pixel(center)
    y, x = np.indices(full.shape)
    radius, azimuth = np.hypot(x - column, y - row), np.arctan2(y - row, x - column)
    light = np.where((radius > 18) & (radius < 30), full - empty, 0).clip(0)
    found = np.angle((light * np.exp(4j * azimuth)).sum()) / 4 % (np.pi / 2)
    assert found == pytest.approx(angle, abs=0.06)


class _Quiet:
    """A random stream whose image has neither gaps nor trails, nor a turn."""

    def __init__(self):
        self._rng = np.random.default_rng(1)

    def __getattr__(self, name):
        return getattr(self._rng, name)

    def random(self, *size):
        return np.full(size, 0.9) if size else 0.9


def test_a_foreground_galaxy_is_seen_in_all_bands():
    """Number 55 has one at 100" east and 60" north, with a half-light radius of 43"."""
    bands = ["legacy-r", "legacy-z", "sdss-g", "dss2-red"]
    cutouts, _ = simulate_cutouts([55], 3, bands, pixels=180, version=3)
    row, column = np.indices((180, 180))
    near = np.hypot((89.5 - column) * 2 - 100, (row - 89.5) * 2 - 60) < 30
    for image in cutouts["image"].values[0]:
        noise = 1.4826 * np.nanmedian(np.abs(image - np.nanmedian(image)))
        assert np.nanmedian(image[near]) > np.nanmedian(image) + 3 * noise
        assert np.nanmedian(image[near]) > np.nanmedian(image[near[::-1, ::-1]]) + 3 * noise


def test_blank_optics():
    """Four percent, whatever the target; an image without the field's sources."""
    fields = [simulate_field(i, 3, (), version=3) for i in range(400)]
    blank = np.array([f.truth["blank_optics"] for f in fields])
    assert 0.02 < blank.mean() < 0.07
    table = truth_table([f.truth for f in fields], version=3)
    assert table["blank_optics"].dtype == bool
    # Number 20 has sky and grain only, number 1 another sky.
    empty = simulate_field(20, 3, ("legacy-r",), kind="cluster", version=3).images["legacy-r"].data
    noise = 1.4826 * np.nanmedian(np.abs(empty - np.nanmedian(empty)))
    assert np.nanmax(empty) < 8 * noise
    other = simulate_field(1, 3, ("legacy-r",), kind="cluster", version=3).images["legacy-r"].data
    assert np.nanmax(other) > 50 * 1.4826 * np.nanmedian(np.abs(other - np.nanmedian(other)))


def test_version_2_has_no_blank_optics():
    truth = simulate_field(1, 3, ("legacy-r",)).truth
    assert "blank_optics" not in truth
    assert "blank_optics" not in truth_table([truth]).colnames


def test_galaxies_have_no_square_edges():
    """At the border of a stamp a tapered profile is zero; the largest ones fill the image."""
    for radius in (1.0, 4.0, 12.0, 24.0, 60.0):
        image = np.zeros((401, 401), dtype=np.float32)
        galaxy = _galaxies(0.0, 0.0, 12.0, radius, 4.0, 1.0, 0.0)
        add_galaxies(
            image, lambda x, y: (np.asarray(x) + 200, np.asarray(y) + 200), 1.0, galaxy,
            galaxy.magnitude, tapered=True,
        )  # fmt: skip
        profile = image[200, 200:]
        steps = np.abs(np.diff(profile))
        assert steps.max() == pytest.approx(steps[:3].max())
        edge = np.flatnonzero(profile)[-1]
        assert edge == 200 or profile[edge] < 3e-4 * profile[0]
        assert image.sum() == pytest.approx(10 ** (0.4 * 13), rel=0.35)


class TestResampling:
    def test_a_plane_stays_a_plane(self):
        """At places that the returned scale and origin say."""
        y, x = np.indices((60, 50), dtype=np.float32)
        for seed in range(6):
            rng = np.random.default_rng(seed)
            image, scale, origin = resample_some_times(2 * x + 3 * y, 2, rng)
            v, u = np.indices(image.shape)
            plane = 2 * (origin[0] + scale * u) + 3 * (origin[1] + scale * v)
            inside = (slice(4, -4), slice(4, -4))
            assert image[inside] == pytest.approx(plane[inside], abs=1e-3)

    def test_noise_is_softened(self):
        noise = np.random.default_rng(0).standard_normal((200, 200), dtype=np.float32)
        spread = [
            resample_some_times(noise, times, np.random.default_rng(5))[0].std()
            for times in range(4)
        ]
        assert spread[0] == pytest.approx(1, abs=0.02)
        assert spread == sorted(spread, reverse=True)

    def test_none(self):
        noise = np.random.default_rng(0).standard_normal((20, 20), dtype=np.float32)
        image, scale, origin = resample_some_times(noise, 0, np.random.default_rng(0))
        assert image is noise
        assert scale == 1
        assert not origin.any()
