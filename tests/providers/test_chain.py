"""Several sources of one band: who is asked, and what is said when none has pixels."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.cutouts import make_cutouts
from astrocnn.exceptions import NoCoverageError, ProviderError
from astrocnn.grid import CutoutGrid, CutoutGrids
from astrocnn.providers import ChainProvider, Pixels, Provider
from astrocnn.surveys import get_band


def field(ra, value):
    """An image of 10 arcmin around (ra, 2)."""
    grid = CutoutGrid(SkyCoord(ra, 2, unit="deg"), 10 * u.arcmin, 60)
    return fits.PrimaryHDU(np.full(grid.shape, value, "float32"), grid.wcs.to_header())


class Broken(Provider):
    """A source that fails, and counts how often."""

    remote = True

    def __init__(self, band="dss2-red"):
        super().__init__(get_band(band))
        self.asked = 0

    def cutout(self, grid):
        self.asked += 1
        raise ProviderError("the disk is full of eels")

    @property
    def description(self):
        return "eels"


GRIDS = CutoutGrids([150.0, 10.0, 50.0], [2.0, 2.0, 2.0], 3 * u.arcmin, 20)


def test_next_source_has_what_the_first_has_not():
    chain = ChainProvider("dss2", [field(150, 1.0), field(10, 2.0)])
    assert chain.cutout(GRIDS[0]).image.max() == 1
    assert chain.cutout(GRIDS[1]).image.max() == 2
    with pytest.raises(NoCoverageError, match="no dss2-red pixel.*; no dss2-red pixel"):
        chain.cutout(GRIDS[2])


def test_many_grids_give_the_same():
    broken = Broken()
    chain = ChainProvider("dss2", [field(150, 1.0), broken, field(10, 2.0)])
    with ThreadPoolExecutor(2) as pool:
        found = chain.cutouts(GRIDS, pool)
    assert [type(pixels) for pixels in found] == [Pixels, Pixels, ProviderError]
    assert (found[0].image.max(), found[1].image.max()) == (1, 2)
    assert str(found[2]) == "the disk is full of eels"
    assert broken.asked == 2


def test_failure_is_no_lack_of_coverage():
    with pytest.raises(ProviderError, match="eels") as caught:
        ChainProvider("dss2", [field(150, 1.0), Broken()]).cutout(GRIDS[2])
    assert not isinstance(caught.value, NoCoverageError)


def test_dataset():
    chain = ChainProvider("dss2", [field(150, 1.0), field(10, 2.0)])
    targets = SkyCoord(GRIDS.ra, GRIDS.dec, unit="deg")
    dataset = make_cutouts(targets, ["dss2"], {"dss2": chain}, size=3 * u.arcmin, pixels=20)
    unknown = "origin_unknown:dss2-red;coarse_pixels:dss2-red"
    assert dataset["status"].values.ravel().tolist() == [unknown] * 2 + ["no_coverage:dss2-red"]
    assert dataset["survey"].values.ravel().tolist() == ["dss2-red"] * 3


def test_chain_says_what_it_is():
    chain = ChainProvider("dss2", [field(150, 1.0), None])
    assert repr(chain).endswith("the given HDU, then hips2fits CDS/P/DSS2/red>")
    assert chain.remote
    assert not ChainProvider("dss2", [field(150, 1.0)]).remote
    assert pickle.loads(pickle.dumps(ChainProvider("dss2", [None, None]))).remote


def test_sources_that_cannot_be_used():
    with pytest.raises(ProviderError, match="a chain needs a list of sources"):
        ChainProvider("dss2", [])
    with pytest.raises(ProviderError, match="no file matches"):
        ChainProvider("dss2", ["missing.fits", None])
    with pytest.raises(ProviderError, match=r"dss2-blue: eels> is no source of dss2-red"):
        ChainProvider("dss2", [Broken("dss2-blue")])
