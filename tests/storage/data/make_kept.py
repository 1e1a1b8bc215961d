"""Make what a version of astrocnn keeps: ``python make_kept.py kept-VERSION.zip``.

Run with the version whose files later ones have to read or to refuse. All is simulated.
"""

import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from astrocnn import ClusterClassifier, conf
from astrocnn.catalogs._cache import ANSWERS
from astrocnn.cutouts import make_cutouts, write_cutouts
from astrocnn.exceptions import NoCoverageError, ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.networks import build_cn, build_network, save_model
from astrocnn.providers import HipsProvider, Pixels, Provider, write_hips
from astrocnn.providers._remote._cache import IMAGES
from astrocnn.surveys import get_band
from astrocnn.tables import write_result
from astrocnn.training import train_network
from astrocnn.validation import validate

PIXELS = 16
TARGETS = QTable({
    "name": [f"J{i:02d}é" for i in range(11)],
    "ra": 10.0 * np.arange(11) + 0.123456789,
    "dec": np.linspace(-50, 50, 11),
})  # fmt: skip


class NoiseProvider(Provider):
    """Noise with a hole; one target fails, one is not covered; X-rays have an exposure map."""

    description = "made up"

    def cutout(self, grid):
        """Return the pixels on ``grid``."""
        number = round(grid.center.ra.deg / 10)
        if number == 2:
            raise ProviderError("the connection broke")
        if number == 7:
            raise NoCoverageError("a hole")
        noise = np.random.default_rng(number).integers(-8, 9, grid.shape) / 8
        image = noise.astype(np.float32)
        image[:3] = np.nan
        exposure = np.full_like(image, 1e4) if self.band.name == "xmm" else None
        return Pixels(image, np.isfinite(image), exposure)


def sources(*bands):
    """Providers by band."""
    return {band: NoiseProvider(get_band(band)) for band in bands}


def small_network():
    """A network, not trained, whose weights are few different numbers: a small file."""
    maker = ClusterClassifier(weights=None, bands=("xmm",), pixels=PIXELS)
    description = maker._start_description([False, True])
    model, rng = build_network(description), np.random.default_rng(1)
    model.set_weights([rng.integers(-2, 3, w.shape) / 16 for w in model.get_weights()])
    return model, description


def make(folder):
    """Write everything into a folder."""
    weights = save_model(folder / "small.keras", *small_network(), half=True)
    classifier = ClusterClassifier(weights, images=sources("xmm"))
    result = classifier.predict(TARGETS, folder=folder / "run")
    for suffix in ("ecsv", "fits", "vot", "csv", "parquet"):
        write_result(result, folder / f"result.{suffix}")
    validate(result, np.arange(11) % 2 == 0).write(folder / "report.json")
    bands = ["xmm", "dss2-red"]
    write_cutouts(folder / "kept", TARGETS, bands, sources(*bands), pixels=8)
    np.savez_compressed(
        folder / "expected.npz",
        image=make_cutouts(TARGETS, bands, sources(*bands), pixels=8)["image"].values,
        proba=result["proba_cluster"].filled(np.nan),
        ra=TARGETS["ra"],
    )
    images = np.random.default_rng(0).integers(0, 2, (8, 16, 16, 1)).astype("float32")
    (folder / "checkpoint").mkdir()
    model = build_cn((16, 16, 1))
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    train_network(
        model, images, np.arange(8) % 2, epochs=1, random_state=1, learning_rate=1e-30,
        checkpoint=folder / "checkpoint" / "state.npz",
    )  # fmt: skip
    with conf.set_temp("catalog_cache", str(folder / "catalogs")):
        ANSWERS.store("mcxc.vot", "the request", b"the answer")
    with (
        conf.set_temp("image_cache", str(folder / "images")),
        conf.set_temp("image_cache_size", "1 GB"),
    ):
        IMAGES.store("CDS/P/DSS2/red", "the request", b"the answer")
    field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 20 * u.arcmin, 50)
    write_hips(folder / "hips", [(np.ones((50, 50)), field.wcs)], order=6, tile_width=16)
    HipsProvider(folder / "hips", get_band("xmm"))


if __name__ == "__main__":
    conf.progress = False
    conf.chunk_size = 4
    scratch = Path(tempfile.mkdtemp())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make(scratch)
    target = Path(sys.argv[1])
    shutil.make_archive(target.with_suffix(""), "zip", scratch)
    shutil.rmtree(scratch)
