import numpy as np
import pytest
from astropy import units as u
from astropy.cosmology import FlatLambdaCDM

from astrocnn.simulation import _mass_function as module
from astrocnn.simulation._mass_function import mass_function, tinker_density, write_mass_function

H, OM, OB, SIGMA8, NS = 0.7, 0.3, 0.047, 0.81, 0.965
COSMOLOGY = FlatLambdaCDM(H0=100 * H, Om0=OM)
RHO_M = 2.775e11 * OM * H**2  # solar masses per Mpc3

# Tinker et al. 2008, table 2
OVERDENSITY = [200, 300, 400, 600, 800, 1200, 1600, 2400, 3200]
A = [0.186, 0.200, 0.212, 0.218, 0.248, 0.255, 0.260, 0.260, 0.260]
SMALL_A = [1.47, 1.52, 1.56, 1.61, 1.87, 2.13, 2.30, 2.53, 2.66]
B = [2.57, 2.25, 2.05, 1.87, 1.59, 1.51, 1.46, 1.44, 1.41]
C = [1.19, 1.27, 1.34, 1.45, 1.58, 1.80, 1.97, 2.24, 2.44]


def transfer(k):
    """Eisenstein & Hu 1998 without wiggles; k in 1/Mpc."""
    om, ob, theta = OM * H**2, OB * H**2, 2.7255 / 2.7
    sound = 44.5 * np.log(9.83 / om) / np.sqrt(1 + 10 * ob**0.75)
    alpha = 1 - 0.328 * np.log(431 * om) * OB / OM + 0.38 * np.log(22.3 * om) * (OB / OM) ** 2
    gamma = OM * H * (alpha + (1 - alpha) / (1 + (0.43 * k * sound) ** 4))
    q = k / H * theta**2 / gamma
    low = np.log(2 * np.e + 1.8 * q)
    return low / (low + (14.2 + 731 / (1 + 62.5 * q)) * q**2)


def sigma(radius):
    k = np.geomspace(1e-4, 1e2, 4000)
    x = k * np.atleast_1d(radius)[:, np.newaxis]
    window = 3 * (np.sin(x) - x * np.cos(x)) / x**3
    power = k ** (NS + 3) * transfer(k) ** 2 * window**2
    return np.sqrt(np.trapezoid(power, np.log(k), axis=1))


def growth(z):
    def one(a):
        fine = np.linspace(1e-4, a, 3000)
        e = np.sqrt(OM / fine**3 + 1 - OM)
        return np.sqrt(OM / a**3 + 1 - OM) * np.trapezoid(1 / (fine * e) ** 3, fine)

    return one(1 / (1 + z)) / one(1.0)


def independent_density(z, m500):
    """d2N / dz dlnM per steradian, from the formulas of the papers."""
    lnm = np.log(m500)
    radius = (3 * m500 / (4 * np.pi * RHO_M)) ** (1 / 3)
    s = sigma(radius) / sigma(8 / H) * SIGMA8 * growth(z)
    delta = 500 / COSMOLOGY.Om(z)
    at = [np.interp(np.log(delta), np.log(OVERDENSITY), p) for p in (A, SMALL_A, B, C)]
    alpha = 10 ** -((0.75 / np.log10(delta / 75)) ** 1.2)
    big, small, b = at[0] * (1 + z) ** -0.14, at[1] * (1 + z) ** -0.06, at[2] * (1 + z) ** -alpha
    f = big * ((s / b) ** -small + 1) * np.exp(-at[3] / s**2)
    volume = COSMOLOGY.differential_comoving_volume(z).to_value(u.Mpc**3 / u.sr)
    return f * RHO_M / m500 * -np.gradient(np.log(s), lnm) * volume


@pytest.mark.parametrize("index", [3, 17, 35])
def test_table_agrees_with_the_formulas_of_the_papers(index):
    z, m500, density = mass_function()
    expected = independent_density(z[index], m500)
    usual = m500 < 1.2e15 / (1 + z[index])
    np.testing.assert_allclose(density[index][usual], expected[usual], rtol=0.08)


def test_table_agrees_with_colossus():
    pytest.importorskip("colossus")
    z, m500, density = mass_function()
    rows = [0, 10, 30, 49]
    np.testing.assert_allclose(tinker_density(z[rows], m500), density[rows], rtol=1e-4)


def test_colossus_keeps_its_cosmology():
    cosmology = pytest.importorskip("colossus.cosmology.cosmology")
    mine = cosmology.setCosmology("WMAP9")
    tinker_density(np.array([0.2]), np.array([2e14]))
    assert cosmology.getCurrent() is mine


def test_table_is_written_as_it_is_shipped(tmp_path, monkeypatch):
    pytest.importorskip("colossus")
    (tmp_path / "data").mkdir()
    write_mass_function(tmp_path / "data" / "mass_function.npz")
    shipped = mass_function()
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    written = mass_function.__wrapped__()
    for one, other in zip(written, shipped, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_numbers_are_those_of_the_sky():
    # Whole sky above 5e14 solar masses: about two thousand; z < 0.2: about 200 (as in Planck's
    # catalog, Planck Collaboration XXVII 2016, which is nearly complete there)
    z, m500, density = mass_function()
    massive = m500 > 5e14
    number = np.trapezoid(density[:, massive], np.log(m500[massive]), axis=1) * 4 * np.pi
    near = z < 0.2
    assert 100 < np.trapezoid(number[near], z[near]) < 350
    assert 2000 < np.trapezoid(number, z) < 5000


def test_grid():
    z, m500, density = mass_function()
    assert (z[0], z[-1]) == pytest.approx((0.03, 1.4))
    assert (m500[0], m500[-1]) == pytest.approx((2e13, 3e15))
    assert density.shape == (z.size, m500.size)
    assert np.all(density > 0)
    assert np.all(np.diff(density, axis=1) < 0)  # fewer of the more massive, everywhere
    assert mass_function()[2] is density
    with pytest.raises(ValueError, match="read-only"):
        density[0, 0] = 1
