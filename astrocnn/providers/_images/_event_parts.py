"""Parts of an exposure that an image was made of: chips of the camera, patterns of events."""

import re
from collections.abc import Mapping

__all__ = ["chosen_chips", "chosen_patterns"]

_LARGEST = 31
#: Conditions of filters (``CCDNR==4``, ``PATTERN in [1:4]``, ``PATTERN<=4``).
_CONDITION = r"\b{}\s*(==|<=|>=|<|>|in)\s*([\[(]?[\d:,\s]*\d:?[\])]?)"
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
    """Numbers of a list of numbers and ranges, which may be open (``2:3,6``, ``:4``, ``1:``)."""
    found = set()
    for low, high, alone in re.findall(r"(\d*)\s*:\s*(\d*)|(\d+)", text):
        first, last = int(alone or low or 0), int(alone or high or _LARGEST)
        found |= set(range(first, min(last, _LARGEST) + 1))
    return frozenset(found)


def _subspace(header, kinds) -> frozenset[int] | None:
    """Numbers of the data subspace (``DSTYPn``, ``DSVALn``).

    Its components (``2DSVALn``) are alternatives; what they do not state is as in the first one.
    All entries of one component hold together.
    """
    entries = [match[1] for key in header if (match := re.fullmatch(r"DSTYP(\d+)", str(key)))
               and str(header[key]).strip().upper() in kinds]  # fmt: skip
    either = set()
    for component in ("", *range(2, 40)):
        texts = [str(header.get(f"{component}DSVAL{n}", header.get(f"DSVAL{n}", "")))
                 for n in entries]  # fmt: skip
        found = [_listed(text) for text in texts if re.fullmatch(r"[\d:, ]*\d[\d:, ]*", text)]
        if not found:
            return None
        either |= frozenset.intersection(*found)
    return frozenset(either) or None
