"""Model archives: a ``.keras`` file with our own description beside the weights."""

import hashlib
import json
import math
import warnings
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from astropy import units as u

from .._paths import user_path
from ..exceptions import WeightsError
from ..storage import DAMAGE, write_whole
from ._backend import load_keras
from ._builders import NETWORKS, check_network
from ._find import find_weights
from ._finite import check_finite
from ._half import halve_weights

__all__ = [
    "ModelDescription",
    "build_network",
    "file_hash",
    "load_model",
    "read_description",
    "save_model",
]

_MEMBER = "astrocnn.json"
_WEIGHTS = "model.weights.h5"
_FORMAT = 1
#: A description is a few kilobytes; anything far larger is no description.
_MAX_DESCRIPTION = 1_000_000
#: Sides of images, and numbers of outputs and members, that no network of ours is beyond.
_MAX_PIXELS, _MAX_NUMBER = 16384, 1000


@dataclass
class ModelDescription:
    """All that is needed, beside the weights, to use a network again.

    Parameters
    ----------
    network : str
        Name of the builder, see ``astrocnn.networks.NETWORKS``.
    arguments : dict
        Its arguments, ``input_shape`` and ``n_classes`` among them.
    bands : list of str
        Bands of the input, in order.
    size : float
        Side of the cut-outs (arcmin).
    classes : list of str
        Classes in the order of the outputs; of two, the last is the positive one.
    preprocessing : dict
        See `astrocnn.preprocessing.Preprocessing.to_config`.
    card : dict
        Model card: data, settings, scores, ``training`` (one line shown with every result),
        ``trained_prior`` (share of each class in the training).
    calibration : dict
        Of the probabilities; see `astrocnn.training.fit_calibration`. Empty: none.
    domain : dict
        Of the images; see `astrocnn.training.ImageDomain.to_config`. Empty: not known.
    operating_points : dict
        Thresholds; see `astrocnn.validation.OperatingPoints.to_config`. Empty: not measured.
    band_kinds : dict of str to list of str
        Waveband and quantity of the bands, by name. Empty: those that astrocnn knows by the name.
    outputs : list of str
        What the outputs of the network are, where they are more than the two classes: the last is
        the last class too, the others together are the first. Empty: the classes.
    cutout_pixels : int
        Pixels along one side of the cut-outs, where the network's input has others; 0: the same.
    optional_bands : list of str
        Bands that a target may lack: the network was trained to predict from the others.

    Examples
    --------
    >>> from astrocnn.networks import read_description
    >>> description = read_description("xmm")
    >>> description.bands, description.classes
    (['xmm'], ['non_cluster', 'cluster'])
    """

    network: str
    arguments: dict
    bands: list[str]
    size: float
    classes: list[str]
    preprocessing: dict
    card: dict = field(default_factory=dict)
    calibration: dict = field(default_factory=dict)
    domain: dict = field(default_factory=dict)
    operating_points: dict = field(default_factory=dict)
    band_kinds: dict = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    cutout_pixels: int = 0
    optional_bands: list[str] = field(default_factory=list)

    @property
    def pixels(self) -> int:
        """Pixels along one side of the cut-outs."""
        return int(self.cutout_pixels or self.arguments["input_shape"][0])

    @property
    def output_names(self) -> list[str]:
        """What each output of the network is the probability of."""
        return self.outputs or self.classes

    @property
    def field_size(self) -> u.Quantity:
        """Side of the cut-outs as an angle."""
        return self.size * u.arcmin


def save_model(path, model, description: ModelDescription, half: bool = False) -> Path:
    """Write a network and its description; a file of that name is replaced at once or not at all.

    Parameters
    ----------
    path : path
        Ends in ``.keras``.
    model : keras.Model
        The network.
    description : ModelDescription
        What it is.
    half : bool
        Whether to write float16 numbers: half the file, probabilities within about 1e-3.

    Returns
    -------
    `~pathlib.Path`

    Raises
    ------
    WeightsError
        If the name does not end in ``.keras``, a weight is too large for float16, or one is not
        finite.
    StoreError
        If it cannot be written (disk full, no such folder).
    """
    path = user_path(path)
    if path.suffix != ".keras":
        raise WeightsError(f"a model archive is named *.keras, not {path.name!r}")
    keras = load_keras()
    check_finite(model, f"the weights for {path.name}")
    # A fresh copy, never compiled: the optimizer's state would triple the file.
    bare = build_network(description)
    bare.set_weights(model.get_weights())

    def write(part):
        keras.saving.save_model(bare, part)
        _finish(part, description, half)

    return write_whole(path, write)


def _finish(path, description, half) -> None:
    """Add the description to an archive of Keras; halve its weights if asked."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if half:
        members[_WEIGHTS] = halve_weights(members[_WEIGHTS])
    members[_MEMBER] = json.dumps({"format": _FORMAT, **asdict(description)}, indent=1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def read_description(weights) -> ModelDescription:
    """Read what an archive is, without loading Keras.

    Parameters
    ----------
    weights : str or path
        Name of weights that come with astrocnn, or a ``.keras`` file that astrocnn saved.

    Raises
    ------
    WeightsError
        If there is no such file, or astrocnn did not write it.
    """
    path = find_weights(weights)
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(_MEMBER)
            if member.file_size > _MAX_DESCRIPTION:
                raise WeightsError(f"the description in {path.name} is too large to be one")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"compression {member.compress_type}")
            content = json.loads(archive.read(_MEMBER))
        if content.pop("format") != _FORMAT:
            raise WeightsError(f"{path.name} was written by a newer astrocnn; please update")
        description = ModelDescription(**content)
        _check(description)
    except WeightsError:
        raise
    except DAMAGE as error:
        raise WeightsError(
            f"{path.name} is no model archive of astrocnn ({error}); save one with "
            "ClusterClassifier.save"
        ) from error
    return description


def _check(description) -> None:
    """Raise ValueError or TypeError unless the parts of a description fit together."""
    NETWORKS[description.network]
    ny, nx, bands = description.arguments["input_shape"]
    sizes = {"input_shape": (ny, nx), "n_members": [description.arguments.get("n_members", 1)]}
    for name, numbers in sizes.items():
        most = _MAX_PIXELS if name == "input_shape" else _MAX_NUMBER
        if not all(type(number) is int and 1 <= number <= most for number in numbers):
            raise ValueError(f"{name} {description.arguments[name]!r:.40}")
    pixels = description.cutout_pixels
    if type(pixels) is not int or not 0 <= pixels <= _MAX_PIXELS:
        raise ValueError(f"cutout_pixels {pixels!r:.40}")
    if ny != nx or (pixels == 0 and bands != len(description.bands)):
        raise ValueError(f"an input of {ny} x {nx} x {bands} for the bands {description.bands}")
    outputs = description.output_names
    if description.arguments.get("n_classes", 2) != len(outputs):
        raise ValueError(f"{description.arguments['n_classes']} outputs for {outputs}")
    if description.outputs and (
        len(description.classes) != 2 or outputs[-1] != description.classes[-1]
    ):
        raise ValueError(f"the outputs {outputs} for the classes {description.classes}")
    if not {*description.optional_bands} <= {*description.bands}:
        raise ValueError(f"optional_bands {description.optional_bands} of {description.bands}")
    names = [*description.bands, *description.classes, *outputs]
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f"bands and classes {names}")
    if len({name.casefold() for name in description.classes}) < len(description.classes):
        raise ValueError(f"the classes {description.classes} are not different")
    if len({name.casefold() for name in outputs}) < len(outputs):
        raise ValueError(f"the outputs {outputs} are not different")
    if isinstance(description.size, bool) or not 0 < description.size < math.inf:
        raise ValueError(f"size {description.size!r:.40}")
    parts = ("preprocessing", "card", "calibration", "domain", "operating_points", "band_kinds")
    wrong = [name for name in parts if not isinstance(getattr(description, name), dict)]
    if wrong:
        raise TypeError(f"{', '.join(wrong)} must be a JSON object")
    for name, kind in description.band_kinds.items():
        if not isinstance(kind, list) or [type(word) for word in kind] != [str, str]:
            raise TypeError(f"{kind} for waveband and quantity of {name}")


def load_model(weights):
    """Rebuild a network from its description and load its weights.

    No architecture is deserialized and nothing is unpickled: our builder makes the network, and
    only arrays are read from the file.

    Parameters
    ----------
    weights : str or path
        See `read_description`.

    Returns
    -------
    model : keras.Model
        Not compiled.
    description : ModelDescription
        What it is.

    Raises
    ------
    WeightsError
        If the file is missing, damaged, does not fit its description, or holds numbers that are
        not finite.
    """
    description, path = read_description(weights), find_weights(weights)
    load_keras()  # what it raises is not the file's fault
    try:
        model = build_network(description)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # "optimizer has no variables to load"
            model.load_weights(path)
    except DAMAGE as error:
        raise WeightsError(f"the weights in {path.name} cannot be loaded: {error}") from error
    check_finite(model, f"the weights in {path.name}")
    return model, description


def build_network(description: ModelDescription, pretrained: bool = False):
    """Build the network of a description, with random weights.

    Parameters
    ----------
    description : ModelDescription
        Builder and its arguments.
    pretrained : bool
        Whether to follow an argument ``weights``, as `build_mn` has, and download what it names:
        to train, not to put other weights in.

    Returns
    -------
    keras.Model
        Not compiled.
    """
    arguments = dict(description.arguments)
    check_network(description.network, arguments)
    load_keras()
    if not pretrained:
        arguments.pop("weights", None)
    return NETWORKS[description.network](**arguments)


def file_hash(path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
