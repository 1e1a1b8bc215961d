"""Description of a network: all that its archive holds beside the weights."""

import math
from dataclasses import dataclass, field

from astropy import units as u

from ._builders import NETWORKS

__all__ = ["ModelDescription", "check_description"]

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


def check_description(description) -> None:
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
