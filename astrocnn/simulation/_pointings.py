"""Pointings: which camera looks at a target, for how long, how far off its axis."""

from dataclasses import replace

import numpy as np

from ..surveys import PointSpread
from ._xray import Pointing

__all__ = ["draw_pointing", "draw_varied_pointing"]


def draw_pointing(cameras: dict, rng: np.random.Generator) -> Pointing:
    """Draw a pointing of version 2 of the simulation.

    Parameters
    ----------
    cameras : dict of XrayCamera to float
        Cameras of a telescope, with the fraction of targets that each sees.
    rng : `numpy.random.Generator`
        Source of randomness.
    """
    camera = list(cameras)[rng.choice(len(cameras), p=list(cameras.values()))]
    distance = 800 * np.sqrt(rng.random())
    angle = rng.uniform(0, 2 * np.pi)
    time = 10 ** rng.uniform(*np.log10(camera.exposure))
    scans = camera.chips is None
    return Pointing(
        camera,
        time=time,
        axis_x=0.0 if scans else distance * np.cos(angle),
        axis_y=0.0 if scans else distance * np.sin(angle),
        roll=rng.uniform(0, 2 * np.pi),
        background=float(np.exp(rng.normal(0, 0.35))),
        gaps=bool(rng.random() < 0.8),
        nh=float(np.clip(10 ** rng.normal(20.45, 0.25), 1e20, 2e21)),
    )


def draw_varied_pointing(cameras: dict, rng: np.random.Generator) -> Pointing:
    """Draw a pointing of version 3: see `draw_pointing`.

    Targets are anywhere in the field of view, up to its edge. The background varies over a decade,
    the exposure of a survey by up to a third across 10 arcmin. The point-spread function is the
    one of the camera's optics, varied: no model of it is exact.
    """
    pointing = draw_pointing(cameras, rng)
    camera = pointing.camera
    changes = {"background": float(10 ** rng.uniform(-0.5, 0.5))}
    if camera.chips is None:
        changes["gradient"] = tuple(rng.uniform(-0.35, 0.35, 2) / 600.0)
    else:
        stretch = 0.985 * camera.field_radius / 800.0
        changes["axis_x"] = pointing.axis_x * stretch
        changes["axis_y"] = pointing.axis_y * stretch
    pointing = replace(pointing, **changes)
    if camera.optics is None:
        return pointing
    return replace(pointing, psf=_varied(pointing.nominal_psf, rng))


def _varied(psf: PointSpread, rng) -> PointSpread:
    """A point-spread function as it is: 8 % in size, 12 % in its wings, more or less drawn out."""
    return PointSpread(
        psf.half_radius * float(np.exp(rng.normal(0, 0.08))),
        1 + (psf.slope - 1) * float(np.exp(rng.normal(0, 0.12))),
        psf.stretch * float(np.exp(abs(rng.normal(0, 0.15)))),
        psf.angle + float(rng.normal(0, 0.25)),
    )
