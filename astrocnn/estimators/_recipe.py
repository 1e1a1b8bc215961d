"""A recipe: how named weights are trained."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.table import QTable

from ..exceptions import InvalidParameterError
from ..extent import N_PLANES
from ..networks import ModelDescription
from ..preprocessing import Preprocessing
from ..tables import write_result
from ..training import Augmentation, simulated_tensors
from ._classifier import ClusterClassifier
from ._recipe_list import Simulated, recipe_list
from ._sample import Sample

__all__ = ["Recipe"]


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
        Fraction of the images that are turned by any angle, and how far those are shifted, see
        `astrocnn.training.Augmentation`.
    source_planes : bool
        Whether the network sees planes of a fit; see `astrocnn.preprocessing.Preprocessing`.
    version : int
        Version of the simulation.
    kind : str, optional
        Kind of all targets; see `astrocnn.simulation.simulate_field`.
    outputs : tuple of str
        What the network tells apart; see `ModelDescription.outputs`.
    beside : tuple of (float, dict)
        Further training targets: how many, in units of ``n``, and what is different about them,
        such as the bands: planes of a fit are alike for all telescopes.
    without : tuple of (float, tuple of str)
        The first of its own targets once more, without some bands: how many, in units of ``n``, and
        which bands. A target may then lack any band.
    list_pixels : int, optional
        Pixels of the cut-outs of the training, where others do as well: planes of a fit are alike
        for all pixels of about 4 arcsec or less, and fewer are quicker.
    xray_weights : str, optional
        Weights for X-rays alone: they are that part of the network, and not trained; see
        `astrocnn.networks.build_evidence`.
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
    kind: str | None = None
    outputs: tuple[str, ...] = ()
    beside: tuple[tuple[float, Mapping], ...] = ()
    without: tuple[tuple[float, tuple[str, ...]], ...] = ()
    list_pixels: int | None = None
    xray_weights: str | None = None

    def __post_init__(self):
        if self.without and (self.list_pixels is not None or not self.source_planes):
            raise InvalidParameterError(
                "targets without some bands are made of their own images: leave list_pixels out, "
                "and set source_planes"
            )

    @property
    def preprocessing(self) -> Preprocessing:
        """Steps from cut-outs to network input."""
        return Preprocessing(source_planes=self.source_planes)

    def describe(self, classifier: ClusterClassifier) -> ModelDescription:
        """Return what is to be trained."""
        description = classifier._start_description([False, True])
        optional = list(self.bands) if self.without else []
        description = replace(description, optional_bands=optional)
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
            network_arguments={
                **self.arguments,
                **({"frozen_xray": True} if self.xray_weights else {}),
            },
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            calibration=self.calibration,
            preprocessing=self.preprocessing,
            augmented=Augmentation(turned=self.turned, shift=self.shift),
            **parameters,
        )

    def simulate(
        self, n: int, seed: int, folder: Path, n_jobs: int = 1, n_plain: int = 0
    ) -> "Simulated":
        """Return simulated network input and its truth, kept in a folder.

        Parameters
        ----------
        n, seed : int
            Number of targets, and the seed of their list.
        folder : path
            What is there of the same targets, bands and grid is read instead.
        n_jobs : int
            Processes that simulate.
        n_plain : int
            Images that are kept beside planes of a fit: one knows the kind of the training's by
            them.
        """
        planes = f"-{N_PLANES}planes" if self.source_planes else ""
        kind = f"-{self.kind}" if self.kind else ""
        grid = f"{self.size:g}arcmin-{self.pixels}px{planes}-simulation{self.version}{kind}"
        stem = f"{'+'.join(self.bands)}-{grid}-seed{seed}-{n}"
        tensor, plain, truth = (
            Path(folder) / f"{stem}{end}" for end in (".npy", "-images.npy", ".ecsv")
        )
        n_plain = n_plain if self.source_planes else 0
        # The truth is written last; whoever needed no images kept none.
        if not truth.exists() or _n_kept(plain) < n_plain:
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
                kind=self.kind,
                plain_out=str(plain) if n_plain else None,
                n_plain=n_plain,
            )
            write_result(table, truth, overwrite=True)
        images = np.load(plain, mmap_mode="r") if n_plain else None
        return Simulated(np.load(tensor, mmap_mode="r"), QTable.read(truth), images)

    @property
    def held_out(self) -> "Recipe":
        """What calibrates: targets of the same bands, grid and version, a fifth of blank sky."""
        blank = ((0.25, {"kind": "blank"}),) if self.beside else ()
        return replace(self, beside=blank, list_pixels=None)

    def sample(self, n: int, seed: int, folder: Path, n_jobs: int) -> Sample:
        """Return simulated targets of the training; see `recipe_list`."""
        return recipe_list(self, n, seed, folder, n_jobs)


def _n_kept(path: Path) -> int:
    """How many images a file holds; none where there is none."""
    return len(np.load(path, mmap_mode="r")) if path.exists() else 0
