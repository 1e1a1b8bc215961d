"""Samples to try things on, and published data to train on."""

from ._kosiba2020 import KOSIBA2020_BANDS, KOSIBA2020_CLASSES, load_kosiba2020
from ._protocol import TrainedNetwork, train_on_kosiba2020
from ._sample import Sample, load_sample

__all__ = [
    "KOSIBA2020_BANDS",
    "KOSIBA2020_CLASSES",
    "Sample",
    "TrainedNetwork",
    "load_kosiba2020",
    "load_sample",
    "train_on_kosiba2020",
]
