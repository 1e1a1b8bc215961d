"""Cut-outs that xarray wrote and opened by itself."""

import warnings

import numpy as np
import pytest
import xarray as xr
from astropy import units as u
from astropy.coordinates import SkyCoord

from astrocnn.cutouts import make_cutouts
from astrocnn.cutouts._lazy import dataset_step, load_cutouts
from astrocnn.grid import CutoutGrid
from astrocnn.providers import SkyImage

pytest.importorskip("zarr")
pytest.importorskip("dask")


def test_plain_zarr(tmp_path):
    """xarray chooses other chunks for each array."""
    field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 20 * u.arcmin, 300)
    image = SkyImage(np.random.default_rng(0).poisson(1.0, field.shape), field.wcs, "counts")
    ra = 150 + np.random.default_rng(1).uniform(-0.08, 0.08, 40)
    targets = SkyCoord(ra, np.full(40, 2.0), unit="deg")
    made = make_cutouts(targets, ["xmm"], {"xmm": image}, 6 * u.arcmin, 178)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Zarr 3 has no specification of text of fixed width
        made.to_zarr(tmp_path / "a.zarr")
        opened = xr.open_zarr(tmp_path / "a.zarr")
    assert opened["image"].chunks[0] != opened["valid"].chunks[0]  # or this tests nothing
    step = dataset_step(opened, 64)
    assert step > 0
    assert step % opened["image"].chunks[0][0] == 0
    for start in range(0, 40, step):
        part = load_cutouts(opened.isel(target=slice(start, start + step)))
        wanted = made.isel(target=slice(start, start + step))
        for name in ("image", "valid", "ra", "coverage"):
            np.testing.assert_array_equal(part[name], wanted[name])
