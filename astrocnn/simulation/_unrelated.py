"""Foreground of version 3: what stands in optical images and has nothing to do with the target."""

from dataclasses import dataclass

import numpy as np

from ._galaxies import Galaxies, Stars, field_galaxies, field_stars

__all__ = ["Unrelated", "draw_unrelated"]

#: Fractions of fields with a bright foreground galaxy, with a very bright star, and whose optical
#: images show no counterpart.
GALAXY, STAR, BLANK = 0.12, 0.04, 0.04


@dataclass
class Unrelated:
    """A bright galaxy and a very bright star of the foreground, in a few fields.

    Attributes
    ----------
    galaxies, stars : Galaxies, Stars
        Seen in all optical bands; of blank optics (``blank``) they are all there is.
    blank : bool
        Whether the optical images show empty sky, or that of another position.
    """

    galaxies: Galaxies
    stars: Stars
    blank: bool = False


def draw_unrelated(rng: np.random.Generator) -> Unrelated:
    """Draw the foreground of a field, whatever the target is."""
    galaxy, star, blank = rng.random(3) < (GALAXY, STAR, BLANK)
    if blank:
        if rng.random() < 0.5:
            return Unrelated(_no_galaxies(), _no_stars(), True)
        return Unrelated(field_galaxies(270.0, 10.0, 24.3, rng), field_stars([], 270.0, rng), True)
    return Unrelated(
        _foreground_galaxy(rng) if galaxy else _no_galaxies(),
        Stars(*rng.uniform(-200, 200, (2, 1)), rng.uniform(6, 9, 1), rng.uniform(0.2, 1.5, 1))
        if star
        else _no_stars(),
    )


def _foreground_galaxy(rng) -> Galaxies:
    """A galaxy of R 11 to 15, up to an arcminute in size: a spiral, or of early type."""
    magnitude = rng.uniform(11, 15)
    radius = np.clip(45 * 10 ** (-0.16 * (magnitude - 11)) * np.exp(rng.normal(0, 0.35)), 4, 60)
    x, y = rng.uniform(-180, 180, 2)
    shape = rng.uniform(0.35, 1.0), rng.uniform(0, np.pi)
    if rng.random() < 0.35:
        return _galaxies(x, y, magnitude, radius, 4.0, *shape, early=True)
    bulge, arms = rng.uniform(0.05, 0.4), rng.uniform(0.1, 0.35)
    disk = magnitude - 2.5 * np.log10(1 - bulge - arms)
    return Galaxies.concatenate(
        [
            _galaxies(x, y, disk, radius, 1.0, *shape),
            _galaxies(x, y, magnitude - 2.5 * np.log10(bulge), radius / 5, 4.0, 0.8, 0.0, True),
            _knots(x, y, magnitude - 2.5 * np.log10(arms), radius, *shape, rng),
        ]
    )


def _knots(x, y, magnitude, radius, axis_ratio, angle, rng):
    """Clouds and star-forming regions along two or three logarithmic spiral arms, and off them."""
    n, number = int(rng.integers(30, 90)), int(rng.integers(2, 4))
    distance = rng.gamma(3.0, 0.4, n)
    winding = 1 / np.tan(rng.uniform(0.2, 0.5))
    turn = winding * np.log(distance + 0.1) + 2 * np.pi * rng.integers(0, number, n) / number
    turn += rng.normal(0, 0.2, n)
    along, across = distance * np.cos(turn) * radius, distance * np.sin(turn) * radius * axis_ratio
    c, s = np.cos(angle), np.sin(angle)
    light = np.exp(rng.normal(0, 0.8, n) - distance)
    return _galaxies(
        x + c * along - s * across,
        y + s * along + c * across,
        magnitude - 2.5 * np.log10(light / light.sum()),
        np.maximum(radius * 0.12 * np.exp(rng.normal(0, 0.6, n)), 0.5),
        1.0,
        np.sqrt(axis_ratio),
        angle,
    )


def _galaxies(x, y, magnitude, radius, index, axis_ratio, angle, early=False):
    """Galaxies next door, from numbers and arrays."""
    values = np.broadcast_arrays(
        *(
            np.atleast_1d(v)
            for v in (x, y, magnitude, radius, index, axis_ratio, angle, 0.01, early)
        )
    )
    return Galaxies(*(np.array(v) for v in values))


def _no_galaxies() -> Galaxies:
    return _galaxies(0.0, 0.0, 99.0, 1.0, 1.0, 1.0, 0.0).brighter(0.0)


def _no_stars() -> Stars:
    return Stars(*np.zeros((4, 0)))
