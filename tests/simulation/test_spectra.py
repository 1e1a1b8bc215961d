import numpy as np
import pytest
from astropy.table import Table

from astrocnn.simulation import _spectra as spectra
from astrocnn.simulation._spectra import (
    ENERGY,
    EPIC_MOS_AREA,
    EPIC_PN_AREA,
    EROSITA_AREA,
    ROSAT_PSPC_AREA,
    absorption,
    counts_per_flux,
    hard_share,
    k_factor,
    power_law,
    thermal_spectrum,
)

SOFT = (0.5, 2.0)


def per_absorbed_flux(area, band, index, nh):
    """Counts in a band for an absorbed flux of 1 erg/s/cm2 in that band, as catalogs give it."""
    fine = np.linspace(*band, 4001)
    photons = power_law(fine, index) * absorption(fine, nh)
    energy = np.trapezoid(photons * fine, fine) * 1.602177e-9
    return np.trapezoid(photons * np.interp(fine, *area), fine) / energy


# Mateos et al. 2009 (A&A 496, 879), medium filter, photon index 1.7 and 3e20 per cm2, in 1e11.
@pytest.mark.parametrize(
    ("area", "band", "published"),
    [
        (EPIC_PN_AREA, (0.2, 0.5), 7.880),
        (EPIC_PN_AREA, (0.5, 1.0), 7.995),
        (EPIC_PN_AREA, (1.0, 2.0), 5.779),
        (EPIC_PN_AREA, (2.0, 4.5), 1.927),
        (EPIC_MOS_AREA, (0.2, 0.5), 1.521),
        (EPIC_MOS_AREA, (0.5, 1.0), 1.759),
        (EPIC_MOS_AREA, (1.0, 2.0), 1.999),
        (EPIC_MOS_AREA, (2.0, 4.5), 0.742),
    ],
)
def test_the_areas_of_epic_give_the_published_conversion_factors(area, band, published):
    assert per_absorbed_flux(area, band, 1.7, 3e20) == pytest.approx(published * 1e11, rel=0.08)


def test_the_area_of_erosita_gives_the_published_conversion_factor():
    # Merloni et al. 2024 (A&A 682, A34): photon index 2, 3e20 per cm2
    found = per_absorbed_flux(EROSITA_AREA, (0.2, 2.3), 2.0, 3e20)
    assert found == pytest.approx(1.074e12, rel=0.03)


def rosat_factor(nh, kt, z):
    """Counts in 0.1-2.4 keV for an unabsorbed flux of 1 erg/s/cm2 in 0.1-2.4 keV."""
    fine = np.linspace(0.1, 2.4, 4001)
    light = thermal_spectrum(fine, kt, z)
    counts = light * absorption(fine, nh) * np.interp(fine, *ROSAT_PSPC_AREA)
    return np.trapezoid(counts, fine) / (np.trapezoid(light * fine, fine) * 1.602177e-9)


def test_the_area_of_rosat_gives_a_published_conversion_factor():
    # Abell 1835 in BCS (Ebeling et al. 1998, MNRAS 301, 881): 0.95 counts/s, 14.7e-12 erg/s/cm2,
    # with 2.2e20 per cm2 and 14.8 keV
    assert rosat_factor(2.2e20, 14.8, 0.2528) == pytest.approx(0.95 / 14.7e-12, rel=0.05)
    assert np.interp(0.3, *ROSAT_PSPC_AREA) < 0.1 * np.interp(0.28, *ROSAT_PSPC_AREA)  # carbon


def test_the_area_of_rosat_gives_those_of_a_whole_catalog(real_data):
    rows = Table.read(real_data / "cluster_catalogues" / "bcs.csv.gz", format="ascii.csv")
    rows = rows["NH", "kT", "z", "CR", "FX"].filled(np.nan)
    ratio = [
        rosat_factor(row["NH"] * 1e20, row["kT"], row["z"]) / (row["CR"] / row["FX"] * 1e12)
        for row in rows
        if all(np.isfinite(list(row)))
    ]
    assert len(ratio) > 200
    assert np.median(ratio) == pytest.approx(1, abs=0.03)
    low, high = np.percentile(ratio, [5, 95])  # columns of 0.7 to 20e20 per cm2
    assert 0.96 < low < high < 1.04


@pytest.mark.parametrize(
    ("area", "band", "low", "high"),
    [
        (EPIC_PN_AREA, SOFT, 6e11, 7.5e11),
        (EPIC_MOS_AREA, SOFT, 1.7e11, 2.2e11),
        (EROSITA_AREA, (0.2, 2.3), 1.0e12, 1.4e12),
    ],
)
def test_conversion_factors_of_an_active_nucleus(area, band, low, high):
    assert low < counts_per_flux(area, band, power_law(ENERGY, 1.8), 3e20) < high


def test_cross_section_is_that_of_the_paper():
    # 120.6 + 169.3 - 47.7 at 1 keV; the oxygen edge nearly doubles it
    assert spectra.cross_section(np.array([1.0])) == pytest.approx([242.2e-24])
    below, above = spectra.cross_section(np.array([0.5319, 0.5321]))
    assert 1.5 < above / below < 1.9
    edges = spectra._CROSS_SECTION[1:, 0]
    jump = spectra.cross_section(edges) / spectra.cross_section(edges * 0.99999)
    assert np.all((jump > 0.9) & (jump < 2.0))  # absorption edges, no wrong coefficient


def test_absorption_takes_soft_photons_first():
    passed = absorption(np.array([0.3, 0.7, 1.5]), 1e21)
    assert np.all(np.diff(passed) > 0)
    assert np.all((passed > 0) & (passed < 1))
    np.testing.assert_allclose(absorption(ENERGY, 3e20), absorption(ENERGY.copy(), 3e20))
    np.testing.assert_allclose(absorption(ENERGY, 0.0), 1.0)


def test_absorption_costs_counts():
    counts = [
        counts_per_flux(EPIC_PN_AREA, SOFT, power_law(ENERGY), nh) for nh in (0, 3e20, 1e21, 5e21)
    ]
    assert np.all(np.diff(counts) < 0)


def test_bands_add_up():
    light = thermal_spectrum(ENERGY, 5.0, 0.2)
    whole = counts_per_flux(EPIC_PN_AREA, SOFT, light, 3e20)
    parts = [counts_per_flux(EPIC_PN_AREA, band, light, 3e20) for band in ((0.5, 1), (1, 2))]
    assert sum(parts) == pytest.approx(whole)
    assert hard_share(EPIC_PN_AREA, SOFT, light, 3e20) == pytest.approx(parts[1] / whole)
    assert hard_share(EPIC_MOS_AREA, (1.0, 2.0), light, 3e20) == pytest.approx(1.0)


def test_hot_clusters_are_harder_than_stars_and_groups():
    def share(light):
        return hard_share(EPIC_PN_AREA, SOFT, light, 3e20)

    shares = [share(thermal_spectrum(ENERGY, kt)) for kt in (0.5, 1.0, 2.0, 5.0, 10.0)]
    assert np.all(np.diff(shares) > 0)
    assert shares[0] < 0.3
    assert share(power_law(ENERGY, 1.8)) < shares[-1] < 0.6


def test_thermal_spectrum_falls_off_at_the_temperature():
    # Around kT the Gaunt factor is close to (E / kT)^-0.4
    low, high = thermal_spectrum(np.array([4.0, 8.0]), 4.0)
    assert high / low == pytest.approx(np.exp(-1) * 2**-1.4, rel=0.03)


def test_redshift_moves_the_spectrum():
    near, far = thermal_spectrum(2 * ENERGY, 3.0), thermal_spectrum(ENERGY, 3.0, z=1.0)
    np.testing.assert_allclose(near, far)


def test_k_factor():
    assert k_factor(5.0, 0.0) == pytest.approx(1.0)
    # flat in energy up to the temperature: bremsstrahlung of a hot cluster shifts little energy
    assert 1.05 < k_factor(8.0, 0.5) < 1.4
    assert k_factor(1.0, 1.0) < 0.9 < k_factor(5.0, 1.0)  # cool: the cut-off moves into the band


def test_an_index_of_two_has_the_same_energy_in_every_octave():
    light = power_law(ENERGY, 2.0) * ENERGY
    octaves = [np.sum(light * spectra._width(low, 2 * low)) for low in (0.5, 1.0, 2.0)]
    np.testing.assert_allclose(octaves, octaves[0], rtol=1e-3)
