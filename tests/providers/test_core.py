"""What all providers have in common."""

import copy
import pickle

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.cutouts import make_cutouts
from astrocnn.grid import CutoutGrid
from astrocnn.providers import (
    FitsProvider,
    Hips2FitsProvider,
    HipsProvider,
    Pixels,
    Provider,
    write_hips,
)
from astrocnn.surveys import get_band

CENTER = SkyCoord(150, 2, unit="deg")


def make_fits(folder):
    sky = CutoutGrid(CENTER, 10 * u.arcmin, 50)
    path = folder / "image.fits"
    fits.PrimaryHDU(np.ones(sky.shape), sky.wcs.to_header()).writeto(path)
    return FitsProvider(path, get_band("dss2"))


def make_hips(folder):
    sky = CutoutGrid(CENTER, 10 * u.arcmin, 50)
    write_hips(folder / "hips", [(np.ones(sky.shape), sky.wcs)], order=6)
    return HipsProvider(folder / "hips", get_band("dss2"))


def make_hips2fits(_):
    return Hips2FitsProvider(get_band("dss2"), timeout=60)


def test_fault_of_the_system_is_that_of_one_target():
    """A disk that is full, a connection that breaks: in providers of users too."""

    class Broken(Provider):
        description = "my service"

        def cutout(self, grid):
            if grid.center.ra.deg > 150.5:
                raise ConnectionResetError(104, "Connection reset by peer")
            return Pixels(np.ones(grid.shape, "float32"), np.ones(grid.shape, bool))

    positions = SkyCoord([150, 151], [2, 2], unit="deg")
    provider = Broken(get_band("dss2"))
    dataset = make_cutouts(positions, ["dss2"], {"dss2": provider}, pixels=16)
    assert dataset["status"].values.ravel().tolist() == ["", "failed:dss2-red"]
    assert "my service: [Errno 104] Connection reset by peer" in dataset.attrs["faults"][0]


@pytest.mark.parametrize("make", [make_fits, make_hips, make_hips2fits])
@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_gives_the_same_pixels(make, again, tmp_path):
    provider = make(tmp_path)
    if not provider.remote:
        provider.cutout(CutoutGrid(CENTER, 2 * u.arcmin, 8))  # files are open now
    other = again(provider)
    assert repr(other) == repr(provider)
    if not provider.remote:
        grid = CutoutGrid(CENTER, 3 * u.arcmin, 8)
        np.testing.assert_array_equal(other.cutout(grid).image, provider.cutout(grid).image)
