"""Augmentation: eight exact orientations, and the layer that turns by any angle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from astrocnn.exceptions import UnknownNameError
from astrocnn.networks import load_keras
from astrocnn.training import Augmentation, augment, augmentation_layer
from astrocnn.training._augment import _affine, find_augmentation

IMAGE = np.arange(18.0).reshape(3, 3, 2)
TURN = Augmentation(turned=1.0, shift=0.0, noise=0.0)


def orientations(image):
    """The eight ways to turn and mirror an image, as bytes."""
    turned = [np.rot90(image, k) for k in range(4)]
    return {np.ascontiguousarray(t).tobytes() for t in turned + [t[:, ::-1] for t in turned]}


def run(images, augmentation, seed=0):
    layer = augmentation_layer(augmentation, seed)
    return np.asarray(layer(np.asarray(images, dtype="float32"), training=True))


def blob(n, size=33, x=0.0, y=0.0, sigma=3.0):
    """Round blobs at an offset from the center, shape (n, size, size, 1)."""
    yy, xx = np.mgrid[:size, :size] - (size - 1) / 2
    image = np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / 2 / sigma**2)
    return np.repeat(image[None, ..., None], n, axis=0)


def centers(images):
    """Offsets (y, x) of the centroids from the center of the images."""
    half = (images.shape[1] - 1) / 2
    return np.array([ndimage.center_of_mass(image[..., 0]) for image in images]) - half


class TestOrientations:
    def test_all_eight_occur_equally_often(self):
        turned = augment(np.repeat(IMAGE[None], 4000, axis=0), np.random.default_rng(0))
        found, counts = np.unique(turned.reshape(4000, -1), axis=0, return_counts=True)
        assert {row.reshape(3, 3, 2).tobytes() for row in found} == orientations(IMAGE)
        assert len(found) == 8
        assert ((counts - 500) ** 2 / 500).sum() < 24.3  # 0.999 of chi squared, 7 degrees

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_bands_of_a_target_turn_together(self, dtype):
        images = np.random.default_rng(1).normal(size=(50, 4, 4, 1)).repeat(3, axis=-1)
        images = images.astype(dtype)
        turned = augment(images, np.random.default_rng(0))
        assert turned.dtype == dtype
        assert np.array_equal(turned[..., 0], turned[..., 1])
        assert np.array_equal(turned[..., 0], turned[..., 2])
        assert (turned != images).any()

    def test_images_of_any_layout(self):
        images = np.random.default_rng(1).normal(size=(9, 4, 4, 3))
        expected = augment(images, np.random.default_rng(0))[..., 1:2]
        assert np.array_equal(augment(images[..., 1:2], np.random.default_rng(0)), expected)

    def test_images_are_left_alone(self):
        images = np.random.default_rng(1).normal(size=(9, 4, 4, 1))
        before = images.copy()
        turned = augment(images, np.random.default_rng(0))
        assert not np.shares_memory(turned, images)
        assert np.array_equal(images, before)

    def test_seed(self):
        images = np.random.default_rng(1).normal(size=(9, 4, 4, 1))
        first, second, other = (augment(images, np.random.default_rng(s)) for s in (3, 3, 4))
        assert np.array_equal(first, second)
        assert not np.array_equal(first, other)


class TestLayer:
    def test_only_in_training(self):
        images = np.random.default_rng(0).normal(size=(4, 8, 8, 2)).astype("float32")
        layer = augmentation_layer()
        assert np.array_equal(np.asarray(layer(images)), images)
        assert np.array_equal(np.asarray(layer(images, training=False)), images)
        assert not np.array_equal(np.asarray(layer(images, training=True)), images)

    def test_nothing_asked_for(self):
        images = np.random.default_rng(0).normal(size=(4, 8, 8, 2)).astype("float32")
        assert np.array_equal(run(images, Augmentation(turned=0.0)), images)

    @given(
        angle=st.floats(-np.pi, np.pi),
        mirror=st.sampled_from([-1.0, 1.0]),
        shift=st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)),
    )
    @settings(max_examples=25, deadline=None)
    def test_one_interpolation_as_scipy_makes_it(self, angle, mirror, shift):
        """The same matrix, by another library, inside (borders are filled differently)."""
        ops = load_keras().ops
        image = np.random.default_rng(0).normal(size=(12, 15)).astype("float32")
        row = [np.array([value], dtype="float32") for value in (angle, mirror, *shift)]
        matrix = np.asarray(_affine(ops, *map(ops.convert_to_tensor, row), (12, 15)))
        a0, a1, a2, b0, b1, b2, *rest = matrix[0]
        assert rest == [0, 0]
        expected = ndimage.affine_transform(
            image, [[b1, b0], [a1, a0]], [b2, a2], order=1, mode="constant", cval=np.nan
        )
        found = ops.image.affine_transform(image[None, ..., None], matrix, "bilinear", "constant")
        inside = np.isfinite(expected)
        assert np.allclose(np.asarray(found)[0, ..., 0][inside], expected[inside], atol=1e-4)

    def test_quarter_turns_are_exact(self):
        ops = load_keras().ops
        image = np.random.default_rng(0).normal(size=(9, 9)).astype("float32")
        for k in range(4):
            for mirror in (1.0, -1.0):
                row = [ops.convert_to_tensor([v]) for v in (k * np.pi / 2, mirror, 0.0, 0.0)]
                matrix = _affine(ops, *(ops.cast(v, "float32") for v in row), (9, 9))
                found = ops.image.affine_transform(image[None, ..., None], matrix)
                found = np.asarray(found)[0, ..., 0]
                ways = [np.rot90(image, k), np.rot90(image, k)[:, ::-1]]
                ways += [np.rot90(image, -k), np.rot90(image, -k)[:, ::-1]]
                assert any(np.allclose(found, way, atol=1e-4) for way in ways)

    def test_turns_about_the_center(self):
        images = blob(64)
        turned = run(images, TURN)
        assert np.allclose(turned, images, atol=0.05)
        assert np.allclose(centers(turned), 0, atol=0.01)

    def test_any_angle_is_as_likely(self):
        y, x = centers(run(blob(400, x=7.0), TURN)).T
        assert np.allclose(np.hypot(x, y), 7, atol=0.05)
        angles = np.sort(np.arctan2(y, x)) / 2 / np.pi + 0.5
        steps = np.arange(400) / 400
        assert np.abs(angles - steps).max() < 1.95 / np.sqrt(400)  # Kolmogorov, 0.999

    def test_mirrors_half_of_them(self):
        """Of two unlike blobs at right angles, the second comes first after mirroring."""
        images = blob(400, x=8.0, sigma=1.5) + 3 * blob(400, y=8.0, sigma=1.5)
        turned = run(images, TURN)[..., 0]
        yy, xx = np.mgrid[:33, :33] - 16
        bright = np.array([ndimage.center_of_mass(np.where(i > 1.2, i, 0)) for i in turned]) - 16
        faint = np.array([
            ndimage.center_of_mass(i * (np.hypot(yy - b[0], xx - b[1]) > 6))
            for i, b in zip(turned, bright, strict=True)
        ]) - 16  # fmt: skip
        mirrored = np.cross(np.c_[bright, np.zeros(400)], np.c_[faint, np.zeros(400)])[:, 2] > 0
        assert abs(mirrored.mean() - 0.5) < 3.3 * 0.5 / 20

    def test_shifts_stay_small(self):
        offsets = centers(run(blob(200, 41, sigma=2.0), Augmentation(turned=1.0, noise=0.0)))
        assert np.abs(offsets).max() <= 0.03 * 41 + 0.01
        assert np.allclose(offsets.mean(axis=0), 0, atol=0.2)
        assert np.all(offsets.std(axis=0) > 0.4)

    def test_border_is_filled_with_the_background(self):
        turned = run(np.ones((50, 16, 16, 1)), TURN)
        assert turned.min() == 0
        assert turned.max() == pytest.approx(1, abs=1e-5)
        assert np.allclose(turned[:, 5:11, 5:11], 1, atol=1e-5)

    def test_bands_turn_together(self):
        images = np.random.default_rng(0).normal(size=(20, 12, 12, 1)).repeat(3, axis=-1)
        turned = run(images, Augmentation(turned=1.0, noise=0.0))
        assert np.array_equal(turned[..., 0], turned[..., 1])
        assert np.array_equal(turned[..., 0], turned[..., 2])

    def test_targets_turn_differently(self):
        turned = run(np.repeat(np.random.default_rng(0).normal(size=(1, 9, 9, 1)), 20, 0), TURN)
        assert len(np.unique(turned.reshape(20, -1), axis=0)) == 20

    def test_noise(self):
        turned = run(np.zeros((20, 30, 30, 2)), Augmentation(turned=1.0, noise=0.3))
        assert turned.std() == pytest.approx(0.3, rel=0.02)
        assert turned.mean() == pytest.approx(0, abs=0.01)
        assert abs(np.corrcoef(turned[0].ravel(), turned[1].ravel())[0, 1]) < 0.1

    @pytest.mark.parametrize(("n", "share", "count"), [(8, 0.5, 4), (7, 0.5, 4), (1, 0.1, 1)])
    def test_share_of_the_turned(self, n, share, count):
        images = np.random.default_rng(0).normal(size=(n, 9, 9, 1)).astype("float32")
        same = (run(images, Augmentation(turned=share)) == images).all(axis=(1, 2, 3))
        assert same.tolist() == [False] * count + [True] * (n - count)

    def test_seed(self):
        images = np.random.default_rng(0).normal(size=(4, 9, 9, 1))
        first, second, other = (run(images, Augmentation(), seed) for seed in (1, 1, 2))
        assert np.array_equal(first, second)
        assert not np.array_equal(first, other)

    def test_seed_moves_on(self):
        layer = augmentation_layer(random_state=1)
        images = np.random.default_rng(0).normal(size=(4, 9, 9, 1)).astype("float32")
        first, second = (np.asarray(layer(images, training=True)) for _ in range(2))
        assert not np.array_equal(first, second)


class TestNames:
    def test_what_a_user_may_write(self):
        assert find_augmentation(True) == find_augmentation("full") == Augmentation()
        assert find_augmentation("orientations") == Augmentation(turned=0.0)
        for nothing in (False, None, "none"):
            assert find_augmentation(nothing) == Augmentation(orientations=False, turned=0.0)
        assert find_augmentation(TURN) is TURN

    def test_unknown(self):
        with pytest.raises(UnknownNameError, match=r"unknown augmentation 'flips'.*full"):
            find_augmentation("flips")

    @pytest.mark.parametrize("wrong", [{"turned": 1.1}, {"shift": -0.1}, {"noise": np.nan}])
    def test_out_of_range(self, wrong):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be from 0 to"):
            Augmentation(**wrong)
