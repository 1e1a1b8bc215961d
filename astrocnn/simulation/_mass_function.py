"""How many clusters of which mass and redshift there are: the halo mass function, tabulated."""

from functools import cache
from importlib.resources import files

import numpy as np
from astropy import units as u
from astropy.cosmology import FlatLambdaCDM

__all__ = ["mass_function", "tinker_density", "write_mass_function"]

#: Flat cosmology of the table.
COSMOLOGY = {"H0": 70.0, "Om0": 0.3, "Ob0": 0.047, "sigma8": 0.81, "ns": 0.965}

_FILE = "mass_function.npz"


@cache
def mass_function() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the number of clusters per redshift, mass and solid angle.

    The halo mass function of Tinker et al. 2008 (ApJ 688, 709) for M500 relative to the critical
    density, times the comoving volume, in flat LCDM (H0 = 70, Om0 = 0.3, Ob0 = 0.047,
    sigma8 = 0.81, ns = 0.965); made once with Colossus (Diemer 2018, ApJS 239, 35).

    Returns
    -------
    z : ndarray of shape (nz,)
        Redshifts, 0.03 to 1.4, evenly spaced.
    m500 : ndarray of shape (nm,)
        Masses (solar masses), 2e13 to 3e15, evenly spaced in the logarithm.
    density : ndarray of shape (nz, nm)
        d2N / dz dlnM per steradian. The arrays are shared: they cannot be written to.

    Examples
    --------
    Clusters above 1e14 solar masses and below redshift 0.5, per square degree:

    >>> z, m500, density = mass_function()
    >>> above = np.trapezoid(density[:, m500 > 1e14], np.log(m500[m500 > 1e14]), axis=1)
    >>> number = np.trapezoid(above[z < 0.5], z[z < 0.5])
    >>> print(f"{number * (np.pi / 180) ** 2:.1f}")
    2.2
    """
    path = files(__package__) / "data" / _FILE
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as table:
        z, m500 = table["z"].astype(float), np.exp(table["log_m500"].astype(float))
        density = np.exp(table["log_density"].astype(float))
    for array in (z, m500, density):
        array.setflags(write=False)
    return z, m500, density


def tinker_density(z: np.ndarray, m500: np.ndarray) -> np.ndarray:
    """Compute the density of `mass_function` with Colossus (extra ``simulate``).

    Parameters
    ----------
    z : ndarray of shape (nz,)
        Redshifts.
    m500 : ndarray of shape (nm,)
        Masses (solar masses).

    Returns
    -------
    ndarray of shape (nz, nm)
        d2N / dz dlnM per steradian.

    Raises
    ------
    ImportError
        Without Colossus: ``pip install astrocnn[simulate]``.

    Examples
    --------
    >>> tinker_density(np.array([0.1, 0.5]), np.array([2e14]))  # doctest: +SKIP
    array([[ 2191.], [16818.]])
    """
    from colossus.cosmology import cosmology
    from colossus.lss import mass_function as colossus

    h = COSMOLOGY["H0"] / 100
    current = cosmology.current_cosmo
    settings = COSMOLOGY | {"flat": True, "relspecies": False, "persistence": ""}
    cosmology.setCurrent(cosmology.Cosmology(name="astrocnn", **settings))
    try:
        halos = [
            colossus.massFunction(m500 * h, one, mdef="500c", model="tinker08", q_out="dndlnM")
            for one in z
        ]
    finally:  # whoever uses Colossus beside us keeps their cosmology
        cosmology.current_cosmo = current
    volume = FlatLambdaCDM(H0=COSMOLOGY["H0"], Om0=COSMOLOGY["Om0"]).differential_comoving_volume(z)
    return np.array(halos) * h**3 * volume.to_value(u.Mpc**3 / u.sr)[:, np.newaxis]


def write_mass_function(path) -> None:
    """Write the table that `mass_function` reads; needs Colossus (extra ``simulate``).

    Parameters
    ----------
    path : str or path-like
        File to write, ``mass_function.npz``.

    Examples
    --------
    >>> write_mass_function("mass_function.npz")  # doctest: +SKIP
    """
    z = np.linspace(0.03, 1.4, 50)
    log_m500 = np.linspace(np.log(2e13), np.log(3e15), 60)
    density = tinker_density(z, np.exp(log_m500))
    np.savez_compressed(
        path, z=z, log_m500=log_m500, log_density=np.log(density).astype(np.float32)
    )
