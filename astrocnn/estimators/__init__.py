"""Estimators: thin, everything they do is one call into the sub-packages below."""

from ._base import NetworkClassifier
from ._classifier import ClusterClassifier
from ._recipes import RECIPES
from ._simulated import train_on_simulation

__all__ = ["RECIPES", "ClusterClassifier", "NetworkClassifier", "train_on_simulation"]
