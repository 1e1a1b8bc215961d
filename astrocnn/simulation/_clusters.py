"""Clusters from the halo mass function, with luminosity, temperature and size."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from astropy import units as u
from astropy.cosmology import FlatLambdaCDM
from scipy.special import ndtr, ndtri

from ._mass_function import mass_function
from ._spectra import k_factor

__all__ = ["LIMITS", "ClusterDraw", "at_redshift"]

#: What makes a target a cluster: mass (solar masses, M500), flux (erg/s/cm2, 0.5-2 keV) and
#: distance from the target (arcsec). Physics decides the label, never the image.
LIMITS = {"m500": 3e13, "flux": 3e-14, "distance": 60.0}

#: Scatter of luminosity at given mass (natural logarithm).
_SCATTER = 0.4
#: Largest redshift of a target, and of a halo that the field holds by chance.
_MAX_Z, _MAX_FIELD_Z = 1.3, 1.0

_COSMOLOGY = FlatLambdaCDM(H0=70, Om0=0.3)


@dataclass(frozen=True)
class ClusterDraw:
    """One cluster: redshift, mass (solar masses), r500 (arcsec), kT (keV), flux (erg/s/cm2).

    Masses and redshifts follow the mass function of Tinker et al. 2008 times the volume;
    luminosities in 0.5-2 keV follow Pratt et al. 2009 (A&A 498, 361: 1.09e44 erg/s in 0.1-2.4 keV
    at 2e14 solar masses, slope 1.62, E(z)^(7/3), scatter 0.4; 62 % of it in 0.5-2 keV);
    temperatures Arnaud, Pointecouteau & Pratt 2005 (A&A 441, 893).
    """

    z: float
    m500: float
    r500: float
    kt: float
    flux: float

    @classmethod
    def one(
        cls,
        rng: np.random.Generator,
        least_flux: float,
        z=(0.05, _MAX_Z),
        least_mass: float = LIMITS["m500"],
    ) -> "ClusterDraw":
        """Draw a cluster above a mass (solar masses) and brighter than ``least_flux``."""
        redshift, ln_mass, density, ln_flux = _grid()
        wanted = (
            density
            * ndtr((ln_flux - np.log(least_flux)) / _SCATTER)
            * ((redshift >= z[0]) & (redshift <= z[1]))[:, np.newaxis]
            * (ln_mass >= np.log(least_mass))
        )
        at, m500 = _draw_cells(wanted, 1, rng)
        return cls._with_flux(rng, at[0], max(m500[0], least_mass), least_flux)

    @classmethod
    def field(cls, rng: np.random.Generator, area: float) -> list["ClusterDraw"]:
        """Draw the groups and clusters of ``area`` square degrees, whatever their flux."""
        redshift, _, density, _ = _grid()
        density = density * (redshift <= _MAX_FIELD_Z)[:, np.newaxis]
        steradian = area / (180 / np.pi) ** 2
        number = rng.poisson(density.sum() * _cell_size() * steradian)
        found = zip(*_draw_cells(density, number, rng), strict=True)
        return [cls._with_flux(rng, z, m500, 0.0) for z, m500 in found]

    @classmethod
    def _with_flux(cls, rng, z, m500, least_flux):
        median = _median_flux(z, m500)
        # A normal draw cut below: the brighter ones of this mass, where a flux is asked for.
        low = ndtr(np.log(least_flux / median) / _SCATTER) if least_flux > 0 else 0.0
        scatter = float(ndtri(low + (1 - low) * rng.uniform(1e-9, 1 - 1e-9)))
        volume = m500 / (500 * at_redshift("rho", z) * 4 / 3 * np.pi)
        r500 = volume ** (1 / 3) * at_redshift("arcsec", z)
        return cls(
            float(z),
            float(m500),
            float(r500),
            float(_temperature(z, m500)),
            float(median * np.exp(_SCATTER * scatter)),
        )


@cache
def _distances():
    """Redshift grid with luminosity distance (cm), arcsec per Mpc, E(z), critical density."""
    z = np.linspace(0.02, 1.5, 300)
    return {
        "z": z,
        "dl": _COSMOLOGY.luminosity_distance(z).to_value(u.cm),
        "arcsec": (1 / _COSMOLOGY.kpc_proper_per_arcmin(z)).to_value(u.arcsec / u.Mpc),
        "e": _COSMOLOGY.efunc(z),
        "rho": _COSMOLOGY.critical_density(z).to_value(u.Msun / u.Mpc**3),
    }


def at_redshift(name: str, z: float) -> float:
    """Interpolate a cosmological quantity (``dl``, ``arcsec``, ``e``, ``rho``) at a redshift."""
    table = _distances()
    return float(np.interp(z, table["z"], table[name]))


def _temperature(z, m500):
    return 5.0 * (m500 * at_redshift("e", z) / 3.84e14) ** (1 / 1.71)


def _median_flux(z, m500):
    """Median flux (erg/s/cm2, observed 0.5-2 keV, before absorption) of a mass."""
    luminosity = 0.62 * 1.09e44 * (m500 / 2e14) ** 1.62 * at_redshift("e", z) ** (7 / 3)
    k = k_factor(round(float(_temperature(z, m500)), 1) or 0.1, round(float(z), 2))
    return luminosity * k / (4 * np.pi * at_redshift("dl", z) ** 2)


@cache
def _grid():
    """Redshifts, log masses, density (per steradian, dz and dlnM) and log median flux."""
    redshift, m500, density = mass_function()
    flux = np.array([[_median_flux(z, m) for m in m500] for z in redshift])
    return redshift, np.log(m500), density, np.log(flux)


@cache
def _cell_size():
    redshift, ln_mass, _, _ = _grid()
    return (redshift[1] - redshift[0]) * (ln_mass[1] - ln_mass[0])


def _draw_cells(density, number, rng):
    """Draw redshifts and masses from a density on the grid, uniform within its cells."""
    redshift, ln_mass, _, _ = _grid()
    cumulative = np.cumsum(density)
    cell = np.searchsorted(cumulative, rng.random(number) * cumulative[-1], side="right")
    row, column = np.unravel_index(np.minimum(cell, density.size - 1), density.shape)
    jitter = rng.uniform(-0.5, 0.5, (2, number))
    z = redshift[row] + jitter[0] * (redshift[1] - redshift[0])
    ln_m = ln_mass[column] + jitter[1] * (ln_mass[1] - ln_mass[0])
    return np.clip(z, 0.03, _MAX_Z), np.exp(ln_m)
