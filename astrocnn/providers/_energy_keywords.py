"""Keywords of headers that state photon energies: both ends, a text with both, a band's name."""

import re
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from ._energies import energy_range, name_energies
from ._energy_words import word_energies

__all__ = ["both_energies", "channel_energies", "stated_energies", "unit_energies", "widest_range"]

#: A number of a header that has no unit is in eV above this, else in keV.
_LARGEST_KEV = 300.0
#: What keywords are of: energies, channels of ``PI``, and channels of ``PHA``.
_KINDS = {
    "energy": r"E|EN|ENER?|ENERGY?|ENR?GY?|ENRG|EBAND|EB|BAND|ENBAND",
    "PI": r"PI|PICUT|PICHAN|CHAN(?:NEL)?",
    "PHA": r"PHA|PHACHAN|AMPL?",
}
#: Words for the lower and the upper end, which go together.
_ENDS = (
    ("MIN", "MAX"), ("MN", "MX"),
    ("LO(?:W(?:ER)?)?|L", "HI(?:GH(?:ER)?)?|UP(?:P(?:ER)?)?|H|U"),
)  # fmt: skip
_UNIT = r"(?P<unit>_?K?EV)?(?:_?(?P<index>\d{1,2}))?"
#: Ends of channels in the words of xselect: the end stands in the middle.
_CUTS = {"PHALCUT": False, "PHAHCUT": True, "PILCUT": False, "PIHCUT": True}
#: The first and the second of two energies (``E1``, ``E2``), which may be something else.
_TWO = re.compile(r"(E|EN|ENER?|ENERGY?|ENRG|EBAND)_?([123])")
_LEAST_SURE = 1.0
#: Keywords with both energies: ``0.5-2 keV``; BAND and FILTER may be anything else.
_TEXTS = re.compile(
    r"(?:(?:E|EN|ENER?|ENERGY?|ENRG|ENG)_?(?:BAND|BA?N?D|BN|RANGE?|RNG|R|INT)?|BAND)\d?|FILT(?:ER|NAM)"
)
_LOOSE = re.compile(r"BAND\d?|FILT(?:ER|NAM)")
_BOTH = re.compile(
    r"[\[(]?\s*(\d*\.?\d+)\s*(k?ev)?(?:\s*(?:[-:,;~\u2013]+|to|\.\.)\s*|\s+)(\d*\.?\d+)\s*[\])]?"
    r"\s*(k?ev)?[\])]?", re.I
)  # fmt: skip
#: Keywords of the unit of energies.
_UNITS = ("E_UNIT", "EUNIT", "EN_UNIT", "ENERUNIT", "ENUNIT")


def stated_energies(
    header: Mapping, channels: Mapping[str, tuple], telescope: str = ""
) -> tuple[float, float] | None:
    """Return the photon energies (keV) that keywords of a header state, or None.

    Of several numbered pairs (``EMIN1``, ``EMAX1``, ``EMIN2`` ...) these are the lowest and the
    highest energy.

    Parameters
    ----------
    header : mapping
        Header of an image.
    channels : mapping
        Energy (eV) of channel 0, and width of a channel, of ``PI`` and of ``PHA``, where they are
        known.
    telescope : str
        Whose names of bands (``hard``) count.

    Examples
    --------
    >>> from astrocnn.providers._energy_keywords import stated_energies
    >>> stated_energies({"LOWENRGY": 0.5, "HIGHENRG": 2.0}, {})
    (0.5, 2.0)
    >>> stated_energies({"PI_MIN": 50, "PI_MAX": 200}, {"PI": (0.0, 10.0)})
    (0.5, 2.0)
    """
    for (kind, *_), pairs in _pairs(header).items():
        ranges = []
        for (low_key, high_key), unit in pairs:
            low, high = _number(header.get(low_key)), _number(header.get(high_key))
            if None in (low, high):
                continue
            if kind == "energy":
                ranges.append(unit_energies(low, high, unit or _value_unit(header, low_key)))
            else:
                ranges.append(channel_energies(low, high, channels.get(kind)))
        found = widest_range(ranges)
        if found is not None:
            return found
    return _two_numbers(header) or _texts(header, telescope)


def _pairs(header) -> dict:
    """Keywords of both ends, and their unit, by what they are of; energies before channels."""
    ends = {}
    for key in map(str, header):
        for kind, family, form, upper, unit, index in _parsed(key.upper()):
            ends.setdefault((kind, family, form), {}).setdefault(upper, {})[index] = key, unit
    found = {}
    for name in sorted(ends, key=lambda name: [*_KINDS].index(name[0])):
        lower, upper = (ends[name].get(side, {}) for side in (False, True))
        pairs = [((lower[k][0], upper[k][0]), lower[k][1]) for k in lower if k in upper]
        if pairs:
            found[name] = pairs
    return found


@lru_cache(maxsize=4096)
def _parsed(key) -> list[tuple]:
    """What a keyword may be: kind, ends and word, whether the upper end, unit and number."""
    if key in _CUTS:
        return [("PI", "cut", "", _CUTS[key], "", None)]
    found = []
    for kind, words in _KINDS.items():
        for family, sides in enumerate(_ENDS):
            for upper, end in enumerate(sides):
                match = re.fullmatch(rf"(?P<word>{words})_?(?:{end}){_UNIT}", key)
                word = match["word"] if match else ""
                # Words behind the end are cut to eight letters together: LOWENRGY, HIGHENRG.
                match = match or re.fullmatch(rf"(?:{end})_?(?:{words}){_UNIT}", key)
                if match:
                    rest = match["unit"] or "", match["index"]
                    found.append((kind, family, word, bool(upper), *rest))
    return found


def _two_numbers(header):
    """Energies of ``E1`` and ``E2``, if these can be nothing else."""
    words = {}
    for key in map(str, header):
        match = _TWO.fullmatch(key.upper())
        if match:
            words.setdefault(match[1], {})[match[2]] = key
    for keys in words.values():
        if set(keys) != {"1", "2"}:
            continue
        low, high = (_number(header[keys[k]]) for k in "12")
        unit = _value_unit(header, keys["1"])
        found = None if None in (low, high) else unit_energies(low, high, unit)
        if found and (unit or found[1] >= _LEAST_SURE):
            return found
    return None


def _texts(header, telescope):
    """Energies in a text with both, or by the name of a band."""
    keys = [key for key in header if _TEXTS.fullmatch(str(key).upper())]
    found = (_text(str(key).upper(), header[key], telescope) for key in keys)
    return next((energies for energies in found if energies is not None), None)


def _text(key, value, telescope):
    if not isinstance(value, str):
        return None
    energies = both_energies(value, bool(_LOOSE.fullmatch(key)))
    return energies or (None if key.startswith("FILT") else word_energies(value, telescope))


def both_energies(text: str, needs_unit: bool = False) -> tuple[float, float] | None:
    """Return the energies (keV) of a text that is nothing else (``0.5-2 keV``), or None.

    Examples
    --------
    >>> from astrocnn.providers._energy_keywords import both_energies
    >>> both_energies("500:2000"), both_energies("1-2", needs_unit=True)
    ((0.5, 2.0), None)
    """
    match = _BOTH.fullmatch(text.strip())
    if match is None or (needs_unit and not (match[2] or match[4])):
        return None if match else name_energies(text.replace(" ", ""))
    return unit_energies(match[1], match[3], match[4] or match[2] or "")


def unit_energies(low, high, unit: str) -> tuple[float, float] | None:
    """Return energies (keV) of numbers in a stated unit, or in the one that their size tells."""
    factor = {"kev": 1.0, "ev": 1e-3, "mev": 1e3, "gev": 1e6}.get(unit.strip(" _[]()").lower())
    return energy_range(low, high, factor or (1e-3 if float(high) >= _LARGEST_KEV else 1.0))


def channel_energies(low, high, channel) -> tuple[float, float] | None:
    """Return energies (keV) of channels; None where it is not known what they are."""
    if channel is None:
        return None
    return energy_range(*((channel[0] + channel[1] * float(x)) * 1e-3 for x in (low, high)))


def widest_range(ranges) -> tuple[float, float] | None:
    """Return the lowest and the highest energy of those ranges that are known, or None."""
    known = [one for one in ranges if one is not None]
    return (min(a for a, _ in known), max(b for _, b in known)) if known else None


def _number(value) -> float | None:
    """A number of a header, or None."""
    if isinstance(value, str):
        value = re.sub(r"\s*\[?k?eV\]?$", "", value.strip(), flags=re.I)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) and number >= 0 else None


def _value_unit(header, key) -> str:
    """Unit behind a value, or in the comment of its card (``[keV]``), if there is one."""
    comment = str(header.comments[key]) if hasattr(header, "comments") else ""
    stated = next((str(header[k]) for k in _UNITS if k in header), "")
    match = re.search(r"\b([kMG]?eV)\b", f"{header[key]} {comment} {stated}", re.I)
    return "" if match is None else match[1]
