"""The truth table: what a simulated target is, and all that makes it easy or hard."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from ._clusters import LIMITS
from ._population import Source
from ._spectra import hard_share
from ._xray import Pointing, source_spectrum

__all__ = ["TRUTH_CLASSES", "VERSION", "truth_row", "truth_table"]

#: Version of the simulation: the same version, seed and number give the same pixels.
VERSION = 2

#: Classes of the public data set of Kosiba et al. (2020); the first two are clusters.
TRUTH_CLASSES = ("low-z", "hi-z", "galaxy", "point", "other")
#: Redshift that parts near from distant clusters: what a photographic plate still shows.
_NEAR = 0.3

#: Truth columns: name -> (unit, description).
TRUTH_COLUMNS = {
    "target_id": (None, "Number of the target"),
    "ra": (u.deg, "Right ascension (ICRS)"),
    "dec": (u.deg, "Declination (ICRS)"),
    "is_cluster": (None, "Whether a cluster above the limits lies within 1 arcmin"),
    "truth_class": (None, "low-z or hi-z cluster, galaxy, point or other"),
    "kind": (None, "What was put at the target"),
    "z": (None, "Redshift of the cluster"),
    "m500": (u.Msun, "Mass within R500 of the cluster"),
    "r500": (u.arcsec, "Angular R500 of the cluster"),
    "kt": (u.keV, "Temperature of the cluster"),
    "flux": (u.erg / u.s / u.cm**2, "Flux of the target, 0.5-2 keV, before absorption"),
    "counts": (u.ct, "Expected net counts of the target (of a cluster within R500), gaps not seen"),
    "snr": (None, "Those counts over their noise and that of the background within 1 arcmin"),
    "extent": (u.arcsec, "Core radius of the extended emission; 0 for points"),
    "hardness": (None, "Observed (H - S) / (H + S) within 1 arcmin, S 0.5-1 and H 1-2 keV"),
    "offset": (u.arcsec, "Distance of the cluster from the target"),
    "agn_flux": (u.erg / u.s / u.cm**2, "Flux of the brightest active nucleus within 2 arcmin"),
    "exposure": (u.s, "Vignetted exposure at the target"),
    "off_axis": (u.arcmin, "Distance of the target from the optical axis"),
    "background": (None, "Factor on the X-ray background"),
    "nh": (u.cm**-2, "Hydrogen of the Galaxy in the line of sight"),
    "seeing": (u.arcsec, "Seeing of the first optical image (of the plate where there is none)"),
    "camera": (None, "X-ray camera and energy band"),
    "exposure_map": (None, "Whether the X-ray image comes with its exposure map"),
}
#: Columns that version 3 has beside them.
_VARIED_COLUMNS = {
    "blank_optics": (None, "Whether the optical images show another sky, or none"),
}


def truth_table(
    rows: list[dict],
    random_state: int | None = None,
    version: int = VERSION,
    limits: dict = LIMITS,
) -> QTable:
    """Return truth rows as a table with units and descriptions, marked as simulated.

    Examples
    --------
    >>> from astrocnn.simulation import simulate_field, truth_table
    >>> truth = truth_table([simulate_field(i, random_state=1).truth for i in range(3)])
    >>> len(truth), truth.meta["simulated"]
    (3, True)
    """
    columns = dict(TRUTH_COLUMNS)
    if version > 2 and all("blank_optics" in row for row in rows):
        columns |= _VARIED_COLUMNS
    table = QTable(rows=rows, names=list(columns)) if rows else QTable(names=columns)
    for name, (unit, description) in columns.items():
        if unit is not None:
            table[name] = table[name] * unit
        table[name].info.description = description
    table.meta = {
        "simulated": True,
        "simulation_version": version,
        "random_state": random_state,
        "cluster_limits": dict(limits),
    }
    return table


def truth_row(
    number: int,
    center: SkyCoord,
    kind: str,
    sources: list[Source],
    pointing: Pointing,
    rng: np.random.Generator,
    limits: dict = LIMITS,
    **nuisances,
) -> dict:
    """Return one row of the truth table: physics decides whether the target is a cluster."""
    near = [s for s in sources if np.hypot(s.x, s.y) <= limits["distance"]]
    cluster = _brightest(
        s
        for s in near
        if s.kind == "cluster"
        and s.m500 >= limits["m500"]
        and s.flux >= limits["flux"]
        and pointing.counts(s) >= limits.get("counts", 0.0)
    )
    empty = kind in ("blank", "artifact")
    others = [] if empty else [s for s in near if s.kind != "cluster"]
    seen = [cluster] if cluster else others
    counts = sum(map(pointing.counts, seen))
    background = _background(pointing)
    nuclei = [s.flux for s in sources if s.kind == "agn" and np.hypot(s.x, s.y) <= 120]
    return {
        "target_id": number,
        "ra": center.ra.deg,
        "dec": center.dec.deg,
        "is_cluster": cluster is not None,
        "truth_class": _truth_class(kind, cluster),
        "kind": kind,
        "z": cluster.z if cluster else np.nan,
        "m500": cluster.m500 if cluster else np.nan,
        "r500": cluster.r500 if cluster else np.nan,
        "kt": cluster.spectrum[1] if cluster else np.nan,
        "flux": sum(s.flux for s in seen),
        "counts": counts,
        "snr": counts / np.sqrt(counts + background),
        "extent": max((s.extent for s in seen), default=0.0),
        "hardness": _hardness(near, pointing, background, rng),
        "offset": float(np.hypot(cluster.x, cluster.y)) if cluster else np.nan,
        "agn_flux": max(nuclei, default=0.0),
        "exposure": pointing.effective_time,
        "off_axis": pointing.off_axis / 60,
        "background": pointing.background,
        "nh": pointing.nh,
        "camera": pointing.camera.name,
        **nuisances,
    }


def _brightest(sources):
    return max(sources, key=lambda s: s.flux, default=None)


def _truth_class(kind, cluster):
    if cluster:
        return "low-z" if cluster.z < _NEAR else "hi-z"
    if kind == "galaxy":
        return "galaxy"
    return "point" if kind in ("agn", "star", "pair") else "other"


def _background(pointing):
    """Expected background counts within 1 arcmin of the target."""
    camera = pointing.camera
    per_pixel = camera.sky_background * pointing.effective_time
    per_pixel += camera.particle_background * pointing.time
    pixels = np.pi * LIMITS["distance"] ** 2 / camera.pixel**2
    return per_pixel * pointing.background * pixels


def _hardness(near, pointing, background, rng):
    """Hardness as it would be observed: Poisson counts of both bands, background subtracted.

    Split at 1 keV between 0.5 and 2 keV, with the number of counts of the image's own band,
    whatever that is. A bit less than half of the background lies above 1 keV.
    """
    hard = soft = 0.0
    for source in near:
        counts = pointing.counts(source)
        spectrum = source_spectrum(source.spectrum)
        share = hard_share(pointing.camera.area, (0.5, 2.0), spectrum, pointing.nh)
        hard += counts * share
        soft += counts * (1 - share)
    expected = 0.45 * background, 0.55 * background
    found_hard = rng.poisson(hard + expected[0]) - expected[0]
    found_soft = rng.poisson(soft + expected[1]) - expected[1]
    total = found_hard + found_soft
    return float(np.clip((found_hard - found_soft) / total, -1, 1)) if total > 1 else 0.0
