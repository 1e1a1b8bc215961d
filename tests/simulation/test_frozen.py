"""The simulation is frozen: the same version, seed and number give the same pixels."""

import pytest

from astrocnn.simulation import VERSION, simulate_field

#: Number and bands -> kind, expected counts, photons in the X-ray image, mean and spread of the
#: optical one. They are numbers of version 2: where they change, the version must.
FROZEN = {
    (0, ("xmm", "dss2-red")): ("cluster", 45.2358, 839, 6010.57, 233.55),
    (7, ("erosita", "legacy-g")): ("galaxy", 106.687, 388, 0.59, 59.88),
    (12, ("rass", "sdss-i")): ("cluster", 44.944, 309, 1.51, 170.42),
}


@pytest.mark.parametrize(("number", "bands"), FROZEN)
def test_pixels(number, bands):
    """Rounding on other machines may move a photon, no more."""
    assert VERSION == 2
    field = simulate_field(number, 1, bands, exposure_map=True)
    kind, counts, photons, mean, spread = FROZEN[number, bands]
    xray, optical = (field.images[band].data for band in bands)
    assert field.truth["kind"] == kind
    assert field.truth["counts"] == pytest.approx(counts, rel=1e-5)
    assert xray.sum() == pytest.approx(photons, abs=2)
    assert optical.mean() == pytest.approx(mean, abs=0.02)
    assert optical.std() == pytest.approx(spread, rel=1e-3)
