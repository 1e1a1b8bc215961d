"""Keywords of headers that say where an image comes from."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np

__all__ = ["FILTER", "INSTRUMENT", "TELESCOPE", "axis_waveband", "beam_width", "first_word"]

#: Keywords of telescope, instrument and filter, the most telling first.
TELESCOPE = ("TELESCOP", "MISSION", "OBSERVAT", "FPA.TELESCOPE")
INSTRUMENT = ("INSTRUME", "DETNAM", "FPA.INSTRUMENT")
FILTER = (
    "FILTER", "FILTNAM", "FILTNAM1", "FILTERS", "FILTER1", "FILTER2", "BAND", "BANDS", "FPA.FILTER",
    "FPA.FILTERID", "ESO INS FILT1 NAME", "FILT", "FILTERID", "FILTNAME", "FILTER01", "FILTER02",
    "BANDNAME", "PASSBAND", "BANDPASS", "PHYSFILT", "WFFBAND", "INSFLNAM", "HSTFILT", "EMULSION",
)  # fmt: skip
_BEAM = ("BMAJ", "BEAMMAJ", "CLEANBMJ")
#: Words that say nothing.
_NOTHING = re.compile(
    r"|[\d.]+|unknown|none|null|n/?a|undefined?|unset|indef|not \w+|-+|\?+|various|multiple|merged?"
    r"|combined|mosaic|all|any|sim\w*|test|mock|synthetic|astrocnn.*"
)
#: Frequencies (Hz) from which on light is no radio wave.
_LIGHT = 1e13


def first_word(headers: Sequence[Mapping], keys: Sequence[str]) -> str:
    """Return the first word of headers that says something; empty if none does."""
    for header in headers:
        for key in keys:
            value = header.get(key)
            text = "" if value is None or isinstance(value, bool) else str(value).strip()
            if not _NOTHING.fullmatch(text.lower()):
                return text
    return ""


def axis_waveband(header: Mapping) -> str:
    """Return ``radio`` where an axis of an image is one of radio frequencies (Hz), or nothing."""
    for axis in range(3, 6):
        if str(header.get(f"CTYPE{axis}", "")).strip().upper().startswith("FREQ"):
            with suppress(TypeError, ValueError):
                return "radio" if float(header.get(f"CRVAL{axis}", 0)) < _LIGHT else ""
    return ""


def beam_width(headers: Sequence[Mapping]) -> float | None:
    """Return the major axis of the beam (arcsec): headers have degrees, a few of them arcsec."""
    for header in headers:
        for key in _BEAM:
            try:
                value = float(header[key])
            except (KeyError, TypeError, ValueError):
                continue
            if 0 < value < np.inf:
                return value * 3600 if value < 1 else value
    return None
