"""Words of headers that are passbands or units, and which of them belong to no band."""

import re
import warnings

from astropy import units as u

__all__ = ["any_passband", "find_passband", "plate_passband", "unit_reason"]

#: Names of passbands of optical, infrared and ultraviolet filters; any other word is none.
_PASSBAND = re.compile(
    r"[ugrizybvjhk]|ks|[ugriz]s|uv[wm][12]|fuv|nuv|w[1-4]|irac ?[1-4]|f\d{3,4}(?:w|n|m|lp|x)\d?"
    r"|[orgbu]g ?\d{1,3}|ha(?:lpha)?|nb?\d{3,4}"
)
#: Colors, as filters of small telescopes and pages of plates call them.
_COLORS = {"red": "r", "green": "g", "blue": "b"}
#: Names of photographic surveys that end with their passband (``POSSII-J``, ``SERC-ER``).
_PLATES = re.compile(
    r"(?:poss(?:[- ]?(?:ii?|[12]))?[- ]([jofern])|(?:serc|aao|eso|pal)[- ][es]?([jofrenviu]))"
    r"(?:[ -]\w+)?"
)
#: How names of photographic surveys begin.
_PLATE_NAMES = re.compile(r"dss|digiti[sz]ed|poss|ukst|serc|aao|eso\b|pal\b")
_PLATE_BANDS = {"j": "j", "o": "b", "f": "f", "r": "r", "e": "r", "n": "i", "i": "i", "v": "v",
                "u": "u"}  # fmt: skip
#: Passbands that are called by a letter and more (``ip``, ``HSC-I2``, ``Rc``).
_LETTER = re.compile(r"([ugrizy])(?:p|_?prime|2|c)")
#: What stands before or after them.
_SYSTEM = re.compile(
    r"(sdss|sloan|ps1|des|decam|hsc|johnson|cousins|bessell?|megacam|omegacam|wfcam|kids|vista"
    r"|harris|kpno|eso|gunn|lsst|panstarrs|wfi|ztf|band|filter)",
)
_KELVIN = re.compile(
    r"[mµunk]?k(elvin)?([ _,(.]+(cmb|rj|thermodynamic|antenna|t[ab]|km).*)?|rayleighs?"
)
_FLUX_DENSITY = re.compile(
    r"\b[mkgµun]?jy\b|\b(ab|st|vega|m|milli)?mag(s|nitudes?)?\b|\b(nano|n)?magg(y|ies)\b|\bnmgy\b"
    r"|\badus?\b|\bdns?\b|\belectrons?\b|\be ?[-/]|\b[munp]?w ?/|\b[munp]?w[ .]m|\bhz\b"
    r"|\bang(strom)?\b|/ ?a\b|\ba ?(\*\*|\^)? ?\(?-1|\bmicron"
)
#: What no image of the sky in photons or fluxes counts, of units of more than one letter.
_OTHERS = frozenset((
    "length", "speed", "velocity", "mass", "temperature", "angle", "angular frequency", "pressure",
    "solid angle", "surface mass density", "mass density", "magnetic flux density", "voltage",
    "energy",
))  # fmt: skip
#: What counts nothing: logarithms, significances, ratios.
_NO_FLUX = re.compile(
    r"\b(log(10)?|ln|dex)\b.*|(n[_ ]?)?sigmas?|signif(icance)?|s/?n(r)?|sqrt ?\(?ts\)?|ts"
    r"|%|percent|ratio|fraction"
)
_PER_BEAM = re.compile(r"(/|per) ?beam|beam ?(\*\*|\^)? ?\(?-1")
_PER_AREA = re.compile(r"(/|per) ?cm|cm ?(\*\*|\^)? ?\(?-2")


def find_passband(text: str) -> str:
    """Return the passband that a word of a header names, in lower case; empty if it is none.

    Examples
    --------
    >>> from astrocnn.providers._words import find_passband
    >>> [find_passband(x) for x in ("r", "g DECam SDSS c0001", "r.00000", "F814W", "SDSS-i")]
    ['r', 'g', 'r', 'f814w', 'i']
    >>> [find_passband(x) for x in ("Thin1", "Medium", "Primary Array", "OPEN", "")]
    ['', '', '', '', '']
    """
    text = re.sub(r"^w-[jcs]-", "", text.strip().lower())
    if _PASSBAND.fullmatch(text):
        return text.replace(" ", "")
    if text in _COLORS:
        return _COLORS[text]
    parts = [part for part in re.split(r"[\s._,'#-]+", text) if part]
    while len(parts) > 1 and _SYSTEM.fullmatch(parts[0]):
        parts.pop(0)
    first = _LETTER.sub(r"\1", parts[0]) if parts and _LETTER.fullmatch(parts[0]) else ""
    first = first or (parts[0] if parts else "")
    return first if _PASSBAND.fullmatch(first) else ""


def any_passband(text: str) -> str:
    """Return the only passband among the words of a text, in lower case; empty if there is none.

    Only for images of light: for others single letters may mean anything.

    Examples
    --------
    >>> from astrocnn.providers._words import any_passband
    >>> [any_passband(x) for x in ("MegaPrime g", "OCAM_g_SDSS", "F606W;CLEAR2L", "B+Y", "gri")]
    ['g', 'g', 'f606w', '', '']
    """
    words = {find_passband(word) for word in re.split(r"[^a-z0-9']+", text.lower())} - {""}
    return find_passband(text) or (words.pop() if len(words) == 1 else "")


def plate_passband(survey: str) -> str:
    """Return the passband of a photographic survey by its name; empty if it is none.

    Examples
    --------
    >>> from astrocnn.providers._words import plate_passband
    >>> [plate_passband(x) for x in ("POSSII-J", "SERC-ER", "AAO-SES", "POSS-E Red", "DSS2")]
    ['j', 'r', 'r', 'r', '']
    """
    text = survey.strip().lower()
    if text in ("aao-ses", "ses", "serc-es"):
        return "r"  # the second epoch survey
    colors = set(re.split(r"[^a-z]+", text)) & set(_COLORS)
    if colors and _PLATE_NAMES.match(text):
        return _COLORS[colors.pop()] if len(colors) == 1 else ""
    match = _PLATES.fullmatch(text)
    return _PLATE_BANDS[match[1] or match[2]] if match else ""


def unit_reason(unit: str, waveband: str) -> str:
    """Return what a unit says against a waveband; empty if nothing, as for words that are no unit.

    Examples
    --------
    >>> from astrocnn.providers._words import unit_reason
    >>> [unit_reason(unit, "xray") for unit in ("MJy/sr", "km/s")]
    ['pixels in MJy/sr', 'pixels in km/s']
    >>> [unit_reason(unit, "xray") for unit in ("count / s", "Primary Array", "ph/cm2/s", "")]
    ['', '', '', '']
    """
    text = unit.strip().lower()
    density = bool(_FLUX_DENSITY.search(text))
    if waveband == "xray":
        wrong = density or _PER_BEAM.search(text) or _KELVIN.fullmatch(text)
    elif waveband in ("optical", "infrared", "ultraviolet"):
        photons = _PER_AREA.search(text) and not density
        wrong = photons or _PER_BEAM.search(text) or _KELVIN.fullmatch(text)
    else:
        return ""
    wrong = wrong or _NO_FLUX.fullmatch(text) or _is_no_light(unit)
    return f"pixels in {unit.strip()}" if wrong else ""


def _is_no_light(unit) -> bool:
    """Whether a text is a unit of something else, as ``km/s`` of a map of velocities is."""
    text = unit.strip()
    if len(text) < 2:
        return False
    with warnings.catch_warnings():  # on notations that FITS discourages
        warnings.simplefilter("ignore")
        parsed = u.Unit(text, parse_strict="silent")
    if isinstance(parsed, (u.UnrecognizedUnit, u.function.FunctionUnitBase)):
        return False
    return any(str(kind) in _OTHERS for kind in parsed.physical_type)
