"""Point-spread functions of X-ray telescopes, as they change over the field of view."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from .._registry import Registry

__all__ = ["OPTICS", "PointSpread", "XrayOptics"]


@dataclass(frozen=True)
class PointSpread:
    r"""An elliptical King profile, :math:`(1 + r^2 / r_c^2)^{-s}`.

    Parameters
    ----------
    half_radius : float
        Radius (arcsec) that holds half of the photons, of the profile as if it were round.
    slope : float
        Slope :math:`s`; above 1.
    stretch : float
        Longer axis over the shorter one, at the same area.
    angle : float
        Position angle (radians, from north through east) of the shorter axis: the direction of
        the optical axis, about which telescopes draw sources out.

    References
    ----------
    King 1962, AJ 67, 471; Ghizzardi 2002, XMM-SOC-CAL-TN-0022.

    Examples
    --------
    >>> from astrocnn.surveys import PointSpread
    >>> psf = PointSpread(half_radius=15.0, slope=1.75)
    >>> image = psf.image(4.0, 40)
    >>> image.shape, round(float(image.sum()), 6)
    ((81, 81), 1.0)
    """

    half_radius: float
    slope: float = 1.75
    stretch: float = 1.0
    angle: float = 0.0

    @classmethod
    def mean(cls, spreads: "Sequence[PointSpread]", weights: Sequence[float]) -> "PointSpread":
        """Return about what several images of one place, added, have; the angle of the heaviest.

        Examples
        --------
        >>> from astrocnn.surveys import PointSpread
        >>> PointSpread.mean([PointSpread(6.0), PointSpread(9.0)], [200, 100])
        PointSpread(half_radius=7.0, slope=1.75, stretch=1.0, angle=0.0)
        """
        weights = np.asarray(weights, dtype=float)
        weights = np.ones(len(spreads)) if not weights.sum() > 0 else weights
        values = [(one.half_radius, one.slope, one.stretch) for one in spreads]
        mean = np.average(values, axis=0, weights=weights)
        return cls(*mean.tolist(), spreads[int(weights.argmax())].angle)

    @property
    def core(self) -> float:
        """Core radius :math:`r_c` (arcsec)."""
        return self.half_radius / np.sqrt(2 ** (1 / (self.slope - 1)) - 1)

    def image(self, pixel: float, half_size: int, oversampling: int = 1) -> np.ndarray:
        """Return the profile on pixels, north up and east left.

        Parameters
        ----------
        pixel : float
            Side of a pixel (arcsec).
        half_size : int
            Pixels on each side of the central one.
        oversampling : int
            Points along the side of a pixel that are averaged.

        Returns
        -------
        ndarray of shape (2 * half_size + 1, 2 * half_size + 1)
            With a sum of one.
        """
        n = (2 * half_size + 1) * oversampling
        at = (np.arange(n) - (n - 1) / 2) * pixel / oversampling
        profile = self.profile(-at[np.newaxis, :], at[:, np.newaxis])
        shape = (2 * half_size + 1, oversampling) * 2
        profile = profile.reshape(shape).mean(axis=(1, 3))
        return profile / profile.sum()

    def profile(self, east: np.ndarray, north: np.ndarray) -> np.ndarray:
        """Return the profile, one at its center, at offsets (arcsec)."""
        along = east * np.sin(self.angle) + north * np.cos(self.angle)
        across = east * np.cos(self.angle) - north * np.sin(self.angle)
        radius2 = along**2 * self.stretch + across**2 / self.stretch
        return (1 + radius2 / self.core**2) ** -self.slope


@dataclass(frozen=True)
class XrayOptics:
    r"""How the point-spread function and the effective area of a telescope change off axis.

    With :math:`t`, the distance from the optical axis in units of ``field_radius``, the half-energy
    radius is :math:`r_0 (1 + g t^p)`, the slope goes from its first to its second value and the
    stretch from one to its value at the edge with :math:`t^2`, and the area relative to the axis
    is :math:`1 / (1 + (d / v)^2)` at a distance :math:`d`.

    Parameters
    ----------
    half_radius : float
        Half-energy radius on axis (arcsec), :math:`r_0`.
    growth, power : float
        :math:`g` and :math:`p`.
    slope : tuple of float
        Slope of the King profile on axis and at the edge.
    stretch : float
        Stretch at the edge.
    field_radius : float
        Radius of the field of view (arcsec).
    vignetting : float
        Distance :math:`v` (arcsec) at which half of the area is left.
    response : float
        Counts of a source per second on axis, relative to other cameras of the telescope; only the
        ratio of two of them has a meaning.

    Examples
    --------
    >>> from astrocnn.surveys import XrayOptics
    >>> optics = XrayOptics(7.0, growth=0.5, power=2.0, slope=(1.6, 1.9), stretch=1.4)
    >>> optics.at(0.0).half_radius, round(optics.at(840.0).half_radius, 2)
    (7.0, 10.5)
    """

    half_radius: float
    growth: float = 0.0
    power: float = 2.0
    slope: tuple[float, float] = (1.75, 1.75)
    stretch: float = 1.0
    field_radius: float = 840.0
    vignetting: float = np.inf
    response: float = 1.0

    def at(self, off_axis: float, angle: float = 0.0) -> PointSpread:
        """Return the point-spread function at a place of the field.

        Parameters
        ----------
        off_axis : float
            Distance from the optical axis (arcsec).
        angle : float
            Position angle (radians, from north through east) of the axis seen from there.
        """
        t = min(off_axis / self.field_radius, 1.2)
        inner, outer = self.slope
        return PointSpread(
            self.half_radius * (1 + self.growth * t**self.power),
            inner + (outer - inner) * t**2,
            1 + (self.stretch - 1) * t**2,
            angle,
        )

    def area(self, off_axis: np.ndarray) -> np.ndarray:
        """Return the effective area relative to the axis at a distance (arcsec)."""
        return 1 / (1 + (np.asarray(off_axis, dtype=float) / self.vignetting) ** 2)

    def toward(self, coords: SkyCoord, axis: SkyCoord) -> list[PointSpread]:
        """Return the point-spread functions at positions of a pointed observation.

        Parameters
        ----------
        coords : `~astropy.coordinates.SkyCoord` of shape (n,)
            Positions.
        axis : `~astropy.coordinates.SkyCoord`
            Where the optical axis points; see `find_axis`.

        Examples
        --------
        >>> from astropy.coordinates import SkyCoord
        >>> from astrocnn.surveys import OPTICS
        >>> axis = SkyCoord(150.0, 2.0, unit="deg")
        >>> [psf] = OPTICS["epic-pn"].toward(SkyCoord([150.0], [2.2], unit="deg"), axis)
        >>> round(psf.half_radius, 1)
        10.1
        """
        coords = coords.reshape(-1)
        distance = coords.separation(axis).to_value(u.arcsec)
        angle = coords.position_angle(axis).to_value(u.rad)
        return [self.at(*pair) for pair in zip(distance.tolist(), angle.tolist(), strict=True)]


_EPIC = {"growth": 0.5, "slope": (1.6, 1.9), "stretch": 1.4, "vignetting": 580.0}

#: Optics of X-ray telescopes by name. XMM-Newton after Ghizzardi (2002), wider on axis, as the
#: brightest points of real images are; its growth off axis is a plain choice. Survey of eROSITA:
#: half-energy width of 30 arcsec (Merloni et al. 2024, A&A 682, A34); its pointings after Predehl
#: et al. 2021 (A&A 647, A1): sharp on axis, three times as wide at the edge of the field.
OPTICS = Registry(
    "X-ray optics",
    {
        "epic-pn": XrayOptics(7.4, **_EPIC),
        "epic-mos": XrayOptics(6.5, response=0.3, **_EPIC),
        "erosita-survey": XrayOptics(14.8),
        "erosita-pointed": XrayOptics(
            8.0, growth=1.9, power=3.5, slope=(1.9, 2.3), stretch=1.3, field_radius=1860.0,
            vignetting=1350.0,
        ),
        "pspc-survey": XrayOptics(37.0),
    },
)  # fmt: skip
