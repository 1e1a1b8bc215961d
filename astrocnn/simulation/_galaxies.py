"""Galaxies and stars of a simulated field: positions, magnitudes, shapes and colors."""

from dataclasses import dataclass, fields

import numpy as np

from ._clusters import at_redshift
from ._population import Source

__all__ = [
    "Galaxies",
    "Stars",
    "cluster_galaxies",
    "extinction",
    "field_galaxies",
    "field_stars",
    "nearby_galaxy",
]

#: K and evolution correction (mag) of early-type galaxies in the red band, by redshift.
_K_REDSHIFT = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.2)
_K_CORRECTION = (0.0, 0.1, 0.3, 0.65, 1.0, 1.3, 1.6)
#: Observed colors of passive galaxies relative to R, by redshift, from the red sequences of
#: redMaPPer (Rykoff et al. 2014, ApJ 785, 104) and its extension to z = 1, in round numbers.
_COLOR_REDSHIFT = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.2)
_RED_COLORS = {
    "g": (0.70, 0.95, 1.15, 1.40, 1.60, 1.70, 1.80, 1.85, 1.85),
    "r": (0.20, 0.22, 0.25, 0.28, 0.30, 0.30, 0.30, 0.30, 0.30),
    "i": (-0.10, -0.10, -0.12, -0.15, -0.20, -0.35, -0.60, -0.70, -0.85),
    "z": (-0.35, -0.37, -0.40, -0.45, -0.55, -0.80, -1.25, -1.65, -1.95),
}
#: How much bluer star-forming galaxies are.
_BLUE = {"g": -0.45, "r": -0.05, "i": 0.1, "z": 0.25}
#: Galactic extinction over that in R (Schlafly & Finkbeiner 2011, ApJ 737, 103).
_EXTINCTION = {"R": 1.0, "g": 1.52, "r": 1.05, "i": 0.78, "z": 0.58}


@dataclass
class Galaxies:
    """Galaxies, one element of each array for one of them.

    Offsets ``x``, ``y`` (arcsec east and north of the target), total red ``magnitude``, half-light
    ``radius`` (arcsec), Sersic ``index``, ``axis_ratio``, ``angle`` (radians), redshift ``z`` and
    whether it is passive (``early``): the last two set the colors.
    """

    x: np.ndarray
    y: np.ndarray
    magnitude: np.ndarray
    radius: np.ndarray
    index: np.ndarray
    axis_ratio: np.ndarray
    angle: np.ndarray
    z: np.ndarray
    early: np.ndarray

    @classmethod
    def concatenate(cls, parts: list["Galaxies"]) -> "Galaxies":
        """Join several lists."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))

    def __len__(self):
        return len(self.x)

    def brighter(self, limit: float) -> "Galaxies":
        """Return those brighter than a magnitude."""
        keep = self.magnitude < limit
        return Galaxies(*(getattr(self, f.name)[keep] for f in fields(self)))

    def magnitudes(self, band: str) -> np.ndarray:
        """Magnitudes in the filter ``R``, ``g``, ``r``, ``i`` or ``z``."""
        if band == "R":
            return self.magnitude
        red = np.interp(self.z, _COLOR_REDSHIFT, _RED_COLORS[band])
        return self.magnitude + red + np.where(self.early, 0.0, _BLUE[band])


@dataclass
class Stars:
    """Stars and active nuclei: offsets (arcsec), red magnitude, color g - r."""

    x: np.ndarray
    y: np.ndarray
    magnitude: np.ndarray
    color: np.ndarray

    def magnitudes(self, band: str) -> np.ndarray:
        """Magnitudes in the filter ``R``, ``g``, ``r``, ``i`` or ``z``."""
        steps = {"R": (0.0, 0.0), "g": (1.0, 0.2), "r": (0.0, 0.2), "i": (-0.4, 0.1),
                 "z": (-0.65, 0.05)}  # fmt: skip
        slope, level = steps[band]
        return self.magnitude + level + slope * self.color

    def joined(self, other: "Stars") -> "Stars":
        """Return these stars and others."""
        return Stars(
            *(np.concatenate([getattr(s, f.name) for s in (self, other)]) for f in fields(self))
        )


def extinction(nh: float, band: str) -> float:
    """Dimming (mag) by Galactic dust.

    2.21e21 hydrogen atoms per cm2 and magnitude of A_V (Guver & Ozel 2009, MNRAS 400, 2050), of
    which R loses 0.8.
    """
    return 0.8 * nh / 2.21e21 * _EXTINCTION[band]


def field_stars(sources: list[Source], half_size: float, rng) -> Stars:
    """Milky-Way stars to R = 21, and the counterparts of the X-ray sources.

    Counts of slope 0.2 dex per magnitude; their number varies with Galactic latitude.
    """
    area = (2 * half_size / 3600) ** 2
    number = rng.poisson(area * 10 ** rng.uniform(3.2, 4.1))
    magnitude = np.maximum(21 + np.log10(1 - rng.random(number)) / 0.2, 7.0)
    place = rng.uniform(-half_size, half_size, (2, number))
    color = rng.uniform(0.2, 1.5, number)
    nuclei = [s for s in sources if s.kind in ("agn", "star") and s.magnitude < 90]
    given = np.array([(s.x, s.y, s.magnitude, s.kind == "star") for s in nuclei]).reshape(-1, 4).T
    n = len(nuclei)
    own = np.where(given[3] > 0, rng.uniform(0.5, 1.5, n), rng.normal(0.25, 0.2, n))
    return Stars(
        np.concatenate([place[0], given[0]]),
        np.concatenate([place[1], given[1]]),
        np.concatenate([magnitude, given[2]]),
        np.concatenate([color, own]),
    )


def field_galaxies(half_size: float, brightest: float, faintest: float, rng) -> Galaxies:
    """Galaxies of the field between two magnitudes.

    Counts of slope 0.4 dex per magnitude to R = 21, 0.33 beyond, with 5,000 per square degree
    brighter than 21 (Metcalfe et al. 1991, MNRAS 249, 498; 1995, MNRAS 273, 257).
    """
    knee, number = 21.0, 5000 * (2 * half_size / 3600) ** 2
    low, high = (
        number * 10 ** ((0.4 if m < knee else 0.33) * (m - knee)) for m in (brightest, faintest)
    )
    n = rng.poisson(high - low)
    count = np.log10(rng.uniform(low, high, n) / number)
    magnitude = knee + np.where(count < 0, count / 0.4, count / 0.33)
    early = rng.random(n) < 0.3
    return Galaxies(
        *rng.uniform(-half_size, half_size, (2, n)),
        magnitude,
        1.1 * 10 ** (0.15 * (20.5 - np.minimum(magnitude, 22))) * np.exp(rng.normal(0, 0.3, n)),
        np.where(early, 4.0, 1.0),
        rng.uniform(0.35, 1, n),
        rng.uniform(0, np.pi, n),
        0.22 * 10 ** (0.12 * (magnitude - 21)) * np.exp(rng.normal(0, 0.4, n)),
        early,
    )


def cluster_galaxies(cluster: Source, rng) -> Galaxies:
    """Galaxies of a cluster: a brightest one, then a Schechter function on an NFW law.

    36 (M500 / 1e14)^0.87 galaxies within r500 down to three magnitudes below the characteristic
    one (Lin, Mohr & Stanford 2004, ApJ 610, 745), a quarter more out to 1.5 r500; Schechter (1976)
    with a faint slope of -1; projected NFW law (Navarro, Frenk & White 1997) of concentration 3; a
    fifth of them blue.
    """
    modulus = 5 * np.log10(at_redshift("dl", cluster.z) / 3.0857e19)
    apparent = modulus + np.interp(cluster.z, _K_REDSHIFT, _K_CORRECTION)
    scale = at_redshift("arcsec", cluster.z) / 1000  # arcsec per kpc
    n = rng.poisson(36 * 1.25 * (cluster.m500 / 1e14) ** 0.87)
    relative = _schechter(n, rng)
    radius = _nfw_radii(n, 1.5 * cluster.r500, cluster.r500 / 3, rng)
    angle = rng.uniform(0, 2 * np.pi, n)
    size = 4 * 10 ** (-0.12 * relative) * scale * np.exp(rng.normal(0, 0.3, n))
    early = rng.random(n) < 0.8
    members = Galaxies(
        cluster.x + radius * np.cos(angle),
        cluster.y + radius * np.sin(angle),
        apparent - 21.6 + relative,
        np.maximum(size, 0.3),
        np.where(early, 4.0, 1.0),
        rng.uniform(0.5, 1, n),
        rng.uniform(0, np.pi, n),
        np.full(n, cluster.z),
        early,
    )
    return Galaxies.concatenate([_brightest(cluster, apparent, scale, rng), members])


def _brightest(cluster, apparent, scale, rng):
    """The brightest galaxy, some 20 kpc off the X-ray center, in disturbed clusters ten times."""
    spread = 20 * scale if rng.random() < 0.8 else 100 * scale
    offset = rng.normal(0, spread / np.sqrt(2), 2)
    magnitude = apparent - 23.2 - 0.4 * np.log10(cluster.m500 / 2e14) + rng.normal(0, 0.3)
    return _one(
        cluster.x + offset[0],
        cluster.y + offset[1],
        magnitude,
        rng.uniform(14, 30) * scale,
        4.0,
        cluster.axis_ratio,
        cluster.angle,
        cluster.z,
        True,
    )


def nearby_galaxy(source: Source, rng) -> Galaxies:
    """The optical image of a nearby galaxy with hot gas."""
    radius = 10 ** (0.2 * (16.5 - source.magnitude)) * rng.uniform(4, 9)
    early = rng.random() < 0.5
    return _one(
        source.x, source.y, source.magnitude, radius, 4.0 if early else 1.0, source.axis_ratio,
        source.angle, source.z, early,
    )  # fmt: skip


def _one(*values):
    return Galaxies(*(np.array([value]) for value in values))


def _schechter(number, rng):
    """Magnitudes relative to m*, of slope -1 at the faint end, between m* - 1.5 and m* + 3."""
    grid = np.linspace(-1.5, 3, 200)
    luminosity = 10 ** (-0.4 * grid)
    density = np.exp(-luminosity)  # dN/dm of a Schechter function with alpha = -1
    cumulative = np.cumsum(density) / density.sum()
    return np.interp(rng.random(number), cumulative, grid)


def _nfw_radii(number, edge, scale, rng):
    """Projected radii of an NFW law (Navarro, Frenk & White 1997) cut at ``edge``."""
    r = np.linspace(0, edge / scale, 300)
    mass = np.log1p(r) - r / (1 + r)
    radius = np.interp(rng.random(number) * mass[-1], mass, r) * scale
    return radius * np.sqrt(1 - rng.uniform(-1, 1, number) ** 2)
