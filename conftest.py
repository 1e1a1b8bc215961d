"""What every test and every docstring example runs under, whichever folder pytest is given.

Nothing is read from, or left in, the home folder of the person who runs the tests: settings,
caches and Keras' folder are in a temporary one, chosen here before astropy or Keras is imported.
The network is blocked by pytest-remotedata (``remote_data_strict`` in setup.cfg).
"""

import atexit
import functools
import os
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import pytest

HOME = Path(tempfile.mkdtemp(prefix="astrocnn-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

for variable, folder in {
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "KERAS_HOME": "keras",
    "MPLCONFIGDIR": "matplotlib",
}.items():
    os.environ[variable] = str(HOME / folder)

for folder in ("config", "cache"):
    # Up to version 7, astropy uses the XDG folders only where they have one called "astropy".
    (HOME / folder / "astropy").mkdir(parents=True)
    os.environ.pop(f"ASTROPY_{folder.upper()}_DIR", None)

if "PYTEST_XDIST_WORKER" in os.environ:  # each has a core of its own
    for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ.setdefault(variable, "1")

os.environ["MPLBACKEND"] = "agg"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

SHOWN = [
    "astrocnn", "numpy", "scipy", "astropy", "keras", "tensorflow", "jax", "xarray", "zarr",
    "scikit-learn", "reproject", "healpy", "regions", "astroquery", "matplotlib",
]  # fmt: skip


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def pytest_report_header(config):
    """Name the versions that matter, without importing the packages."""
    versions = ", ".join(f"{package} {_version(package)}" for package in SHOWN)
    return [f"versions: {versions}", f"KERAS_BACKEND: {os.environ.get('KERAS_BACKEND', 'not set')}"]


def pytest_configure(config):
    from astropy.utils.iers import conf as iers

    from astrocnn.config import conf

    iers.auto_download = False
    conf.progress = False
    # Tests count requests: nothing is kept between them, and no other service is asked, unless
    # a test says so.
    conf.image_cache_size = "0 GB"
    conf.check_coverage = False


@pytest.fixture(autouse=True)
def _examples_write_elsewhere(request, monkeypatch):
    """Docstring examples that write files do so in a temporary folder."""
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(request.getfixturevalue("tmp_path"))


@pytest.fixture(autouse=True)
def _figures_are_closed():
    """Close the figures of a test."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture(scope="session", autouse=True)
def _shipped_weights_are_loaded_once():
    """A second of each test that predicts with them; tests/networks loads them each time."""
    from astrocnn.estimators import _fitted
    from astrocnn.networks import weights_names

    load, names = _fitted.load_model, weights_names()
    load_once = functools.cache(load)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_fitted, "load_model", lambda w: (load_once if w in names else load)(w))
        yield
