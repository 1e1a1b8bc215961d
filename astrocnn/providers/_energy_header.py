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
#: Keywords of the lower end of energies (``EMIN``, ``ENERGYLO``, ``LO_ENERG``); that of the upper
#: end has the same name but for the end.
_ENERGY_WORD = r"E|EN|ENER?|ENERGY?|ENRG|EBAND|EB|BAND|ENBAND"
_LOWER = re.compile(
    rf"(?:(?P<word>{_ENERGY_WORD})_?(?P<end>MIN|LOW?|L)|(?P<first>MIN|LOW?)_?(?P<last>{_ENERGY_WORD}))"
    r"(?P<unit>_?KEV)?"
)
_UPPER = {"MIN": ("MAX",), "LO": ("HI", "UP"), "LOW": ("HIGH", "HI", "UP"), "L": ("H", "U")}
#: The same in channels of ``PI`` (xselect, XIMAGE).
_CHANNELS = (
    ("PHALCUT", "PHAHCUT"), ("PILCUT", "PIHCUT"), ("PI_LO", "PI_HI"), ("PIMIN", "PIMAX"),
    ("MINCHAN", "MAXCHAN"),
)  # fmt: skip
#: Keywords with both energies: ``0.5-2 keV``; BAND may be anything else.
_WORDS = re.compile(r"(?:E|EN|ENER?|ENERGY?|ENRG)_?(?:BAND|BN|RANGE?|RNG|R|INT)?|BAND")
_BOTH = re.compile(
    r"[\[(]?(\d*\.?\d+)(k?ev)?(?:[-:,;~\u2013]|to|\.\.)+(\d*\.?\d+)[\])]?(k?ev)?", re.I
)
_INDEXED = re.compile(r"([A-Z_]+?)(?:_?(\d{1,2}))?")
#: What free text says of energies.
_TOLD = re.compile(
    r"\benerg\w*(?: ?(?:band|range|interval))?\s*(?:[:=]|is|of)\s*"
    r"(\d*\.?\d+ ?(?:k?ev)? ?(?:-|to) ?\d*\.?\d+ ?k?ev)", re.I
)  # fmt: skip
#: Keywords of the unit of energies; and those of titles, which may name them with their unit.
_UNITS = ("E_UNIT", "EUNIT", "EN_UNIT", "ENERUNIT", "ENUNIT")
_TITLES = ("EXTNAME", "TITLE", "OBJECT", "CONTENT", "DESCRIP", "DATATYPE", "IMAGE")
_IN_TEXT = re.compile(
    r"(?<![\w.-])(\d*\.?\d+) ?(?:k?ev)? ?(?:-|\u2013|to) ?(\d*\.?\d+) ?(k?ev)\b", re.I
)
#: Highest energy (keV) of filters that have no upper end: that of mirrors.
_MIRRORS = 12.0
#: Filters of events: ``PI in [500:2000]``, ``PI >= 500 && PI <= 2000``.
_PI_IN = re.compile(
    rf"\b(PI|ENERGY)\s*(?:in|=)\s*[\[(]?\s*{_NUMBER}\s*:\s*{_NUMBER}?\s*[\]),]", re.I
)
_PI_FROM = re.compile(rf"\b(PI|ENERGY)\s*(?:>=?|\.g[et]\.)\s*{_NUMBER}", re.I)
_TURNED = re.compile(rf"{_NUMBER}\s*(>=?|<=?)\s*(PI|ENERGY)\b", re.I)
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
    that before arguments of tasks in ``XPROCn`` and ``HISTORY`` (``pimin=500 pimax=2000``), and
    these before titles and comments that name one range (``2-10 keV``).

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
        or _filtered(str(header.get("SLCTEXPR", "")), of_tasks, one_sided=True)
        or _history(header, name, of_tasks)
        or _told(header)
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
    pairs = [(word, upper) for word in keys for upper in _uppers(word) if upper in keys]
    for low_word, high_word in (*pairs, *_CHANNELS):
        ranges = []
        for index, key in keys.get(low_word, {}).items():
            pair = [_number(header.get(k)) for k in (key, keys.get(high_word, {}).get(index, ""))]
            if None in pair:
                continue
            in_channels = (low_word, high_word) in _CHANNELS
            unit = "kev" if "KEV" in low_word else _value_unit(header, key)
            ranges.append(_of_channels(*pair, channel) if in_channels else _kev(*pair, unit))
        found = _hull(ranges)
        if found is not None:
            return found
    texts = [(word, header[word]) for word in keys if _WORDS.fullmatch(word) and word in header]
    found = (_both(word, text) for word, text in texts if isinstance(text, str))
    return next((energies for energies in found if energies is not None), None)


def _uppers(word) -> list[str]:
    """Keywords that have the upper end of what one has the lower end of."""
    match = _LOWER.fullmatch(word)
    if match is None:
        return []
    group = "end" if match["end"] else "first"
    start, end = match.span(group)
    return [word[:start] + upper + word[end:] for upper in _UPPER[match[group]]]


def _both(word, text):
    """Energies in the text of a keyword."""
    text = text.replace(" ", "")
    match = _BOTH.fullmatch(text)
    if match is None or (word == "BAND" and not (match[2] or match[4])):
        return name_energies(text)
    return _kev(match[1], match[3], match[4] or match[2] or "")


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
    match = re.search(r"\b([kM]?eV)\b", f"{header[key]} {comment} {stated}", re.I)
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


def _filtered(expression, channel, one_sided=False):
    """Energies of a filter of events; alternatives are taken together.

    One that has no upper, or no lower, end may be another step than that of the image.
    """
    expression = _TURNED.sub(_turned, expression)
    found = _PI_IN.findall(expression)
    starts, ends = _PI_FROM.findall(expression), _PI_TO.findall(expression)
    if not found and ((starts and ends) or (one_sided and (starts or ends))):
        found = [((starts or ends)[0][0], min((x for _, x in starts), key=float, default="0"),
                  max((x for _, x in ends), key=float, default=""))]  # fmt: skip
    return _hull([_bounded(*one, channel) for one in found])


def _turned(match) -> str:
    """``PI >= 500`` for ``500 <= PI``."""
    return f"{match[3]} {match[2].translate(str.maketrans('<>', '><'))} {match[1]}"


def _bounded(kind, low, high, channel):
    """Energies of a filter, which may have no upper end."""
    if high:
        return _of_channels(low, high, channel) if kind.lower() == "pi" else _kev(low, high, "")
    if kind.lower() == "energy":
        low = float(low) * (1e-3 if float(low) >= _MIRRORS else 1.0)
    elif channel is None:
        return None
    else:
        low = (channel[0] + channel[1] * float(low)) * 1e-3
    return energy_range(low, _MIRRORS)


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
        told = _TOLD.search(line) if found is None else None
        if told:
            found = _both("ENERGY", told[1])
        if found is not None:
            return found
    return None


def _told(header):
    """Energies that titles and comments name with their unit, where they name one range only."""
    texts = [str(header.get(key, "")) for key in _TITLES] + _history_lines(header)
    found = {_kev(*match) for text in texts for match in _IN_TEXT.findall(text)} - {None}
    return found.pop() if len(found) == 1 else None


def _history_lines(header):
    """Texts of ``XPROCn``, and of ``HISTORY``, whose lines of 72 characters go on in the next."""
    lines = [str(header[key]) for key in header if re.fullmatch(r"XPROC\d+", str(key))]
    text = ""
    for found in (header.get("HISTORY", ""), header.get("COMMENT", "")):
        for card in [found] if isinstance(found, str) else map(str, found):
            text += card if len(card) >= 72 else f"{card}\n"
        text += "\n"
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
