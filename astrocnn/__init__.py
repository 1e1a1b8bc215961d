"""From a list of sky positions to a validated catalog of galaxy clusters.

The sub-packages, in the order in which a target list passes through them:

- `astrocnn.config`: settings, kept the astropy way (`astrocnn.conf`)
- `astrocnn.storage`: whole files, folders of finished parts, locks, kept answers of services
- `astrocnn.services`: the client that asks all services, bounded in time and bytes
- `astrocnn.tables`: target lists in, result columns out
- `astrocnn.surveys`: what exists on the sky, survey by survey and band by band
- `astrocnn.grid`: the tangent-plane grid of a target
- `astrocnn.providers`: pixels of a band on a grid, from files, HiPS or services
- `astrocnn.cutouts`: targets x bands to one `xarray.Dataset`
- `astrocnn.extent`: likelihood fits of X-ray sources: more than a point?
- `astrocnn.preprocessing`: masks, stretch and normalization: Dataset to tensors
- `astrocnn.networks`: architectures and named weights
- `astrocnn.simulation`: mock X-ray and optical skies with truth tables
- `astrocnn.training`: the loop, augmentation, splits that keep the sky apart
- `astrocnn.estimators`: `ClusterClassifier`, which calls all of the above
- `astrocnn.catalogs`: reference catalogs with the same columns
- `astrocnn.matching`: positions to counterparts, and the rate of chance matches
- `astrocnn.validation`: completeness, purity, ROC and calibration with intervals
- `astrocnn.plotting`: figures
- `astrocnn.datasets`: samples to try things on
- `astrocnn.cli`: the commands ``astrocnn demo``, ``predict``, ``train``, ``info``
- `astrocnn.exceptions`: errors and warnings

Importing ``astrocnn`` loads none of them: each is imported when it is first used.
"""

__all__ = ["ClusterClassifier", "__version__", "conf"]

_ROOMS = (
    "config",
    "storage",
    "services",
    "tables",
    "surveys",
    "grid",
    "providers",
    "cutouts",
    "extent",
    "preprocessing",
    "networks",
    "simulation",
    "training",
    "estimators",
    "catalogs",
    "matching",
    "validation",
    "plotting",
    "datasets",
    "cli",
    "exceptions",
)

#: Name at the top -> module that defines it.
_EXPORTS = {"ClusterClassifier": "estimators", "conf": "config"}


def _version():
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("astrocnn")
    except PackageNotFoundError:  # a copy of the sources that was never installed
        return "0+unknown"


def __getattr__(name):
    """Import a module, or fetch a name from its module, on first use (PEP 562)."""
    if name == "__version__":
        value = _version()
    elif name in _ROOMS or name in _EXPORTS:
        from importlib import import_module

        value = import_module(f"{__name__}.{_EXPORTS.get(name, name)}")
        if name in _EXPORTS:
            value = getattr(value, name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*__all__, *_ROOMS})
