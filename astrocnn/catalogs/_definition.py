"""What a reference catalog is: where it lives and what its columns mean. No input or output."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from astropy import units as u

from ..exceptions import InvalidParameterError

__all__ = ["CatalogDefinition"]

#: What the redshifts of a catalog are; "mixed" is spectroscopic for some rows only.
_KINDS = ("spec", "phot", "mixed")


@dataclass(frozen=True)
class CatalogDefinition:
    """A reference catalog in VizieR.

    Parameters
    ----------
    name : str
        Name for `fetch_catalog`, e.g. ``"psz2"``.
    title : str
        Name for figures and tables.
    vizier : str
        Identifier of the table in VizieR, or of the catalog where the name of the table could not
        be verified.
    redshift : {'spec', 'phot', 'mixed'}
        What a column that is only called "redshift" holds; see `read_catalog`.
    columns : dict of str to str
        Canonical name (see `read_catalog`) -> column of the VizieR table. Only those whose names
        are seen in working public code or in the catalog's own description; all others are
        found by UCD and usual names when the table arrives.
    unverified : str
        What is left to that search, in words; empty if nothing is.
    n_rows : int, optional
        Number of rows, None where it is unknown.
    whole : bool
        Whether the whole table may be fetched; else only the surroundings of positions.
    position_error : `~astropy.units.Quantity`, optional
        Typical 1-sigma error of a position, None where no published value could be verified.
        It does not include the distance between the centers of gas and galaxies.
    position_error_source : str
        Where that value is from.
    completeness : str
        What is in the catalog and what is missing, in a sentence.
    reference : str
        Bibliographic code.
    request : tuple of str
        Columns asked for; ``"**"`` is all of them.
    filters : dict of str to str
        Conditions on columns that are sent along, in VizieR's syntax.
    velocity : str
        Column of c z, for catalogs that have no redshift; empty otherwise.
    spectroscopic : str
        Text in the column ``z_type`` that marks a spectroscopic redshift; empty if unknown.

    Examples
    --------
    >>> from astrocnn.catalogs import CATALOGS
    >>> psz2 = CATALOGS["psz2"]
    >>> psz2.vizier, psz2.redshift, psz2.columns["mass"]
    ('J/A+A/594/A27/psz2', 'mixed', 'MSZ')
    >>> psz2.position_error
    <Quantity 2.43 arcmin>
    """

    name: str
    title: str
    vizier: str
    redshift: str
    columns: Mapping[str, str] = field(hash=False)
    unverified: str
    n_rows: int | None
    completeness: str
    reference: str
    whole: bool = True
    position_error: u.Quantity | None = None
    position_error_source: str = ""
    request: tuple[str, ...] = ("**",)
    filters: Mapping[str, str] = field(default_factory=dict, hash=False)
    velocity: str = ""
    spectroscopic: str = ""

    def __post_init__(self):
        if self.redshift not in _KINDS:
            raise InvalidParameterError(f"redshift must be one of {_KINDS}, not {self.redshift!r}")
        for name in ("columns", "filters"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
