"""X-ray surveys."""

from astropy import units as u

from ..exceptions import InvalidParameterError, UnknownNameError
from ._core import Band, Survey

__all__ = ["EROSITA", "RASS", "XMM", "xmm_band"]

#: Energy edges (keV) of the EPIC bands that exist as HiPS.
_XMM_HIPS = {"eb2": (0.5, 1.0), "eb3": (1.0, 2.0), "eb4": (2.0, 4.5)}


def xmm_band(energy: u.Quantity = (0.5, 2.0) * u.keV, detector: str = "PN") -> Band:
    """Return the XMM-Newton band of an energy range and detector.

    Parameters
    ----------
    energy : `~astropy.units.Quantity` of shape (2,)
        Lower and upper energy. Its HiPS are those EPIC bands (0.5-1, 1-2, 2-4.5 keV) that tile the
        range exactly; another range can be used with local images only.
    detector : {'PN', 'MOS1', 'MOS2'}
        EPIC camera. Only PN exists as HiPS.

    Returns
    -------
    Band
        Named ``"xmm"``.

    Raises
    ------
    UnknownNameError
        If the detector is not one of XMM-Newton's.
    InvalidParameterError
        If ``energy`` is not two rising energies.

    References
    ----------
    Jansen et al. 2001, A&A 365, L1; Struder et al. 2001, A&A 365, L18 (pn);
    Turner et al. 2001, A&A 365, L27 (MOS).

    Examples
    --------
    >>> from astropy import units as u
    >>> from astrocnn.surveys import xmm_band
    >>> xmm_band([1, 2] * u.keV).hips
    ('xcatdb/P/XMM/PN/eb3',)
    >>> xmm_band([1, 2] * u.keV, "MOS2").hips
    ()
    """
    if detector not in ("PN", "MOS1", "MOS2"):
        raise UnknownNameError(f"unknown detector {detector!r}; Choices: PN, MOS1, MOS2")
    energy = u.Quantity(energy)
    if energy.shape != (2,) or not energy.unit.is_equivalent(u.keV) or not energy[0] < energy[1]:
        raise InvalidParameterError(
            f"energy must be two rising energies such as [0.5, 2] * u.keV: {energy}"
        )
    low, high = energy.to_value(u.keV)
    inside = [k for k, (a, b) in _XMM_HIPS.items() if low <= a and b <= high]
    width = sum(_XMM_HIPS[k][1] - _XMM_HIPS[k][0] for k in inside)
    tiles = detector == "PN" and abs(width - (high - low)) < 1e-9
    return Band(
        name="xmm",
        waveband="xray",
        quantity="rate",
        unit=u.dimensionless_unscaled,
        pixel_scale=4 * u.arcsec,
        psf=6 * u.arcsec,
        hips=tuple(f"xcatdb/P/XMM/PN/{k}" for k in inside) if tiles else (),
        energy=energy,
        detector=f"EPIC-{detector}",
        reference="2001A&A...365L...1J",
    )


XMM = Survey(
    "xmm",
    "XMM-Newton EPIC",
    (xmm_band(),),
    0.04,
    "2001A&A...365L...1J",
    telescopes=("XMM", "4XMM", "3XMM"),
    instruments=("EPIC", "EPN", "EMOS", "EPX", "PN", "MOS", "M1", "M2"),
    weights=("xmm", "xmm-dss2", "xmm-dss2-psf", "xmm-psf"),
)

EROSITA = Survey(
    "erosita",
    "SRG/eROSITA all-sky survey, DR1 (western Galactic hemisphere)",
    (
        Band(
            name="erosita",
            waveband="xray",
            quantity="rate",
            unit=u.ct / u.s,
            pixel_scale=4 * u.arcsec,
            psf=30 * u.arcsec,
            hips=("erosita/dr1/rate/024",),
            energy=[0.2, 2.3] * u.keV,
            detector="TM0",
            reference="2024A&A...682A..34M",
        ),
    ),
    0.5,
    "2024A&A...682A..34M",
    telescopes=("eROSITA", "SRG", "eRASS", "eFEDS", "Spektr-RG", "Spectrum-R", "Spectr-R"),
    instruments=("eROSITA", "TM"),
    weights=("erosita", "erosita-legacy", "erosita-legacy-psf", "erosita-psf"),
)

RASS = Survey(
    "rass",
    "ROSAT all-sky survey, PSPC",
    (
        Band(
            name="rass",
            waveband="xray",
            quantity="counts",
            unit=u.ct,
            pixel_scale=45 * u.arcsec,
            psf=60 * u.arcsec,
            hips=("CDS/P/RASS",),
            energy=[0.1, 2.4] * u.keV,
            detector="PSPC",
            reference="1999A&A...349..389V",
        ),
    ),
    0.99,
    "1999A&A...349..389V",
    telescopes=("ROSAT", "RASS"),
    instruments=("PSPC",),
)
