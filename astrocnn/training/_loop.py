"""The training loop: epochs of ``model.fit``, the same for every network."""

from collections.abc import Mapping

import numpy as np

from ..exceptions import InvalidParameterError
from ..networks import load_keras
from ._augment import Augmentation, augmentation_layer, find_augmentation
from ._checkpoint import array_hash, layers_hash, read_checkpoint
from ._data import class_targets, make_batches
from ._precision import mixed_layers
from ._run import Run
from ._schedules import Plateau, make_optimizer

__all__ = ["train_network"]


def train_network(
    model,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    epochs: int = 8,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    augmented: bool | str | Augmentation = True,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    random_state: int | None = None,
    sample_weight: np.ndarray | None = None,
    class_weight: Mapping[int, float] | str | None = None,
    schedule: str | Plateau = "cosine",
    optimizer="adam",
    patience: int | None = None,
    mixed_precision: str | None = None,
    checkpoint=None,
    callbacks=(),
    jit_compile: bool | None = None,
) -> dict[str, list[float]]:
    """Train a network; with a checkpoint, go on where a killed training was.

    Parameters
    ----------
    model : keras.Model
        Softmax classifier; trained in place, and left uncompiled. Augmentation is no part of it.
    images : ndarray of shape (n, ny, nx, n_bands)
        Network input, in memory or memory-mapped.
    labels : ndarray of shape (n,), int
        Class numbers.
    epochs, batch_size : int
        Passes over the data, and targets per step.
    learning_rate : float
        Highest rate.
    augmented : bool, str or Augmentation
        How images are varied: True or ``"full"`` (see `Augmentation`), ``"orientations"`` (turned
        by multiples of 90 degrees and mirrored), False, or an `Augmentation`.
    validation : tuple of ndarray, optional
        Images and class numbers to watch, and as a third their weights; ``class_weight`` holds for
        them too. Without ``patience`` and ``"plateau"``, training does not depend on them.
    random_state : int, optional
        Seed of order and augmentation. First weights and dropout are drawn when the network is
        built: call ``keras.utils.set_random_seed`` before that.
    sample_weight : ndarray of shape (n,), optional
        Weight of each target in the loss.
    class_weight : dict of int to float, or ``"balanced"``, optional
        Weight of each class (1 where none is given), by which those of its targets are multiplied;
        ``"balanced"`` gives all classes the same sum.
    schedule : str or Plateau
        ``"cosine"``: the rate rises over the first 5 % of the steps, then falls to zero;
        ``"constant"``; ``"plateau"``: it falls when the loss no longer does, see `Plateau`.
    optimizer : str or keras.optimizers.Optimizer
        ``"adam"`` (gradients clipped at 1), ``"sgd"`` (Nesterov momentum 0.9), ``"adadelta"`` (rho
        0.95), or an optimizer, of which a fresh copy is used with its own learning rate.
    patience : int, optional
        Stop after so many epochs without a new lowest loss of the validation. The weights of the
        best epoch are restored, whether it stopped or not.
    mixed_precision : str, optional
        ``"mixed_bfloat16"``, for GPUs that gain from it; weights and output stay float32.
    checkpoint : path, optional
        File to keep the state in after every epoch. If it exists, training goes on from it, to the
        weights it would have had without the interruption. The weights
        that ``model`` has at first are not compared.
    callbacks : sequence of keras.callbacks.Callback
        More of them; each epoch is a ``fit`` of its own to them.
    jit_compile : bool, optional
        Whether the compiler of the backend (XLA) is used, as in ``keras.Model.compile``. By default
        not with TensorFlow, where it is several times slower for images of some hundred pixels on
        processors. For the 64 pixels of `astrocnn.extent.source_planes` it is 1.6 times faster.

    Returns
    -------
    dict of str to list of float
        ``loss``, ``accuracy`` and their ``val_`` versions, one value per epoch.

    Raises
    ------
    InvalidParameterError
        If labels or weights do not fit the images, or ``patience`` comes without ``validation``.
    WeightsError
        If the checkpoint is damaged, or was written with other data or settings.

    Notes
    -----
    Kosiba et al. (2020) train CN for 153,000 steps with stochastic gradient descent; Adam
    (Kingma & Ba 2015) with a warm-up gets there in a few thousand.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.networks import build_cn
    >>> from astrocnn.training import train_network
    >>> images = np.random.default_rng(0).normal(size=(8, 16, 16, 1))
    >>> history = train_network(build_cn((16, 16, 1)), images, np.arange(8) % 2, epochs=2)
    >>> len(history["loss"])
    2
    """
    if patience is not None and (validation is None or patience < 1):
        raise InvalidParameterError(
            "patience is 1 or more, and needs validation=(images, labels) to watch"
        )
    targets, weights = class_targets(
        labels, len(images), model.output_shape[-1], sample_weight, class_weight
    )
    watched = None
    if validation is not None:
        shown, numbers, *of_shown = validation
        watched = (shown, *class_targets(
            numbers, len(shown), model.output_shape[-1], *(of_shown or [None]), class_weight
        ))  # fmt: skip
    settings = {
        "epochs": epochs, "batch_size": batch_size, "learning_rate": float(learning_rate),
        "augmented": find_augmentation(augmented), "random_state": random_state,
        "schedule": schedule, "optimizer": getattr(optimizer, "get_config", lambda: optimizer)(),
        "patience": patience, "mixed_precision": mixed_precision,
        "images": array_hash(images), "labels": array_hash(targets),
        "weights": array_hash(weights), "validation": list(map(array_hash, watched or ())),
        "network": [tuple(weight.shape) for weight in model.weights],
        "layers": layers_hash(model),
        "backend": load_keras().backend.backend(),
    }  # fmt: skip
    settings = {name: str(value) for name, value in settings.items()}
    found = read_checkpoint(checkpoint, settings) if checkpoint else None
    seed, history, arrays = found or (random_state, {}, {})
    if seed is None:
        seed = int(np.random.SeedSequence().generate_state(1)[0])

    batches = make_batches(images, targets, batch_size, augmented, seed, weights)
    steps = epochs * len(batches)
    with mixed_layers(model, mixed_precision):
        network = _wrap(model, find_augmentation(augmented), seed)
        run = Run(
            model,
            network,
            *make_optimizer(optimizer, schedule, learning_rate, steps),
            patience,
            jit_compile,
        )
        run.restore(history, arrays)
        run.fit(batches, watched, epochs, checkpoint, settings, seed, callbacks)
    return run.history


def _wrap(model, augmentation, seed):
    """The model behind an augmentation layer; both share the weights."""
    keras = load_keras()
    inputs = keras.Input(model.input_shape[1:], name="image")
    varied = augmentation_layer(augmentation, seed % 2**31)(inputs)
    return keras.Model(inputs, model(varied), name="training")
