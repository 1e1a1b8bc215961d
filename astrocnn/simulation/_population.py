"""What is on the simulated sky: clusters, and what is mistaken for them."""

from dataclasses import dataclass, field

import numpy as np

from ._clusters import LIMITS, ClusterDraw

__all__ = [
    "CORONA", "KINDS", "Source", "candidate_flux", "cluster_source", "draw_sources", "field_agn",
    "field_halos", "nearby_galaxy_sources", "nucleus",
]  # fmt: skip

#: Kinds of targets and their share of the list (clusters: half of it).
KINDS = {
    "cluster": 0.50,
    "agn": 0.07,
    "star": 0.05,
    "galaxy": 0.20,
    "pair": 0.14,
    "blank": 0.01,
    "wing": 0.01,
    "artifact": 0.02,
}

#: Fewest expected counts of a candidate, by kind: the detection that made the list.
_MIN_COUNTS = {"cluster": 20, "galaxy": 20, "agn": 12, "star": 12, "pair": 20}

#: Spectra: power law of the active nuclei, hot plasma (keV) of coronae and nearby galaxies.
_POWER_LAW, CORONA, _HOT_GAS = ("power", 1.8), ("thermal", 0.5, 0.0), ("thermal", 0.6, 0.0)


@dataclass
class Source:
    """One source: position, flux, shape and optical counterpart.

    Positions are arcsec east (``x``) and north (``y``) of the target, flux is erg/s/cm2 in
    0.5-2 keV, before absorption. ``cores`` lists the beta models of an extended source: (share of
    flux, core radius in arcsec, beta); a point source has none. ``magnitude`` is red (R) and total;
    99 means none. ``spectrum`` is ``("power", index)`` or ``("thermal", kT in keV, redshift)``.
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
    spectrum: tuple = _POWER_LAW

    @property
    def extent(self) -> float:
        """Core radius (arcsec), weighted by flux; 0 for a point source."""
        return float(sum(share * core for share, core, _ in self.cores))


def draw_sources(
    kind: str, exposure: float, rng: np.random.Generator, half_size: float = 270.0
) -> list[Source]:
    """Draw the sources of one field around a target of a given kind.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    exposure : float
        Counts per unit flux (erg/s/cm2) at the target: response times effective exposure.
    rng : `numpy.random.Generator`
        Source of randomness.
    half_size : float
        Half of the side of the field (arcsec).

    Returns
    -------
    list of Source
        What makes the target first, then what the field holds by chance: active nuclei, and
        groups and clusters from the mass function.
    """
    main = _MAIN[kind](exposure, rng) if kind in _MAIN else []
    return main + field_agn(rng, half_size) + field_halos(rng, half_size)


def cluster_source(rng: np.random.Generator, draw: ClusterDraw, x: float, y: float) -> Source:
    """Give a drawn cluster its shape, at an offset (arcsec) from the target.

    A beta model (Cavaliere & Fusco-Femiano 1976) whose core radius is 0.15 r500 on average, in
    half of the clusters with a cool core as a second one.
    """
    wide = (draw.r500 * 0.15 * np.exp(rng.normal(0, 0.35)), rng.normal(0.67, 0.06))
    cores = [(1.0, *wide)]
    if rng.random() < 0.5:
        share = rng.uniform(0.15, 0.6)
        narrow = (draw.r500 * 10 ** rng.uniform(-1.9, -1.2), rng.normal(0.65, 0.05))
        cores = [(1 - share, *wide), (share, *narrow)]
    return Source(
        "cluster",
        x,
        y,
        draw.flux,
        cores=cores,
        axis_ratio=rng.uniform(0.6, 1.0),
        angle=rng.uniform(0, np.pi),
        z=draw.z,
        m500=draw.m500,
        r500=draw.r500,
        spectrum=("thermal", draw.kt, draw.z),
    )


def _cluster_main(exposure, rng):
    """A cluster near the target; active nuclei gather in it, in some at its very center."""
    least = max(LIMITS["flux"], _MIN_COUNTS["cluster"] / exposure)
    cluster = cluster_source(rng, ClusterDraw.one(rng, least), *rng.normal(0, 6, 2))
    nuclei = []
    if rng.random() < 0.1:
        share = rng.uniform(0.05, 0.5)
        nuclei.append(nucleus(rng, cluster.x, cluster.y, cluster.flux * share))
    # An excess of about one nucleus per cluster (Koulouridis et al. 2014, A&A 567, A83).
    for _ in range(rng.poisson(0.7)):
        radius, angle = cluster.r500 * rng.uniform(0.1, 1.5), rng.uniform(0, 2 * np.pi)
        flux = min(2e-15 * rng.random() ** (-1 / 1.2), 1e-13)
        place = cluster.x + radius * np.cos(angle), cluster.y + radius * np.sin(angle)
        nuclei.append(nucleus(rng, *place, flux))
    return [cluster, *nuclei]


def nucleus(rng: np.random.Generator, x: float, y: float, flux: float) -> Source:
    """An active nucleus; optical magnitude from log(fx/fo) = 0 +- 0.5 (Maccacaro et al. 1988)."""
    ratio = rng.normal(0, 0.5)
    return Source("agn", x, y, flux, magnitude=2.5 * (ratio - np.log10(flux) - 5.5))


def candidate_flux(
    rng: np.random.Generator, least: float, most: float, slope: float = 1.0
) -> float:
    """Draw the flux of a candidate above its detection: integral counts of a given slope."""
    low, high = least**-slope, max(most, 2 * least) ** -slope
    return (high + (1 - rng.random()) * (low - high)) ** (-1 / slope)


def _agn_main(exposure, rng):
    flux = candidate_flux(rng, _MIN_COUNTS["agn"] / exposure, 3e-12)
    return [nucleus(rng, *rng.normal(0, 2, 2), flux)]


def _star_main(exposure, rng):
    """A coronal source, log(fx/fo) = -3 +- 0.6 (Maccacaro et al. 1988)."""
    flux = candidate_flux(rng, _MIN_COUNTS["star"] / exposure, 1e-12)
    magnitude = 2.5 * (rng.normal(-3, 0.6) - np.log10(flux) - 5.5)
    place = rng.normal(0, 2, 2)
    return [Source("star", *place, flux, magnitude=magnitude, spectrum=CORONA)]


def _galaxy_main(exposure, rng):
    return nearby_galaxy_sources(rng, max(_MIN_COUNTS["galaxy"] / exposure, 5e-15))


def nearby_galaxy_sources(rng: np.random.Generator, least: float) -> list[Source]:
    """Draw a nearby galaxy: hot gas of 3-25 arcsec and, in some, a nucleus."""
    flux = candidate_flux(rng, least, 5e-13)
    x, y = rng.normal(0, 3, 2)
    galaxy = Source(
        "galaxy",
        x,
        y,
        flux,
        magnitude=rng.uniform(10.5, 16),
        cores=[(1.0, rng.uniform(3, 25), rng.uniform(0.6, 0.9))],
        axis_ratio=rng.uniform(0.35, 1),
        angle=rng.uniform(0, np.pi),
        z=0.01,
        spectrum=_HOT_GAS,
    )
    center = [Source("agn", x, y, flux * rng.uniform(0.2, 1.5))]
    return [galaxy, *(center if rng.random() < 0.4 else [])]


def _pair_main(exposure, rng):
    """Two or three active nuclei, near enough to look like one extended source."""
    flux = candidate_flux(rng, _MIN_COUNTS["pair"] / exposure, 3e-13)
    number = 2 if rng.random() < 0.75 else 3
    radius = rng.uniform(5, 22, number)
    angle = rng.uniform(0, 2 * np.pi) + np.arange(number) * 2 * np.pi / number
    share = rng.uniform(0.4, 1.0, number)
    return [
        nucleus(rng, r * np.cos(a), r * np.sin(a), flux * s)
        for r, a, s in zip(radius, angle, share / share.sum(), strict=True)
    ]


def _wing_main(exposure, rng):
    """A bright cluster outside the field: only its wing is seen; half of them with a nucleus."""
    distance, angle = rng.uniform(200, 480), rng.uniform(0, 2 * np.pi)
    place = distance * np.cos(angle), distance * np.sin(angle)
    cluster = cluster_source(rng, ClusterDraw.one(rng, 3e-13, z=(0.05, 0.4)), *place)
    return [*(_agn_main(exposure, rng) if rng.random() < 0.5 else []), cluster]


def field_agn(rng: np.random.Generator, half_size: float = 270.0) -> list[Source]:
    """Draw active nuclei of the field: a broken power law after Gilli, Comastri & Hasinger 2007.

    N(>S) = 70 per square degree at 1e-14, slope 1.6 above and 0.75 below, down to 5e-16.
    """
    area = (2 * half_size / 3600) ** 2
    bright = rng.poisson(70 * area)
    faint = rng.poisson(70 * (0.05**-0.75 - 1) * area)
    flux = 1e-14 * rng.random(bright) ** (-1 / 1.6)
    span = rng.random(faint) * (0.05**-0.75 - 1) + 1
    flux = np.concatenate([np.minimum(flux, 1e-12), 1e-14 * span ** (-1 / 0.75)])
    places = rng.uniform(-half_size, half_size, (flux.size, 2))
    return [nucleus(rng, x, y, f) for (x, y), f in zip(places, flux, strict=True)]


def field_halos(rng: np.random.Generator, half_size: float) -> list[Source]:
    """Draw groups and clusters of the field, whatever their flux: those of the mass function."""
    area = (2 * half_size / 3600) ** 2
    return [
        cluster_source(rng, draw, *rng.uniform(-half_size, half_size, 2))
        for draw in ClusterDraw.field(rng, area)
    ]


_MAIN = {
    "cluster": _cluster_main,
    "agn": _agn_main,
    "star": _star_main,
    "galaxy": _galaxy_main,
    "pair": _pair_main,
    "wing": _wing_main,
}
