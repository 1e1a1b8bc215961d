"""What a band and a survey are. Frozen definitions, no input or output."""

from dataclasses import dataclass, field, fields, replace

from astropy import units as u

from ..exceptions import InvalidParameterError

__all__ = ["Band", "Survey"]

#: How pixel values behave when pixels change size.
QUANTITIES = ("counts", "rate", "intensity")


@dataclass(frozen=True)
class Band:
    """One band of one survey: what its pixels mean and where they come from.

    Parameters
    ----------
    name : str
        Name used in tables, weights and ``images=``, e.g. ``"xmm"`` or ``"dss2-red"``.
    waveband : str
        ``"xray"``, ``"optical"``, ``"infrared"`` ...
    quantity : {'counts', 'rate', 'intensity'}
        ``counts`` scale with the pixel area when resampled and need an exposure map to tell
        "no photon" from "not observed"; ``rate`` and ``intensity`` are interpolated.
    unit : `~astropy.units.Unit`
        Unit of the pixels; dimensionless where the survey is not calibrated.
    pixel_scale : `~astropy.units.Quantity`
        Side of a native pixel.
    psf : `~astropy.units.Quantity`
        Full width at half maximum of the point-spread function near the axis.
    hips : tuple of str
        HiPS identifiers whose sum is the band (XMM 0.5-2 keV is ``eb2 + eb3``).
    energy : `~astropy.units.Quantity`, optional
        Lower and upper photon energy, for X-ray bands.
    detector : str, optional
        Camera or plate, e.g. ``"EPIC-pn"``.
    reference : str
        Bibliographic code or DOI.
    filters : tuple of str
        What headers of its images have as ``FILTER``; images that name another passband are left
        out.

    Examples
    --------
    >>> from astrocnn.surveys import get_band
    >>> band = get_band("xmm")
    >>> band.hips
    ('xcatdb/P/XMM/PN/eb2', 'xcatdb/P/XMM/PN/eb3')
    >>> band.energy
    <Quantity [0.5, 2. ] keV>
    """

    name: str
    waveband: str
    quantity: str
    unit: u.UnitBase
    pixel_scale: u.Quantity
    psf: u.Quantity
    hips: tuple[str, ...] = ()
    energy: u.Quantity | None = field(default=None, compare=False)
    detector: str = ""
    reference: str = ""
    filters: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self):
        if self.quantity not in QUANTITIES:
            raise InvalidParameterError(
                f"quantity must be one of {QUANTITIES}, not {self.quantity!r}"
            )

    def __eq__(self, other):
        if not isinstance(other, Band):
            return NotImplemented
        return self._key() == other._key()

    def _key(self) -> tuple:
        """Everything that makes the band what it is; the energies as two numbers."""
        energy = None if self.energy is None else tuple(self.energy.to_value(u.keV).tolist())
        return (energy, *(getattr(self, f.name) for f in fields(self) if f.compare))

    def with_(self, **changes) -> "Band":
        """Return the same band with some fields changed (another detector, another HiPS)."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Survey:
    """A survey: its bands, the first of which is used when only the survey is named.

    Parameters
    ----------
    name : str
        Short name, e.g. ``"dss2"``.
    title : str
        Full name.
    bands : tuple of `Band`
        Its bands; the first is the default one.
    sky_fraction : float
        Fraction of the sky that is covered (0..1), roughly.
    reference : str
        Bibliographic code or DOI.
    telescopes : tuple of str
        Words of what headers of its FITS images have as ``TELESCOP`` or ``SURVEY``, and of the
        names of its HiPS; images that name another telescope are left out.
    instruments : tuple of str
        The same for ``INSTRUME``; nothing: any instrument.
    weights : tuple of str
        Names of weights that come with the package and need it.
    """

    name: str
    title: str
    bands: tuple[Band, ...]
    sky_fraction: float
    reference: str
    telescopes: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()

    @property
    def default(self) -> Band:
        """The band that stands for the survey."""
        return self.bands[0]
