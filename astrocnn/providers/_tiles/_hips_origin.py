"""Origin of a HiPS: what its ``properties`` say of survey, waveband and photon energies."""

from collections.abc import Mapping

from astropy import constants
from astropy import units as u

from .._origin import Origin

__all__ = ["hips_origin"]

_WAVEBANDS = ("gamma-ray", "x-ray", "euv", "uv", "optical", "infrared", "millimeter", "radio")


def hips_origin(properties: Mapping[str, str]) -> Origin:
    """Return what the properties of a HiPS say of its origin.

    Parameters
    ----------
    properties : mapping
        Keys and values of ``properties``.

    References
    ----------
    IVOA Recommendation HiPS 1.0 (2017), section 4.4.1: ``creator_did``, ``obs_collection``,
    ``obs_regime``, ``em_min``, ``em_max`` (m).

    Examples
    --------
    >>> from astrocnn.providers._tiles._hips_origin import hips_origin
    >>> origin = hips_origin({"creator_did": "ivo://CDS/P/2MASS/J", "obs_regime": "Infrared"})
    >>> origin.survey, origin.waveband
    ('CDS/P/2MASS/J', 'infrared')
    """
    number = properties.get("creator_did", properties.get("publisher_did", ""))
    number = number.partition("ivo://")[2] or number
    collection = properties.get("obs_collection", "")
    if number.startswith(("PRIVATE_USER", "UNK.AUTH")):  # made by a user: named as he likes
        number = ""
    wavebands = _wavebands(properties.get("obs_regime", properties.get("client_category", "")))
    waveband = wavebands[0] if len(wavebands) == 1 else ""
    return Origin(
        telescope=properties.get("facility_name", ""),
        instrument=properties.get("instrument_name", "") if "facility_name" in properties else "",
        unit=properties.get("hips_pixel_unit", properties.get("obs_unit", "")),
        survey=" ".join(word for word in (number, collection) if word),
        waveband=waveband,
        energies=_energies(properties),
        band=properties.get("astrocnn_band", ""),
    )


def _wavebands(text) -> list[str]:
    """Wavebands that a text names."""
    words = text.lower().replace("/", " ").replace(",", " ").replace("|", " ").split()
    return [name for name in _WAVEBANDS if name in words]


def _energies(properties):
    """Photon energies (keV) of a HiPS of X-rays, whose wavelengths are in m."""
    try:
        shortest, longest = (float(properties[key]) for key in ("em_min", "em_max"))
        low, high = (
            (constants.h * constants.c / (length * u.m)).to_value(u.keV)
            for length in (max(shortest, longest), min(shortest, longest))
        )
    except (KeyError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return (round(low, 4), round(high, 4)) if 0.01 < low < high < 1e6 else None
