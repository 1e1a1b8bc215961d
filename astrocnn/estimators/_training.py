"""From labeled network input to a calibrated network."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..exceptions import InvalidParameterError, WeightsError
from ..networks import (
    ModelDescription,
    build_network,
    ensemble_members,
    load_keras,
    load_model,
    put_xray_part,
)
from ..tables._numbers import as_floats
from ..training import (
    CALIBRATIONS,
    class_targets,
    train_network,
)
from ._calibrate import calibrate
from ._fitted import Fitted
from ._labels import encode, sorted_labels
from ._sample import ENOUGH, Sample

__all__ = ["train_fitted", "trained_shares"]


def train_fitted(
    description: ModelDescription,
    start,
    sample: Sample,
    held_out: Sample | None = None,
    y=None,
    *,
    class_weight: Mapping | str | None = None,
    calibration: str | None = "temperature",
    random_state: int | None = None,
    checkpoint=None,
    xray_weights: str | None = None,
    **settings,
) -> Fitted:
    """Train the network of a description, then calibrate it on held-out targets.

    Parameters
    ----------
    description : ModelDescription
        What to train.
    start : str, path or None
        Weights to start from; None: from nothing.
    sample : Sample
        What to train on.
    held_out : Sample, optional
        What to watch, and to calibrate on where it is large enough.
    y : array-like, optional
        Labels as the user gave them, for the type of the classes.
    class_weight : dict or ``"balanced"``, optional
        Weight of each class, by label.
    calibration : str or None
        See `astrocnn.training.fit_calibration`; None: none.
    random_state : int, optional
        Seed; each member of an ensemble has its own.
    checkpoint : path, optional
        File of the training's state; of an ensemble one per member.
    xray_weights : str, optional
        Weights for X-rays alone, which become that part of the network and are not trained.
    **settings
        Passed to `astrocnn.training.train_network`.

    Raises
    ------
    InvalidParameterError
        If there is one class only, nothing held out for ``patience`` to watch, or the calibration
        is for two classes and there are more.
    WeightsError
        If the file to start from is no longer the one that was described.

    Warns
    -----
    CalibrationWarning
        If a class has no weight among the held-out targets: nothing is calibrated then.
    """
    given, classes = description, description.classes
    _check_calibration(calibration, given, sample)
    shares = trained_shares(sample.numbers, sample.weight, class_weight, classes)
    class_weight = _by_number(class_weight, classes)
    prior = _trained_prior(sample, held_out, shares, given)
    description = replace(
        description,
        card={"training": "trained by fit", "trained_prior": prior},
        calibration={},
        domain={},
        operating_points={},
    )
    keras = load_keras()
    if random_state is not None:
        keras.utils.set_random_seed(random_state)
    fitted = Fitted(description, start, *sorted_labels(description.classes, y), trained=True)
    fitted._model = _first_network(given, start)
    xray = None
    if xray_weights is not None:
        network, xray = load_model(xray_weights)
        _check_xray(xray, given, xray_weights)
        put_xray_part(fitted._model, network)
    settings |= {"sample_weight": sample.weight, "class_weight": class_weight}
    if held_out is not None:
        right = held_out.numbers if held_out.outputs is None else held_out.outputs
        settings["validation"] = (held_out.images, right, held_out.weight)
    fitted.history = _train_members(fitted, sample, random_state, checkpoint, settings)
    if held_out is not None and len(held_out) >= ENOUGH:
        calibrate(fitted, sample.looks, held_out, calibration, settings["batch_size"])
    if xray is not None and xray.calibration:
        others = [kind[0] for kind in given.band_kinds.values() if kind[0] != "xray"]
        known = {"+".join(dict.fromkeys(others)): xray.calibration}
        found = {"method": None, **fitted.description.calibration}
        fitted.description.calibration = found | {"without": found.get("without", {}) | known}
    return fitted


def _check_calibration(calibration, description, sample) -> None:
    """Raise InvalidParameterError unless the outputs and labels can be calibrated so."""
    if len(description.output_names) != 2 and calibration not in (None, *CALIBRATIONS[:2]):
        some = " or ".join(map(repr, CALIBRATIONS[:2]))
        raise InvalidParameterError(
            f"{calibration} calibration is for two outputs, the network has "
            f"{', '.join(description.output_names)}: give calibration={some}"
        )
    if calibration == CALIBRATIONS[1] and description.outputs and sample.outputs is None:
        raise InvalidParameterError(
            f"vector calibration needs labels of {', '.join(description.outputs)}, and these are "
            f"of {', '.join(description.classes)}: give calibration={CALIBRATIONS[0]!r}"
        )


def _check_xray(xray, description, name) -> None:
    """Raise WeightsError unless weights for X-rays alone say the same of the same bands."""
    bands = [b for b in description.bands if description.band_kinds[b][0] == "xray"]
    for what, one, other in (
        ("bands", xray.bands, bands),
        ("outputs", xray.output_names, description.output_names),
        ("preprocessing", xray.preprocessing, description.preprocessing),
    ):
        if one != other:
            raise WeightsError(
                f"the weights {str(name)!r} cannot be the X-ray part: their {what} are {one}, and "
                f"here {other}"
            )


def _first_network(description, start):
    """The network before the training: new, or that of the weights that were described."""
    if start is None:
        return build_network(description, pretrained=True)
    model, found = load_model(start)
    if found != description:
        raise WeightsError(f"the weights {str(start)!r} were replaced meanwhile: call fit again")
    return model


def _merged_outputs(member, description):
    """A network with the same weights that gives the classes, from the outputs of a member."""
    if not description.outputs:
        return member
    keras = load_keras()
    image = keras.Input(member.input_shape[1:], name="image")
    last = member(image)[..., -1:]
    return keras.Model(image, keras.ops.concatenate([1 - last, last], axis=-1))


def _trained_prior(sample, held_out, shares, description) -> dict:
    """Fraction of each output of the network in the training, of each class where it has no parts.

    Where it is known which output is right for the held-out targets, these say it: they calibrate
    the probabilities, and a training may have more of what is hard than any list has. Where nobody
    says which part a target of the first class is, the parts keep their proportions.
    """
    if not description.outputs:
        return dict(zip(description.classes, shares.tolist(), strict=True))
    names = description.outputs
    if sample.outputs is not None:
        own = sample if held_out is None or held_out.outputs is None else held_out
        whole = own.lacks == ""
        weight = None if own.weight is None else own.weight[whole]
        found = np.bincount(own.outputs[whole], weight, minlength=len(names))
        return dict(zip(names, (found / found.sum()).tolist(), strict=True))
    known = description.card.get("trained_prior", {})
    found = np.array([known.get(name, 1.0) for name in names])
    rest = found[:-1] / found[:-1].sum() * (1 - shares[-1])
    return dict(zip(names, [*rest.tolist(), float(shares[-1])], strict=True))


def _train_members(fitted, sample, random_state, checkpoint, settings):
    """Train each member by itself; return its history, of an ensemble a list of them."""
    merged = sample.outputs is None
    right = sample.numbers if merged else sample.outputs
    members = ensemble_members(fitted.model)
    histories = []
    for i, member in enumerate(members):
        seed = None if random_state is None else random_state + i
        path = checkpoint
        if checkpoint is not None and len(members) > 1:
            path = f"{checkpoint}.{i + 1}"
        histories.append(
            train_network(
                _merged_outputs(member, fitted.description) if merged else member,
                sample.images,
                right,
                random_state=seed,
                checkpoint=path,
                **settings,
            )
        )
    return histories[0] if len(members) == 1 else histories


def _by_number(class_weight, classes: list[str]):
    """Weights by label as weights by class number."""
    if not isinstance(class_weight, Mapping):
        return class_weight
    weights = as_floats([*class_weight.values()], "class_weight").tolist()
    return {
        int(encode([label], 1, classes)[0]): weight
        for label, weight in zip(class_weight, weights, strict=True)
    }


def trained_shares(numbers, sample_weight, class_weight, classes: list[str]) -> np.ndarray:
    """Fraction of each class in the loss.

    Parameters
    ----------
    numbers : ndarray of shape (n,), int
        Class numbers.
    sample_weight : array-like of shape (n,), or None
        Weight of each target.
    class_weight : dict, ``"balanced"``, or None
        Weight of each class, by label.
    classes : list of str
        Names of the classes.

    Raises
    ------
    InvalidParameterError
        If a weight does not fit, or fewer than two classes have any.

    Examples
    --------
    >>> from astrocnn.estimators._training import trained_shares
    >>> trained_shares([0, 0, 0, 1], None, {"cluster": 3.0}, ["non_cluster", "cluster"])
    array([0.5, 0.5])
    """
    class_weight = _by_number(class_weight, classes)
    _, weight = class_targets(numbers, len(numbers), len(classes), sample_weight, class_weight)
    shares = np.bincount(numbers, weight, minlength=len(classes)).astype(float)
    if np.count_nonzero(shares) < 2:
        raise InvalidParameterError(
            "training needs targets of at least two classes, with a weight above zero"
        )
    return shares / shares.sum()
