"""Tensors, augmentation and the loop that trains a network."""

from ._augment import Augmentation, augment, augmentation_layer, find_augmentation
from ._calibration import CALIBRATIONS, apply_calibration, fit_calibration
from ._causes import CAUSES
from ._data import class_targets, make_batches
from ._domain import ImageDomain
from ._gaps import central_gap, fill_gaps
from ._loop import train_network
from ._prevalence import adjust_prior
from ._repeat import repeat_training, summarize_runs
from ._schedules import Plateau
from ._simulated import simulated_tensors
from ._splits import sky_folds, sky_groups, split_sky
from ._statistics import image_statistics

__all__ = [
    "CALIBRATIONS",
    "CAUSES",
    "Augmentation",
    "ImageDomain",
    "Plateau",
    "adjust_prior",
    "apply_calibration",
    "augment",
    "augmentation_layer",
    "central_gap",
    "class_targets",
    "fill_gaps",
    "find_augmentation",
    "fit_calibration",
    "image_statistics",
    "make_batches",
    "repeat_training",
    "simulated_tensors",
    "sky_folds",
    "sky_groups",
    "split_sky",
    "summarize_runs",
    "train_network",
]
