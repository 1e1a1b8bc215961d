"""Photon energies in the header of an image: keywords, filters of events, history."""

import re
from collections.abc import Mapping

import numpy as np

from ..surveys._telescopes import find_telescope
from ._energies import energy_range, name_energies

__all__ = ["header_energies"]

#: A number of a header that has no unit is in eV above this, else in keV.
_LARGEST_KEV = 300.0
_NUMBER = r"(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)"
#: Pairs of keywords, with nothing or a number behind them (``EMIN1``).
_PAIRS = (
    ("EMIN", "EMAX"), ("E_MIN", "E_MAX"), ("ENERGYLO", "ENERGYHI"), ("ENERG_LO", "ENERG_HI"),
    ("ENERGLO", "ENERGHI"), ("ENRGLO", "ENRGHI"), ("ENERGY_L", "ENERGY_H"), ("ELOW", "EHIGH"),
    ("E_LOW", "E_HIGH"), ("E_LO", "E_HI"), ("ELO", "EHI"), ("EBANDLO", "EBANDHI"),
    ("LO_ENE", "HI_ENE"), ("LOENERGY", "HIENERGY"), ("ENMIN", "ENMAX"), ("ENERGMIN", "ENERGMAX"),
    ("EN_MIN", "EN_MAX"), ("MINENERG", "MAXENERG"), ("EMINKEV", "EMAXKEV"),
)  # fmt: skip
#: The same in channels of ``PI`` (xselect, XIMAGE).
_CHANNELS = (
    ("PHALCUT", "PHAHCUT"), ("PILCUT", "PIHCUT"), ("PI_LO", "PI_HI"), ("PIMIN", "PIMAX"),
    ("MINCHAN", "MAXCHAN"),
)  # fmt: skip
#: Keywords with both energies and their unit: ``0.5-2 keV``.
_WORDS = ("EBAND", "E_BAND", "ENBAND", "ENERGY", "ENERGYBN", "ENERBAND", "BAND")
_INDEXED = re.compile(r"([A-Z_]+)(\d{0,2})")
#: Filters of events: ``PI in [500:2000]``, ``PI >= 500 && PI <= 2000``.
_PI_IN = re.compile(rf"\b(PI|ENERGY)\s*in\s*[\[(]\s*{_NUMBER}\s*:\s*{_NUMBER}\s*[\])]", re.I)
_PI_FROM = re.compile(rf"\b(PI|ENERGY)\s*(?:>=?|\.g[et]\.)\s*{_NUMBER}", re.I)
_PI_TO = re.compile(rf"\b(PI|ENERGY)\s*(?:<=?|\.l[et]\.)\s*{_NUMBER}", re.I)
_BETWEEN = re.compile(rf"(?:{_NUMBER})?\s*:\s*{_NUMBER}")
#: Arguments of tasks that made an image: of XMM-Newton (channels), and of eROSITA and others.
_TASKS = (("pimin", "pimax", True), ("emin", "emax", False), ("elow", "ehigh", False))


def header_energies(
    header: Mapping, telescope: str = "", name: str = ""
) -> tuple[float, float] | None:
    """Return the photon energies that the header of an image states.

    Keywords (``EMIN1`` and ``EMAX1``, ``E_MIN``, ``ENERGYLO`` ...) go before the data subspace
    (``DSVALn`` of ``energy`` or ``PI``), this before the filter of the events (``SLCTEXPR``), and
    that before arguments of tasks in ``XPROCn`` and ``HISTORY`` (``pimin=500 pimax=2000``).

    Parameters
    ----------
    header : `~astropy.io.fits.Header` or mapping
        Header of the image.
    telescope : str
        Whose channels ``PI`` counts; by default ``TELESCOP`` of the header.
    name : str
        Name of the file: of a task that made several images, which one it is.

    Returns
    -------
    tuple of float or None
        Lowest and highest energy (keV); None where the header does not tell.

    Examples
    --------
    >>> from astrocnn.providers._energy_header import header_energies
    >>> header_energies({"TELESCOP": "XMM", "SLCTEXPR": "PATTERN<=4 && PI in [2000:10000]"})
    (2.0, 10.0)
    >>> header_energies({"DSTYP3": "ENERGY", "DSVAL3": "500:7000", "DSUNI3": "eV"})
    (0.5, 7.0)
    """
    known = find_telescope(telescope or str(header.get("TELESCOP", "")))
    channel = None if known is None else known.channel
    # Filters and tasks without a telescope are written by tasks of XMM-Newton: channels of 1 eV.
    of_tasks = channel or ((0.0, 1.0) if known is None else None)
    return (
        _stated(header, channel)
        or _subspace(header, channel)
        or _filtered(str(header.get("SLCTEXPR", "")), of_tasks)
        or _history(header, name, of_tasks)
    )


def _kev(low, high, unit) -> tuple[float, float] | None:
    """Energies in a stated unit, or in the one that their size tells."""
    factor = {"kev": 1.0, "ev": 1e-3, "mev": 1e3, "gev": 1e6}.get(unit.strip(" []()").lower())
    return energy_range(low, high, factor or (1e-3 if float(high) >= _LARGEST_KEV else 1.0))


def _of_channels(low, high, channel) -> tuple[float, float] | None:
    """Energies of channels of ``PI``."""
    if channel is None:
        return None
    return energy_range(*((channel[0] + channel[1] * float(x)) * 1e-3 for x in (low, high)))


def _stated(header, channel):
    """Energies of pairs of keywords; of several numbered pairs from the lowest to the highest."""
    keys = {}
    for key in header:
        match = _INDEXED.fullmatch(str(key).upper())
        if match:
            keys.setdefault(match[1], {})[match[2]] = key
    for low_word, high_word in (*_PAIRS, *_CHANNELS):
        ranges = []
        for index, key in keys.get(low_word, {}).items():
            pair = [_number(header.get(k)) for k in (key, keys.get(high_word, {}).get(index, ""))]
            if None in pair:
                continue
            in_channels = (low_word, high_word) in _CHANNELS
            unit = "kev" if "KEV" in low_word else _comment_unit(header, key)
            ranges.append(_of_channels(*pair, channel) if in_channels else _kev(*pair, unit))
        found = _hull(ranges)
        if found is not None:
            return found
    texts = [header[word] for word in _WORDS if word in header]
    found = (name_energies(text.replace(" ", "")) for text in texts if isinstance(text, str))
    return next((energies for energies in found if energies is not None), None)


def _number(value) -> float | None:
    """A number of a header, or None."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) and number >= 0 else None


def _comment_unit(header, key) -> str:
    """Unit in the comment of a card (``[keV]``), if there is one."""
    comment = str(header.comments[key]) if hasattr(header, "comments") else ""
    match = re.search(r"\b([kM]?eV)\b", comment, re.I)
    return "" if match is None else match[1]


def _subspace(header, channel):
    """Energies of the data subspace (``DSTYPn``, ``DSVALn``): one filter after the other."""
    ranges = []
    for key in header:
        match = re.fullmatch(r"DSTYP(\d+)", str(key))
        kind = str(header[key]).strip().lower() if match else ""
        if kind not in ("energy", "pi"):
            continue
        values = [str(header.get(f"{k}DSVAL{match[1]}", "")) for k in ("", *range(2, 10))]
        unit = str(header.get(f"DSUNI{match[1]}", "")).strip().lower()
        in_channels = kind == "pi" and unit not in ("ev", "kev")
        parts = [(low or 0, high) for low, high in _BETWEEN.findall(",".join(values))]
        one = _hull([_of_channels(*p, channel) if in_channels else _kev(*p, unit) for p in parts])
        ranges += [] if one is None else [one]
    if not ranges:
        return None
    return energy_range(max(low for low, _ in ranges), min(high for _, high in ranges))


def _filtered(expression, channel):
    """Energies of a filter of events; alternatives are taken together."""
    found = _PI_IN.findall(expression)
    starts, ends = _PI_FROM.findall(expression), _PI_TO.findall(expression)
    if not found and starts and ends:
        found = [(starts[0][0], min((x for _, x in starts), key=float),
                  max((x for _, x in ends), key=float))]  # fmt: skip
    return _hull(
        [
            _of_channels(low, high, channel) if kind.lower() == "pi" else _kev(low, high, "")
            for kind, low, high in found
        ]
    )


def _history(header, name, channel):
    """Energies in the arguments of the tasks that made an image."""
    for line in _history_lines(header):
        found = _filtered(line, channel) or _listed(line, name, channel)
        for low_word, high_word, in_channels in _TASKS:
            pair = [
                re.search(rf"\b{w}\s*=\s*(['\"]?)\s*{_NUMBER}\s*\1(?=[\s,;)]|$)", line, re.I)
                for w in (low_word, high_word)
            ]
            if found is None and None not in pair:
                low, high = (match[2] for match in pair)
                found = _of_channels(low, high, channel) if in_channels else _kev(low, high, "")
        if found is not None:
            return found
    return None


def _history_lines(header):
    """Texts of ``XPROCn``, and of ``HISTORY``, whose lines of 72 characters go on in the next."""
    lines = [str(header[key]) for key in header if re.fullmatch(r"XPROC\d+", str(key))]
    history = header.get("HISTORY", "")
    text = ""
    for card in [history] if isinstance(history, str) else map(str, history):
        text += card if len(card) >= 72 else f"{card}\n"
    return [*lines, *text.split("\n")]


def _listed(line, name, channel):
    """Energies of one of the several images of a task: ``pimin='200 500' pimax='500 1000'``."""
    lists = [re.search(rf"\b{w}='([^']*)'", line) for w in ("expimageset", "pimin", "pimax")]
    if not name or None in lists:
        return None
    files, lows, highs = (match[1].split() for match in lists)
    for file, low, high in zip(files, lows, highs, strict=False):
        if _stem(file.rpartition("/")[2]) == _stem(name):
            return _of_channels(low, high, channel)
    return None


def _stem(name) -> str:
    return name.partition(".")[0].lower()


def _hull(ranges):
    """Lowest and highest energy of those ranges that are known, or None."""
    known = [one for one in ranges if one is not None]
    return (min(a for a, _ in known), max(b for _, b in known)) if known else None
