"""Photon energies of images: those in a file's name, and which of them belong to a band."""

import re
from collections.abc import Iterable

import numpy as np
from astropy import units as u

from ..surveys import Band

__all__ = [
    "energies_inside", "energy_range", "has_energy_unit", "name_energies", "share_energies",
    "told_energies", "widest_apart",
]  # fmt: skip

#: An image belongs to a band if at least this fraction of its energy range lies in the band's.
_INSIDE = 1 / 3
#: With a unit: ``-0.50-2.00keV``, ``0p5to2p0keV``, ``500_2000eV``; not ``0.5-2_events``.
_WITH_UNIT = re.compile(
    r"(?<![\d.p])(\d+(?:[.p]\d+)?)_?(?:k?ev)?(?:[-_:]|to|_-_|_to_)(\d+(?:[.p]\d+)?)_?(k?ev)(?!t|ent)",
    re.IGNORECASE,
)
#: The same with points that became underscores: ``0_5-2_0keV``.
_WITH_UNDERSCORE = re.compile(r"(?<![\d.])(\d{1,2}_\d{1,2})-(\d{1,2}_\d{1,2})_?kev(?!t|ent)", re.I)
#: With points (keV): ``0.5-7.0_flux``, ``0p5_7p0``, ``e0.5to7.0``.
_WITH_POINT = re.compile(
    r"(?:(?<![A-Za-z\d.+])|(?<=[-_.]e)|(?<=^e))(\d{1,2}[.p]\d+)(?:[-_]|to)"
    r"(\d{1,2}(?:[.p]\d+)?)(?![.p]?\d)", re.IGNORECASE
)  # fmt: skip
#: Whole numbers (eV): ``img_0300_0600``, ``pnS003-obj-im-400-1250``, ``PI500-2000``.
_IN_EV = re.compile(
    r"(?:(?<![^-_])|(?<=[-_]e)|(?<=[-_]pi))(?=(\d{3,5})(?:[-_]|to)(\d{3,5})(?=[-_.]|$))", re.I
)


def name_energies(name: str) -> tuple[float, float] | None:
    """Return the photon energies (keV) in the name of a file, or None.

    Examples
    --------
    >>> from astrocnn.providers._energies import name_energies
    >>> name_energies("0201903501_pn_exp1-0.50-2.00keVimg.fits.gz")
    (0.5, 2.0)
    >>> name_energies("img_0300_0600.fits"), name_energies("field_2010_2011.fits")
    ((0.3, 0.6), None)
    """
    match = _WITH_UNDERSCORE.search(name)
    if match:
        return energy_range(*(float(text.replace("_", ".")) for text in match.groups()))
    match = _WITH_UNIT.search(name)
    if match:
        low, high = (float(match[k].lower().replace("p", ".")) for k in (1, 2))
        return energy_range(low, high, 1e-3 if match[3].lower() == "ev" else 1.0)
    match = _WITH_POINT.search(name)
    if match:
        low, high = (float(text.lower().replace("p", ".")) for text in match.groups())
        return energy_range(low, high) if low >= 0.05 and high <= 15 else None
    for match in _IN_EV.finditer(name):
        low, high = map(int, match.groups())
        if 100 <= low < high <= 15000 and low % 50 == high % 50 == 0:
            return energy_range(low, high, 1e-3)
    return None


def has_energy_unit(name: str) -> bool:
    """Say whether the name of a file has energies with their unit.

    Examples
    --------
    >>> from astrocnn.providers._energies import has_energy_unit
    >>> has_energy_unit("a_0.5-2keV.fits"), has_energy_unit("img_0300_0600.fits")
    (True, False)
    """
    return bool(_WITH_UNIT.search(name) or _WITH_UNDERSCORE.search(name))


def energy_range(low: float, high: float, unit: float = 1.0) -> tuple[float, float] | None:
    """Return two numbers, in a unit of so many keV, if they are a range of energies."""
    low, high = float(low) * unit, float(high) * unit
    return (round(low, 9), round(high, 9)) if 0 <= low < high < np.inf else None


def energies_inside(energies: tuple[float, float] | None, band: Band) -> bool:
    """Say whether an image of these energies belongs to a band.

    It does if a third of its range lies inside of the band's: 1-2 keV belongs to 0.5-2 keV.

    Parameters
    ----------
    energies : tuple of float or None
        Lowest and highest energy (keV); None, not known, belongs to any band.
    band : Band
        One without energies takes all.

    Examples
    --------
    >>> from astrocnn.providers._energies import energies_inside
    >>> from astrocnn.surveys import get_band
    >>> [energies_inside(x, get_band("xmm")) for x in ((1, 2), (0.2, 2.3), (0.5, 7), (2, 10), None)]
    [True, True, False, False, True]
    """
    if energies is None or band.energy is None:
        return True
    common = _common(energies, band)
    return bool(common > 0 and common >= _INSIDE * (energies[1] - energies[0]) - 1e-9)


def share_energies(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    """Say whether two energy ranges (keV) overlap; those that are not known may.

    Examples
    --------
    >>> from astrocnn.providers._energies import share_energies
    >>> share_energies((0.5, 1.0), (1.0, 2.0)), share_energies((0.5, 2.0), None)
    (False, True)
    """
    if one is None or other is None:
        return True
    return one[0] < other[1] - 1e-9 and other[0] < one[1] - 1e-9


def widest_apart(ranges: Iterable[tuple[float, float]], band: Band) -> list[tuple[float, float]]:
    """Choose energy ranges of a band that share no photon: the widest inside of it first.

    Parameters
    ----------
    ranges : iterable of tuple of float
        Lowest and highest energies (keV).
    band : Band
        One without energies takes all.

    Examples
    --------
    >>> from astrocnn.providers._energies import widest_apart
    >>> from astrocnn.surveys import get_band
    >>> widest_apart([(0.5, 1.0), (1.0, 2.0), (0.5, 2.0), (0.2, 2.3)], get_band("xmm"))
    [(0.5, 2.0)]
    """

    def order(span):
        inside = _common(span, band) >= round(span[1] - span[0], 9)
        return not inside, -_common(span, band), span

    chosen = []
    for span in sorted(set(ranges), key=order):
        if energies_inside(span, band) and not any(share_energies(span, x) for x in chosen):
            chosen.append(span)
    return chosen


def told_energies(energies: tuple[float, float]) -> str:
    """Return energies in words.

    Examples
    --------
    >>> from astrocnn.providers._energies import told_energies
    >>> told_energies((2.0, 10.0))
    '2-10 keV'
    """
    return f"{energies[0]:g}-{energies[1]:g} keV"


def _common(energies, band) -> float:
    """Width (keV) of what an energy range has in common with a band's; below 0 if nothing."""
    low, high = (0, np.inf) if band.energy is None else u.Quantity(band.energy).to_value(u.keV)
    return round(min(high, energies[1]) - max(low, energies[0]), 9)
