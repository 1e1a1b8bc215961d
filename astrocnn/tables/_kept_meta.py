"""Metadata of tables in files that hold no nested names, no small letters, or ASCII only."""

import math
import re
from collections.abc import Callable, Iterator, Mapping

import numpy as np

__all__ = ["OWN_PARAM", "ascii_line", "flat_meta", "kept_group", "kept_meta", "printable_line"]

#: The ``utype`` of parameters of a VOTable that are the meta of a table.
OWN_PARAM = "astrocnn:meta"
#: Characters as `ascii_line` writes them.
_ESCAPED = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U00(?:0[0-9a-f]|10)[0-9a-f]{4}")


def ascii_line(value) -> str:
    """One line of printable ASCII, as FITS headers need it."""
    line = " ".join(str(value).split())
    return line.encode("ascii", "backslashreplace").decode("ascii")


def printable_line(value) -> str:
    """One line of what is printable, as XML needs it."""
    line = " ".join(str(value).split())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def flat_meta(
    meta: Mapping, prefix: str = "", line: Callable[[object], str] = ascii_line
) -> Iterator[tuple[str, object]]:
    """Names and values of nested meta: numbers, booleans, text and lists of text.

    Parameters
    ----------
    meta : dict
    prefix : str
        Put before the names.
    line : callable
        Makes a line of text of a value.

    Examples
    --------
    >>> from astrocnn.tables._kept_meta import flat_meta
    >>> dict(flat_meta({"match": {"radius": "2 arcmin", "n": 3}, "classes": ["a", "b"]}))
    {'match_radius': '2 arcmin', 'match_n': 3, 'classes': ['a', 'b']}
    """
    for key, value in meta.items():
        key = f"{prefix}{key}"
        value = value.item() if isinstance(value, np.generic) else value
        if isinstance(value, Mapping):
            yield from flat_meta(value, f"{key}_", line)
        elif isinstance(value, list | tuple | np.ndarray):
            texts = [line(item) for item in value]
            yield key, texts if texts and len(key) <= 8 else "; ".join(texts)
        elif isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            yield key, value
        else:
            yield key, line(value)


def kept_meta(meta: Mapping) -> dict[str, object]:
    r"""Return meta with names in small letters, and text as it was before it became ASCII.

    Examples
    --------
    >>> from astrocnn.tables._kept_meta import kept_meta
    >>> kept_meta({"TRAINING": "50 \\xb1 1 %"})
    {'training': '50 ± 1 %'}
    """
    return {
        str(key).lower(): _ESCAPED.sub(lambda one: chr(int(one[0][2:], 16)), value)
        if isinstance(value, str) else value
        for key, value in meta.items()
    }  # fmt: skip


def kept_group(meta: Mapping, name: str) -> dict[str, object] | None:
    """Return a nested part of meta, also where a file has made its names flat.

    Parameters
    ----------
    meta : dict
    name : str
        Of the part.

    Returns
    -------
    dict or None
        None if there is no such part.

    Examples
    --------
    >>> from astrocnn.tables._kept_meta import kept_group
    >>> kept_group({"MATCH_RADIUS": "2 arcmin"}, "match")
    {'radius': '2 arcmin'}
    """
    nested = meta.get(name)
    if isinstance(nested, Mapping):
        return dict(nested)
    start = f"{name}_".lower()
    flat = kept_meta(meta).items()
    return {key[len(start) :]: value for key, value in flat if key.startswith(start)} or None
