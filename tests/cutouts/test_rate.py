"""Counts over exposure, where the exposure is enough."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from astrocnn.cutouts import count_rate, make_cutouts
from astrocnn.exceptions import InvalidImageError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import FitsProvider, SkyImage
from astrocnn.surveys import get_band

FIELD = CutoutGrid(SkyCoord(150, 2, unit="deg"), 20 * u.arcmin, 300)


def image():
    """Counts of an even sky, behind a vignetted exposure with a hole."""
    y, x = np.indices(FIELD.shape) - 149.5
    exposure = 2e4 / (1 + np.hypot(x, y) / 100)
    exposure[100:140] = 100.0  # far below 5 % of the largest
    return SkyImage(4e-5 * exposure + 0.2, FIELD.wcs, "counts", exposure)


def test_even_where_exposed_and_nothing_elsewhere():
    sky = image()
    sky.data = 4e-5 * sky.exposure
    dataset = make_cutouts(FIELD.center, ["xmm"], {"xmm": sky}, pixels=90)
    rate = count_rate(dataset)
    valid = dataset["valid"].values == 1
    assert 0.5 < valid.mean() < 0.9
    assert np.allclose(rate.values[valid], 4e-5, rtol=1e-4)
    assert np.isnan(rate.values[~valid]).all()
    assert rate.dtype == np.float32
    assert rate.attrs["unit"] == "ct / s"


def test_background_is_subtracted_only_when_asked():
    sky = image()
    provider = FitsProvider(sky, get_band("xmm"), background="estimate")
    dataset = make_cutouts(FIELD.center, ["xmm"], {"xmm": provider}, pixels=90)
    assert dataset["background"].dtype == np.float32
    assert float(count_rate(dataset).median()) > 4e-5
    assert abs(float(count_rate(dataset, subtract_background=True).median())) < 5e-6


def test_bands_without_exposure_stay_as_they_are():
    plate = SkyImage(np.full(FIELD.shape, 7.0), FIELD.wcs)
    dataset = make_cutouts(
        FIELD.center, ["xmm", "dss2"], {"xmm": image(), "dss2": plate}, pixels=90
    )
    rate = count_rate(dataset)
    assert np.allclose(rate.sel(band="dss2-red"), 7)
    assert float(rate.sel(band="xmm").max()) < 1e-3


def test_without_background():
    dataset = make_cutouts(FIELD.center, ["xmm"], {"xmm": image()}, pixels=32)
    assert "background" not in dataset
    with pytest.raises(InvalidImageError, match="no variable 'background': give it with the im"):
        count_rate(dataset, subtract_background=True)
