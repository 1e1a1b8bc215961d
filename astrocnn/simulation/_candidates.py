"""Candidates of version 3 of the simulation: more kinds of everything than version 2 has."""

import numpy as np

from ._clusters import ClusterDraw
from ._population import (
    CORONA,
    Source,
    candidate_flux,
    cluster_source,
    field_agn,
    field_halos,
    nearby_galaxy_sources,
    nucleus,
)

__all__ = ["VARIED_KINDS", "VARIED_LIMITS", "draw_candidate"]

#: Kinds of targets, and the fraction of the list that each is.
VARIED_KINDS = {
    "cluster": 0.44,
    "agn": 0.20,
    "star": 0.05,
    "galaxy": 0.10,
    "pair": 0.15,
    "blank": 0.03,
    "wing": 0.02,
    "artifact": 0.01,
}

#: What makes a target a cluster: mass (solar masses, M500), flux (erg/s/cm2, 0.5-2 keV), distance
#: from the target (arcsec), and expected counts: in a deep field there is a group everywhere.
VARIED_LIMITS = {"m500": 2e13, "flux": 2e-15, "distance": 60.0, "counts": 12.0}

#: Fewest expected counts of a candidate, by kind.
_MIN_COUNTS = {"cluster": 15, "galaxy": 15, "agn": 10, "star": 10, "pair": 15}


def draw_candidate(
    kind: str, exposure: float, rng: np.random.Generator, half_size: float = 270.0
) -> list[Source]:
    """Draw the sources of one field of version 3; see `draw_sources`.

    Half of the targets lie on what was detected, the others up to 45 arcsec beside it, whatever
    their kind. A third of the clusters has a core of 5 to 75 arcsec, whatever its mass: halos of
    low surface brightness. Faint candidates are the most, bright ones of every kind are there.
    """
    main = _MAIN[kind](exposure, rng) if kind in _MAIN else []
    if rng.random() < 0.5:
        radius, angle = 45 * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
        for source in main:
            source.x += radius * np.cos(angle)
            source.y += radius * np.sin(angle)
    return main + field_agn(rng, half_size) + field_halos(rng, half_size)


def _least(kind, exposure, rng, floor=0.0):
    """Smallest flux of a candidate: its detection; a quarter are asked to be brighter."""
    brighter = 10 ** rng.uniform(0, 1.8) if rng.random() < 0.25 else 1.0
    return max(floor, _MIN_COUNTS[kind] / exposure) * brighter


def _cluster(exposure, rng):
    """A cluster near the target, with active nuclei in it and, in some, at its center."""
    least = min(_least("cluster", exposure, rng, VARIED_LIMITS["flux"]), 2e-12)
    draw = ClusterDraw.one(rng, least, least_mass=VARIED_LIMITS["m500"])
    cluster = cluster_source(rng, draw, *rng.normal(0, 6, 2))
    if rng.random() < 1 / 3:
        core = 10 ** rng.uniform(np.log10(5), np.log10(75))
        cluster.cores = [(1.0, core, rng.normal(0.67, 0.08))]
        cluster.r500 = max(cluster.r500, 3 * core)
        cluster.axis_ratio = rng.uniform(0.5, 1.0)
    nuclei = []
    if rng.random() < 0.15:
        fraction = 10 ** rng.uniform(-1.3, 0.2)
        nuclei.append(nucleus(rng, cluster.x, cluster.y, cluster.flux * fraction))
    for _ in range(rng.poisson(0.7)):
        radius, angle = cluster.r500 * rng.uniform(0.1, 1.5), rng.uniform(0, 2 * np.pi)
        flux = min(least * 0.1 * rng.random() ** (-1 / 1.2), 1e-13)
        place = cluster.x + radius * np.cos(angle), cluster.y + radius * np.sin(angle)
        nuclei.append(nucleus(rng, *place, flux))
    return [cluster, *nuclei]


def _agn(exposure, rng):
    flux = candidate_flux(rng, _least("agn", exposure, rng), 3e-12)
    return [nucleus(rng, *rng.normal(0, 2, 2), flux)]


def _star(exposure, rng):
    flux = candidate_flux(rng, _least("star", exposure, rng), 1e-12)
    magnitude = 2.5 * (rng.normal(-3, 0.6) - np.log10(flux) - 5.5)
    place = rng.normal(0, 2, 2)
    return [Source("star", *place, flux, magnitude=magnitude, spectrum=CORONA)]


def _galaxy(exposure, rng):
    return nearby_galaxy_sources(rng, _least("galaxy", exposure, rng))


def _pair(exposure, rng):
    """Two to five active nuclei about the target, or in a chain."""
    flux = candidate_flux(rng, _least("pair", exposure, rng), 3e-13)
    number = int(rng.choice([2, 3, 4, 5], p=[0.6, 0.2, 0.1, 0.1]))
    widest = 22 if number < 4 else 45
    radius = rng.uniform(5, widest, number)
    angle = rng.uniform(0, 2 * np.pi) + np.arange(number) * 2 * np.pi / number
    if number > 2 and rng.random() < 0.5:  # a chain
        radius, angle = np.linspace(-widest, widest, number), np.full(number, angle[0])
    parts = rng.uniform(0.4, 1.0, number)
    return [
        nucleus(rng, r * np.cos(a), r * np.sin(a), flux * part)
        for r, a, part in zip(radius, angle, parts / parts.sum(), strict=True)
    ]


def _wing(exposure, rng):
    """A bright cluster outside the field; half of the fields have an active nucleus too."""
    distance, angle = rng.uniform(200, 480), rng.uniform(0, 2 * np.pi)
    place = distance * np.cos(angle), distance * np.sin(angle)
    cluster = cluster_source(rng, ClusterDraw.one(rng, 3e-13, z=(0.05, 0.4)), *place)
    return [*(_agn(exposure, rng) if rng.random() < 0.5 else []), cluster]


_MAIN = {
    "cluster": _cluster,
    "agn": _agn,
    "star": _star,
    "galaxy": _galaxy,
    "pair": _pair,
    "wing": _wing,
}
