"""From flux to counts: X-ray spectra, absorption and the effective areas of the cameras."""

from functools import cache

import numpy as np
from scipy.special import k0e

__all__ = [
    "ENERGY",
    "EPIC_MOS_AREA",
    "EPIC_PN_AREA",
    "EROSITA_AREA",
    "ROSAT_PSPC_AREA",
    "absorption",
    "counts_per_flux",
    "hard_share",
    "k_factor",
    "power_law",
    "thermal_spectrum",
]

_EDGES = np.geomspace(0.1, 10.0, 201)

#: Energies (keV) on which spectra are tabulated.
ENERGY = np.sqrt(_EDGES[1:] * _EDGES[:-1])

_ERG = 1.602177e-9  # per keV

# Effective areas on axis: (energies in keV, cm2), linear between the nodes. They are read off the
# published curves and rounded, good to about 10 %; the tests hold them to the conversion factors
# that the surveys published. The spread of energies in the detector is left out.

#: EPIC-pn with its medium filter (Struder et al. 2001, A&A 365, L18).
EPIC_PN_AREA = (
    (0.15, 0.2, 0.3, 0.4, 0.53, 0.57, 0.7, 0.8, 1.0, 1.25, 1.5, 1.8, 1.9, 2.1, 2.3, 3.0, 4.0, 5.0,
     6.0, 7.0, 8.0, 10.0),
    (100, 190, 360, 580, 790, 750, 880, 990, 1170, 1320, 1380, 1330, 1290, 1240, 930, 850, 870,
     870, 790, 660, 430, 200),
)  # fmt: skip

#: One EPIC-MOS with its medium filter (Turner et al. 2001, A&A 365, L27).
EPIC_MOS_AREA = (
    (0.15, 0.2, 0.3, 0.4, 0.53, 0.57, 0.7, 0.8, 1.0, 1.25, 1.5, 1.75, 1.85, 2.1, 2.3, 3.0, 4.0,
     5.0, 6.0, 7.0, 8.0, 10.0),
    (10, 25, 65, 110, 145, 130, 190, 240, 340, 440, 515, 525, 450, 460, 340, 340, 355, 310, 220,
     130, 65, 20),
)  # fmt: skip

#: The seven telescopes of eROSITA together (Predehl et al. 2021, A&A 647, A1; their 1365 cm2 at
#: 1 keV is less than here: these are scaled to the conversion factor of Merloni et al. 2024).
EROSITA_AREA = (
    (0.15, 0.2, 0.3, 0.4, 0.53, 0.57, 0.7, 0.8, 1.0, 1.25, 1.5, 1.8, 2.0, 2.2, 2.35, 3.0, 4.0,
     5.0, 6.0, 7.0, 8.0, 10.0),
    (125, 375, 870, 1060, 1240, 1180, 1430, 1550, 1690, 1740, 1670, 1430, 1240, 1050, 500, 270,
     240, 200, 140, 90, 50, 10),
)  # fmt: skip

#: ROSAT with the PSPC (Truemper 1982, Adv. Space Res. 2, 241; Pfeffermann et al. 1987, SPIE 733,
#: 519); carbon of the window absorbs between 0.28 and 0.5 keV.
ROSAT_PSPC_AREA = (
    (0.1, 0.15, 0.2, 0.25, 0.284, 0.29, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 1.8, 2.0,
     2.2, 2.5),
    (40, 115, 175, 212, 232, 5, 12, 34, 63, 97, 135, 169, 194, 198, 179, 145, 126, 92, 44),
)  # fmt: skip

# Morrison & McCammon 1983, table 2: lower edge (keV) and c0, c1, c2.
_CROSS_SECTION = np.array(
    [
        (0.030, 17.3, 608.1, -2150.0),
        (0.100, 34.6, 267.9, -476.1),
        (0.284, 78.1, 18.8, 4.3),
        (0.400, 71.4, 66.8, -51.4),
        (0.532, 95.5, 145.8, -61.1),
        (0.707, 308.9, -380.6, 294.0),
        (0.867, 120.6, 169.3, -47.7),
        (1.303, 141.3, 146.8, -31.5),
        (1.840, 202.7, 104.7, -17.0),
        (2.471, 342.7, 18.7, 0.0),
        (3.210, 352.2, 18.7, 0.0),
        (4.038, 433.9, -2.4, 0.75),
        (7.111, 629.0, 30.9, 0.0),
        (8.331, 701.2, 25.2, 0.0),
    ]
)


def cross_section(energy: np.ndarray) -> np.ndarray:
    """Photoelectric cross section of interstellar gas per hydrogen atom (cm2).

    Morrison & McCammon 1983 (ApJ 270, 119), between 0.03 and 10 keV.
    """
    row = np.searchsorted(_CROSS_SECTION[:, 0], energy, side="right") - 1
    _, c0, c1, c2 = _CROSS_SECTION[row].T
    return (c0 + c1 * energy + c2 * energy**2) * energy**-3 * 1e-24


@cache
def _grid_cross_section():
    return cross_section(ENERGY)


def absorption(energy: np.ndarray, nh: float) -> np.ndarray:
    """Share of photons that passes the interstellar gas.

    Parameters
    ----------
    energy : ndarray
        Energies (keV), 0.03 to 10.
    nh : float
        Column density of hydrogen (1/cm2).

    Returns
    -------
    ndarray
        Transmission, 0 to 1.

    Examples
    --------
    >>> absorption(np.array([0.3, 1.0]), 3e20).round(2)
    array([0.39, 0.93])
    """
    section = _grid_cross_section() if energy is ENERGY else cross_section(energy)
    return np.exp(-nh * section)


def thermal_spectrum(energy: np.ndarray, kt: float, z: float = 0.0) -> np.ndarray:
    """Photon spectrum of hot gas, in any unit (photons per keV).

    Bremsstrahlung with the Gaunt factor of the Born approximation, and the blend of iron-L and
    oxygen lines as one Gaussian, whose share of the light in 0.5-2 keV, 1 / (1 + (kT / 0.7)^2),
    follows models of gas with 0.3 of the solar metals in round numbers. Other lines are left out.

    Parameters
    ----------
    energy : ndarray
        Observed energies (keV).
    kt : float
        Temperature (keV); about 0.5 for stars and for the gas of galaxies.
    z : float
        Redshift.

    Returns
    -------
    ndarray
        Photons per keV.

    Examples
    --------
    A hotter cluster has a harder spectrum:

    >>> low, high = thermal_spectrum(np.array([0.5, 2.0]), 8.0)
    >>> lower, higher = thermal_spectrum(np.array([0.5, 2.0]), 2.0)
    >>> bool(high / low > higher / lower)
    True
    """
    emitted = energy * (1 + z)
    half = emitted / (2 * kt)
    # exp(-x) times the Gaunt factor exp(x / 2) K0(x / 2), where k0e(y) = exp(y) K0(y)
    spectrum = np.exp(-2 * half) * k0e(half) / emitted
    share = 1 / (1 + (kt / 0.7) ** 2)
    center, width = min(max(0.65 + 0.3 * kt, 0.8), 1.1), 0.12
    lines = np.exp(-0.5 * ((emitted - center) / width) ** 2) / (np.sqrt(2 * np.pi) * width)
    return spectrum + lines * share / (1 - share) * _continuum(kt) / center


def _continuum(kt):
    """Energy of the bremsstrahlung in 0.5-2 keV: six points of Gauss and Legendre will do."""
    node, weight = _LEGENDRE
    half = (1.25 + 0.75 * node) / (2 * kt)
    return float(0.75 * (weight @ (np.exp(-2 * half) * k0e(half))))


_LEGENDRE = np.polynomial.legendre.leggauss(6)


def power_law(energy: np.ndarray, index: float = 1.8) -> np.ndarray:
    """Photon spectrum of an active nucleus, in any unit (photons per keV).

    Parameters
    ----------
    energy : ndarray
        Energies (keV).
    index : float
        Photon index.

    Returns
    -------
    ndarray
        Photons per keV.

    Examples
    --------
    >>> power_law(np.array([1.0, 2.0]), index=2.0)
    array([1.  , 0.25])
    """
    return energy**-index


@cache
def _width(low, high):
    """Width (keV) of the part of each energy bin that lies in a band."""
    return np.clip(np.minimum(_EDGES[1:], high) - np.maximum(_EDGES[:-1], low), 0, None)


def _seen(area, spectrum, nh):
    """Counts per keV of a spectrum on `ENERGY`."""
    return spectrum * absorption(ENERGY, nh) * np.interp(ENERGY, *area, left=0, right=0)


def counts_per_flux(area: tuple, band: tuple, spectrum: np.ndarray, nh: float) -> float:
    """Counts per second on axis for an unabsorbed flux of 1 erg/s/cm2 in 0.5-2 keV.

    Parameters
    ----------
    area : tuple of two sequences
        Energies (keV) and effective area (cm2), as `EPIC_PN_AREA`.
    band : tuple of float
        Lower and upper energy of the counts (keV).
    spectrum : ndarray of shape (200,)
        Photons per keV on `ENERGY`, in any unit.
    nh : float
        Column density of hydrogen (1/cm2).

    Returns
    -------
    float
        Energy conversion factor (counts cm2 / erg).

    Examples
    --------
    >>> spectrum = power_law(ENERGY, 1.8)
    >>> print(f"{counts_per_flux(EPIC_PN_AREA, (0.5, 2.0), spectrum, 3e20):.1e}")
    6.2e+11
    """
    energy = _ERG * float(np.sum(spectrum * ENERGY * _width(0.5, 2.0)))
    return float(np.sum(_seen(area, spectrum, nh) * _width(*band))) / energy


def hard_share(
    area: tuple, band: tuple, spectrum: np.ndarray, nh: float, split: float = 1.0
) -> float:
    """Share of a band's counts that lies above an energy.

    Parameters
    ----------
    area, band, spectrum, nh
        As for `counts_per_flux`.
    split : float
        Energy (keV) between soft and hard counts.

    Returns
    -------
    float
        Hard counts over all counts.

    Examples
    --------
    >>> round(hard_share(EPIC_PN_AREA, (0.5, 2.0), power_law(ENERGY, 1.8), 3e20), 2)
    0.49
    """
    seen = _seen(area, spectrum, nh)
    low, high = band
    return float(np.sum(seen * _width(max(split, low), high)) / np.sum(seen * _width(low, high)))


def k_factor(kt: float, z: float) -> float:
    """Ratio of 4 pi dl^2 times the flux seen in 0.5-2 keV to the luminosity emitted in 0.5-2 keV.

    Parameters
    ----------
    kt : float
        Temperature of the gas (keV).
    z : float
        Redshift, below 4.

    Returns
    -------
    float
        Flux = luminosity * k_factor / (4 pi dl^2).

    Examples
    --------
    >>> k_factor(5.0, 0.0)
    1.0
    """
    light = thermal_spectrum(ENERGY, kt) * ENERGY
    seen, emitted = _width(0.5 * (1 + z), 2 * (1 + z)), _width(0.5, 2)
    return float(np.sum(light * seen) / np.sum(light * emitted))
