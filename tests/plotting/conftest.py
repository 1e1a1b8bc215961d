"""Small cut-outs to draw, and no window."""

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from astropy.table import MaskedColumn, QTable

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


@pytest.fixture
def dataset():
    """Five targets, X-ray and optical, 40 pixels of 9 arcsec; the fourth has no X-ray pixels."""
    rng = np.random.default_rng(1)
    yy, xx = np.mgrid[:40, :40] - 19.5
    blob = np.exp(-(xx**2 + yy**2) / 50)
    xray = rng.poisson(0.2 + 5 * blob, (5, 40, 40)).astype("float32")
    optical = rng.normal(4000 + 900 * blob, 30, (5, 40, 40)).astype("float32")
    image = np.stack([xray, optical], axis=1)
    valid = np.ones(image.shape, dtype="uint8")
    valid[3, 0] = 0
    valid[1, 0, :, :10] = 0
    image[valid == 0] = np.nan
    dims = ("target", "band", "y", "x")
    return xr.Dataset(
        {"image": (dims, image), "valid": (dims, valid)},
        coords={
            "target_id": ("target", np.array(["a", "b", "c", "d", "e"])),
            "ra": ("target", np.arange(5.0)),
            "dec": ("target", np.arange(5.0)),
            "band": ["xmm", "dss2-red"],
            "waveband": ("band", ["xray", "optical"]),
        },
        attrs={"pixel_scale": 9.0},
    )


@pytest.fixture
def result():
    """Verdicts of the five targets: cluster, cluster, non-cluster, none, non-cluster."""
    silent = [False, False, False, True, False]
    labels = ["cluster", "cluster", "non_cluster", "cluster", "non_cluster"]
    return QTable({
        "target_id": ["a", "b", "c", "d", "e"],
        "label": MaskedColumn(labels, mask=silent),
        "proba_cluster": MaskedColumn([0.93, 0.71, 0.08, 0.0, 0.31], mask=silent),
        "flag": ["", "", "", "no_coverage:xmm", ""],
    })  # fmt: skip
