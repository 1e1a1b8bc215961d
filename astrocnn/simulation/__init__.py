"""Mock X-ray and optical skies with truth tables. Everything made here is called simulated."""

from ._annotators import (
    VOLUNTEERS,
    Volunteers,
    confirmed_clusters,
    expert_labels,
    fit_volunteers,
    volunteer_labels,
)
from ._clusters import LIMITS
from ._cutouts import simulate_cutouts
from ._fields import SimulatedField, simulate_field, version_limits
from ._instruments import (
    CAMERAS,
    EPIC_MOS,
    EPIC_MOS_1_2,
    EPIC_PN,
    EROSITA,
    OPTICAL_CAMERAS,
    PLATE_RED,
    PSPC,
    OpticalCamera,
    XrayCamera,
)
from ._population import KINDS, Source, draw_sources
from ._truth import TRUTH_CLASSES, VERSION, truth_table

__all__ = [
    "CAMERAS",
    "EPIC_MOS",
    "EPIC_MOS_1_2",
    "EPIC_PN",
    "EROSITA",
    "KINDS",
    "LIMITS",
    "OPTICAL_CAMERAS",
    "PLATE_RED",
    "PSPC",
    "TRUTH_CLASSES",
    "VERSION",
    "VOLUNTEERS",
    "OpticalCamera",
    "SimulatedField",
    "Source",
    "Volunteers",
    "XrayCamera",
    "confirmed_clusters",
    "draw_sources",
    "expert_labels",
    "fit_volunteers",
    "simulate_cutouts",
    "simulate_field",
    "truth_table",
    "version_limits",
    "volunteer_labels",
]
