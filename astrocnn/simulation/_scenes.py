"""Scene of a simulated field: what is on the sky, and random numbers for each part of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._galaxies import Galaxies, cluster_galaxies, field_galaxies, field_stars, nearby_galaxy
from ._population import Source
from ._unrelated import Unrelated, draw_unrelated
from ._xray import Pointing

__all__ = ["Scene"]

#: Random streams beside the one of the sky, which has no number (NumPy takes that for zero).
_STREAMS = (
    "sky", "truth", "stars", "galaxies", "faint galaxies", "xmm", "erosita", "rass", "dss2-red",
    "legacy-g", "legacy-r", "legacy-z", "sdss-g", "sdss-r", "sdss-i",
    "unrelated",
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """What is on the sky and how it is looked at."""

    number: int
    random_state: int
    kind: str
    sources: list[Source]
    pointing: Pointing
    exposure_map: bool
    seeing: float
    cameras: dict

    def stream(self, name: str) -> np.random.Generator:
        """Random numbers of their own for each part: leaving one out changes no other."""
        return np.random.default_rng([self.random_state, self.number, _STREAMS.index(name)])

    @cached_property
    def stars(self):
        """Stars and the counterparts of the X-ray sources."""
        return field_stars(self.sources, 270.0, self.stream("stars"))

    @cached_property
    def bright_galaxies(self) -> Galaxies:
        """Galaxies of the field to R = 21.8, cluster members, nearby galaxies."""
        rng = self.stream("galaxies")
        parts = [field_galaxies(270.0, 10.0, 21.8, rng)]
        for source in self.sources:
            if source.kind == "cluster":
                parts.append(cluster_galaxies(source, rng))
            elif source.kind == "galaxy":
                parts.append(nearby_galaxy(source, rng))
        return Galaxies.concatenate(parts)

    @cached_property
    def faint_galaxies(self) -> Galaxies:
        """Galaxies of the field beyond that, for surveys that see them."""
        return field_galaxies(270.0, 21.8, 24.3, self.stream("faint galaxies"))

    @cached_property
    def unrelated(self) -> Unrelated:
        """Foreground of version 3, the same in all optical bands."""
        return draw_unrelated(self.stream("unrelated"))
