"""Weights that are not finite: a damaged file, or a training that diverged."""

import numpy as np

from ..exceptions import WeightsError

__all__ = ["check_finite"]


def check_finite(model, what: str) -> None:
    """Raise WeightsError if a network holds numbers that are not finite: all it says were NaN.

    Parameters
    ----------
    model : keras.Model
    what : str
        What it is, for the message.
    """
    arrays = model.get_weights()
    damaged = sum(not np.isfinite(array).all() for array in arrays)
    if damaged:
        raise WeightsError(
            f"{what} hold NaN or infinite numbers, in {damaged} of {len(arrays)} arrays: the file "
            "is damaged or the training diverged; take a good copy, or train anew with a smaller "
            "learning_rate"
        )
