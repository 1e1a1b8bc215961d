"""One training: its state after each epoch, when it stops, where it goes on."""

import numpy as np
from tqdm.auto import tqdm

from ..config import conf
from ..networks import load_keras
from ._checkpoint import write_checkpoint
from ._data import make_batches
from ._schedules import Plateau, epochs_since_best

__all__ = ["Run"]


class Run:
    """A network that is trained epoch by epoch.

    What is decided between epochs (stop? lower the rate?) follows from the losses so far, so that
    weights, optimizer, seeds and history are the whole state.

    Parameters
    ----------
    model : keras.Model
        The network itself.
    network : keras.Model
        The network behind its augmentation layer, with the same weights.
    optimizer : keras.optimizers.Optimizer
        Fresh.
    plateau : Plateau or None
        What lowers its rate.
    patience, jit_compile
        See `train_network`.
    """

    def __init__(
        self,
        model,
        network,
        optimizer,
        plateau: Plateau | None,
        patience: int | None,
        jit_compile: bool | None = None,
    ):
        keras = load_keras()
        if jit_compile is None:
            # TensorFlow's compiler does not pay for large images on a CPU: four times slower, and
            # out of memory.
            jit_compile = False if keras.backend.backend() == "tensorflow" else "auto"
        network.compile(
            optimizer,
            loss="categorical_crossentropy",
            # Not by its name: variables made inside TensorFlow's graph have the step traced twice.
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
            jit_compile=jit_compile,
        )
        optimizer.build(network.trainable_variables)
        self.model, self.network, self.plateau, self.patience = model, network, plateau, patience
        self.history, self.best = {}, []
        self.first_rate = None if plateau is None else float(optimizer.learning_rate)

    @property
    def watched_losses(self) -> list[float]:
        """Losses of the validation, or of the training where there is none."""
        return self.history.get("val_loss", self.history.get("loss", []))

    @property
    def stopped(self) -> bool:
        """Whether the patience is over."""
        losses = self.watched_losses
        return bool(self.patience and losses) and epochs_since_best(losses) >= self.patience

    def arrays(self) -> dict[str, list[np.ndarray]]:
        """All numbers of the state: weights and seeds, optimizer, weights of the best epoch."""
        keras = load_keras()
        variables = {"v": self.network.variables, "o": self.network.optimizer.variables}
        found = {k: [keras.ops.convert_to_numpy(v) for v in vs] for k, vs in variables.items()}
        return found | {"b": self.best}

    def restore(self, history: dict, arrays: dict) -> None:
        """Go back to a state; nothing happens where there is none."""
        self.history = history
        if arrays:
            variables = [*self.network.variables, *self.network.optimizer.variables]
            for variable, value in zip(variables, arrays["v"] + arrays["o"], strict=True):
                variable.assign(value)
            self.best = arrays["b"]

    def fit(
        self, batches, validation, epochs: int, checkpoint, settings: dict, seed: int, callbacks=()
    ) -> None:
        """Train until the epochs are over or the patience is; write the state after each."""
        if validation is not None:
            images, labels, weights = validation
            validation = make_batches(
                images, labels, batches.batch_size, augmented=False, sample_weight=weights
            )
        done = len(self.history.get("loss", []))
        with tqdm(
            total=epochs * len(batches), initial=done * len(batches), desc="training",
            unit="step", delay=2, disable=not conf.progress,
        ) as bar:  # fmt: skip
            for epoch in range(done, epochs):
                if self.stopped:
                    break
                self.fit_epoch(batches, validation, epoch, [_progress(bar, seed), *callbacks])
                bar.set_postfix({name: f"{v[-1]:.3f}" for name, v in self.history.items()})
                if checkpoint:
                    write_checkpoint(checkpoint, settings, seed, self.history, self.arrays())
        if self.patience:
            self.model.set_weights(self.best)

    def fit_epoch(self, batches, validation, epoch: int, callbacks=()) -> None:
        """Train for one epoch."""
        if self.plateau is not None:
            rate = self.plateau.rate(self.watched_losses, self.first_rate)
            self.network.optimizer.learning_rate = rate
        found = self.network.fit(
            batches.of_epoch(epoch),
            initial_epoch=epoch,
            epochs=epoch + 1,
            validation_data=validation,
            verbose=0,
            shuffle=False,  # the batches are; Keras would add an order of its own, without a seed
            callbacks=callbacks,
        ).history
        for name, values in found.items():
            self.history.setdefault(name, []).append(float(values[-1]))
        if self.patience and not epochs_since_best(self.watched_losses):
            # A copy: PyTorch gives its own memory.
            self.best = [np.array(weight) for weight in self.model.get_weights()]


def _progress(bar, seed: int):
    """Return a Keras callback that moves a progress bar, and seeds what is not in the state."""
    keras = load_keras()

    class Progress(keras.callbacks.Callback):
        async_safe = True  # else Keras waits for the loss of every step: no accelerator keeps busy

        def on_epoch_begin(self, epoch, logs=None):
            self.before = bar.n
            if keras.backend.backend() == "torch":
                # There, dropout draws from PyTorch's own generator, not from the layer's seeds.
                numbers = np.random.SeedSequence((seed, epoch))
                keras.utils.set_random_seed(int(numbers.generate_state(1)[0]))

        def on_train_batch_end(self, batch, logs=None):
            # Called from several threads, in any order.
            bar.update(max(self.before + batch + 1 - bar.n, 0))

    return Progress()
