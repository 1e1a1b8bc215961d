"""The steps of `Preprocessing` as compiled code: image after image, without temporary arrays.

`_stretch` says what they are; the results are the same but for rounding in single precision.
"""

import numpy as np

from .._compiled import compiled
from ._select import median

__all__ = ["prepare_images"]

_MAD_TO_STD = np.float32(1.4826)
_LN2 = np.float32(np.log(2))
#: Pixels that are summed up together, so that the sums stay in the nearest cache.
_BLOCK = 1024
_ZERO, _INF = np.float32(0), np.float32(np.inf)


@compiled
def prepare_images(images, valid, exposures, rows, taps, stretched, standardized, tensor):
    """Prepare the images of some targets.

    Parameters
    ----------
    images, valid : ndarray of shape (n, bands, ny, nx), float32 and uint8
    exposures : ndarray of shape (n, bands, ny, nx), float32
        Empty where there are no maps.
    rows : ndarray of shape (m,), int
        Targets to prepare.
    taps : ndarray of shape (bands, radius + 1), float32
        Center and right half of the Gaussian of each band; zeros for no smoothing.
    stretched, standardized : bool
    tensor : ndarray of shape (m, ny * nx, bands), float32
        Where the results go.
    """
    bands, ny, nx = images.shape[1:]
    rate = np.empty(ny * nx, np.float32)
    weight = np.empty_like(rate)
    margin = taps.shape[1] - 1
    whole = np.zeros((bands, len(rate)), np.float32)
    scratch = np.zeros((2, (ny + 2 * margin) * padded_width(nx, margin)), np.float32)
    for i in range(len(rows)):
        for b in range(bands):
            image, good = images[rows[i], b].reshape(-1), valid[rows[i], b].reshape(-1)
            exposure = exposures[rows[i], b].reshape(-1) if len(exposures) else image[:0]
            if taps[b, 0] > 0 or len(exposure):
                n = _weighted(image, good, exposure, rate, weight)
                if taps[b, 0] > 0:
                    _smoothed(rate, taps[b], nx, scratch)
                    if n == len(rate) and len(exposure) == 0:
                        # The same for all images without gaps: it tells the border from the middle.
                        if whole[b, 0] == 0:
                            _smoothed(weight, taps[b], nx, scratch)
                            whole[b] = weight
                        weight[:] = whole[b]
                    else:
                        _smoothed(weight, taps[b], nx, scratch)
                _divided(rate, weight, image, good, stretched or standardized)
            else:
                n = _copied(image, good, rate)
            if stretched:
                _stretched(rate, n, weight)
            if standardized:
                _standardized(rate, n)
            for p in range(len(rate)):
                tensor[i, p, b] = rate[p] if rate[p] < _INF else _ZERO


@compiled
def _copied(image, good, values):
    """Write pixels, infinity where not valid; return the number of valid pixels."""
    n = np.int32(0)
    for p in range(len(image)):
        usable = (good[p] != 0) & (abs(image[p]) < _INF)
        n = np.int32(n + np.int32(usable))
        values[p] = image[p] if usable else _INF
    return n


@compiled
def _divided(values, weight, image, good, marked):
    """Divide by weights in place; where not valid, infinity takes no part in what follows."""
    for p in range(len(values)):
        usable = (good[p] != 0) & (abs(image[p]) < _INF)
        value = values[p] / weight[p] if weight[p] > 0 else _ZERO
        values[p] = value if usable or not marked else _INF


@compiled
def _weighted(image, good, exposure, values, weight):
    """Write pixels and their weights, 0 where not valid; return the number of valid pixels."""
    n, exposed = np.int32(0), np.int32(0)
    for p in range(len(image)):
        usable = (good[p] != 0) & (abs(image[p]) < _INF)
        n = np.int32(n + np.int32(usable))
        values[p] = image[p] if usable else _ZERO
        weight[p] = np.float32(usable)
    for p in range(len(exposure)):
        exposed = np.int32(exposed + np.int32(abs(exposure[p]) < _INF))
    if exposed > 0:
        # As integers, floats above zero have the same order; their largest is found faster.
        most, bits = np.int32(0), weight.view(np.int32)
        for p in range(len(exposure)):
            usable = (weight[p] > 0) & (abs(exposure[p]) < _INF)
            weight[p] = exposure[p] if usable else _ZERO
            most = max(most, bits[p])
        # Scaled to a maximum of one: smoothing tiny rates must not lose digits.
        if most > 0:
            scale = np.int32(most).view(np.float32)
            for p in range(len(exposure)):
                weight[p] = weight[p] / scale
    return n


@compiled
def _smoothed(values, taps, nx, scratch):
    """Convolve an image with a Gaussian in place; beyond the border there is nothing.

    The image is copied among zeros, so that no pixel is a special case: ``scratch`` has two such
    copies, whose rows have room for the Gaussian; the rows above and below the image stay zero.
    """
    margin = len(taps) - 1
    width, ny = padded_width(nx, margin), len(values) // nx
    first = margin * width
    one, other = scratch[0], scratch[1]
    for y in range(ny):
        row = one[first + y * width :][:width]
        for x in range(nx):
            row[x] = values[y * nx + x]
        row[nx:] = _ZERO
    _convolved(one, taps, width, other, first, first + ny * width)
    _convolved(other, taps, np.int64(1), one, first, first + ny * width)
    for y in range(ny):
        for x in range(nx):
            values[y * nx + x] = one[first + y * width + x]


@compiled
def padded_width(nx, margin):
    """Length of a row with zeros at its end: at least as many as the Gaussian reaches."""
    return (nx + margin + 15) // 16 * 16


@compiled
def _convolved(source, taps, step, target, start, stop):
    """Convolve a flat array with a symmetric kernel whose taps are ``step`` apart."""
    for begin in range(start, stop, _BLOCK):
        total = target[begin : min(begin + _BLOCK, stop)]
        n = len(total)
        here = source[begin : begin + n]
        for p in range(n):
            total[p] = taps[0] * here[p]
        # Two pairs of taps at a time: the sum is loaded and stored half as often.
        for k in range(1, len(taps), 2):
            a, b = source[begin - k * step :][:n], source[begin + k * step :][:n]
            tap = taps[k]
            if k + 1 == len(taps):
                for p in range(n):
                    total[p] += tap * (a[p] + b[p])
                continue
            c, d = source[begin - (k + 1) * step :][:n], source[begin + (k + 1) * step :][:n]
            next_tap = taps[k + 1]
            for p in range(n):
                total[p] += tap * (a[p] + b[p]) + next_tap * (c[p] + d[p])


@compiled
def _stretched(values, n, scratch):
    """Stretch the finite ones of some values in place; zero all of them if there is no signal."""
    level, noise = _ZERO, _ZERO
    if n > 0:
        level = median(values, n)
        for p in range(len(values)):
            scratch[p] = abs(values[p] - level)
        noise = _MAD_TO_STD * median(scratch, n)
        if noise == 0:
            noise = np.float32(_moments(values, n)[1])
    if noise <= 1e-6 * abs(level):  # what is left are rounding errors of single precision
        for p in range(len(values)):
            values[p] = _ZERO
        return
    for p in range(len(values)):
        values[p] = _arcsinh((values[p] - level) / noise) if values[p] < _INF else _INF


@compiled
def _standardized(values, n):
    """Standardize the finite ones of some values in place."""
    mean, deviation = _moments(values, n)
    if deviation == 0:
        for p in range(len(values)):
            values[p] = _ZERO
        return
    mean, deviation = np.float32(mean), np.float32(deviation)
    for p in range(len(values)):
        values[p] = (values[p] - mean) / deviation


@compiled
def _moments(values, n):
    """Mean and standard deviation of the finite ones of some values."""
    total = 0.0
    for p in range(len(values)):
        total += np.float64(values[p]) if values[p] < _INF else 0.0
    mean, square = total / max(n, 1), 0.0
    for p in range(len(values)):
        off = np.float64(values[p]) - mean if values[p] < _INF else 0.0
        square += off * off
    return mean, np.sqrt(square / max(n, 1))


@compiled
def _arcsinh(x):
    """Inverse hyperbolic sine to 2e-7, as code that runs on all lanes of the processor.

    The logarithm is that of the Cephes library (logf).
    """
    size = abs(x)
    far = size > np.float32(1e4)
    whole = np.float32(size if far else size + np.sqrt(size * size + np.float32(1)))
    bits = whole.view(np.int32)
    exponent = np.float32((bits >> 23) - 126)
    part = np.int32((bits & 0x7FFFFF) | 0x3F000000).view(np.float32)
    low = part < np.float32(0.70710678)
    exponent = exponent - np.float32(1) if low else exponent
    f = (part + part if low else part) - np.float32(1)
    z = f * f
    y = np.float32(7.0376836292e-2)
    y = y * f - np.float32(1.1514610310e-1)
    y = y * f + np.float32(1.1676998740e-1)
    y = y * f - np.float32(1.2420140846e-1)
    y = y * f + np.float32(1.4249322787e-1)
    y = y * f - np.float32(1.6668057665e-1)
    y = y * f + np.float32(2.0000714765e-1)
    y = y * f - np.float32(2.4999993993e-1)
    y = y * f + np.float32(3.3333331174e-1)
    log = f + (f * z * y - np.float32(0.5) * z) + exponent * _LN2
    log = log + _LN2 if far else log
    return -log if x < 0 else log
