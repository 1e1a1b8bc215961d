"""A network that can predict: model, description, and where they come from."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from itertools import starmap
from pathlib import Path

import numpy as np
import xarray as xr
from astropy.table import Table

from .._compiled import half_the_cores
from ..config import conf
from ..exceptions import InvalidParameterError, WeightsError
from ..networks import (
    ModelDescription,
    build_network,
    device_name,
    file_hash,
    find_weights,
    inference_network,
    largest_batch,
    load_keras,
    load_model,
    read_description,
)
from ..preprocessing import Preprocessing
from ..storage import DAMAGE
from ..training import ImageDomain, adjust_prior
from ..validation import OperatingPoints
from ._images import judge_images
from ._judged import Judged
from ._labels import sorted_labels
from ._outputs import class_probabilities, missing_wavebands
from ._overlap import overlapped
from ._parts import check_parts
from ._prepared import Prepared
from ._prior import prior_shares
from ._verdicts import usable_rows

__all__ = ["Fitted"]


@dataclass
class Fitted:
    """A network with its description; keeps arrays, not Keras objects, when pickled.

    Attributes
    ----------
    description : ModelDescription
        Bands, grid, classes, preprocessing, card, calibration, domain.
    source : str, path or None
        The ``weights`` it was loaded from or started from.
    labels : ndarray of shape (n_classes,)
        The classes in the order and type that scikit-learn needs, see `sorted_labels`.
    columns : ndarray of shape (n_classes,), int
        Output of the network for each of them.
    trained : bool
        Whether `ClusterClassifier.fit` made it.
    """

    description: ModelDescription
    source: object
    labels: np.ndarray
    columns: np.ndarray
    trained: bool = False
    sha256: str = ""
    history: object = field(default_factory=dict)
    _model: object = None
    _networks: dict = field(default_factory=dict)
    _arrays: list | None = None

    @classmethod
    def from_weights(cls, weights) -> "Fitted":
        """Describe saved weights; the network is built when it is first needed."""
        # The hash first: whatever replaces the file from here on, `model` finds it.
        sha256, description = file_hash(find_weights(weights)), read_description(weights)
        check_parts(description)
        return cls(description, weights, *sorted_labels(description.classes), sha256=sha256)

    def serves(self, weights) -> bool:
        """Whether a classifier with these ``weights`` means this network.

        One that was trained here it means until it is given other weights.
        """
        return self.source == weights or (self.trained and weights is None)

    @property
    def model(self):
        """The Keras model, built or loaded when first asked for.

        Raises
        ------
        WeightsError
            If the file is not the one that was described.
        BackendError
            In a process that was forked from one that had used the network.
        """
        load_keras()  # says so in a forked process
        if self._model is None:
            if self._arrays is None and not self.trained:
                self._model = _load(self.source, self.sha256)
            else:
                self._model = build_network(self.description)
                if self._arrays is not None:
                    self._model.set_weights(self._arrays)
        return self._model

    @property
    def apart_names(self) -> list[str]:
        """Outputs of the network that together are the first class, where there are several."""
        return self.description.outputs[:-1]

    @property
    def preprocessing(self) -> Preprocessing:
        """Steps from cut-outs to network input."""
        return Preprocessing.from_config(self.description.preprocessing)

    @cached_property
    def domain(self) -> ImageDomain | None:
        """The images of the training, where the weights know them."""
        try:
            config = self.description.domain
            return ImageDomain.from_config(config) if config else None
        except DAMAGE as error:
            raise WeightsError(
                f"the domain in the weights is damaged ({error}); train them anew"
            ) from error

    @property
    def network(self):
        """What judges: the model in the precision of ``astrocnn.conf.precision``."""
        load_keras()
        if conf.precision not in self._networks:
            self._networks[conf.precision] = inference_network(self.model, conf.precision)
        return self._networks[conf.precision]

    def outputs(self, tensor: np.ndarray, batch_size: int) -> np.ndarray:
        """Return what the network gives, shape (n, n_members, n_classes), not calibrated.

        Every step has ``batch_size`` rows (the last is filled up): TensorFlow would compile the
        network anew for another size. Where that many do not fit into a gigabyte, a step has fewer.
        All members of an ensemble see the images in one step.
        """
        parts, network = [], self.network
        batch_size = min(batch_size, largest_batch(network))
        for start in range(0, len(tensor), batch_size):
            batch = tensor[start : start + batch_size]
            n = len(batch)
            if n < batch_size or batch.dtype != np.float32:
                full = np.zeros((batch_size, *batch.shape[1:]), dtype=np.float32)
                full[:n] = batch
                batch = full
            parts.append(np.asarray(network.predict_on_batch(batch))[:n])
        found = np.concatenate(parts)
        return found if found.ndim == 3 else found[:, np.newaxis]

    def probabilities(
        self, outputs: np.ndarray, prior=None, missing: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return calibrated probabilities of `outputs`; see `class_probabilities`."""
        return class_probabilities(self.description, outputs, prior, missing)

    def proba(self, tensor: np.ndarray, batch_size: int, prior=None) -> np.ndarray:
        """Return calibrated probabilities, shape (n, n_classes), of network input."""
        return self.probabilities(self.outputs(tensor, batch_size), prior)[0]

    def prepare(self, dataset: xr.Dataset) -> Prepared:
        """Prepare cut-outs: all that is done to images without the network."""
        rows = usable_rows(dataset, self.description.optional_bands)
        tensor, separation = self.preprocessing.with_separation(dataset, rows)
        missing = missing_wavebands(dataset, rows)
        if self.domain is None:
            return Prepared(dataset, rows, tensor, separation=separation, missing=missing)
        images = self.images(dataset, rows, tensor)
        judged = judge_images(self.domain, dataset, rows, images)
        return Prepared(dataset, rows, tensor, *judged, separation, missing)

    def images(self, dataset: xr.Dataset, rows: np.ndarray, tensor: np.ndarray) -> np.ndarray:
        """Return what the domain judges: images, where the network sees planes of a fit."""
        steps = self.preprocessing
        return steps.plain(dataset, rows) if steps.source_planes else tensor

    def judge(self, dataset: xr.Dataset, batch_size: int, prior=None) -> Judged:
        """Judge cut-outs; see `ClusterClassifier` for ``prior``."""
        return self.judge_prepared(self.prepare(dataset), batch_size, prior)

    def judge_prepared(self, chunk: Prepared, batch_size: int, prior=None) -> Judged:
        """Judge a chunk that `prepare` returned."""
        rows = chunk.rows
        found = Judged.nothing(len(rows), len(self.description.classes), len(self.apart_names))
        if rows.any():
            outputs = self.outputs(chunk.tensor, batch_size)
            found.proba[rows], found.error[rows], found.apart[rows] = self.probabilities(
                outputs, prior, chunk.missing
            )
            found.novelty[rows], found.cause[rows] = chunk.novelty, chunk.cause
            found.separation[rows] = chunk.separation
        return found

    def judge_all(
        self, chunks: Iterable[xr.Dataset], batch_size: int, prior=None
    ) -> Iterator[tuple[xr.Dataset, Judged]]:
        """Yield cut-outs and their judgments; the next are prepared while the network runs."""
        # Built here: a thread of its own is for the work alone.
        _ = self.network
        shared = half_the_cores if device_name().startswith("CPU") else nullcontext

        def prepared(number, chunk):
            with shared() if number else nullcontext():  # while the first is made, none is judged
                return self.prepare(chunk)

        def judged(chunk):
            return chunk.dataset, self.judge_prepared(chunk, batch_size, prior)

        return overlapped(starmap(prepared, enumerate(chunks)), judged)

    def thresholds(self, purity, prior=None) -> Table:
        """Return the thresholds for wanted purities; see `ClusterClassifier.thresholds`."""
        if not self.description.operating_points:
            raise WeightsError(
                "these weights do not know their thresholds: they come from at least 100 held-out "
                "targets of two classes; see astrocnn.validation.purity_thresholds for your own"
            )
        points = OperatingPoints.from_config(self.description.operating_points)
        shares, last = prior_shares(prior, self.description), self.description.classes[-1]
        if shares is None:
            return points.thresholds(purity, self.description.card["trained_prior"][last])
        if not np.allclose(*(np.array(x[:-1]) / sum(x[:-1]) for x in shares), rtol=1e-6):
            raise InvalidParameterError(
                "the thresholds of the weights are for the proportions that the parts of "
                f"{self.description.classes[0]} had in the training: give prior as the fraction of "
                f"{last} alone, or use astrocnn.validation.purity_thresholds on targets of your own"
            )
        pairs = np.transpose([1 - points.threshold, points.threshold])
        # The parts of the first class count together.
        shares = [[1 - values[-1], values[-1]] for values in shares]
        moved = replace(points, threshold=adjust_prior(pairs, *shares)[:, 1])
        return moved.thresholds(purity, shares[0][1])

    def meta(self, prior=None) -> dict:
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
            "calibration": self.description.calibration.get("method") or "none",
            "precision": conf.precision,
            **({} if prior is None else {"prior": prior}),
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
        state["_model"], state["_networks"] = None, {}
        state.pop("domain", None)
        return state


def _load(weights, sha256):
    """Load a network; raise WeightsError unless its file has this hash."""
    model, _ = load_model(weights)
    if file_hash(find_weights(weights)) != sha256:
        raise WeightsError(
            f"{find_weights(weights).name} was replaced after it was described: load it again"
        )
    return model
