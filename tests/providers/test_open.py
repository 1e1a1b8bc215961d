"""From what a user gives for a band to the provider that reads it."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.exceptions import FailedTargetWarning, ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import (
    FitsProvider,
    Hips2FitsProvider,
    HipsProvider,
    SkyImage,
    open_provider,
    write_hips,
)
from astrocnn.surveys import get_band

XMM = get_band("xmm")
FIELD = CutoutGrid(SkyCoord(150, 2, unit="deg"), 6 * u.arcmin, 90)


@pytest.fixture
def hips(tmp_path):
    return write_hips(tmp_path / "hips", [(np.ones(FIELD.shape), FIELD.wcs)], 6)


def hdu():
    return fits.PrimaryHDU(np.ones(FIELD.shape), FIELD.wcs.to_header())


def test_nothing_given_is_the_service():
    provider = open_provider(None, XMM)
    assert isinstance(provider, Hips2FitsProvider)
    assert provider.remote
    assert provider.band == XMM


def test_provider_is_used_as_it_is():
    provider = FitsProvider(hdu(), XMM)
    assert open_provider(provider, XMM) is provider


@pytest.mark.parametrize("wrap", [str, lambda path: path, lambda path: [path], lambda p: (p, p)])
def test_folder_with_properties_is_a_hips(tmp_path, hips, wrap):
    provider = open_provider(wrap(tmp_path / "hips"), XMM)
    assert isinstance(provider, HipsProvider)
    level = 2 if isinstance(wrap("x"), tuple) else 1  # several are summed
    assert np.allclose(provider.cutout(FIELD).image[20:70, 20:70], level)


def test_the_same_hips_by_another_path(tmp_path, hips, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latest").symlink_to("hips")
    with pytest.warns(FailedTargetWarning, match="2 copies of other maps left out"):
        provider = open_provider(["hips", tmp_path / "hips", "latest"], XMM)
    assert np.allclose(provider.cutout(FIELD).image[20:70, 20:70], 1)


def test_home_folder(tmp_path, hips, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert isinstance(open_provider("~/hips", XMM), HipsProvider)


def test_everything_else_is_fits(tmp_path):
    path = tmp_path / "a.fits"
    hdu().writeto(path)
    image = SkyImage(np.ones(FIELD.shape), FIELD.wcs)
    for source in (
        path,
        str(path),
        [path],
        {"image": path},
        tmp_path,
        tmp_path / "*",
        hdu(),
        image,
    ):
        provider = open_provider(source, XMM)
        assert isinstance(provider, FitsProvider)
        assert np.allclose(provider.cutout(FIELD).image, 1)


@pytest.mark.parametrize("source", [[], 3, "no/such/file.fits"])
def test_what_cannot_be_used(source):
    with pytest.raises(ProviderError):
        open_provider(source, XMM)
