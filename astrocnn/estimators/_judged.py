"""What a network says of targets, before it becomes a table."""

from typing import NamedTuple

import numpy as np

__all__ = ["Judged"]


class Judged(NamedTuple):
    """What a network says of n targets; NaN where there is no image.

    Attributes
    ----------
    proba : ndarray of shape (n, n_classes)
        Calibrated probabilities.
    error : ndarray of shape (n,)
        Their uncertainty, from the members of an ensemble; NaN for a single network.
    novelty : ndarray of shape (n,)
        Distance from the training images, above 1 unusual; NaN where that is not known.
    cause : ndarray of shape (n,), int
        What is unusual, see `astrocnn.training.ImageDomain.judge`; -1 where nothing is.
    separation : ndarray of shape (n,)
        How far from the target the source is that was judged (arcsec); NaN where none stands out,
        and where images are judged as they are.
    apart : ndarray of shape (n, n_apart)
        Probabilities of the outputs that together are the first class, where there are several.
    """

    proba: np.ndarray
    error: np.ndarray
    novelty: np.ndarray
    cause: np.ndarray
    separation: np.ndarray
    apart: np.ndarray

    @classmethod
    def nothing(cls, n: int, n_classes: int, n_apart: int = 0) -> "Judged":
        """Return ``n`` rows without anything."""
        error, novelty, separation = np.full((3, n), np.nan)
        cause = np.full(n, -1, dtype=np.int16)
        proba, apart = np.full((n, n_classes), np.nan), np.full((n, n_apart), np.nan)
        return cls(proba, error, novelty, cause, separation, apart)

    @classmethod
    def stacked(cls, parts: "list[Judged]") -> "Judged":
        """Return the rows of several, one after the other."""
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    @property
    def novel(self) -> np.ndarray:
        """Which images are unlike those of the training, shape (n,), bool."""
        return np.nan_to_num(self.novelty) > 1

    def checked(self, judge_novel: bool = False, coarse: np.ndarray | None = None) -> "Judged":
        """Return the same without a prediction on what is novel, unless that is wanted.

        Parameters
        ----------
        judge_novel : bool
            Whether it is wanted.
        coarse : ndarray of shape (n,), bool, optional
            Images of too coarse pixels, which are as novel as others.
        """
        if judge_novel:
            return self
        novel = self.novel if coarse is None else self.novel | coarse
        proba, apart = (
            np.where(novel[:, np.newaxis], np.nan, values) for values in (self.proba, self.apart)
        )
        return self._replace(proba=proba, apart=apart, error=np.where(novel, np.nan, self.error))
