"""A product: what a file is by its name, and what its photons are by name or header."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ._event_parts import chosen_chips, chosen_patterns

__all__ = ["FITS", "Product", "Selection", "read_selection"]

#: How names of FITS files end, packed or not.
FITS = r"\.(?:fits?|fts|ftz|img)(?:\.(?:gz|bz2|xz|fz|z|zst|zip))?$"
#: Keywords of the observation, the camera and its parts, and the exposure.
_OBSERVATION = ("OBS_ID", "OBSID", "OBS_IDS")
_CAMERA, _EXPOSURE = ("INSTRUME", "DETNAM"), ("EXPIDSTR", "EXP_ID", "EXPID")


@dataclass(frozen=True)
class Selection:
    """What photons an image holds: observation, camera, exposure, and time.

    Attributes
    ----------
    observation, camera, exposure : str
        As headers or names of products state them; empty where they do not.
    span : tuple of (str, float, float), optional
        Scale, start and end of the time (s).
    chips, patterns : frozenset of int, optional
        Chips of the camera, and patterns of events, that were taken; None: all, or not known.
    """

    observation: str = ""
    camera: str = ""
    exposure: str = ""
    span: tuple[str, float, float] | None = None
    chips: frozenset[int] | None = None
    patterns: frozenset[int] | None = None

    @property
    def whole(self) -> tuple[str, str, str] | None:
        """Observation, camera and exposure; None where one of the first two is not known."""
        known = self.observation and self.camera
        return (self.observation, self.camera, self.exposure) if known else None

    @property
    def named(self) -> tuple | None:
        """The same, and the chips of the camera where not all were taken."""
        return self.whole if self.whole is None or not self.chips else (*self.whole, self.chips)

    def apart(self, other: "Selection") -> bool:
        """Say whether two parts of one exposure have no photon in common."""
        pairs = ((self.chips, other.chips), (self.patterns, other.patterns))
        return any(None not in pair and not pair[0] & pair[1] for pair in pairs)


@dataclass(frozen=True)
class Product:
    """What a file is, by its name.

    Attributes
    ----------
    kind : str
        ``"image"``, ``"exposure map"`` (vignetted), ``"background map"``, ``"mask"`` ...
    survey : str
        Name of the survey whose product it is; empty where the name does not tell.
    pair : tuple
        What an image and its exposure map have in common; empty: nothing.
    series : tuple
        What images of several energies of one exposure have in common in their names.
    energy : tuple of float, optional
        Lowest and highest energy (keV).
    passband : str
        Filter of an optical product.
    selection : Selection, optional
        What photons it holds; None where the header has to tell.
    derived : str
        How it was made of other images, such as ``"smoothed"``; empty for those.
    rank : int
        Of images of the same photons those of the lowest rank are used.
    pipeline : bool
        Whether it follows the scheme of a pipeline: what is not needed is left alone without a
        word, and X-ray images are counts.
    """

    kind: str = "image"
    survey: str = ""
    pair: tuple = ()
    series: tuple = ()
    energy: tuple[float, float] | None = None
    passband: str = ""
    selection: Selection | None = None
    derived: str = ""
    rank: int = 0
    pipeline: bool = False


def read_selection(header: Mapping, primary: Mapping | None = None) -> Selection:
    """Return what photons an image holds, by its header.

    Parameters
    ----------
    header, primary : mapping
        Header of the image, and the primary one, which is asked where the first says nothing.

    Examples
    --------
    >>> from astrocnn.providers._images._product import read_selection
    >>> read_selection({"OBS_ID": "0201903501", "INSTRUME": "EPN", "EXPIDSTR": "S003"}).named
    ('0201903501', 'EPN', 'S003')
    """

    def text(keys, separator=None):
        found = [str(head[key]).strip() for key in keys for head in (header, primary or {})
                 if str(head.get(key, "")).strip()]  # fmt: skip
        return "" if not found else found[0] if separator is None else separator.join(found)

    camera = " ".join(dict.fromkeys(text(_CAMERA, "|").split("|"))).strip().upper()
    parts = chosen_chips(header), chosen_patterns(header)
    return Selection(text(_OBSERVATION), camera, text(_EXPOSURE), _span(header), *parts)


def _span(header):
    """Scale, start and end of the time; None where the header does not tell."""
    try:
        start, end = float(header["TSTART"]), float(header["TSTOP"])
        return ("mission", start, end) if start < end else None
    except (KeyError, TypeError, ValueError):
        pass
    try:
        start, end = (
            datetime.fromisoformat(str(header[key]).strip().rstrip("Z")).replace(tzinfo=UTC).timestamp()
            for key in ("DATE-OBS", "DATE-END")
        )
        return ("date", start, end) if start < end else None
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
