"""Tensors, augmentation and the loop that trains a network."""

from ._data import augment, make_batches
from ._loop import train_network
from ._simulated import simulated_tensors

__all__ = ["augment", "make_batches", "simulated_tensors", "train_network"]
