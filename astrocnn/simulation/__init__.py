"""Mock X-ray and optical skies with truth tables. Everything made here is called simulated."""

from ._cutouts import simulate_cutouts
from ._fields import SimulatedField, simulate_field, truth_table
from ._instruments import EPIC_MOS, EPIC_MOS_1_2, EPIC_PN, PLATE_RED, PlateCamera, XrayCamera
from ._population import KINDS, LIMITS, Source, draw_sources

__all__ = [
    "EPIC_MOS",
    "EPIC_MOS_1_2",
    "EPIC_PN",
    "KINDS",
    "LIMITS",
    "PLATE_RED",
    "PlateCamera",
    "SimulatedField",
    "Source",
    "XrayCamera",
    "draw_sources",
    "simulate_cutouts",
    "simulate_field",
    "truth_table",
]
