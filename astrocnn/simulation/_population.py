"""What is on the simulated sky: clusters, and what is mistaken for them."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from astropy import units as u
from astropy.cosmology import FlatLambdaCDM

__all__ = ["KINDS", "LIMITS", "Source", "draw_sources"]

#: Kinds of targets and their share of the list (clusters: half of it).
KINDS = {
    "cluster": 0.50,
    "agn": 0.21,
    "star": 0.05,
    "galaxy": 0.04,
    "pair": 0.06,
    "blank": 0.07,
    "wing": 0.05,
    "artifact": 0.02,
}

#: What makes a target a cluster: mass (solar masses, M500), flux (erg/s/cm2, 0.5-2 keV) and
#: distance from the target (arcsec). Physics decides the label, never the image.
LIMITS = {"m500": 5e13, "flux": 1e-14, "distance": 60.0}

#: Fewest expected counts of a candidate, by kind: the detection that made the list.
_MIN_COUNTS = {"cluster": 40, "galaxy": 30, "agn": 8, "star": 8, "pair": 25}

_COSMOLOGY = FlatLambdaCDM(H0=70, Om0=0.3)


@dataclass
class Source:
    """One source: position, flux, shape and optical counterpart.

    Positions are arcsec east (``x``) and north (``y``) of the target, flux is erg/s/cm2 in
    0.5-2 keV. ``cores`` lists the beta models of an extended source: (share of flux, core radius
    in arcsec, beta); a point source has none. ``magnitude`` is red (R) and total; 99 means none.
    """

    kind: str
    x: float
    y: float
    flux: float
    magnitude: float = 99.0
    cores: list = field(default_factory=list)
    axis_ratio: float = 1.0
    angle: float = 0.0
    z: float = np.nan
    m500: float = np.nan
    r500: float = np.nan


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


def draw_sources(kind: str, exposure: float, rng: np.random.Generator) -> list[Source]:
    """Draw the sources of one field around a target of a given kind.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    exposure : float
        Counts per unit flux (erg/s/cm2) at the target: response times effective exposure.
    rng : `numpy.random.Generator`
        Source of randomness.

    Returns
    -------
    list of Source
        What makes the target first, then the field's own active galactic nuclei.
    """
    main = _MAIN[kind](exposure, rng) if kind in _MAIN else []
    return main + _field_agn(rng)


def _until_detected(draw, exposure, minimum, rng):
    """Draw until the candidate would have been detected."""
    while True:
        sources = draw(rng)
        if sum(s.flux for s in sources) * exposure >= minimum:
            return sources


def _cluster_main(exposure, rng):
    def draw(rng):
        found = [draw_cluster(rng, *rng.normal(0, 6, 2))]
        if rng.random() < 0.08:  # a central active nucleus
            x, y = found[0].x, found[0].y
            found.append(_agn(rng, x, y, found[0].flux * rng.uniform(0.05, 0.5)))
        return found

    return _until_detected(draw, exposure, _MIN_COUNTS["cluster"], rng)


def draw_cluster(rng: np.random.Generator, x: float, y: float, z=(0.05, 1.2)) -> Source:
    """Draw a cluster above `LIMITS` at an offset (arcsec) from the target.

    Redshift is uniform and log mass falls off as M^-0.5, far flatter than the mass function: a
    training list must hold massive clusters too, it is no volume. Luminosity follows
    Pratt et al. 2009 (A&A 498, 361) with its scatter; the shape is a beta model (Cavaliere &
    Fusco-Femiano 1976), in half of the clusters with a cool core as a second one.
    """
    while True:
        redshift = rng.uniform(*z)
        m500 = _power_law(rng, LIMITS["m500"], 10**15.2, -0.5)
        luminosity = 0.8e44 * (m500 / 2e14) ** 1.85 * at_redshift("e", redshift) ** (7 / 3)
        luminosity *= np.exp(rng.normal(0, 0.4))
        flux = luminosity / (4 * np.pi * at_redshift("dl", redshift) ** 2)
        if flux >= LIMITS["flux"]:
            break
    volume = m500 / (500 * at_redshift("rho", redshift) * 4 / 3 * np.pi)
    r500 = volume ** (1 / 3) * at_redshift("arcsec", redshift)
    cores = [(1.0, r500 * rng.uniform(0.08, 0.28), rng.normal(0.67, 0.06))]
    if rng.random() < 0.5:
        share = rng.uniform(0.15, 0.6)
        cores = [
            (1 - share, *cores[0][1:]),
            (share, r500 * 10 ** rng.uniform(-1.9, -1.2), rng.normal(0.65, 0.05)),
        ]
    return Source(
        "cluster",
        x,
        y,
        flux,
        cores=cores,
        axis_ratio=rng.uniform(0.6, 1.0),
        angle=rng.uniform(0, np.pi),
        z=redshift,
        m500=m500,
        r500=r500,
    )


def _agn(rng, x, y, flux):
    """An active nucleus; optical magnitude from log(fx/fo) = 0 +- 0.5 (Maccacaro et al. 1988)."""
    ratio = rng.normal(0, 0.5)
    return Source("agn", x, y, flux, magnitude=2.5 * (ratio - np.log10(flux) - 5.5))


def _log_uniform(rng, low, high):
    return 10 ** rng.uniform(np.log10(low), np.log10(high))


def _power_law(rng, low, high, slope):
    """Draw x between two limits with dN/dlnx proportional to x**slope."""
    a, b = low**slope, high**slope
    return (a + rng.random() * (b - a)) ** (1 / slope)


def _agn_main(exposure, rng):
    def draw(rng):
        return [_agn(rng, *rng.normal(0, 2, 2), _log_uniform(rng, 2e-15, 3e-12))]

    return _until_detected(draw, exposure, _MIN_COUNTS["agn"], rng)


def _star_main(exposure, rng):
    def draw(rng):
        flux = _log_uniform(rng, 5e-15, 1e-12)
        magnitude = 2.5 * (rng.normal(-3, 0.6) - np.log10(flux) - 5.5)
        return [Source("star", *rng.normal(0, 2, 2), flux, magnitude=magnitude)]

    return _until_detected(draw, exposure, _MIN_COUNTS["star"], rng)


def _galaxy_main(exposure, rng):
    """A nearby galaxy: hot gas of 3-25 arcsec and, in some, a nucleus."""

    def draw(rng):
        flux = _log_uniform(rng, 1e-14, 5e-13)
        x, y = rng.normal(0, 3, 2)
        cores = [(1.0, rng.uniform(3, 25), rng.uniform(0.6, 0.9))]
        galaxy = Source(
            "galaxy",
            x,
            y,
            flux,
            magnitude=rng.uniform(10.5, 15),
            cores=cores,
            axis_ratio=rng.uniform(0.35, 1),
            angle=rng.uniform(0, np.pi),
            z=0.01,
        )
        nucleus = [Source("agn", x, y, flux * rng.uniform(0.2, 1.5))]
        return [galaxy, *(nucleus if rng.random() < 0.4 else [])]

    return _until_detected(draw, exposure, _MIN_COUNTS["galaxy"], rng)


def _pair_main(exposure, rng):
    """Two or three active nuclei, near enough to look like one extended source."""

    def draw(rng):
        flux = _log_uniform(rng, 4e-15, 3e-13)
        number = 2 if rng.random() < 0.75 else 3
        radius = rng.uniform(5, 22, number)
        angle = rng.uniform(0, 2 * np.pi) + np.arange(number) * 2 * np.pi / number
        share = rng.uniform(0.4, 1.0, number)
        return [
            _agn(rng, r * np.cos(a), r * np.sin(a), flux * s)
            for r, a, s in zip(radius, angle, share, strict=True)
        ]

    return _until_detected(draw, exposure, _MIN_COUNTS["pair"], rng)


def _wing_main(exposure, rng):
    """A bright cluster outside the field: only its wing is seen; half of them with a nucleus."""
    distance, angle = rng.uniform(200, 480), rng.uniform(0, 2 * np.pi)
    x, y = distance * np.cos(angle), distance * np.sin(angle)
    clusters = [draw_cluster(rng, x, y, z=(0.05, 0.4)) for _ in range(4)]
    brightest = max(clusters, key=lambda s: s.flux)
    return [*(_agn_main(exposure, rng) if rng.random() < 0.5 else []), brightest]


def _field_agn(rng, half_size=270.0):
    """Active nuclei of the field: a broken power law after Gilli, Comastri & Hasinger 2007.

    N(>S) = 70 per square degree at 1e-14, slope 1.6 above and 0.75 below, down to 5e-16.
    """
    area = (2 * half_size / 3600) ** 2
    bright = rng.poisson(70 * area)
    faint = rng.poisson(70 * (0.05**-0.75 - 1) * area)
    flux = 1e-14 * rng.random(bright) ** (-1 / 1.6)
    span = rng.random(faint) * (0.05**-0.75 - 1) + 1
    flux = np.concatenate([np.minimum(flux, 1e-12), 1e-14 * span ** (-1 / 0.75)])
    places = rng.uniform(-half_size, half_size, (flux.size, 2))
    return [_agn(rng, x, y, f) for (x, y), f in zip(places, flux, strict=True)]


_MAIN = {
    "cluster": _cluster_main,
    "agn": _agn_main,
    "star": _star_main,
    "galaxy": _galaxy_main,
    "pair": _pair_main,
    "wing": _wing_main,
}
