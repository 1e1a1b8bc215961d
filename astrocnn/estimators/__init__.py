"""Estimators: thin, everything they do is one call into the rooms below."""

from ._classifier import ClusterClassifier
from ._simulated import RECIPES, train_on_simulation

__all__ = ["RECIPES", "ClusterClassifier", "train_on_simulation"]
