"""Recipes of the weights that come with astrocnn."""

from .._registry import Registry
from ._recipe import Recipe

__all__ = ["RECIPES"]

#: Three networks of two branches, see `astrocnn.networks.build_two_branch`.
_ENSEMBLE = {"network": "ensemble", "arguments": {"member": "two_branch", "n_members": 3}}

#: Two smaller ones that see planes of a fit, which are alike for both telescopes: both recipes
#: train on the same list, in which there is blank sky, and version 2 of the simulation too.
_FITTED = {
    "pixels": 178,
    "list_pixels": 90,
    "n": 16000,
    "epochs": 4,
    "calibration": "vector",
    "network": "ensemble",
    "arguments": {
        "member": "two_branch",
        "n_members": 2,
        "widths": (12, 32, 64),
        "depths": (1, 1, 1),
    },
    "batch_size": 64,
    "learning_rate": 2e-3,
    "turned": 0.0,
    "source_planes": True,
    "version": 3,
    "outputs": ("other", "pair", "point", "cluster"),
}


#: Arguments of the branches of these networks.
_BRANCHES = ("widths", "depths")


def _list_with(other: str) -> tuple:
    """Training targets beside those of a telescope: blank sky, version 2, and those of another."""
    parts = ((0.375, {"kind": "blank"}), (0.5, {"version": 2}))
    others = ((part, {"bands": (other,)} | new) for part, new in ((1.0, {}), *parts))
    return (*parts, *others)


def _joint(
    bands: tuple[str, ...], xray: str, n: int, n_calibration: int, n_blank: int, n_before: int
) -> Recipe:
    """Recipe of weights in which optical bands add to what weights for X-rays alone say.

    Beside its own targets it trains on blank sky and on targets of the version before.
    """
    own = {name: value for name, value in _FITTED["arguments"].items() if name in _BRANCHES}
    both = own | {"other_widths": (16, 32, 64)}
    settings = _FITTED | {
        "n": n,
        "n_calibration": n_calibration,
        "list_pixels": None,
        "epochs": 3,
        "arguments": {"member": "evidence", "n_members": 2, "alone": own, "both": both},
        "xray_weights": xray,
    }
    beside = ((n_blank / n, {"kind": "blank"}), (n_before / n, {"version": 2}))
    return Recipe(bands, beside=beside, without=((0.25, bands[:1]),), **settings)


#: Recipes of the weights that come with astrocnn.
RECIPES = Registry(
    "recipe",
    {
        "xmm": Recipe(("xmm",), 178, n=40000, epochs=3, shift=0.03, **_ENSEMBLE),
        "xmm-dss2": Recipe(("xmm", "dss2-red"), 178, n=40000, epochs=4, shift=0.03, **_ENSEMBLE),
        "xmm-dss2-psf": _joint(("xmm", "dss2-red"), "xmm-psf", 32000, 4000, 2000, 8000),
        "xmm-psf": Recipe(("xmm",), beside=_list_with("erosita"), **_FITTED),
        # Its probabilities near one half come out too low, which no temperature mends.
        "erosita": Recipe(
            ("erosita",),
            178,
            n=40000,
            epochs=3,
            n_calibration=10000,
            calibration="beta",
            **_ENSEMBLE,
        ),
        "erosita-legacy": Recipe(
            ("erosita", "legacy-g", "legacy-r", "legacy-z"), 178, n=40000, epochs=3, **_ENSEMBLE
        ),
        "erosita-legacy-psf": _joint(
            ("erosita", "legacy-g", "legacy-r", "legacy-z"), "erosita-psf", 12000, 2000, 1500, 6000
        ),
        "erosita-psf": Recipe(("erosita",), beside=_list_with("xmm"), **_FITTED),
    },
)
