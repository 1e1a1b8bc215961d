"""Optimizers by name, and how their learning rate changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from .._registry import Registry
from ..networks import load_keras

__all__ = ["OPTIMIZERS", "Plateau", "epochs_since_best", "make_optimizer"]

#: Optimizers by name, with what is added to their learning rate.
OPTIMIZERS = Registry(
    "optimizer",
    {
        "adam": ("Adam", {"clipnorm": 1.0}),
        # As in Kosiba et al. (2020), table 3.
        "sgd": ("SGD", {"momentum": 0.9, "nesterov": True}),
        "adadelta": ("Adadelta", {"rho": 0.95}),
    },
)

_SCHEDULES = Registry("schedule", {name: name for name in ("cosine", "constant", "plateau")})


@dataclass(frozen=True)
class Plateau:
    """Lower the learning rate when the loss no longer falls.

    Parameters
    ----------
    patience : int
        Epochs without a new lowest loss (of the validation, where there is one) before the rate is
        lowered.
    factor : float
        What it is multiplied by.
    lowest : float
        Rate below which it does not fall.

    Notes
    -----
    The defaults are those of the custom network of Kosiba et al. (2020); for MobileNet they have
    ``Plateau(4, 0.85, 0.01)``.

    Examples
    --------
    >>> from astrocnn.training import Plateau
    >>> Plateau(patience=2, factor=0.5).rate([3.0, 2.0, 2.1, 2.2], 0.1)
    0.05
    """

    patience: int = 14
    factor: float = 0.75
    lowest: float = 0.0

    def rate(self, losses: Sequence[float], start: float) -> float:
        """Return the rate after epochs of these losses, from a first rate."""
        best, waited, rate = float("inf"), 0, start
        for loss in losses:
            waited = 0 if loss < best else waited + 1
            best = min(best, loss)
            if waited >= self.patience:
                rate, waited = max(rate * self.factor, min(self.lowest, rate)), 0
        return rate


def epochs_since_best(losses: Sequence[float]) -> int:
    """Return how many epochs ago the loss was lowest; 0 where the last one is the best.

    Examples
    --------
    >>> from astrocnn.training._schedules import epochs_since_best
    >>> epochs_since_best([3.0, 1.0, 2.0])
    1
    """
    return len(losses) - 1 - min(range(len(losses)), key=losses.__getitem__)


def make_optimizer(optimizer, schedule, learning_rate: float, steps: int):
    """Return a fresh Keras optimizer, and the `Plateau` that lowers its rate, if any.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        One of ``OPTIMIZERS``, or one to copy; that has its own learning rate and schedule.
    schedule : str or Plateau
        ``"cosine"``, ``"constant"``, ``"plateau"`` or a `Plateau`.
    learning_rate : float
        Highest rate.
    steps : int
        Steps of the whole training.
    """
    keras = load_keras()
    plateau = schedule if isinstance(schedule, Plateau) else None
    if plateau is None and _SCHEDULES[schedule] == "plateau":
        plateau = Plateau()
    if isinstance(optimizer, keras.optimizers.Optimizer):
        return type(optimizer).from_config(optimizer.get_config()), None
    name, arguments = OPTIMIZERS[optimizer]
    rate = learning_rate
    if schedule == "cosine":
        warm_up = max(steps // 20, 1)
        rate = keras.optimizers.schedules.CosineDecay(
            learning_rate / 20,
            max(steps - warm_up, 1),
            warmup_target=learning_rate,
            warmup_steps=warm_up,
        )
    return getattr(keras.optimizers, name)(rate, **arguments), plateau
