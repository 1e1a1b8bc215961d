"""The chance rate, from fields where it is known."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.matching import ChanceRate, chance_rate, match_sky
from astrocnn.matching._chance import cap_area, local_density, ring_separations
from astrocnn.matching._ring_shift import Footprint, field_shift


def uniform(rng, n, low, high):
    """Positions uniform on the sphere between two declinations."""
    sin = rng.uniform(*np.sin(np.radians([low, high])), n)
    return SkyCoord(rng.uniform(0, 360, n), np.degrees(np.arcsin(sin)), unit="deg")


def test_expectation_is_density_times_area():
    rng = np.random.default_rng(1)
    catalog = uniform(rng, 20_000, -30, 30)
    targets = uniform(rng, 2_000, -20, 20)
    rate = chance_rate(targets, catalog, 5 * u.arcmin)
    density = 20_000 / (4 * np.pi * np.sin(np.radians(30)))
    expected = 2_000 * -np.expm1(-density * cap_area(5 * u.arcmin).value)
    assert expected > 20
    assert abs(rate.expected - expected) < 4 * rate.error
    assert rate.fraction == pytest.approx(rate.expected / 2_000)


def test_true_counterparts_are_not_counted():
    catalog = uniform(np.random.default_rng(2), 500, -60, 60)
    rate = chance_rate(catalog, catalog, 1 * u.arcmin)
    assert rate.expected < 1
    assert rate.n_targets == 500


def test_a_gradient_across_the_ring_cancels():
    rng = np.random.default_rng(3)
    ra = 40 * np.sqrt(rng.uniform(0, 1, 60_000))  # density rises linearly with right ascension
    catalog = SkyCoord(ra, rng.uniform(-5, 5, ra.size), unit="deg")
    targets = SkyCoord(rng.uniform(9, 11, 8000), rng.uniform(-1.5, 1.5, 8000), unit="deg")
    rate = chance_rate(targets, catalog, 0.5 * u.arcmin, shift=3 * u.deg, n_shifts=8)
    density = 60_000 / 10 * 2 * 10 / 40**2  # per square degree at 10 degrees
    expected = 8000 * -np.expm1(-density * np.pi / 120**2)
    assert rate.expected == pytest.approx(expected, rel=0.1)
    east, west = rate.counts[2], rate.counts[6]
    assert east > 1.3 * west


def test_statistics_of_the_counts():
    rate = ChanceRate((2, 3, 4, 2, 3, 4, 3, 3), 1743, 5 * u.arcmin, 1 * u.deg)
    assert rate.expected == 3
    assert rate.std == pytest.approx(np.sqrt(4 / 7))
    assert rate.error == pytest.approx(np.sqrt(24) / 8)
    assert rate.interval == pytest.approx(
        (15.377 / 8, 35.710 / 8), abs=1e-3
    )  # chi-square quantiles
    assert str(rate) == "3.0 ± 0.6 expected by chance"


def test_scatter_beyond_poisson_widens_the_error():
    rate = ChanceRate((0, 0, 0, 8), 100, 1 * u.arcmin, 1 * u.deg)
    assert rate.error == pytest.approx(4 / 2)  # standard deviation 4 of 4 shifts


def test_nothing_by_chance_is_an_upper_limit():
    rate = ChanceRate((0,) * 8, 10, 1 * u.arcmin, 1 * u.deg)
    assert rate.interval == pytest.approx((0, 3.689 / 8), abs=1e-3)
    assert str(rate) == "fewer than 0.46 (95 %) expected by chance"


def test_invalid_and_missing_positions():
    catalog = uniform(np.random.default_rng(4), 100, -60, 60)
    nowhere = SkyCoord([np.nan, 10.0], [0.0, 10.0], unit="deg")
    assert chance_rate(nowhere[1:], catalog, 1 * u.arcmin).n_targets == 1
    assert chance_rate(QTable({"where": nowhere}), catalog, 1 * u.arcmin).n_targets == 1
    assert chance_rate(catalog, catalog[:0], 1 * u.arcmin).expected == 0


def test_ring_lies_at_the_shift_also_at_a_pole():
    targets = SkyCoord([0.0, 50.0], [90.0, -89.5], unit="deg")
    entry = SkyCoord([0.0], [90.0], unit="deg")
    separations = ring_separations(targets[:1], entry, 2 * u.deg, 6)
    np.testing.assert_allclose(separations.to_value("deg"), 2.0)
    assert ring_separations(targets, entry, 2 * u.deg, 6).shape == (6, 2)


def test_density_is_unbiased_and_does_not_mind_an_edge():
    rng = np.random.default_rng(6)
    catalog = uniform(rng, 40_000, 0, 30)
    density = 40_000 / (2 * np.pi * np.sin(np.radians(30)))
    for low, high in ((10, 20), (0.9, 1.2)):  # the second ring leaves the field in the south
        targets = uniform(rng, 1_500, low, high)
        found = local_density(ring_separations(targets, catalog, 1 * u.deg, 8)).value
        assert np.mean(1 / found) * density == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize(("n", "width", "shift"), [(30, 1.0, 0.125), (200, 2.0, 0.25)])
def test_one_field_is_as_crowded_as_it_is(n, width, shift):
    """One degree away there is nothing. Density times area, within the scatter of the entries."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-width / 2, width / 2, (2, n))
    lon, lat = rng.uniform(-0.4 * width, 0.4 * width, (2, 200))
    catalog = SkyCoord(150 + x, 2 + y, unit="deg")
    targets = SkyCoord(150 + lon, 2 + lat, unit="deg")
    truth = 200 * -np.expm1(-n / width**2 * np.pi / 30**2)
    table = match_sky(targets, catalog)
    assert table.meta["match"]["chance_shift"] == f"{shift} deg"
    assert table.meta["match"]["chance_expected"] == pytest.approx(truth, rel=0.1)
    assert chance_rate(targets, catalog, 2 * u.arcmin).expected == pytest.approx(truth, rel=0.1)
    below = np.mean((table["chance_probability"] < 0.05).filled(False))
    assert below == pytest.approx(0.05, abs=0.03)
    with pytest.warns(AstrocnnWarning, match=r"few or none 1 deg away.*give a smaller shift"):
        match_sky(targets, catalog, shift=1 * u.deg)


def test_wide_surveys_and_few_entries_keep_one_degree():
    rng = np.random.default_rng(7)
    wide = uniform(rng, 300, -60, 60)
    strip = SkyCoord(rng.uniform(0, 60, 3000), rng.uniform(-1.2, 1.2, 3000), unit="deg")
    assert field_shift(wide, Footprint(wide)) == 1 * u.deg
    assert field_shift(strip, Footprint(strip)) == 0.5 * u.deg
    assert field_shift(strip, Footprint(wide)) == 1 * u.deg
    assert field_shift(wide[:9], Footprint(wide[:9])) == 1 * u.deg
    assert not Footprint(wide[:9]).known


def test_area_of_circles():
    assert cap_area(180 * u.deg).value == pytest.approx(4 * np.pi)
    assert cap_area(np.inf * u.deg).value == pytest.approx(4 * np.pi)
    assert cap_area(1 * u.arcsec).to_value("arcsec2") == pytest.approx(np.pi)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"radius": 2}, "radius must be an angle"),
        ({"radius": 2 * u.kpc}, "radius must be an angle"),
        ({"radius": [1, 2] * u.arcmin}, "one angle"),
        ({"radius": 0 * u.deg}, "between 0 and 90"),
        ({"radius": np.nan * u.deg}, "between 0 and 90"),
        ({"radius": 1 * u.deg, "shift": 1 * u.deg}, "at least twice the radius"),
        ({"radius": 1 * u.arcmin, "n_shifts": 1}, "at least 2"),
        ({"radius": 1 * u.arcmin, "n_shifts": 2.5}, "whole number"),
        ({"radius": 1 * u.arcmin, "shift": 1}, "shift must be an angle"),
    ],
)
def test_arguments_that_make_no_sense(arguments, message):
    coords = SkyCoord([1.0], [1.0], unit="deg")
    with pytest.raises(InvalidTargetError, match=message):
        chance_rate(coords, coords, **arguments)
