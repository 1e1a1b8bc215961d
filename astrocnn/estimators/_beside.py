"""Parameters of a new network, given beside weights that have their own."""

from collections.abc import Mapping

import numpy as np

from ..exceptions import InvalidParameterError, SurveyMismatchError
from ..grid import check_size
from ..networks import ModelDescription
from ..preprocessing import Preprocessing
from ..surveys import BANDS, Band, get_band

__all__ = ["band_kinds", "check_beside_weights", "check_kinds"]

#: Counts with an exposure and a rate are the same to the preprocessing.
_RATES = ("counts", "rate")


def check_beside_weights(given: Mapping, description: ModelDescription) -> None:
    """Raise where parameters say something else than the weights; what is None says nothing.

    Parameters
    ----------
    given : dict
        Parameters of a classifier.
    description : ModelDescription
        Of its weights.

    Raises
    ------
    SurveyMismatchError
        If the bands are others. Bands that astrocnn does not know may be given alone.
    InvalidParameterError
        If grid, network or preprocessing are others.

    Examples
    --------
    >>> from astrocnn.estimators._beside import check_beside_weights
    >>> from astrocnn.networks import read_description
    >>> check_beside_weights({"weights": "xmm", "pixels": 64}, read_description("xmm"))
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidParameterError: pixels=64, but the weights 'xmm' have pixels=178: ...
    """
    weights, known = given["weights"], {k: v for k, v in given.items() if v is not None}
    if "bands" in known:
        _check_bands(known["bands"], description, weights)
    for name, here, there in _pairs(known, description):
        if here != there:
            raise InvalidParameterError(
                f"{name}={here!r}, but the weights {str(weights)!r} have {name}={there!r}: leave "
                f"{name} out, or train a new network (weights=None)"
            )


def _pairs(known, description):
    """Name, given value, and that of the weights, of each parameter that was given."""
    if "size" in known:
        check_size(known["size"], known.get("pixels", description.pixels))
        same = np.isclose(known["size"], description.field_size, rtol=1e-6)
        yield "size", known["size"], known["size"] if same else description.field_size
    for name in ("pixels", "network"):
        if name in known:
            yield name, known[name], getattr(description, name)
    if "preprocessing" in known:
        steps = Preprocessing.from_config(description.preprocessing)
        yield "preprocessing", known["preprocessing"], steps
    for name, value in (known.get("network_arguments") or {}).items():
        value = list(value) if isinstance(value, tuple) else value  # as JSON has it
        yield f"network_arguments[{name!r}]", value, description.arguments.get(name)


def _check_bands(bands, description, weights) -> None:
    """Raise unless bands are those of the weights, or the ones of them that nobody else knows."""
    names = [get_band(band).name for band in bands]
    own = all(isinstance(band, Band) and band.name not in BANDS for band in bands)
    if set(names) == set(description.bands) or (own and set(names) < set(description.bands)):
        return
    raise SurveyMismatchError(
        f"bands={names}, but the weights {str(weights)!r} are for images of "
        f"{' + '.join(description.bands)}: leave bands out, or choose other weights"
    )


def band_kinds(bands) -> dict[str, list[str]]:
    """Return waveband and quantity of bands, as archives keep them.

    Examples
    --------
    >>> from astrocnn.estimators._beside import band_kinds
    >>> from astrocnn.surveys import get_band
    >>> band_kinds([get_band("xmm")])
    {'xmm': ['xray', 'rate']}
    """
    return {band.name: [band.waveband, band.quantity] for band in bands}


def check_kinds(bands, description: ModelDescription) -> None:
    """Raise SurveyMismatchError where bands are not of the kind of those of the training.

    Weights that do not say it were trained on what astrocnn knows under these names.
    """
    for band in bands:
        known = [BANDS[band.name]] if band.name in BANDS else []
        trained = (band_kinds(known) | description.band_kinds).get(band.name)
        if trained is None:
            continue
        rates = trained[1] in _RATES and band.quantity in _RATES
        if trained[0] != band.waveband or not (rates or trained[1] == band.quantity):
            raise SurveyMismatchError(
                f"band {band.name} is {band.waveband}, {band.quantity}, but that of the weights "
                f"was {', '.join(trained)}: give the band of the training in bands=, or use "
                "another name"
            )
