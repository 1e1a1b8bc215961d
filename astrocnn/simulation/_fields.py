"""Simulated fields: one sky, seen by an X-ray camera and on a photographic plate."""

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from ..exceptions import UnknownNameError
from ..providers import SkyImage
from ._instruments import EPIC_MOS, EPIC_MOS_1_2, EPIC_PN, PLATE_RED
from ._native import native_grid
from ._optical import optical_image
from ._population import KINDS, LIMITS, Source, draw_sources
from ._xray import Pointing, xray_image

__all__ = ["SimulatedField", "simulate_field", "truth_table"]

#: Side of the simulated images (pixels): a field of 6 arcmin fits in, turned by any angle (X-ray)
#: or by a few degrees (plates).
_XRAY_PIXELS, _PLATE_PIXELS = 132, 400

#: Truth columns: name -> (unit, description).
TRUTH_COLUMNS = {
    "target_id": (None, "Number of the target"),
    "ra": (u.deg, "Right ascension (ICRS)"),
    "dec": (u.deg, "Declination (ICRS)"),
    "is_cluster": (None, "Whether a cluster above the limits lies within 1 arcmin"),
    "kind": (None, "What the target is"),
    "z": (None, "Redshift of the cluster"),
    "m500": (u.Msun, "Mass within R500 of the cluster"),
    "r500": (u.arcsec, "Angular R500 of the cluster"),
    "flux": (u.erg / u.s / u.cm**2, "Flux of the target, 0.5-2 keV"),
    "counts": (u.ct, "Expected net counts of the target in the X-ray image"),
    "exposure": (u.s, "Vignetted exposure at the target"),
    "off_axis": (u.arcmin, "Distance of the target from the optical axis"),
    "camera": (None, "X-ray camera and energy band"),
    "exposure_map": (None, "Whether the X-ray image comes with its exposure map"),
}


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
    """

    center: SkyCoord
    truth: dict
    images: dict[str, SkyImage]


@dataclass(frozen=True)
class _Scene:
    """What is on the sky and how it is looked at."""

    kind: str
    sources: list[Source]
    pointing: Pointing
    exposure_map: bool


def simulate_field(
    number: int,
    random_state: int = 0,
    bands: tuple[str, ...] = ("xmm", "dss2-red"),
    center: SkyCoord | None = None,
    kind: str | None = None,
    exposure_map: bool | None = None,
) -> SimulatedField:
    """Simulate one field; the same numbers give the same field, whatever else is simulated.

    Parameters
    ----------
    number : int
        Number of the target in its list.
    random_state : int
        Seed of the list.
    bands : tuple of str
        Images to make, of ``"xmm"`` and ``"dss2-red"``.
    center : `~astropy.coordinates.SkyCoord`, optional
        Position; by default anywhere on the sky.
    kind : str, optional
        One of ``KINDS``; by default drawn with their shares (half are clusters).
    exposure_map : bool, optional
        Whether the X-ray image is counts with an exposure map (True), or an image without one
        (False): counts, or a rate with NaN where not exposed. By default 60 % have a map.

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
    unknown = [band for band in bands if band not in _MAKE]
    if unknown:
        raise UnknownNameError(f"cannot simulate band {unknown[0]!r}; Choices: {', '.join(_MAKE)}")
    rng = np.random.default_rng([random_state, number])
    if center is None:
        center = SkyCoord(
            rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1))), unit="deg"
        )
    if kind is None:
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    elif kind not in KINDS:
        raise UnknownNameError(f"unknown kind {kind!r}; Choices: {', '.join(KINDS)}")
    pointing = _pointing(rng)
    sources = draw_sources(kind, pointing.counts_per_flux, rng)
    if exposure_map is None:
        exposure_map = bool(rng.random() < 0.6)
    # Each band has its own stream: leaving one out does not change the other.
    scene = _Scene(kind, sources, pointing, exposure_map)
    images = {}
    for band in bands:
        stream = np.random.default_rng([random_state, number, _STREAMS.index(band)])
        grid = native_grid(center, *_shape(band, stream), stream)
        images[band] = _MAKE[band](scene, *grid, stream)
    return SimulatedField(center, _truth(number, center, scene), images)


def truth_table(rows: list[dict], random_state: int | None = None) -> QTable:
    """Return truth rows as a table with units and descriptions, marked as simulated.

    Examples
    --------
    >>> from astrocnn.simulation import simulate_field, truth_table
    >>> truth = truth_table([simulate_field(i, random_state=1).truth for i in range(3)])
    >>> len(truth), truth.meta["simulated"]
    (3, True)
    """
    table = QTable(rows=rows, names=list(TRUTH_COLUMNS)) if rows else QTable(names=TRUTH_COLUMNS)
    for name, (unit, description) in TRUTH_COLUMNS.items():
        if unit is not None:
            table[name] = table[name] * unit
        table[name].info.description = description
    table.meta = {"simulated": True, "random_state": random_state, "cluster_limits": dict(LIMITS)}
    return table


def _pointing(rng):
    camera = (EPIC_PN, EPIC_MOS, EPIC_MOS_1_2)[rng.choice(3, p=[0.4, 0.3, 0.3])]
    distance = 800 * np.sqrt(rng.random())
    angle = rng.uniform(0, 2 * np.pi)
    return Pointing(
        camera,
        time=10 ** rng.uniform(np.log10(3e3), np.log10(6e4)),
        axis_x=distance * np.cos(angle),
        axis_y=distance * np.sin(angle),
        roll=rng.uniform(0, 2 * np.pi),
        background=float(np.exp(rng.normal(0, 0.35))),
        gaps=bool(rng.random() < 0.8),
    )


def _shape(band, rng):
    """Pixels, scale (arcsec) and rotation (radians) of a native image."""
    if band == "xmm":  # pipeline images have north up, mosaics any orientation
        turn = 0.0 if rng.random() < 0.5 else rng.uniform(0, 2 * np.pi)
        return _XRAY_PIXELS, EPIC_PN.pixel, turn
    return _PLATE_PIXELS, PLATE_RED.pixel, rng.uniform(-0.08, 0.08)


def _make_xray(scene, wcs, x, y, rng):
    counts, exposure = xray_image(
        scene.sources, scene.pointing, x, y, rng, artifact=scene.kind == "artifact"
    )
    if scene.exposure_map:
        return SkyImage(counts, wcs, "counts", exposure, name="simulated XMM-Newton")
    if rng.random() < 0.5:
        return SkyImage(counts, wcs, "counts", name="simulated XMM-Newton")
    seen = exposure > 0.05 * scene.pointing.time
    rate = np.divide(counts, exposure, out=np.full(counts.shape, np.nan, np.float32), where=seen)
    return SkyImage(rate, wcs, "rate", name="simulated XMM-Newton")


def _make_plate(scene, wcs, x, y, rng):
    plate = optical_image(scene.sources, PLATE_RED, x, y, rng)
    return SkyImage(plate, wcs, "intensity", name="simulated DSS2")


#: Random streams: the sky itself, then one per band (NumPy takes a missing number for zero).
_STREAMS = ("sky", "xmm", "dss2-red")
_MAKE = {"xmm": _make_xray, "dss2-red": _make_plate}


def _truth(number, center, scene):
    """One row of the truth table: physics decides whether the target is a cluster."""
    pointing = scene.pointing
    near = [s for s in scene.sources if np.hypot(s.x, s.y) <= LIMITS["distance"]]
    clusters = [
        s
        for s in near
        if s.kind == "cluster" and s.m500 >= LIMITS["m500"] and s.flux >= LIMITS["flux"]
    ]
    main = clusters[0] if clusters else None
    empty = scene.kind in ("blank", "artifact")
    flux = main.flux if main else sum(0.0 if empty else s.flux for s in near)
    return {
        "target_id": number,
        "ra": center.ra.deg,
        "dec": center.dec.deg,
        "is_cluster": main is not None,
        "kind": scene.kind,
        "z": main.z if main else np.nan,
        "m500": main.m500 if main else np.nan,
        "r500": main.r500 if main else np.nan,
        "flux": flux,
        "counts": flux * pointing.counts_per_flux,
        "exposure": pointing.time * float(pointing.camera.vignetting(pointing.off_axis)),
        "off_axis": pointing.off_axis / 60,
        "camera": pointing.camera.name,
        "exposure_map": scene.exposure_map,
    }
