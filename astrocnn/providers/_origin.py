"""Origin of an image: what it says of telescope, passband and unit, and whether a band agrees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from astropy import units as u

from ..exceptions import ProviderError
from ..surveys import BANDS, SURVEYS, Band, Survey
from ..surveys._telescopes import find_telescope, has_word, seen_waveband
from ._energies import energies_inside, told_energies
from ._origin_headers import FILTER, INSTRUMENT, TELESCOPE, axis_waveband, beam_width, first_word
from ._words import any_passband, find_passband, plate_passband, unit_reason

__all__ = ["Origin", "check_origin", "is_coarse", "is_hips_of", "survey_of"]

#: Wavebands that no telescope mixes with another.
_REGIMES = {"gamma-ray": "xray", "x-ray": "xray", "xray": "xray", "radio": "radio",
            "millimeter": "radio", "submillimeter": "radio", "optical": "light",
            "infrared": "light", "uv": "light", "euv": "light", "ultraviolet": "light"}  # fmt: skip
#: Pixels, and beams, that are wider than those of the band by more than this are coarse.
_COARSE = 2.0


@dataclass(frozen=True)
class Origin:
    """What an image says of where it comes from; nothing where it says nothing.

    Attributes
    ----------
    telescope, instrument, passband, unit : str
        ``TELESCOP``, ``INSTRUME``, ``FILTER`` and ``BUNIT`` of its header, or what else says that.
    survey : str
        Names of its survey, as a header or a HiPS states them.
    waveband : str
        Waveband that it states (``obs_regime`` of a HiPS).
    energies : tuple of float, optional
        Lowest and highest photon energy (keV).
    guessed : bool
        Whether these are mere numbers of a file's name: then an image need not be one of X-rays.
    beam : float, optional
        Full width at half maximum of the beam (arcsec).
    band : str
        Name of the band that it was made for (`make_hips`).
    trusted : bool
        Whether the user vouches for it: nothing is compared.

    Examples
    --------
    >>> from astrocnn.providers._origin import Origin
    >>> Origin.from_headers([{"TELESCOP": "Spitzer", "BUNIT": "MJy/sr"}])
    Origin(telescope='Spitzer', instrument='', passband='', unit='MJy/sr', survey='', ...)
    """

    telescope: str = ""
    instrument: str = ""
    passband: str = ""
    unit: str = ""
    survey: str = ""
    waveband: str = ""
    energies: tuple[float, float] | None = None
    guessed: bool = False
    beam: float | None = None
    band: str = ""
    trusted: bool = False

    @classmethod
    def from_headers(cls, headers: Sequence[Mapping], energies=None) -> "Origin":
        """Return what headers say: that of the image, and the primary one where the first is mute.

        Parameters
        ----------
        headers : sequence of mapping
            Headers, the most telling first.
        energies : tuple of float, optional
            Photon energies (keV); see `header_energies`.
        """
        return cls(
            telescope=first_word(headers, TELESCOPE),
            instrument=first_word(headers, INSTRUMENT),
            passband=_passband(headers),
            unit=first_word(headers[:1], ["BUNIT"]),
            survey=first_word(headers, ["SURVEY"]),
            waveband=axis_waveband(headers[0]) if headers else "",
            energies=energies,
            beam=beam_width(headers),
        )

    def told(self, band: Band) -> bool:
        """Say whether the origin is known: a telescope, an instrument, or the band's survey."""
        own = survey_of(band)
        named = self.band == band.name or (own is not None and _names(self.survey, own))
        return bool(self.trusted or self.telescope or self.instrument or named)

    def vouched(self) -> "Origin":
        """Return the origin of an image that the user vouches for."""
        return replace(self, trusted=True)


def survey_of(band: Band) -> Survey | None:
    """Return the survey of a band that is known, or None."""
    if band.name not in BANDS:
        return None
    return next(s for s in SURVEYS.values() if band.name in [known.name for known in s.bands])


def check_origin(name: str, origin: Origin, band: Band) -> None:
    """Raise if an image says that it is none of a band.

    Parameters
    ----------
    name : str
        What the image is called.
    origin : Origin
        What it says. A word that is no telescope, unit or passband contradicts nothing.
    band : Band
        The band. One of one's own, of any name, has no telescope of its own: then only the
        waveband counts, and energies if it has some.

    Raises
    ------
    ProviderError
        With what contradicts, and what to do.

    Examples
    --------
    >>> from astrocnn.providers._origin import Origin, check_origin
    >>> from astrocnn.surveys import get_band
    >>> check_origin("a.fits", Origin(telescope="XMM", unit="Primary Array"), get_band("xmm"))
    >>> check_origin("a.fits", Origin(telescope="CHANDRA"), get_band("xmm"))
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.ProviderError: a.fits is an image of CHANDRA, and not of band xmm: no ...
    """
    if origin.trusted:
        return
    own = survey_of(band)
    other = _other_telescope(origin, own, band)
    if other:
        raise ProviderError(f"{name} is an image of {other}, and not of band {band.name}: "
                            f"{_instead(other, own)}; {_VOUCH}")  # fmt: skip
    reason = _other_passband(origin, band) or unit_reason(origin.unit, band.waveband)
    if not reason and origin.energies and not origin.guessed and _regime(band.waveband) == "light":
        reason = f"{told_energies(origin.energies)}, and {band.name} is {band.waveband}"
    if not reason and not energies_inside(origin.energies, band):
        energies = tuple(u.Quantity(band.energy).to_value(u.keV))
        reason = f"{told_energies(origin.energies)}, and {band.name} is {told_energies(energies)}"
    if reason:
        raise ProviderError(f"{name} is none of band {band.name}: it says {reason}; {_VOUCH}")


_VOUCH = (
    "if it says so wrongly, vouch for it: {'image': ..., 'trusted': True}, or on the command line "
    "predict --trust BAND=FILE, tiles --trust"
)


def is_coarse(side: u.Quantity | float, band: Band, beam: float | None = None) -> bool:
    """Say whether pixels, or a beam, are much wider than those of a band.

    Parameters
    ----------
    side : float or `~astropy.units.Quantity`
        Side of a pixel (arcsec).
    band : Band
        Pixels of twice its pixels, or of its PSF, are not coarse; nor is a beam of twice its PSF.
    beam : float, optional
        Width of the beam (arcsec).

    Examples
    --------
    >>> from astrocnn.providers._origin import is_coarse
    >>> from astrocnn.surveys import get_band
    >>> [is_coarse(side, get_band("xmm")) for side in (4.0, 8.0, 15.0)]
    [False, False, True]
    """
    side = u.Quantity(side, u.arcsec).value
    pixel, psf = (x.to_value(u.arcsec) for x in (band.pixel_scale, band.psf))
    wide = beam is not None and beam > _COARSE * psf
    return bool(wide or side > max(_COARSE * pixel, psf) * (1 + 1e-6))


def is_hips_of(hips: str, band: Band) -> bool:
    """Say whether the name of a HiPS is that of a band's own, or of another of its survey.

    A band of one's own (`Band.with_`) may name any: that of another survey is not known for it.

    Examples
    --------
    >>> from astrocnn.providers._origin import is_hips_of
    >>> from astrocnn.surveys import get_band
    >>> [is_hips_of(f"CDS/P/{name}", get_band("dss2")) for name in ("DSS2/red", "SDSS9/r")]
    [True, False]
    """
    if survey_of(band) is None:
        return True
    origin = Origin(survey=hips)
    return not _other_telescope(origin, survey_of(band), band) and origin.told(band)


def _other_telescope(origin, own, band) -> str:
    """Telescope, instrument or survey that an image names and a band does not have."""
    named = origin.telescope
    if own is not None and _band(origin) not in ("", band.name):
        return f"band {_band(origin)}"
    if own is None:
        for text in (named, origin.survey):
            waveband = seen_waveband(text, origin.instrument if text is named else "")
            if waveband and _regime(waveband) != _regime(band.waveband):
                return text
    elif named and own.telescopes and not _is_telescope(named, own):
        return named
    elif not _is_instrument(origin.instrument, own):
        return f"{named} {origin.instrument}".strip()
    elif not _names(origin.survey, own) and (
        _known(origin.survey) or find_telescope(origin.survey)
    ):
        return origin.survey
    if origin.waveband and _regime(origin.waveband) not in (None, _regime(band.waveband)):
        return origin.survey or f"the waveband {origin.waveband}"
    return ""


def _band(origin) -> str:
    """Name of the known band that an image was made for, or whose HiPS it names."""
    if origin.band in BANDS:
        return origin.band
    names = origin.survey.lower().split()
    bands = (b for s in SURVEYS.values() for b in s.bands)
    return next((b.name for b in bands if any(h.lower() in names for h in b.hips)), "")


def _is_instrument(text, survey) -> bool:
    """Whether a text may be an instrument of a survey: where any may, none of another telescope."""
    words = survey.instruments or survey.telescopes
    return not text or has_word(text, words) or not (survey.instruments or find_telescope(text))


def _is_telescope(text, survey) -> bool:
    """Whether a text names a telescope of a survey, and no other one before it."""
    known = find_telescope(text)
    foreign = known is not None and not any(has_word(w, survey.telescopes) for w in known.words)
    return has_word(text, survey.telescopes) and not foreign


def _regime(waveband) -> str | None:
    return _REGIMES.get(waveband.strip().lower())


def _names(text, survey) -> bool:
    """Whether a text names a survey, or a HiPS of its bands."""
    words = (*survey.telescopes, survey.name, *(h for b in survey.bands for h in b.hips))
    return bool(text) and has_word(text, words)


def _other_passband(origin, band) -> str:
    """Passband that an image names and a band does not have."""
    xray = band.waveband == "xray"
    passband = (find_passband if xray else any_passband)(origin.passband)
    passband = passband or ("" if xray else plate_passband(origin.passband))
    if not passband:
        return ""
    known = [name.lower() for name in band.filters]
    if (known and passband not in known) or band.waveband == "xray":
        return f"passband {origin.passband}"
    return ""


def _passband(headers) -> str:
    """Word of the filter: one that is surely a passband before one that has it among others."""
    words = [first_word(headers, [key]) for key in FILTER]
    survey = first_word(headers, ["SURVEY"])
    for tell, texts in ((find_passband, words), (any_passband, words), (plate_passband, [survey])):
        found = next(filter(tell, texts), "")
        if found:
            return found
    return ""


def _known(text) -> Survey | None:
    return next((survey for survey in SURVEYS.values() if _names(text, survey)), None)


def _instead(other, own) -> str:
    """What to do with images of another telescope, in words."""
    survey = _known(other)
    if survey is not None and survey is own:
        return f"only images of {' or '.join(survey.instruments or survey.telescopes)} are"
    if survey is not None and survey.weights:
        one = len(survey.bands) == 1
        band = repr(survey.name) if one else f"the band of {survey.name} that it is of"
        return f"give it as {band}, with weights {' or '.join(map(repr, survey.weights))}"
    band = f"{survey.default.name!r}" if survey else "Band(...)"
    named = survey.telescopes[0] if survey else other
    return (
        f"no weights for {named} come with astrocnn; train some, ClusterClassifier(weights=None, "
        f"bands=[{band}], images=...).fit(targets, labels)"
    )
