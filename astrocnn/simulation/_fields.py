"""Simulated fields: one sky, seen by an X-ray camera and by optical surveys."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from astropy.coordinates import SkyCoord

from ..exceptions import InvalidParameterError, UnknownNameError
from ..providers import Origin, SkyImage
from ._candidates import VARIED_KINDS, VARIED_LIMITS, draw_candidate
from ._clusters import LIMITS
from ._galaxies import Galaxies
from ._instruments import CAMERAS, OPTICAL_CAMERAS, PLATE_RED, VARIED_CAMERAS
from ._native import native_grid
from ._optical import optical_image
from ._pointings import draw_pointing, draw_varied_pointing
from ._population import KINDS, Source, draw_sources
from ._scenes import Scene
from ._truth import VERSION, truth_row
from ._varied_optics import draw_look, varied_optical_image, varied_seeing
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
        fainter and broader clusters, and targets beside what was detected; its optical images
        vary in pixel, grain, depth and bright stars, have a foreground and gaps, or are blank.

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
    images = {band: _image(band, scene, center, chosen) for band in bands}
    for band, image in images.items():
        image.origin = Origin(band=band)
    optical = next((OPTICAL_CAMERAS[b] for b in bands if b in OPTICAL_CAMERAS), None)
    truth = truth_row(
        number,
        center,
        kind,
        scene.sources,
        scene.pointing,
        scene.stream("truth"),
        limits=chosen.limits,
        **chosen.nuisances(scene, optical),
        exposure_map=scene.exposure_map,
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
    pointing = version.draw_pointing(version.cameras[telescope], rng)
    half_size = max(270.0, pointing.camera.pixel * pointing.camera.pixels / 2)
    sources = version.draw_sources(kind, pointing.counts_per_flux, rng, half_size)
    if exposure_map is None:
        exposure_map = bool(rng.random() < 0.6)
    seeing = float(rng.random())
    return Scene(
        number, random_state, kind, sources, pointing, exposure_map, seeing, version.cameras
    )


def _image(band, scene, center, version):
    rng = scene.stream(band)
    if band in CAMERAS:
        camera = _camera(band, scene)
        # Pipeline images have north up, mosaics any orientation.
        turn = 0.0 if rng.random() < 0.5 else rng.uniform(0, 2 * np.pi)
        grid = native_grid(center, camera.pixels, camera.pixel, turn, rng)
        return _xray(scene, camera, *grid, rng)
    camera = OPTICAL_CAMERAS[band]
    image, wcs = version.optical_image(camera, scene, center, rng)
    return SkyImage(image, wcs, "intensity", name=f"simulated {camera.name}")


def _optical_image(camera, scene, center, rng):
    """An optical image of version 2."""
    wcs, x, y = native_grid(center, camera.pixels, camera.pixel, rng.uniform(-0.08, 0.08), rng)
    galaxies = scene.bright_galaxies
    if camera.limit > 22:
        galaxies = Galaxies.concatenate([galaxies, scene.faint_galaxies])
    galaxies = galaxies.brighter(camera.limit + 1.5)
    seeing = _seeing(camera, scene)
    return optical_image(galaxies, scene.stars, camera, x, y, rng, seeing, scene.pointing.nh), wcs


def _varied_optical_image(camera, scene, center, rng):
    """An optical image of version 3: with what is in front of the field, or only that."""
    look = draw_look(camera, varied_seeing(camera, scene.seeing), rng)
    unrelated = scene.unrelated
    galaxies, stars = unrelated.galaxies, unrelated.stars
    if not unrelated.blank:
        parts = [scene.bright_galaxies, galaxies]
        if look.limit > 20.5:
            parts.append(scene.faint_galaxies)
        galaxies = Galaxies.concatenate(parts)
        stars = scene.stars.joined(stars)
    galaxies = galaxies.brighter(look.limit + 1.5)
    return varied_optical_image(galaxies, stars, camera, center, look, rng, scene.pointing.nh)


def _seeing(camera, scene):
    low, high = camera.seeing
    return low + (high - low) * scene.seeing


def _nuisances(scene, camera):
    """Optical columns of the truth table; without an optical image the seeing is a plate's."""
    return {"seeing": _seeing(camera or PLATE_RED, scene)}


def _varied_nuisances(scene, camera):
    """The same for version 3, whose images may show nothing of the field."""
    seeing = varied_seeing(camera, scene.seeing) if camera else _seeing(PLATE_RED, scene)
    return {"seeing": seeing, "blank_optics": scene.unrelated.blank}


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
    # A pointing without a map does not tell where its axis is.
    scans = camera.chips is None and (camera.optics is None or camera.optics.growth == 0)
    psf = pointing.nominal_psf if scene.exposure_map or scans else None
    if scene.exposure_map:
        return SkyImage(counts, wcs, "counts", exposure, name=name, psf=psf)
    if rng.random() < 0.5:
        return SkyImage(counts, wcs, "counts", name=name, psf=psf)
    seen = exposure > 0.05 * pointing.time
    rate = np.divide(counts, exposure, out=np.full(counts.shape, np.nan, np.float32), where=seen)
    return SkyImage(rate, wcs, "rate", name=name, psf=psf)


class _Version(NamedTuple):
    """What differs between versions of the simulation."""

    kinds: dict
    limits: dict
    cameras: dict
    draw_pointing: Callable
    draw_sources: Callable
    optical_image: Callable
    nuisances: Callable


_VERSIONS = {
    2: _Version(KINDS, LIMITS, CAMERAS, draw_pointing, draw_sources, _optical_image, _nuisances),
    3: _Version(
        VARIED_KINDS, VARIED_LIMITS, VARIED_CAMERAS, draw_varied_pointing, draw_candidate,
        _varied_optical_image, _varied_nuisances,
    ),
}  # fmt: skip


def version_limits(version: int) -> dict:
    """Return what makes a target a cluster in a version of the simulation; see ``LIMITS``."""
    return _version(version).limits


def _version(version) -> _Version:
    if version not in _VERSIONS:
        raise InvalidParameterError(f"version must be one of {list(_VERSIONS)}, not {version!r}")
    return _VERSIONS[version]
