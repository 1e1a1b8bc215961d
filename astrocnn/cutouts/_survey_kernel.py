"""The loop of `survey_pixels`, compiled."""

import numpy as np

from .._compiled import compiled

__all__ = ["survey"]


@compiled
def survey(images, valid, number, signal):
    """Count the valid pixels of images, and say whether the finite ones among them differ.

    Parameters
    ----------
    images, valid : ndarray of shape (n, n_bands, n_pixels), float32 and uint8
    number, signal : ndarray of shape (n, n_bands), int64 and bool
        Where the results go.
    """
    for i in range(images.shape[0]):
        for b in range(images.shape[1]):
            image, good = images[i, b], valid[i, b]
            first, found = np.float32(np.nan), np.int32(0)
            for p in range(len(image)):
                # Numba adds in 64 bits, which is half as fast.
                found = np.int32(found + np.int32(good[p] != 0))
            # Most images differ at the second valid pixel: this loop ends there.
            for p in range(len(image)):
                if good[p] != 0 and abs(image[p]) < np.inf:
                    if np.isnan(first):
                        first = image[p]
                    elif image[p] != first:
                        signal[i, b] = True
                        break
            number[i, b] = found
