"""Photon energies in the header of an image: keywords, filters of events, history."""

import re
from collections.abc import Mapping

from ..surveys._telescopes import event_channels, find_telescope
from ._energies import energy_range
from ._energy_keywords import (
    both_energies,
    channel_energies,
    stated_energies,
    unit_energies,
    widest_range,
)  # fmt: skip

__all__ = ["header_energies"]

_NUMBER = r"(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)"
#: What free text says of energies.
_TOLD = re.compile(
    r"\benerg\w*(?: ?(?:band|range|interval))?\s*(?:[:=]|is|of)\s*"
    r"(\d*\.?\d+ ?(?:k?ev)? ?(?:-|to) ?\d*\.?\d+ ?k?ev)", re.I
)  # fmt: skip
#: Keywords of titles, which may name energies with their unit.
_TITLES = ("EXTNAME", "TITLE", "OBJECT", "CONTENT", "DESCRIP", "DATATYPE", "IMAGE")
_IN_TEXT = re.compile(
    r"(?<![A-Za-z0-9.-])(\d*\.?\d+) ?(?:k?ev)? ?(?:-{1,2}|\u2013|to|< ?e(?:nergy)? ?<) ?"
    r"(\d*\.?\d+)[\])]? ?(k?ev)\b", re.I
)  # fmt: skip
#: Highest energy (keV) of filters that have no upper end: that of mirrors.
_MIRRORS = 12.0
#: Filters of events: ``PI in [500:2000]``, ``PI >= 500 && PI <= 2000``, ``PI ge 500``.
_PI_IN = re.compile(
    rf"\b(PI|ENERGY)\s*(?:\.?in\.?|=+)\s*[\[(]?\s*{_NUMBER}\s*[:,]\s*{_NUMBER}?\s*(?:[\]),]|$)",
    re.I,
)
_PI_FROM = re.compile(rf"\b(PI|ENERGY)\s*(?:>=?|\.g[et]\.| g[et] )\s*{_NUMBER}", re.I)
_TURNED = re.compile(rf"{_NUMBER}\s*(>=?|<=?)\s*(PI|ENERGY)\b", re.I)
_PI_TO = re.compile(rf"\b(PI|ENERGY)\s*(?:<=?|\.l[et]\.| l[et] )\s*{_NUMBER}", re.I)
#: Commands of xselect, and words of the ROSAT pipeline.
_PI_BETWEEN = re.compile(
    rf"\b(?:pha_cutoff|pi channels?|filter pi)\s*[:=]?\s*{_NUMBER}\s*(?:[-:,]|to|\s)\s*{_NUMBER}",
    re.I,
)
_BETWEEN = re.compile(rf"(?:{_NUMBER})?\s*:\s*{_NUMBER}")
#: Arguments of tasks that made an image: of XMM-Newton (channels), and of eROSITA and others.
_TASKS = (
    ("pimin", "pimax", True), ("pilow", "pihigh", True), ("phalcut", "phahcut", True),
    ("emin", "emax", False), ("elow", "ehigh", False),
)  # fmt: skip


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
    telescope = telescope or str(header.get("TELESCOP", ""))
    channels = event_channels(telescope, str(header.get("INSTRUME", "")))
    channel = channels.get("PI")
    # Filters and tasks without a telescope are written by tasks of XMM-Newton: channels of 1 eV.
    of_tasks = channel or (None if find_telescope(telescope) else (0.0, 1.0))
    return (
        stated_energies(header, channels, telescope)
        or _subspace(header, channel)
        or _filtered(str(header.get("SLCTEXPR", "")), of_tasks, one_sided=True)
        or _history(header, name, channel, of_tasks)
        or _told(header)
    )


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
        one = widest_range(
            channel_energies(*part, channel) if in_channels else unit_energies(*part, unit)
            for part in parts
        )
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
    return widest_range([_bounded(*one, channel) for one in found])


def _turned(match) -> str:
    """``PI >= 500`` for ``500 <= PI``."""
    return f"{match[3]} {match[2].translate(str.maketrans('<>', '><'))} {match[1]}"


def _energies_of(low, high, channel, in_channels):
    """Energies of two numbers, of channels or of energies without a unit."""
    return channel_energies(low, high, channel) if in_channels else unit_energies(low, high, "")


def _bounded(kind, low, high, channel):
    """Energies of a filter, which may have no upper end."""
    if high:
        return _energies_of(low, high, channel, kind.lower() == "pi")
    if kind.lower() == "energy":
        low = float(low) * (1e-3 if float(low) >= _MIRRORS else 1.0)
    elif channel is None:
        return None
    else:
        low = (channel[0] + channel[1] * float(low)) * 1e-3
    return energy_range(low, _MIRRORS)


def _history(header, name, own, channel):
    """Energies in the arguments of the tasks that made an image."""
    for line in _history_lines(header):
        between = _PI_BETWEEN.search(line) if own else None
        if between:
            return channel_energies(*between.groups(), own)
        found = _filtered(line, channel) or _listed(line, name, channel)
        for low_word, high_word, in_channels in _TASKS:
            pair = [
                re.search(rf"\b{w}\s*=\s*(['\"]?)\s*{_NUMBER}\s*\1(?=[\s,;)]|$)", line, re.I)
                for w in (low_word, high_word)
            ]
            if found is None and None not in pair:
                low, high = (match[2] for match in pair)
                found = _energies_of(low, high, channel, in_channels)
        told = _TOLD.search(line) if found is None else None
        if told:
            found = both_energies(told[1])
        if found is not None:
            return found
    return None


def _told(header):
    """Energies that titles and comments name with their unit, where they name one range only."""
    texts = [str(header.get(key, "")) for key in _TITLES] + _history_lines(header)
    found = {unit_energies(*match) for text in texts for match in _IN_TEXT.findall(text)} - {None}
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
            return channel_energies(low, high, channel)
    return None


def _stem(name) -> str:
    return name.partition(".")[0].lower()
