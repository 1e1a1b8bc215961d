"""HEALPix as twelve square faces: from a direction to a place on a face, and over its edges.

A face has coordinates ``u`` and ``v`` from 0 to ``n`` pixels, ``u`` growing to the north-east
and ``v`` to the north-west: those whose bits a nested index interleaves.

References
----------
Górski et al. 2005, ApJ 622, 759, sections 4 and 5; Calabretta & Roukema 2007, MNRAS 381, 865.
"""

import math

import numpy as np

from ..._compiled import compiled

__all__ = ["direction_of", "face_of", "faces_of", "interleave", "over_edge"]


@compiled
def face_of(x, y, z, n):
    """Return face, ``u`` and ``v`` of a direction, which need not be of unit length.

    Up to the latitude whose sine is 2/3 the map is that of an equal-area cylinder; the
    polar caps shrink with the distance from the pole.
    """
    rho = math.sqrt(x * x + y * y)
    length = math.sqrt(rho * rho + z * z)
    height = z / length
    quarter = math.atan2(y, x) * (2 / math.pi)  # longitude in units of 90 degrees
    if quarter < 0:
        quarter += 4.0
    if quarter >= 4.0:
        quarter -= 4.0
    if abs(height) <= 2 / 3:
        rising = n * (0.5 + quarter - 0.75 * height)
        falling = n * (0.5 + quarter + 0.75 * height)
        k_rising, k_falling = int(rising // n), int(falling // n)
        if k_rising == k_falling:
            face = 4 + k_rising % 4
        elif k_rising < k_falling:
            face = k_rising
        else:
            face = 8 + k_falling
        return face, falling - k_falling * n, (k_rising + 1) * n - rising
    # From rho, not from 1 - height: that would lose all digits at the pole.
    sigma = n * rho / length * math.sqrt(3 / (1 + abs(height)))
    k = min(int(quarter), 3)
    part = quarter - k
    if height > 0:
        return k, n - (1 - part) * sigma, n - part * sigma
    return 8 + k, part * sigma, (1 - part) * sigma


@compiled
def faces_of(directions, n):
    """Return face, ``u`` and ``v`` of many directions, shape (n_directions, 3); see `face_of`."""
    faces = np.empty(len(directions), np.int64)
    us, vs = np.empty(len(directions)), np.empty(len(directions))
    for k in range(len(directions)):
        faces[k], us[k], vs[k] = face_of(
            directions[k, 0], directions[k, 1], directions[k, 2], float(n)
        )
    return faces, us, vs


@compiled
def direction_of(face, u, v, n):
    """Return the unit vector of a place on a face: the inverse of `face_of`."""
    row, k = face // 4, face % 4
    if row == 0 and u + v > n:
        sigma = (2 * n - u - v) / n
        part = (n - v) / (n * sigma) if sigma > 0 else 0.5
    elif row == 2 and u + v < n:
        sigma = (u + v) / n
        part = u / (n * sigma) if sigma > 0 else 0.5
    else:
        shift = 0.0 if row == 1 else 0.5
        quarter = k + shift + (u - v) / (2 * n)
        height = ((u + v) / n - 1 + (1 - row)) * (2 / 3)
        rho = math.sqrt((1 - height) * (1 + height))
        angle = quarter * (math.pi / 2)
        return rho * math.cos(angle), rho * math.sin(angle), height
    height = 1 - sigma * sigma / 3
    rho = sigma * math.sqrt((1 + height) / 3)
    angle = (k + part) * (math.pi / 2)
    if row == 2:
        height = -height
    return rho * math.cos(angle), rho * math.sin(angle), height


@compiled
def over_edge(face, i, j, n):
    """Return face and indices of a pixel that may lie up to ``n`` pixels over an edge.

    Face -1 says that there is none: where only three faces meet, the fourth corner is missing.
    """
    over_i = 0 if 0 <= i < n else (1 if i >= n else -1)
    over_j = 0 if 0 <= j < n else (1 if j >= n else -1)
    if over_i == 0 and over_j == 0:
        return face, i, j
    row, k = face // 4, face % 4
    if row == 1:
        if over_i == over_j:
            return -1, 0, 0
        i, j = i - over_i * n, j - over_j * n
        if over_j == 0:
            return (k if over_i > 0 else 8 + (k + 3) % 4), i, j
        if over_i == 0:
            return ((k + 3) % 4 if over_j > 0 else 8 + k), i, j
        return 4 + (k + (1 if over_i > 0 else 3)) % 4, i, j
    if over_i * over_j < 0:
        return -1, 0, 0
    polar = 1 if row == 0 else -1
    if polar in (over_i, over_j):
        # To another face around the same pole; its coordinates are turned.
        last = 2 * n - 1 if row == 0 else -1
        if over_i == over_j:
            return 4 * row + (k + 2) % 4, last - i, last - j
        if over_i != 0:
            return 4 * row + (k + (1 if row == 0 else 3)) % 4, j, last - i
        return 4 * row + (k + (3 if row == 0 else 1)) % 4, last - j, i
    i, j = i - over_i * n, j - over_j * n
    if over_i != 0 and over_j != 0:
        return 8 - 4 * row + k, i, j
    first = over_i != 0 if row == 0 else over_j != 0
    return 4 + (k if first else (k + 1) % 4), i, j


@compiled
def interleave(i, j):
    """Return the number whose even bits are those of ``i`` and whose odd bits are ``j``'s."""
    number = 0
    bit = 0
    while (i >> bit) | (j >> bit):
        number |= ((i >> bit) & 1) << (2 * bit)
        number |= ((j >> bit) & 1) << (2 * bit + 1)
        bit += 1
    return number
