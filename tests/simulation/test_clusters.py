"""Clusters from the mass function."""

import numpy as np
import pytest
from astropy import units as u
from astropy.cosmology import FlatLambdaCDM
from scipy import stats

from astrocnn.simulation import LIMITS
from astrocnn.simulation._clusters import ClusterDraw, _median_flux, at_redshift
from astrocnn.simulation._mass_function import mass_function

COSMOLOGY = FlatLambdaCDM(H0=70, Om0=0.3)


@pytest.fixture(scope="module")
def clusters():
    rng = np.random.default_rng(0)
    return [ClusterDraw.one(rng, 5e-14) for _ in range(600)]


def column(clusters, name):
    return np.array([getattr(c, name) for c in clusters])


def test_limits_hold(clusters):
    assert column(clusters, "m500").min() >= LIMITS["m500"]
    assert column(clusters, "flux").min() >= 5e-14
    assert (column(clusters, "z") >= 0.03).all()
    assert (column(clusters, "z") <= 1.3).all()


def test_flux_follows_mass_and_redshift(clusters):
    """The scaling relation, with 0.4 of scatter in the logarithm, the bright ones preferred."""
    z, m500 = column(clusters, "z"), column(clusters, "m500")
    luminosity = column(clusters, "flux") * 4 * np.pi
    luminosity *= COSMOLOGY.luminosity_distance(z).to_value(u.cm) ** 2
    model = 0.62 * 1.09e44 * (m500 / 2e14) ** 1.62 * COSMOLOGY.efunc(z) ** (7 / 3)
    scatter = np.log(luminosity / model)  # with the K correction
    assert 0.3 < scatter.std() < 0.45
    assert 0 < scatter.mean() < 0.45


def test_a_flux_limit_selects_from_the_mass_function(clusters):
    """Redshifts as from drawing many halos, giving each its flux, and keeping the bright ones."""
    rng = np.random.default_rng(1)
    z, m500, density = mass_function()
    density = density * ((z >= 0.05) & (z <= 1.3))[:, None] * (m500 >= LIMITS["m500"])
    cells = rng.choice(density.size, 40_000, p=(density / density.sum()).ravel())
    row, mass = np.unravel_index(cells, density.shape)
    median = np.array([_median_flux(z[i], m500[j]) for i, j in zip(row, mass, strict=True)])
    kept = median * np.exp(rng.normal(0, 0.4, median.size)) >= 5e-14
    assert kept.sum() > 150
    assert stats.ks_2samp(z[row[kept]], column(clusters, "z")).pvalue > 1e-4
    assert stats.ks_2samp(m500[mass[kept]], column(clusters, "m500")).pvalue > 1e-4


def test_r500_holds_500_times_the_critical_density(clusters):
    for cluster in clusters[:20]:
        radius = cluster.r500 * u.arcsec / COSMOLOGY.arcsec_per_kpc_proper(cluster.z)
        mass = 500 * COSMOLOGY.critical_density(cluster.z) * 4 / 3 * np.pi * radius**3
        assert mass.to_value(u.Msun) == pytest.approx(cluster.m500, rel=2e-3)


def test_temperature():
    """5 keV at 3.84e14 solar masses (Arnaud et al. 2005); groups are cool."""
    rng = np.random.default_rng(0)
    found = [ClusterDraw.one(rng, 1e-11, z=(0.05, 0.1)) for _ in range(30)]
    ratio = [c.kt / (5 * (c.m500 * COSMOLOGY.efunc(c.z) / 3.84e14) ** (1 / 1.71)) for c in found]
    assert np.allclose(ratio, 1, rtol=1e-3)


def test_field_holds_as_many_as_the_mass_function():
    z, m500, density = mass_function()
    cell = (z[1] - z[0]) * np.log(m500[1] / m500[0])
    expected = density[z <= 1].sum() * cell * 20 / (180 / np.pi) ** 2
    number = len(ClusterDraw.field(np.random.default_rng(0), 20.0))
    assert number == pytest.approx(expected, abs=4 * np.sqrt(expected))
    assert ClusterDraw.field(np.random.default_rng(0), 0.0) == []


@pytest.mark.parametrize("z", [0.05, 0.3, 1.2])
def test_cosmology_table(z):
    distance = COSMOLOGY.luminosity_distance(z).to_value(u.cm)
    assert at_redshift("dl", z) == pytest.approx(distance, rel=1e-3)
    assert at_redshift("e", z) == pytest.approx(COSMOLOGY.efunc(z), rel=1e-4)
    scale = COSMOLOGY.arcsec_per_kpc_proper(z).to_value(u.arcsec / u.Mpc)
    assert at_redshift("arcsec", z) == pytest.approx(scale, rel=1e-3)
