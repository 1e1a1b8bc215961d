"""Densities around targets."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from astrocnn.exceptions import InvalidTargetError
from astrocnn.matching._density import field_density, surroundings_density

PER_SQUARE_DEGREE = u.sr.to(u.deg**2)


def positions(rng, n, width=10.0, start=0.0):
    return SkyCoord(start + rng.uniform(0, width, n), rng.uniform(-5, 5, n), unit="deg")


def local(coords, entries, radius=0.001):
    return surroundings_density(coords, entries, radius)[0] / PER_SQUARE_DEGREE


def test_uniform_field_and_its_edges():
    rng = np.random.default_rng(0)
    entries, targets = positions(rng, 30_000), positions(rng, 2000)
    found = local(targets, entries) / 300
    assert found.mean() == pytest.approx(1, abs=0.04)
    assert found.std() < 0.15
    edge = (targets.ra.deg < 0.2) | (targets.dec.deg > 4.8)
    assert found[edge].mean() == pytest.approx(1, abs=0.2)


def test_two_decades():
    rng = np.random.default_rng(1)
    ra = 10 * np.log1p(rng.random(100_000) * 99) / np.log(100)
    entries = SkyCoord(ra, rng.uniform(-5, 5, 100_000), unit="deg")
    targets = SkyCoord([1.0, 5.0, 9.0], [0, 0, 0], unit="deg")
    sparse = 100_000 / 100 * np.log(100) / 99
    np.testing.assert_allclose(
        local(targets, entries), sparse * 100 ** (targets.ra.deg / 10), rtol=0.25
    )


def test_pole_and_ra_zero():
    rng = np.random.default_rng(2)
    n = 41_253 * 4
    entries = SkyCoord(
        rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n))), unit="deg"
    )
    targets = SkyCoord([0, 359.999, 10, 200], [0, 30, 90, -89.99], unit="deg")
    np.testing.assert_allclose(local(targets, entries), 4, rtol=0.35)


def test_fields_of_single_targets():
    """Three hundred galaxies within six arc minutes of each target; nothing between."""
    rng = np.random.default_rng(3)
    targets = SkyCoord(np.arange(0, 200, 5.0), np.zeros(40), unit="deg")
    offset = rng.uniform(-0.1, 0.1, (2, 40, 300))
    entries = SkyCoord((targets.ra.deg[:, None] + offset[0]).ravel(), offset[1].ravel(), unit="deg")
    np.testing.assert_allclose(local(targets, entries, 1e-4), 300 / 0.04, rtol=0.4)


def test_targets_outside_of_the_catalog():
    rng = np.random.default_rng(5)
    entries, targets = positions(rng, 30_000), positions(rng, 1000, 20.0)
    inside = surroundings_density(targets, entries, 0.001)[1]
    # Pixels grow until they hold a hundred entries, so some beyond the edge are taken for inside.
    assert inside[targets.ra.deg < 9.5].all()
    assert inside[targets.ra.deg > 10].mean() < 0.15
    assert not inside[targets.ra.deg > 13].any()


def test_small_catalogs():
    rng = np.random.default_rng(4)
    target = SkyCoord([5.0], [0.0], unit="deg")
    assert local(target, positions(rng, 60))[0] == pytest.approx(0.6, rel=0.7)
    few = positions(rng, 5)
    assert local(target, few)[0] == pytest.approx(5 / 41253, rel=0.01)
    empty = SkyCoord([], [], unit="deg")
    assert local(target, empty).tolist() == [0.0]
    assert local(empty, few).shape == (0,)


def test_given_densities():
    targets, entries = SkyCoord([0, 1], [0, 0], unit="deg"), SkyCoord([0], [0], unit="deg")
    sky, inside = field_density("sky", targets, entries, 0.001)
    assert inside.all()
    np.testing.assert_allclose(sky, 1 / (4 * np.pi))
    given, _ = field_density(5 / u.deg**2, targets, entries, 0.001)
    np.testing.assert_allclose(given, 5 * PER_SQUARE_DEGREE)
    each, _ = field_density([5, 1] / u.arcmin**2, targets, entries, 0.001)
    assert each[0] == 5 * each[1]
    for wrong in ("mean", 5, 5 * u.deg):
        with pytest.raises(InvalidTargetError, match=r"density must be 'local', 'sky' or"):
            field_density(wrong, targets, entries, 0.001)
    with pytest.raises(InvalidTargetError, match="must be positive"):
        field_density([5, 0] / u.deg**2, targets, entries, 0.001)
