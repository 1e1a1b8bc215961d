"""A network that can predict: model, description, and where they come from."""

from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import xarray as xr

from ..networks import (
    ModelDescription,
    build_network,
    file_hash,
    find_weights,
    load_keras,
    load_model,
    read_description,
)
from ..preprocessing import Preprocessing
from ..training import train_network
from ._labels import sorted_labels
from ._verdicts import usable_rows

__all__ = ["Fitted"]


@dataclass
class Fitted:
    """A network with its description; keeps arrays, not Keras objects, when pickled.

    Attributes
    ----------
    description : ModelDescription
        Bands, grid, classes, preprocessing, card.
    source : str, path or None
        The ``weights`` it was loaded from or started from.
    trained : bool
        Whether `ClusterClassifier.fit` made it.
    labels : ndarray of shape (n_classes,)
        The classes in the order and type that scikit-learn needs, see `sorted_labels`.
    columns : ndarray of shape (n_classes,), int
        Output of the network for each of them.
    """

    description: ModelDescription
    source: object
    labels: np.ndarray
    columns: np.ndarray
    trained: bool = False
    sha256: str = ""
    history: dict = field(default_factory=dict)
    _model: object = None
    _arrays: list | None = None

    @classmethod
    def from_weights(cls, weights) -> "Fitted":
        """Describe saved weights; the network is built when it is first needed."""
        description, sha256 = read_description(weights), file_hash(find_weights(weights))
        return cls(description, weights, *sorted_labels(description.classes), sha256=sha256)

    @classmethod
    def train(
        cls, description, start, images, numbers, y=None, sample_weight=None, **settings
    ) -> "Fitted":
        """Train the network of a description, from the weights ``start`` or from nothing.

        ``numbers`` are the class numbers of the images, ``y`` the labels as the user gave them.
        """
        if len(np.unique(numbers)) < 2:
            raise ValueError("training needs targets of at least two classes")
        keras = load_keras()
        if settings["random_state"] is not None:
            keras.utils.set_random_seed(settings["random_state"])
        description = replace(description, card={"training": "trained by fit"})
        fitted = cls(description, start, *sorted_labels(description.classes, y), trained=True)
        if start is not None:
            fitted._model, _ = load_model(start)
        fitted.history = train_network(
            fitted.model, images, numbers, sample_weight=sample_weight, **settings
        )
        return fitted

    @property
    def model(self):
        """The Keras model, built or loaded when first asked for."""
        if self._model is None:
            if self._arrays is None and not self.trained:
                self._model, _ = load_model(self.source)
            else:
                self._model = build_network(self.description)
                if self._arrays is not None:
                    self._model.set_weights(self._arrays)
        return self._model

    @property
    def preprocessing(self) -> Preprocessing:
        """Steps from cut-outs to network input."""
        return Preprocessing.from_config(self.description.preprocessing)

    def proba(self, tensor: np.ndarray, batch_size: int) -> np.ndarray:
        """Return probabilities, shape (n, n_classes), of network input (n, ny, nx, n_bands).

        Every step has ``batch_size`` rows (the last is filled up): TensorFlow would compile the
        network anew for another size.
        """
        parts = []
        for start in range(0, len(tensor), batch_size):
            batch = tensor[start : start + batch_size]
            full = np.zeros((batch_size, *batch.shape[1:]), dtype=np.float32)
            full[: len(batch)] = batch
            parts.append(np.asarray(self.model.predict_on_batch(full))[: len(batch)])
        return np.concatenate(parts)

    def verdicts(self, dataset: xr.Dataset, batch_size: int) -> np.ndarray:
        """Return probabilities, shape (n, n_classes), of cut-outs; NaN where there is no image."""
        proba = np.full((dataset.sizes["target"], len(self.description.classes)), np.nan)
        rows = usable_rows(dataset)
        if rows.any():
            tensor = self.preprocessing(dataset.isel(target=rows))
            proba[rows] = self.proba(tensor, batch_size)
        return proba

    def meta(self) -> dict:
        """What goes into the result's meta."""
        name = str(self.source) if self.source is not None and not self.trained else "fitted here"
        keras = load_keras()
        return {
            "weights": Path(name).name if name.endswith(".keras") else name,
            "weights_sha256": self.sha256,
            "training": self.description.card.get("training", ""),
            "network": self.description.network,
            "bands": list(self.description.bands),
            "size_arcmin": self.description.size,
            "pixels": self.description.pixels,
            "versions": {
                "astrocnn": version("astrocnn"),
                "keras": keras.__version__,
                "backend": keras.backend.backend(),
            },
        }

    def __getstate__(self):
        state = self.__dict__.copy()
        if self.trained:
            state["_arrays"] = self.model.get_weights()
        state["_model"] = None
        return state
