"""Parts of saved weights, checked before they predict."""

import numpy as np

from ..exceptions import WeightsError
from ..extent import PLANE_PIXELS
from ..networks import ModelDescription
from ..preprocessing import Preprocessing
from ..storage import DAMAGE
from ..training import apply_calibration
from ..validation import OperatingPoints

__all__ = ["check_parts"]


def check_parts(description: ModelDescription) -> None:
    """Refuse weights of which a part is damaged, before they predict anything.

    Parameters
    ----------
    description : ModelDescription
        What the archive says of them.

    Raises
    ------
    WeightsError
        If preprocessing, calibration, thresholds or card are damaged.
    """
    n, part = len(description.output_names), ""
    try:
        part = "preprocessing"
        steps = Preprocessing.from_config(description.preprocessing)
        if steps.source_planes:
            _check_planes(steps, description)
        part = "calibration"
        apply_calibration(np.full((1, n), 1 / n), description.calibration)
        part = "thresholds"
        if description.operating_points:
            OperatingPoints.from_config(description.operating_points).thresholds([0.9], 0.5)
        part = "card"
        shares = description.card.get("trained_prior", {})
        if not all(0 <= float(share) <= 1 for share in shares.values()):
            raise ValueError(f"trained_prior {shares}")
    except DAMAGE as error:
        raise WeightsError(
            f"the {part} in the weights is damaged ({error!r:.200}); train them anew"
        ) from error


def _check_planes(steps: Preprocessing, description: ModelDescription) -> None:
    """Raise ValueError unless the network's input is that of the preprocessing."""
    wavebands = [description.band_kinds[name][0] for name in description.bands]
    scale = description.size * 60 / description.pixels
    wanted = [PLANE_PIXELS, PLANE_PIXELS, sum(steps.channels(wavebands, scale))]
    if list(description.arguments["input_shape"]) != wanted:
        raise ValueError(f"an input of {description.arguments['input_shape']}, not {wanted}")
