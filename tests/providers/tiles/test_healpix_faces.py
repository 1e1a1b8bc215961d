"""Faces of HEALPix against healpy."""

import healpy
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from astrocnn.providers._tiles._healpix_faces import direction_of, face_of, interleave, over_edge

#: Steps to the neighbors in the order of healpy.
STEPS = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 2 * np.pi), st.floats(-np.pi / 2, np.pi / 2), st.integers(0, 29))
@example(0.0, 0.0, 3)
@example(0.0, np.pi / 2, 5)
@example(3.0, -np.pi / 2, 5)
@example(2 * np.pi, 0.7, 29)
@example(1.0, np.pi / 2 - 1e-9, 29)
def test_same_pixel_as_healpy_and_back(lon, lat, order):
    n = 2**order
    x, y, z = np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)
    face, u, v = face_of(3 * x, 3 * y, 3 * z, float(n))
    np.testing.assert_allclose(direction_of(face, u, v, float(n)), (x, y, z), rtol=0, atol=4e-15)
    found = face * n * n + interleave(min(int(u), n - 1), min(int(v), n - 1))
    if found != healpy.vec2pix(n, x, y, z, nest=True):  # within rounding of an edge
        assert min(abs(u - round(u)), abs(v - round(v))) < 1e-15 * n + 1e-9


@pytest.mark.parametrize("order", [0, 1, 3])
def test_all_edges_and_corners(order):
    n = 2**order
    for face in range(12):
        for i, j in np.ndindex(n, n):
            wanted = healpy.get_all_neighbours(n, face * n * n + interleave(i, j), nest=True)
            for (di, dj), number in zip(STEPS, wanted, strict=True):
                other, p, q = over_edge(face, i + di, j + dj, n)
                assert (other * n * n + interleave(p, q) if other >= 0 else -1) == number
