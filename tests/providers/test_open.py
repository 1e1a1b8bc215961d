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


def test_exposure_of_a_hips_in_a_list(tmp_path, hips):
    """As the command line gives it."""
    write_hips(tmp_path / "exposure", [(np.full(FIELD.shape, 3.0), FIELD.wcs)], 6)
    source = {"image": [tmp_path / "hips"], "exposure": [tmp_path / "exposure"]}
    provider = open_provider(source, XMM.with_(quantity="counts"))
    assert np.allclose(provider.cutout(FIELD).exposure[20:70, 20:70], 3)


@pytest.mark.parametrize(
    ("exposure", "message"),
    [
        (["a", "b"], r"one exposure map of the same kind, not \['a', 'b'\]"),
        ([3], "one exposure map of the same kind"),
        (3, "one exposure map of the same kind"),
        (["no/hips"], "no/hips is no HiPS"),
    ],
)
def test_exposure_that_is_none(tmp_path, hips, exposure, message):
    with pytest.raises(ProviderError, match=message):
        open_provider({"image": [tmp_path / "hips"], "exposure": exposure}, XMM)


def test_one_hips_of_two_is_vouched_for(tmp_path, hips):
    properties = tmp_path / "hips" / "properties"
    properties.write_text(properties.read_text() + "obs_regime = Radio\n")
    other = tmp_path / "other"
    write_hips(other, [(np.ones(FIELD.shape), FIELD.wcs)], 6)
    both = [tmp_path / "hips", other]
    for trusted in (True, str(tmp_path / "hips"), [tmp_path / "hi*"]):
        provider = open_provider({"image": both, "trusted": trusted}, XMM)
        assert np.allclose(provider.cutout(FIELD).image[20:70, 20:70], 2)
    with pytest.raises(ProviderError, match="radio"):
        open_provider({"image": both, "trusted": [other]}, XMM)
