"""What all estimators with a network have in common."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import xarray as xr
from astropy.table import Table
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.metrics import balanced_accuracy_score

from ..networks import ModelDescription, save_model, weights_names
from ..tables import has_flag
from ._beside import check_beside_weights
from ._description import new_description
from ._explain import explain
from ._fitted import Fitted
from ._gate import TargetSource
from ._judged import Judged
from ._labels import encode
from ._parameters import check_parameters
from ._prior import check_prior
from ._sample import Sample
from ._training import train_fitted
from ._verdicts import row_flags

__all__ = ["NetworkClassifier"]


class NetworkClassifier(ClassifierMixin, BaseEstimator):
    """A network behind the interface of scikit-learn: probabilities, weights, archive.

    Its children have the parameters of `~astrocnn.estimators.ClusterClassifier`.
    """

    def predict_proba(self, X) -> np.ndarray:
        """Return class probabilities.

        Parameters
        ----------
        X : see ``predict``

        Returns
        -------
        ndarray of shape (n_targets, n_classes)
            Columns in the order of `classes_`; NaN in rows without images. Unlike ``predict`` it
            also judges images that are unlike those of the training: an array has no flags.
        """
        return self._judge(X).proba[:, self._ready().columns]

    def thresholds(self, purity: float | Sequence[float] = (0.9, 0.95, 0.99)) -> Table:
        """Return the thresholds that wanted purities need, measured on held-out targets.

        Parameters
        ----------
        purity : float or sequence of float
            Wanted fractions of clusters among what is called a cluster.

        Returns
        -------
        `~astropy.table.Table`
            One row per purity, at the prevalence ``prior`` (without it, at that of the training):
            ``threshold``, the ``completeness`` that is left, the purity ``reached``; see
            `astrocnn.validation.purity_thresholds`. Masked where no threshold is high enough.

        Raises
        ------
        WeightsError
            If the weights do not know their thresholds.
        """
        return self._ready().thresholds(purity, self.prior)

    def explain(self, X, steps: int = 64, label: str | None = None) -> xr.Dataset:
        """Say what each pixel of each band adds to the probability (integrated gradients).

        Parameters
        ----------
        X : see ``predict``
            A few targets: each takes as long as about ``3 * steps`` verdicts.
        steps : int
            Points of the integration; more of them make the sums more exact.
        label : str, optional
            Class to explain; by default the last one, ``"cluster"``.

        Returns
        -------
        `~xarray.Dataset`
            The cut-outs (``image``, ``valid``) with ``attribution(target, band, y, x)``, the
            network's own ``proba(target)``, not calibrated, and ``flag(target)``. The attributions
            of a target add up to its ``proba`` less ``attrs["baseline_proba"]``, that of a flat
            image; both are NaN where there is no image. Images ``out_of_domain`` are explained too.

        See Also
        --------
        astrocnn.networks.integrated_gradients, astrocnn.plotting.plot_explanation

        Examples
        --------
        >>> from astrocnn import ClusterClassifier
        >>> from astrocnn.simulation import simulate_cutouts
        >>> cutouts, truth = simulate_cutouts(1, random_state=21, bands=["xmm"], pixels=178)
        >>> ClusterClassifier("xmm").explain(cutouts, steps=4)["attribution"].dims
        ('target', 'band', 'y', 'x')
        """
        fitted = self._ready()
        source = self._source(X, fitted.description)
        return explain(fitted, source.targets, source.chunks(source.rows()), label, steps)

    def score(self, X, y, sample_weight=None) -> float:
        """Return the balanced accuracy of the labels; a row without a prediction counts as wrong.

        Parameters
        ----------
        X : see ``predict``
        y : array-like of shape (n_targets,)
            True classes, as in `fit`.
        sample_weight : array-like of shape (n_targets,), optional
            Weights.

        Returns
        -------
        float
            Mean over the classes of the fraction that is labeled right (0..1).
        """
        chunks = self._judged_chunks(X)
        proba = Judged.stacked(
            [
                judged.checked(self.judge_novel, has_flag(row_flags(dataset), "coarse_pixels"))
                for dataset, judged in chunks
            ]
        ).proba
        truth = encode(y, len(proba), self._ready().description.classes)
        none = ~np.isfinite(proba).all(axis=1)
        if proba.shape[1] == 2:
            label = (proba[:, 1] >= self.threshold).astype(int)
        else:
            label = np.nan_to_num(proba).argmax(axis=1)
        label = np.where(none, (truth + 1) % proba.shape[1], label)
        return float(balanced_accuracy_score(truth, label, sample_weight=sample_weight))

    def save(self, path, half: bool = False, overwrite: bool = False) -> None:
        """Write network, preprocessing, calibration and card to a ``.keras`` file; see `load`.

        Parameters
        ----------
        path : path
            Ends in ``.keras``.
        half : bool
            Whether to write half-precision numbers: half the file.
        overwrite : bool
            Whether a file of that name is replaced.

        Raises
        ------
        FileExistsError
            If it exists, without ``overwrite``.
        """
        fitted = self._ready()
        save_model(path, fitted.model, fitted.description, half, overwrite)

    @classmethod
    def load(cls, path, **parameters) -> Self:
        """Return a classifier with saved weights, which are read here.

        Parameters
        ----------
        path : path
            Written by `save`.
        **parameters
            Other constructor arguments, such as ``images``.
        """
        classifier = cls(weights=path, **parameters)
        _ = classifier._ready().model  # now: the file may be replaced later
        return classifier

    @property
    def classes_(self) -> np.ndarray:
        """Labels in the order of the columns of `predict_proba`."""
        return self._ready().labels

    def __sklearn_is_fitted__(self) -> bool:
        return self.weights is not None or "_trained" in self.__dict__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = self.weights is None
        tags.non_deterministic = True
        tags.input_tags.two_d_array = False
        return tags

    def _ready(self) -> Fitted:
        """Return the fitted network, loading named weights when they are first needed."""
        check_parameters(self)
        known = [self.__dict__.get(name) for name in ("_fitted", "_trained")]
        found = next((fitted for fitted in known if fitted and fitted.serves(self.weights)), None)
        if found is not None:
            self._fitted = found
        elif self.weights is None:
            raise NotFittedError(
                f"this {type(self).__name__} has no weights yet: call fit(coords, labels), or "
                f"choose weights={' or '.join(map(repr, weights_names()))}"
            )
        else:
            self._fitted = Fitted.from_weights(self.weights)
        description = self._fitted.description
        check_prior(self.prior, description.classes, description.outputs)
        if self.weights is not None:
            check_beside_weights(self.get_params(deep=False), description)
        return self._fitted

    def _start_description(self, y) -> ModelDescription:
        """What `fit` trains: the network of the weights, or a new one."""
        check_parameters(self)
        if self.weights is not None:
            description = Fitted.from_weights(self.weights).description
            check_beside_weights(self.get_params(deep=False), description)
            return description
        return new_description(
            y,
            self.network,
            self.bands,
            self.size,
            self.pixels,
            self.preprocessing,
            self.network_arguments,
        )

    def _fit_sample(
        self,
        sample: Sample,
        held_out: Sample | None,
        description: ModelDescription,
        y=None,
        **settings,
    ) -> Self:
        """Train on network input; what `fit` and ``astrocnn train`` have in common."""
        self._fitted = self._trained = train_fitted(
            description,
            self.weights,
            sample,
            held_out,
            y,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            augmented=self.augmented,
            class_weight=self.class_weight,
            calibration=self.calibration,
            patience=self.patience,
            checkpoint=self.checkpoint,
            random_state=self.random_state,
            **settings,
        )
        self.history_ = self._fitted.history
        self.n_targets_seen_ = len(sample) + (0 if held_out is None else len(held_out))
        return self

    def _judge(self, X) -> Judged:
        """All targets, in the order of the network's outputs."""
        return Judged.stacked([judged for _, judged in self._judged_chunks(X)])

    def _judged_chunks(self, X):
        """Cut-outs of all targets, and what the network says of them, chunk by chunk."""
        fitted = self._ready()
        source = self._source(X, fitted.description)
        return fitted.judge_all(source.chunks(source.rows()), self.batch_size, self.prior)

    def _source(self, X, description) -> TargetSource:
        """The targets that a user gives, and how their cut-outs come about."""
        return TargetSource.open(X, description, self.images, self.bands, self.mask_targets)
