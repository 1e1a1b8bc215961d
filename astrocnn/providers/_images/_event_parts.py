"""Parts of an exposure that an image was made of: chips of the camera, patterns of events."""

import re
from collections.abc import Mapping

__all__ = ["chosen_chips", "chosen_patterns"]

_LARGEST = 31
#: Conditions of filters (``CCDNR==4``, ``PATTERN in [1:4]``, ``PATTERN<=4``).
_CONDITION = r"\b{}\s*(==|<=|>=|<|>|in)\s*([\[(]?[\d:,\s]*\d[\])]?)"
_CHIPS, _PATTERNS = (
    re.compile(_CONDITION.format(word), re.IGNORECASE)
    for word in ("(?:CCDNR|CCD_ID|CHIPNR)", "PATTERN")
)
#: What says which were not taken.
_NEGATED = re.compile(r"!\s*\(|(?:CCDNR|CCD_ID|CHIPNR|PATTERN)\s*!=|\bnot\b", re.IGNORECASE)


def chosen_chips(header: Mapping) -> frozenset[int] | None:
    """Return the chips that the events of an image were taken of; None where all may be.

    Examples
    --------
    >>> from astrocnn.providers._images._event_parts import chosen_chips
    >>> sorted(chosen_chips({"SLCTEXPR": "(CCDNR==4||CCDNR in [7:8]) && PI in [500:2000]"}))
    [4, 7, 8]
    >>> sorted(chosen_chips({"DSTYP2": "CCD_ID", "DSVAL2": "2:3"}))
    [2, 3]
    """
    found = [_numbers(*one) for one in _CHIPS.findall(_expression(header))]
    return frozenset().union(*found) if found else _subspace(header, ("CCDNR", "CCD_ID"))


def chosen_patterns(header: Mapping) -> frozenset[int] | None:
    """Return the patterns of events that an image was made of; None where all may be.

    Examples
    --------
    >>> from astrocnn.providers._images._event_parts import chosen_patterns
    >>> sorted(chosen_patterns({"SLCTEXPR": "PATTERN>=1 && PATTERN<=4"}))
    [1, 2, 3, 4]
    """
    expression = _expression(header)
    found = [_numbers(*one) for one in _PATTERNS.findall(expression)]
    if not found:
        return _subspace(header, ("PATTERN",))
    either = "||" in expression or re.search(r"\bor\b", expression, re.IGNORECASE)
    return frozenset().union(*found) if either else frozenset.intersection(*found)


def _expression(header) -> str:
    """The filter of events; nothing where it says what was not taken."""
    text = str(header.get("SLCTEXPR", ""))
    return "" if _NEGATED.search(text) else text


def _numbers(sign, text) -> frozenset[int]:
    """Numbers of a condition."""
    numbers = [int(x) for x in re.findall(r"\d+", text)]
    if sign.lower() == "in" or sign == "==":
        return _listed(text)
    low, high = {"<=": (0, numbers[0]), "<": (0, numbers[0] - 1), ">=": (numbers[0], _LARGEST),
                 ">": (numbers[0] + 1, _LARGEST)}[sign]  # fmt: skip
    return frozenset(range(low, high + 1))


def _listed(text) -> frozenset[int]:
    """Numbers of a list of numbers and ranges (``2:3,6``)."""
    found = set()
    for low, high in re.findall(r"(\d+)(?:\s*:\s*(\d+))?", text):
        found |= set(range(int(low), min(int(high or low), _LARGEST) + 1))
    return frozenset(found)


def _subspace(header, kinds) -> frozenset[int] | None:
    """Numbers of the data subspace (``DSTYPn``, ``DSVALn``), whose components are alternatives."""
    for key in header:
        match = re.fullmatch(r"DSTYP(\d+)", str(key))
        if match and str(header[key]).strip().upper() in kinds:
            values = [str(header.get(f"{k}DSVAL{match[1]}", "")) for k in ("", *range(2, 40))]
            if any(re.fullmatch(r"[\d:, ]+", text.strip()) for text in values):
                return _listed(",".join(values))
    return None
