"""Which surveys cover which targets."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from astrocnn.exceptions import AstrocnnWarning
from astrocnn.providers import survey_coverage
from astrocnn.surveys import get_band

mocpy = pytest.importorskip("mocpy")

RED = "CDS/P/DSS2/red"


def test_first_survey_that_covers(mocs):
    mocs |= dict.fromkeys(get_band("xmm").hips, "0/0")  # 0 < ra < 90, north
    mocs |= {"erosita/dr1/rate/024": "0/0-3", "CDS/P/RASS": "0/0-11", RED: "0/0-11"}
    targets = QTable({
        "name": ["north", "other north", "south", "nowhere"],
        "ra": [45, 135, 45, np.nan] * u.deg, "dec": [40, 40, -40, 0] * u.deg,
    })  # fmt: skip
    with pytest.warns(UserWarning, match="4 targets: 1 without a valid position"):
        table = survey_coverage(targets, ["xmm", "erosita", "rass", "dss2"])
    assert table["xray"].tolist() == ["xmm", "erosita", "rass", ""]
    assert table["optical"].tolist() == ["dss2-red", "dss2-red", "dss2-red", ""]
    assert table["coverage_xmm"].filled(-1).tolist() == [1, 0, 0, -1]


def test_share_of_the_field(mocs):
    """Half of a field on the border; a band covers where all its HiPS do."""
    eb2, eb3 = get_band("xmm").hips
    mocs |= {eb2: "0/0", eb3: "0/0 4"}  # the meridian ra = 90 deg ends face 0
    border = SkyCoord(90.0, 45.0, unit="deg")
    table = survey_coverage(border, ["xmm"], size=1 * u.deg, enough=0.4)
    assert table["coverage_xmm"][0] == pytest.approx(0.5, abs=0.05)
    assert table["xray"][0] == "xmm"
    assert survey_coverage(border, ["xmm"])["xray"][0] == ""


def test_unknown_coverage_is_never_chosen(mocs):
    mocs["CDS/P/RASS"] = "0/0-11"
    with pytest.warns(AstrocnnWarning, match="what xmm cover is not known"):
        table = survey_coverage(SkyCoord(45, 40, unit="deg"), ["xmm", "rass"])
    assert table["coverage_xmm"].mask.all()
    assert table["xray"].tolist() == ["rass"]
