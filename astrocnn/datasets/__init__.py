"""Samples to try things on."""

from ._sample import Sample, load_sample

__all__ = ["Sample", "load_sample"]
