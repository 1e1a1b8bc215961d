"""Recipes of the weights that come with astrocnn, and the simulated targets that they need."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy import units as u
from astropy.table import QTable

from .._registry import Registry
from ..networks import ModelDescription
from ..preprocessing import Preprocessing
from ..tables import write_result
from ..training import Augmentation, simulated_tensors
from ._classifier import ClusterClassifier
from ._sample import Sample

__all__ = ["RECIPES", "Recipe", "Simulated"]

#: Images that are kept beside planes of a fit, by which one knows the kind of the training's.
_PLAIN = 6000


@dataclass(frozen=True)
class Recipe:
    """How named weights are trained.

    Parameters
    ----------
    bands : tuple of str
        Bands of the images.
    pixels : int
        Pixels along one side of a cut-out. Kosiba et al. (2020) used 356 on 6 arcmin; fewer train
        faster. 3.75 arcsec (96 pixels) are close to XMM-Newton's own 4 arcsec; interpolated so
        coarsely, the counts of a single photon are kept to 20 % only, those of a source of 4 arcsec
        to 1 %.
    size : float
        Side of a cut-out (arcmin).
    n, epochs : int
        Simulated training targets, and passes over them.
    n_calibration : int
        Further ones that calibrate the probabilities; with less training as many less.
    calibration : str
        How; see `astrocnn.training.fit_calibration`.
    network : str
        Architecture; see `astrocnn.networks.NETWORKS`.
    arguments : dict
        Further arguments of its builder.
    batch_size : int
        Targets per step.
    learning_rate : float
        Highest learning rate.
    turned, shift : float
        Share of the images that are turned by any angle, and how far they are shifted, see
        `astrocnn.training.Augmentation`.
    source_planes : bool
        Whether the network sees planes of a fit; see `astrocnn.preprocessing.Preprocessing`.
    version : int
        Version of the simulation.
    outputs : tuple of str
        What the network tells apart; see `ModelDescription.outputs`.
    beside : tuple of tuple of str
        Bands of further training targets, as many: planes of a fit are alike for all telescopes.
    """

    bands: tuple[str, ...]
    pixels: int
    size: float = 6.0
    n: int = 16000
    epochs: int = 8
    n_calibration: int = 4000
    calibration: str = "temperature"
    network: str = "cn"
    arguments: Mapping = field(default_factory=dict)
    batch_size: int = 32
    learning_rate: float = 1e-3
    turned: float = 0.5
    shift: float = 0.06
    source_planes: bool = False
    version: int = 2
    outputs: tuple[str, ...] = ()
    beside: tuple[tuple[str, ...], ...] = ()

    @property
    def preprocessing(self) -> Preprocessing:
        """Steps from cut-outs to network input."""
        return Preprocessing(source_planes=self.source_planes)

    def describe(self, classifier: ClusterClassifier) -> ModelDescription:
        """Return what is to be trained."""
        description = classifier._start_description([False, True])
        if not self.outputs:
            return description
        arguments = {**description.arguments, "n_classes": len(self.outputs)}
        return replace(description, arguments=arguments, outputs=list(self.outputs))

    def classifier(self, **parameters) -> ClusterClassifier:
        """Return the classifier to train."""
        return ClusterClassifier(
            weights=None,
            bands=self.bands,
            pixels=self.pixels,
            size=self.size * u.arcmin,
            network=self.network,
            network_arguments=dict(self.arguments),
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            calibration=self.calibration,
            preprocessing=self.preprocessing,
            augmented=Augmentation(turned=self.turned, shift=self.shift),
            **parameters,
        )

    def simulate(self, n: int, seed: int, folder: Path, n_jobs: int = 1) -> "Simulated":
        """Return simulated network input and its truth, kept in a folder.

        Parameters
        ----------
        n, seed : int
            Number of targets, and the seed of their list.
        folder : path
            What is there of the same targets, bands and grid is read instead.
        n_jobs : int
            Processes that simulate.
        """
        planes = "-planes" if self.source_planes else ""
        grid = f"{self.size:g}arcmin-{self.pixels}px{planes}-simulation{self.version}"
        stem = f"{'+'.join(self.bands)}-{grid}-seed{seed}-{n}"
        tensor, plain, truth = (
            Path(folder) / f"{stem}{end}" for end in (".npy", "-images.npy", ".ecsv")
        )
        if not truth.exists():  # it is written last
            _, table = simulated_tensors(
                n,
                seed,
                self.bands,
                self.preprocessing,
                size=self.size * u.arcmin,
                pixels=self.pixels,
                n_jobs=n_jobs,
                out=str(tensor),
                version=self.version,
                plain_out=str(plain) if self.source_planes else None,
                n_plain=_PLAIN,
            )
            write_result(table, truth)
        images = np.load(plain, mmap_mode="r") if self.source_planes else None
        return Simulated(np.load(tensor, mmap_mode="r"), QTable.read(truth), images)

    def sample(self, n: int, seed: int, folder: Path, n_jobs: int) -> Sample:
        """Return simulated targets of the training, those of further bands after them."""
        parts = [self, *(replace(self, bands=bands) for bands in self.beside)]
        found = [part.simulate(n, seed, folder, n_jobs) for part in parts]
        one = found[0]
        truth = np.concatenate([np.array(part.truth["is_cluster"]) for part in found])
        outputs = [_outputs(part.truth) for part in found] if self.outputs else None
        tensor = one.tensor if len(found) == 1 else np.concatenate([x.tensor for x in found])
        return Sample(
            tensor,
            truth.astype(int),
            plain=one.plain,
            outputs=None if outputs is None else np.concatenate(outputs),
        )


class Simulated(NamedTuple):
    """Simulated targets.

    Attributes
    ----------
    tensor : ndarray of shape (n, ny, nx, n_channels), float16
        Network input, memory-mapped.
    truth : `~astropy.table.QTable`
        One row per target.
    plain : ndarray of shape (m, pixels, pixels, n_bands), float16, optional
        Images of the first of them, where the input is planes of a fit.
    """

    tensor: np.ndarray
    truth: QTable
    plain: np.ndarray | None


def _outputs(truth) -> np.ndarray:
    """Which output is right: other extended sources, points, clusters."""
    point = np.array(truth["truth_class"], dtype=str) == "point"
    return np.where(np.array(truth["is_cluster"], dtype=bool), 2, point.astype(int))


#: Three networks of two branches, see `astrocnn.networks.build_two_branch`.
_ENSEMBLE = {"network": "ensemble", "arguments": {"member": "two_branch", "n_members": 3}}

#: Recipes of the weights that come with astrocnn.
RECIPES = Registry(
    "recipe",
    {
        "xmm": Recipe(("xmm",), 178, n=40000, epochs=3, shift=0.03, **_ENSEMBLE),
        "xmm-dss2": Recipe(("xmm", "dss2-red"), 178, n=40000, epochs=4, shift=0.03, **_ENSEMBLE),
        # Its probabilities near one half come out too low, which no temperature mends.
        "erosita": Recipe(
            ("erosita",),
            178,
            n=40000,
            epochs=3,
            n_calibration=10000,
            calibration="beta",
            **_ENSEMBLE,
        ),
        "erosita-legacy": Recipe(
            ("erosita", "legacy-g", "legacy-r", "legacy-z"), 178, n=40000, epochs=3, **_ENSEMBLE
        ),
    },
)
