"""Parts of saved weights, checked before they predict."""

import numpy as np

from ..exceptions import WeightsError
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
    n, part = len(description.classes), ""
    try:
        part = "preprocessing"
        Preprocessing.from_config(description.preprocessing)
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
