"""Version 3 of the simulation: what varies, what makes a target a cluster, frozen numbers."""

import numpy as np
import pytest
from astropy import units as u

from astrocnn.exceptions import InvalidParameterError
from astrocnn.simulation import simulate_cutouts, simulate_field

#: Number and bands -> kind, expected counts, photons, mean and spread of the optical image.
FROZEN = {
    (0, ("xmm", "dss2-red")): ("cluster", 101.1455, 1049, 5920.17, 74.82),
    (7, ("erosita", "legacy-g")): ("star", 148.5394, 596, 1.97, 145.48),
}


@pytest.mark.parametrize(("number", "bands"), FROZEN)
def test_pixels(number, bands):
    field = simulate_field(number, 1, bands, exposure_map=True, version=3)
    kind, counts, photons, mean, spread = FROZEN[number, bands]
    xray, optical = (field.images[band].data for band in bands)
    assert field.truth["kind"] == kind
    assert field.truth["counts"] == pytest.approx(counts, rel=1e-5)
    assert xray.sum() == pytest.approx(photons, abs=2)
    assert optical.mean() == pytest.approx(mean, abs=0.02)
    assert optical.std() == pytest.approx(spread, rel=1e-3)


@pytest.fixture(scope="module", params=["xmm", "erosita"])
def fields(request):
    """Fields without images: band, and a list of them."""
    # The first X-ray band decides about the telescope; no pixels are needed here.
    return request.param, [
        simulate_field(i, 11, (request.param,), version=3) for i in range(60)
    ]


def test_version_that_is_not_there():
    with pytest.raises(InvalidParameterError, match=r"one of \[2, 3\], not 4"):
        simulate_field(0, version=4)


def test_exposures_and_backgrounds_are_broad(fields):
    _, found = fields
    time = np.array([field.pointing.time for field in found])
    assert time.max() / time.min() > 30
    background = np.array([field.pointing.background for field in found])
    assert background.max() / background.min() > 5


def test_psf_is_that_of_its_place_but_for_scatter(fields):
    _, found = fields
    ratio = [f.pointing.psf.half_radius / f.pointing.nominal_psf.half_radius for f in found]
    assert np.std(np.log(ratio)) == pytest.approx(0.08, abs=0.03)
    for field in found:
        if field.pointing.camera.chips is None:
            assert field.pointing.off_axis == 0
        else:
            edge = field.pointing.camera.field_radius
            assert field.pointing.off_axis < edge


def test_pointings_of_erosita_reach_the_edge(fields):
    band, found = fields
    off_axis = [field.truth["off_axis"] for field in found]
    assert max(off_axis) > {"xmm": 11, "erosita": 24}[band]
    cameras = {field.truth["camera"] for field in found}
    assert len(cameras) == 3


def test_clusters_are_above_the_limits(fields):
    _, found = fields
    for field in found:
        if field.truth["is_cluster"]:
            assert field.truth["m500"] >= 2e13
            assert field.truth["flux"] >= 2e-15
            assert field.truth["counts"] >= 12
            assert field.truth["offset"] <= 60


def test_photons_are_spread_by_the_psf():
    """A bright point source: half of its photons lie within the half-energy radius."""
    number = next(
        i for i in range(200)
        if simulate_field(i, 3, ("erosita",), kind="agn", version=3).truth["counts"] > 3000
    )
    field = simulate_field(number, 3, ("erosita",), kind="agn", version=3, exposure_map=True)
    image, source = field.images["erosita"], field.sources[0]
    y, x = np.indices(image.data.shape)
    sky = image.wcs.pixel_to_world(x, y)
    place = field.center.spherical_offsets_by(*(np.array([source.x, source.y]) / 3600 * u.deg))
    radius = sky.separation(place).arcsec
    near, half = (image.data[radius < r].sum() for r in (80, field.pointing.psf.half_radius))
    assert half / near == pytest.approx(0.55, abs=0.12)


def test_table_says_the_version():
    cutouts, truth = simulate_cutouts(2, 1, ["erosita"], pixels=32, version=3)
    assert truth.meta["simulation_version"] == 3
    assert truth.meta["cluster_limits"]["counts"] == 12
    assert cutouts.attrs["simulated"]
