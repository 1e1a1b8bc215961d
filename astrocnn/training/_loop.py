"""The training loop: one call around ``model.fit``, the same for every network."""

import numpy as np
from tqdm.auto import tqdm

from ..config import conf
from ..networks import load_keras
from ._data import make_batches

__all__ = ["train_network"]


def train_network(
    model,
    images: np.ndarray,
    labels: np.ndarray,
    epochs: int = 8,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    augmented: bool = True,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    random_state: int | None = None,
    sample_weight: np.ndarray | None = None,
) -> dict[str, list[float]]:
    """Train a network with Adam and a cosine schedule.

    Parameters
    ----------
    model : keras.Model
        Softmax classifier; trained in place.
    images : ndarray of shape (n, ny, nx, n_bands)
        Network input.
    labels : ndarray of shape (n,), int
        Class numbers.
    epochs, batch_size : int
        Passes over the data, and targets per step.
    learning_rate : float
        Highest rate; reached after 5 % of the steps, then falling to zero as a cosine.
    augmented : bool
        Whether images are turned and mirrored.
    validation : tuple of ndarray, optional
        Images and class numbers to watch; training does not depend on them.
    random_state : int, optional
        Seed of order and augmentation. First weights and dropout are drawn when the network is
        built: call ``keras.utils.set_random_seed`` before that.
    sample_weight : ndarray of shape (n,), optional
        Weight of each target in the loss.

    Returns
    -------
    dict of str to list of float
        ``loss``, ``accuracy`` and their ``val_`` versions, one value per epoch.

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
    keras = load_keras()

    one_hot = np.eye(model.output_shape[-1])
    batches = make_batches(
        images, one_hot[np.asarray(labels, int)], batch_size, augmented, random_state, sample_weight
    )
    steps = epochs * len(batches)
    warm_up = max(steps // 20, 1)
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate / 20,
        max(steps - warm_up, 1),
        warmup_target=learning_rate,
        warmup_steps=warm_up,
    )
    model.compile(
        # TensorFlow's compiler does not pay on a CPU: four times slower, and out of memory.
        keras.optimizers.Adam(schedule, clipnorm=1.0),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    watched = None
    if validation is not None:
        watched = make_batches(
            validation[0], one_hot[np.asarray(validation[1], int)], batch_size, augmented=False
        )
    with tqdm(total=steps, desc="training", unit="step", delay=2, disable=not conf.progress) as bar:
        history = model.fit(
            batches,
            epochs=epochs,
            validation_data=watched,
            verbose=0,
            shuffle=False,  # the batches are; Keras would add an order of its own, without a seed
            callbacks=[_progress(bar)],
        )
    return {name: [float(v) for v in values] for name, values in history.history.items()}


def _progress(bar):
    """Return a Keras callback that moves a progress bar."""
    keras = load_keras()

    class Progress(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            bar.update(1)

        def on_epoch_end(self, epoch, logs=None):
            bar.set_postfix({name: f"{value:.3f}" for name, value in (logs or {}).items()})

    return Progress()
