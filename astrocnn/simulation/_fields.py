"""Simulated fields: one sky, seen by an X-ray camera and by optical surveys."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from astropy.coordinates import SkyCoord

from ..exceptions import InvalidParameterError, UnknownNameError
from ..providers import Origin, SkyImage
from ._candidates import VARIED_KINDS, VARIED_LIMITS, draw_candidate
from ._clusters import LIMITS
from ._galaxies import Galaxies, cluster_galaxies, field_galaxies, field_stars, nearby_galaxy
from ._instruments import CAMERAS, OPTICAL_CAMERAS, PLATE_RED, VARIED_CAMERAS
from ._native import native_grid
from ._optical import optical_image
from ._pointings import draw_pointing, draw_varied_pointing
from ._population import KINDS, Source, draw_sources
from ._truth import VERSION, truth_row
from ._xray import Pointing, xray_image

__all__ = ["SimulatedField", "simulate_field", "version_limits"]


@dataclass
class SimulatedField:
    """A simulated target: truth and native images.

    Attributes
    ----------
    center : `~astropy.coordinates.SkyCoord`
        Position of the target.
    truth : dict
        One row of the truth table; see `truth_table`.
    images : dict of str to SkyImage
        Native pixels by band name (``"xmm"``, ``"dss2-red"``): resample them as real images.
    sources : list of Source
        All X-ray sources of the field, those of the target first.
    pointing : Pointing, optional
        How the X-ray camera looked at the target.
    """

    center: SkyCoord
    truth: dict
    images: dict[str, SkyImage]
    sources: list[Source] = field(default_factory=list)
    pointing: Pointing | None = None


@dataclass(frozen=True)
class _Scene:
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


def simulate_field(
    number: int,
    random_state: int = 0,
    bands: tuple[str, ...] = ("xmm", "dss2-red"),
    center: SkyCoord | None = None,
    kind: str | None = None,
    exposure_map: bool | None = None,
    version: int = VERSION,
) -> SimulatedField:
    """Simulate one field; the same numbers give the same field, whatever else is simulated.

    Parameters
    ----------
    number : int
        Number of the target in its list.
    random_state : int
        Seed of the list.
    bands : tuple of str
        Images to make: ``"xmm"``, ``"erosita"`` or ``"rass"``; ``"dss2-red"``, ``"legacy-g"``,
        ``"legacy-r"``, ``"legacy-z"``, ``"sdss-g"``, ``"sdss-r"``, ``"sdss-i"``. The first X-ray
        band (else XMM-Newton) decides which candidates would have been found, and the truth table.
    center : `~astropy.coordinates.SkyCoord`, optional
        Position; by default anywhere on the sky.
    kind : str, optional
        One of ``KINDS``; by default drawn with their shares (half are clusters).
    exposure_map : bool, optional
        Whether the X-ray image is counts with an exposure map (True), or an image without one
        (False): counts, or a rate with NaN where not exposed. By default 60 % have a map.
    version : {2, 3}
        Version of the simulation. Version 3 has telescopes whose point-spread function changes over
        the field, pointings of eROSITA, exposures from 100 s to 50 ks, backgrounds over a decade,
        fainter and broader clusters, and targets beside what was detected.

    Returns
    -------
    SimulatedField

    Raises
    ------
    UnknownNameError
        If a band or kind is not one that can be simulated.

    Examples
    --------
    >>> from astrocnn.simulation import simulate_field
    >>> field = simulate_field(0, random_state=1, kind="cluster")
    >>> field.images["xmm"].data.shape, field.truth["is_cluster"]
    ((132, 132), True)
    """
    _check_names(bands, kind)
    rng = np.random.default_rng([random_state, number])
    if center is None:
        center = SkyCoord(
            rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1))), unit="deg"
        )
    chosen = _version(version)
    if kind is None:
        kind = str(rng.choice(list(chosen.kinds), p=list(chosen.kinds.values())))
    scene = _draw_scene(number, random_state, bands, kind, exposure_map, rng, chosen)
    images = {band: _image(band, scene, center) for band in bands}
    for band, image in images.items():
        image.origin = Origin(band=band)
    optical = next((OPTICAL_CAMERAS[b] for b in bands if b in OPTICAL_CAMERAS), PLATE_RED)
    truth = truth_row(
        number,
        center,
        kind,
        scene.sources,
        scene.pointing,
        scene.stream("truth"),
        seeing=_seeing(optical, scene),
        exposure_map=scene.exposure_map,
        limits=chosen.limits,
    )
    return SimulatedField(center, truth, images, scene.sources, scene.pointing)


def _check_names(bands, kind):
    known = [*CAMERAS, *OPTICAL_CAMERAS]
    unknown = [band for band in bands if band not in known]
    if unknown:
        raise UnknownNameError(f"cannot simulate band {unknown[0]!r}; Choices: {', '.join(known)}")
    if kind is not None and kind not in KINDS:
        raise UnknownNameError(f"unknown kind {kind!r}; Choices: {', '.join(KINDS)}")


def _draw_scene(number, random_state, bands, kind, exposure_map, rng, version):
    telescope = next((band for band in bands if band in CAMERAS), "xmm")
    cameras = version.cameras
    pointing = version.draw_pointing(cameras[telescope], rng)
    half_size = max(270.0, pointing.camera.pixel * pointing.camera.pixels / 2)
    sources = version.draw_sources(kind, pointing.counts_per_flux, rng, half_size)
    if exposure_map is None:
        exposure_map = bool(rng.random() < 0.6)
    seeing = float(rng.random())
    return _Scene(number, random_state, kind, sources, pointing, exposure_map, seeing, cameras)


def _image(band, scene, center):
    rng = scene.stream(band)
    if band in CAMERAS:
        camera = _camera(band, scene)
        # Pipeline images have north up, mosaics any orientation.
        turn = 0.0 if rng.random() < 0.5 else rng.uniform(0, 2 * np.pi)
        grid = native_grid(center, camera.pixels, camera.pixel, turn, rng)
        return _xray(scene, camera, *grid, rng)
    camera = OPTICAL_CAMERAS[band]
    wcs, x, y = native_grid(center, camera.pixels, camera.pixel, rng.uniform(-0.08, 0.08), rng)
    galaxies = scene.bright_galaxies
    if camera.limit > 22:
        galaxies = Galaxies.concatenate([galaxies, scene.faint_galaxies])
    galaxies = galaxies.brighter(camera.limit + 1.5)
    seeing = _seeing(camera, scene)
    nh = scene.pointing.nh
    image = optical_image(galaxies, scene.stars, camera, x, y, rng, seeing, nh)
    return SkyImage(image, wcs, "intensity", name=f"simulated {camera.name}")


def _seeing(camera, scene):
    low, high = camera.seeing
    return low + (high - low) * scene.seeing


def _camera(band, scene):
    """The camera of the pointing; for a second X-ray band the first one of that telescope."""
    cameras = scene.cameras[band]
    return scene.pointing.camera if scene.pointing.camera in cameras else next(iter(cameras))


def _xray(scene, camera, wcs, x, y, rng):
    pointing = replace(scene.pointing, camera=camera)
    name = f"simulated {camera.name}"
    counts, exposure = xray_image(
        scene.sources, pointing, x, y, rng, artifact=scene.kind == "artifact"
    )
    if scene.exposure_map:
        return SkyImage(counts, wcs, "counts", exposure, name=name)
    if rng.random() < 0.5:
        return SkyImage(counts, wcs, "counts", name=name)
    seen = exposure > 0.05 * pointing.time
    rate = np.divide(counts, exposure, out=np.full(counts.shape, np.nan, np.float32), where=seen)
    return SkyImage(rate, wcs, "rate", name=name)


class _Version(NamedTuple):
    """What differs between versions of the simulation."""

    kinds: dict
    limits: dict
    cameras: dict
    draw_pointing: Callable
    draw_sources: Callable


_VERSIONS = {
    2: _Version(KINDS, LIMITS, CAMERAS, draw_pointing, draw_sources),
    3: _Version(VARIED_KINDS, VARIED_LIMITS, VARIED_CAMERAS, draw_varied_pointing, draw_candidate),
}


def version_limits(version: int) -> dict:
    """Return what makes a target a cluster in a version of the simulation; see ``LIMITS``."""
    return _version(version).limits


def _version(version) -> _Version:
    if version not in _VERSIONS:
        raise InvalidParameterError(f"version must be one of {list(_VERSIONS)}, not {version!r}")
    return _VERSIONS[version]


#: Random streams beside the one of the sky, which has no number (NumPy takes that for zero).
_STREAMS = (
    "sky", "truth", "stars", "galaxies", "faint galaxies", "xmm", "erosita", "rass", "dss2-red",
    "legacy-g", "legacy-r", "legacy-z", "sdss-g", "sdss-r", "sdss-i",
)  # fmt: skip
