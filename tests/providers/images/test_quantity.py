"""What pixels are, by their unit and by themselves."""

import numpy as np
import pytest

from astrocnn.providers._images._quantity import tell_quantity
from astrocnn.surveys import get_band

XMM = get_band("xmm")


@pytest.mark.parametrize(
    "unit",
    ["count/s", "cts s-1", "count s**-1", "ct s^-1", "counts/sec", "counts per second", "ph/cm2/s",
     "photon / (cm2 s)", "/cm**2 /s", "cm-2s-1", "ct / ks", "erg s-1 cm-2"],
)  # fmt: skip
def test_units_of_time(unit):
    assert tell_quantity(np.ones((2, 2), dtype=int), unit, XMM) == "rate"
    assert tell_quantity(np.ones((2, 2)), unit, XMM.with_(quantity="counts")) == "rate"


@pytest.mark.parametrize("unit", ["count", "Counts", "ct", "CTS", "photon", "counts/pixel"])
def test_units_of_counts(unit):
    assert tell_quantity(np.full((2, 2), 0.3), unit, XMM) == "counts"
    assert tell_quantity(np.full((2, 2), 0.3), unit, get_band("dss2-red")) == "intensity"


@pytest.mark.parametrize("unit", ["", "Primary Array", "adu", "counts-1", "arcsec", "1/sr"])
@pytest.mark.parametrize(
    ("pixels", "told"),
    [([1, 0], "counts"), ([0, 0], "counts"), ([1.0, np.nan], "counts"), ([0.5, 1], "rate"),
     ([0.0, np.nan], None), ([np.nan, np.nan], None), ([np.inf, 0.0], None)],
)  # fmt: skip
def test_other_units_leave_it_to_the_pixels(unit, pixels, told):
    assert tell_quantity(np.array([pixels]), unit, XMM) == told
