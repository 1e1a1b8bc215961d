"""Names of sky columns, recognized by pattern."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["SkyNames", "find_sky_names", "is_signed_part", "name_unit", "says_degrees"]

#: Words that stand for right ascension or declination, in the form that `_plain` gives them.
_WORDS = (
    (re.compile(r"right[\s_.-]*asc(ension)?\.?", re.IGNORECASE), "ra"),
    (re.compile(r"\br\.\s*a\b\.?", re.IGNORECASE), "ra"),
    (re.compile(r"declination", re.IGNORECASE), "dec"),
    (re.compile(r"\bdecl\b\.?|\bdeclin\b\.?", re.IGNORECASE), "dec"),
    (re.compile("\N{GREEK SMALL LETTER ALPHA}"), "alpha"),
    (re.compile("\N{GREEK SMALL LETTER DELTA}"), "delta"),
)
_PAIRS = {"ra": ("dec", "decl", "de"), "alpha": ("delta",)}
#: What else a name may say: frame and equinox of J2000, which all mean ICRS here, and units.
_FRAME = r"eq|equatorial|icrs|fk5|j2000(?:0|2000)?|2000(?:0|2000)?"
_UNIT = (
    r"deg(?:ree)?s?|decimal(?:deg(?:ree)?s?)?|hms|dms|hhmmss[sf]*|ddmmss[sf]*|hours?|hrs?|"
    r"rad(?:ian)?s?|str(?:ing)?|sex(?:agesimal)?|h|d"
)
_SAID = re.compile(rf"(?:{_FRAME}|{_UNIT})*")
_HOURS = re.compile(r"(?:dec(?:imal)?)?(?:hours?|hrs?|h)(?:angle)?")
_RADIANS = re.compile(r"rad(?:ian)?s?")
#: Quantities beside a position that have its name in theirs.
_NOT = re.compile(
    r"err|sig|unc|std|rms|^pm|pm$|^mu$|prop|off|diff|corr|cov|width|lower|upper|min$|max$|range|"
    r"counts?$|num|flag|grad|drift|scatter|disp|plx|ivar|var|sep|rate|b?1950|1900|1875|1855|fk4|"
    r"orig|ref|epoch|equinox|prec|conf|bias|shift|resid"
)
#: Letters before an underscore by which VizieR marks errors, limits, notes and flags.
_MARKS = frozenset("defglmnopqruw")
#: What positions are of, those of the object itself first.
_OBJECTS = (
    "", "main", "mean", "best", "source", "src", "object", "obj", "target", "targ", "cluster", "cl",
    "s", "coord", "sky", "world", "cen", "cent", "center", "centre", "ctr", "peak", "x", "xray",
    "sz", "opt", "optical", "bcg", "win", "fit", "gal", "stack", "psf", "match", "1",
)  # fmt: skip
_POINTINGS = ("pnt", "point", "pointing", "nom", "tel", "aim", "tile", "plate", "field", "ccd")
#: Longitude and latitude of other frames, by whole names.
_OTHERS = (
    ("galactic", r"g_?lon(?:g|gitude)?|gal(?:actic)?_?(?:l|lon|long|longitude)(?:ii|2)?|lii",
     r"g_?lat(?:itude)?|gal(?:actic)?_?(?:b|lat|latitude)(?:ii|2)?|bii"),
    ("barycentricmeanecliptic", r"e_?lon|ecl(?:iptic)?_?(?:lon|long|longitude)",
     r"e_?lat|ecl(?:iptic)?_?(?:lat|latitude)"),
    ("supergalactic", r"sgl|sglon|supergalactic_?l(?:on(?:gitude)?)?",
     r"sgb|sglat|supergalactic_?(?:b|lat(?:itude)?)"),
)  # fmt: skip
#: Of the equinox B1950.
_OLD = re.compile(r"b?1950(?:\.0)?|fk4", re.IGNORECASE)
_WORLD = (("x_world", "y_world"), ("hms", "dms"))
#: Hours, minutes and seconds in columns of their own, as the CDS and the AAS publish them.
_SEXAGESIMAL = re.compile(r"(ra|r|alpha)_?(h|m|s|hours?|hr|min|sec)|(de|dec)_?(d|m|s|deg|min|sec)")
_SIGNS = ("de-", "de.", "de_", "dec-", "dec_sign", "design", "decsign", "de_sign", "e_sign", "sign")
#: Both coordinates in one column of text.
_BOTH = re.compile(
    r"(?:sky)?coord(?:inate)?s?\d?|pos(?:ition)?s?|radec|ra/?dec|skypos(?:ition)?|ra,dec"
)


@dataclass(frozen=True)
class SkyNames:
    """Columns of a position: one each, several (hours, minutes ...), or one for both."""

    lon: tuple[str, ...]
    lat: tuple[str, ...]
    frame: str = "icrs"
    #: Pairs of names that mean a position just as well.
    others: tuple[tuple[str, str], ...] = ()

    @property
    def is_pair(self) -> bool:
        """Whether one column is the longitude and another the latitude."""
        return len(self.lon) == len(self.lat) == 1


def find_sky_names(names) -> SkyNames | None:
    """Return which of the names are those of a position; None if none is.

    Parameters
    ----------
    names : iterable of str
        Of the columns of a table.

    Examples
    --------
    >>> from astrocnn.tables._sky_names import find_sky_names
    >>> find_sky_names(["Cluster", "R.A. (J2000)", "Decl. (J2000)", "e_RAdeg"]).lat
    ('Decl. (J2000)',)
    >>> find_sky_names(["RAh", "RAm", "RAs", "DE-", "DEd", "DEm", "DEs"]).lon
    ('RAh', 'RAm', 'RAs')
    """
    names = [str(name) for name in names]
    parts = _components(names)
    taken = {*parts.lon, *parts.lat} if parts else ()
    return (
        _equatorial([name for name in names if name not in taken])
        or parts
        or _other_frames(names)
        or _of_1950(names)
        or _world(names)
        or _in_one_column(names)
    )


def name_unit(name: str) -> str | None:
    """Unit that the name of a right ascension says, where it is not degrees.

    Examples
    --------
    >>> from astrocnn.tables._sky_names import name_unit
    >>> name_unit("RA (h)"), name_unit("RA_rad"), name_unit("RA [deg]")
    ('hourangle', 'rad', None)
    """
    for _, _, after in _splits(name, ("ra", "alpha", "dec", "de", "delta")):
        rest = re.sub(rf"^(?:{_FRAME})+|(?:{_FRAME})+$", "", after)
        if _HOURS.fullmatch(rest):
            return "hourangle"
        if _RADIANS.fullmatch(rest):
            return "rad"
    return None


def is_signed_part(name: str) -> bool:
    """Whether a name is that of the degrees of a declination, whose minutes are elsewhere.

    Examples
    --------
    >>> from astrocnn.tables._sky_names import is_signed_part
    >>> is_signed_part("DEd"), is_signed_part("Dec (d)"), is_signed_part("DEm")
    (True, True, False)
    """
    match = _part(name)
    return bool(match) and (match[4] or "").startswith("d")


def says_degrees(name: str) -> bool:
    """Whether a name says that its numbers are degrees."""
    return "deg" in name.lower() or "°" in name


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    """A name in lower case without anything but letters, digits and single underscores."""
    for pattern, word in _WORDS:
        name = pattern.sub(word, name)
    name = unicodedata.normalize("NFKD", name.strip(" #\"'")).replace("°", "deg").lower()
    return re.sub(r"[^a-z0-9]+", "_", name).strip("_")


def _splits(name: str, words):
    """Each way to take a word out of a name: the word, what is before it and what after."""
    plain = _plain(name)
    for word in words:
        start = plain.find(word)
        while start >= 0:
            before, after = plain[:start], plain[start + len(word) :]
            yield word, before, after.replace("_", "")
            start = plain.find(word, start + 1)


def _object(before: str, after: str) -> str | None:
    """What a position is of, '' for that of the row itself; None where it is no position."""
    mark = before.rstrip("_")
    if (len(mark) == 1 and mark in _MARKS) or _NOT.search(mark) or _NOT.search(after):
        return None
    middle = mark.replace("_", "")
    rest = re.sub(rf"^(?:{_FRAME}|{_UNIT})+(?![a-z])", "", after)
    rest = "" if _SAID.fullmatch(after) else re.sub(rf"(?:{_FRAME}|deg|hms|dms)+$", "", rest)
    middle = "" if re.fullmatch(rf"(?:{_FRAME})*", middle) else middle
    return middle + rest


def _equatorial(names: list[str]) -> SkyNames | None:
    """The best pair of right ascension and declination."""
    lats = {}
    for name in names:
        for word, before, after in _splits(name, ("dec", "de", "delta")):
            what = _object(before, after)
            if what is not None:
                lats.setdefault((word, what), []).append((_said(before, after), name))
    pairs = []
    for place, name in enumerate(names):
        for word, before, after in _splits(name, _PAIRS):
            what = _object(before, after)
            if what is None:
                continue
            said = _said(before, after)
            found = [lat for other in _PAIRS[word] for lat in lats.get((other, what), ())]
            found = [lat for lat in found if lat[1] != name]
            if found:
                best = min(found, key=lambda lat: lat[0] != said)
                rank = (_rank(what), _form(said, name), best[0] != said, place)
                pairs.append((rank, name, best[1]))
    if not pairs:
        return None
    pairs.sort()
    known = pairs[0][0][0]
    others = {(lon, lat): None for rank, lon, lat in pairs[1:] if rank[0] == known >= 100}
    return SkyNames((pairs[0][1],), (pairs[0][2],), others=tuple(others))


def _said(before: str, after: str) -> str:
    """What a name says of frame and unit, those of right ascension and declination alike."""
    said = before.strip("_") + after
    return re.sub(r"hms|hhmmss[sf]*", "dms", re.sub(r"hours?|hrs?|h$", "deg", said))


def _form(said: str, name: str) -> int:
    """Plain names go first, then those of J2000, then others, text for people last."""
    if not said:
        return 0
    if re.search(r"dms|ddmmss|str|sex", said):
        return 3
    return 2 if name.startswith("_") else 1


def _rank(what: str) -> int:
    if what in _OBJECTS:
        return _OBJECTS.index(what)
    return 200 if what in _POINTINGS else 100


def _part(name: str) -> re.Match | None:
    """Which part of a coordinate a name is that of: hours, minutes ..."""
    return _SEXAGESIMAL.fullmatch(re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_"))


def _components(names: list[str]) -> SkyNames | None:
    """Hours, minutes and seconds (and degrees, minutes and seconds) in columns of their own."""
    parts, sign = {}, None
    for name in names:
        lowered = name.strip().lower()
        if lowered in _SIGNS:
            sign = sign or name
        elif match := _part(name):
            axis = "lon" if match[1] else "lat"
            parts.setdefault((axis, (match[2] or match[4])[0]), name)
    if not {("lon", "h"), ("lon", "m"), ("lat", "d"), ("lat", "m")} <= {*parts}:
        return None
    lon = [parts[key] for key in (("lon", "h"), ("lon", "m"), ("lon", "s")) if key in parts]
    lat = [parts[key] for key in (("lat", "d"), ("lat", "m"), ("lat", "s")) if key in parts]
    return SkyNames(tuple(lon), (sign or "", *lat))


def _other_frames(names: list[str]) -> SkyNames | None:
    plain = {}
    for name in names:
        plain.setdefault(re.sub(r"_(?:deg(?:ree)?s?|j?2000)$", "", _plain(name)), name)
    for frame, lon_pattern, lat_pattern in _OTHERS:
        lon, lat = (
            next((name for key, name in plain.items() if re.fullmatch(pattern, key)), None)
            for pattern in (lon_pattern, lat_pattern)
        )
        if lon and lat:
            return SkyNames((lon,), (lat,), frame)
    # L and B are luminosity and magnitude
    lon, lat = (
        next((n for n in names if re.fullmatch(rf"{letter}(?:\W.*|_deg)?", n)), None)
        for letter in "lb"
    )
    return SkyNames((lon,), (lat,), "galactic") if lon and lat else None


def _of_1950(names: list[str]) -> SkyNames | None:
    """Columns whose names say B1950."""
    bare = {}
    for name in names:
        if _OLD.search(name):
            bare.setdefault(_OLD.sub("", name), name)
    found = _components([*bare]) or _equatorial([*bare])
    if found is None:
        return None
    lon, lat = (tuple(bare.get(name, "") for name in part) for part in (found.lon, found.lat))
    return SkyNames(lon, lat, "fk4")


def _world(names: list[str]) -> SkyNames | None:
    lowered = {name.lower(): name for name in reversed(names)}
    for lon, lat in _WORLD:
        if lon in lowered and lat in lowered:
            return SkyNames((lowered[lon],), (lowered[lat],))
    return None


def _in_one_column(names: list[str]) -> SkyNames | None:
    for name in names:
        plain = re.sub(r"[\s_.-]+|\(.*\)|\[.*\]", "", name.strip(" #").lower())
        if _BOTH.fullmatch(plain) and not re.search(r"gal|fk4|b?1950|ecl|pix", name.lower()):
            return SkyNames((name,), ())
    return None
