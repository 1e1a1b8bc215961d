"""Augmentation and batches."""

import numpy as np
import pytest

from astrocnn.training import augment, make_batches

IMAGE = np.arange(18.0).reshape(3, 3, 2)


def orientations(image):
    """The eight ways to turn and mirror an image, as bytes."""
    turned = [np.rot90(image, k) for k in range(4)]
    return {np.ascontiguousarray(t).tobytes() for t in turned + [t[:, ::-1] for t in turned]}


class TestAugment:
    def test_all_eight_orientations_occur_equally_often(self):
        turned = augment(np.repeat(IMAGE[None], 4000, axis=0), np.random.default_rng(0))
        found, counts = np.unique(turned.reshape(4000, -1), axis=0, return_counts=True)
        assert {row.reshape(3, 3, 2).tobytes() for row in found} == orientations(IMAGE)
        assert len(found) == 8
        assert ((counts - 500) ** 2 / 500).sum() < 24.3  # 0.999 of chi squared, 7 degrees

    def test_bands_of_a_target_turn_together(self):
        images = np.random.default_rng(1).normal(size=(50, 4, 4, 1)).repeat(3, axis=-1)
        turned = augment(images, np.random.default_rng(0))
        assert np.array_equal(turned[..., 0], turned[..., 1])
        assert np.array_equal(turned[..., 0], turned[..., 2])
        assert (turned != images).any()

    def test_images_are_left_alone(self):
        images = np.random.default_rng(1).normal(size=(9, 4, 4, 1))
        before = images.copy()
        assert augment(images, np.random.default_rng(0)).base is not images
        assert np.array_equal(images, before)

    def test_seed(self):
        images = np.random.default_rng(1).normal(size=(9, 4, 4, 1))
        first, second, other = (augment(images, np.random.default_rng(s)) for s in (3, 3, 4))
        assert np.array_equal(first, second)
        assert not np.array_equal(first, other)


def numbered(n):
    """Images that hold their own number, with labels and weights that tell it too."""
    numbers = np.arange(n)
    images = np.broadcast_to(numbers[:, None, None, None], (n, 4, 4, 1)).astype(np.float16)
    return images, np.eye(2)[numbers % 2], 10.0 + numbers


def epoch(batches):
    found = [batches[i] for i in range(len(batches))]
    batches.on_epoch_end()
    return found


class TestBatches:
    @pytest.mark.parametrize(("n", "size"), [(10, 3), (9, 3), (2, 32), (1, 1)])
    def test_every_target_once_per_epoch(self, n, size):
        images, labels, _ = numbered(n)
        batches = make_batches(images, labels, size, random_state=0)
        assert len(batches) == int(np.ceil(n / size))
        for _ in range(3):
            numbers = np.concatenate([batch[0][:, 0, 0, 0] for batch in epoch(batches)])
            assert sorted(numbers) == list(range(n))

    def test_labels_and_weights_go_with_their_images(self):
        images, labels, weights = numbered(10)
        batches = make_batches(images, labels, 4, random_state=0, sample_weight=weights)
        for batch, label, weight in epoch(batches):
            numbers = batch[:, 0, 0, 0].astype(int)
            assert np.array_equal(label, np.eye(2)[numbers % 2])
            assert np.array_equal(weight, 10 + numbers)
            assert batch.dtype == np.float32

    def test_order_changes_from_epoch_to_epoch(self):
        batches = make_batches(*numbered(30)[:2], 30, random_state=0)
        batches_of = [make_batches(*numbered(30)[:2], 5, random_state=0) for _ in range(2)]
        first, second = epoch(batches_of[0]), epoch(batches_of[0])
        assert any((a[0] != b[0]).any() for a, b in zip(first, second, strict=True))
        again = epoch(batches_of[1])
        assert all((a[0] == b[0]).all() for a, b in zip(first, again, strict=True))
        assert len(batches) == 1

    def test_seed_and_augmentation(self):
        images = np.random.default_rng(0).normal(size=(12, 4, 4, 1))
        labels = np.eye(2)[np.arange(12) % 2]
        runs = [epoch(make_batches(images, labels, 5, random_state=s)) for s in (1, 1, 2)]
        same = [
            all(np.array_equal(a[0], b[0]) for a, b in zip(runs[0], r, strict=True)) for r in runs
        ]
        assert same == [True, True, False]
        plain = epoch(make_batches(images, labels, 12, augmented=False))[0][0]
        assert np.array_equal(plain, images.astype(np.float32))

    def test_memory_mapped(self, tmp_path):
        images, labels, _ = numbered(10)
        np.save(tmp_path / "tensor.npy", images)
        mapped = np.load(tmp_path / "tensor.npy", mmap_mode="r")
        batches = make_batches(mapped, labels, 4, random_state=0)
        expected = make_batches(images, labels, 4, random_state=0)
        for a, b in zip(epoch(batches), epoch(expected), strict=True):
            assert np.array_equal(a[0], b[0])
            assert not isinstance(a[0], np.memmap)
