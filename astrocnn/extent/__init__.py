"""Extent of X-ray sources, by a likelihood fit: is it more than a point?"""

from ._axis import find_axis
from ._fit import SourceFit, fit_source
from ._table import fit_extent

__all__ = ["SourceFit", "find_axis", "fit_extent", "fit_source"]
