"""Batches, and labels and weights made ready for them."""

import numpy as np
import pytest

from astrocnn.networks import load_keras
from astrocnn.training import make_batches
from astrocnn.training._data import class_targets


def numbered(n):
    """Images that hold their own number, with labels and weights that tell it too."""
    numbers = np.arange(n)
    images = np.broadcast_to(numbers[:, None, None, None], (n, 4, 4, 1)).astype(np.float16)
    return images, np.eye(2)[numbers % 2], 10.0 + numbers


def epoch(batches):
    found = [batches[i] for i in range(len(batches))]
    batches.on_epoch_end()
    return found


def numbers_of(found):
    return np.concatenate([batch[0][:, 0, 0, 0] for batch in found]).astype(int)


class TestBatches:
    @pytest.mark.parametrize(("n", "size"), [(10, 3), (9, 3), (2, 32), (1, 1)])
    def test_every_target_once_per_epoch(self, n, size):
        images, labels, _ = numbered(n)
        batches = make_batches(images, labels, size, random_state=0)
        assert len(batches) == int(np.ceil(n / size))
        for _ in range(3):
            assert sorted(numbers_of(epoch(batches))) == list(range(n))

    @pytest.mark.parametrize("augmented", [True, False])
    def test_labels_and_weights_go_with_their_images(self, augmented):
        images, labels, weights = numbered(10)
        batches = make_batches(images, labels, 4, augmented, 0, sample_weight=weights)
        for batch, label, weight in epoch(batches):
            numbers = batch[:, 0, 0, 0].astype(int)
            assert np.array_equal(label, np.eye(2)[numbers % 2])
            assert np.array_equal(weight, 10 + numbers)

    @pytest.mark.parametrize(
        ("dtype", "expected"),
        [("float16", "float16"), ("float32", "float32"), ("float64", "float32"),
         (">f4", "float32"), ("uint8", "float32")],
    )  # fmt: skip
    def test_type(self, dtype, expected):
        images, labels, _ = numbered(4)
        batch, _ = make_batches(images.astype(dtype), labels, 4, random_state=0)[0]
        assert batch.dtype == expected
        assert batch.dtype.isnative
        assert sorted(batch[:, 0, 0, 0]) == [0, 1, 2, 3]

    def test_order_changes_from_epoch_to_epoch(self):
        batches = make_batches(*numbered(30)[:2], 5, random_state=0)
        assert not np.array_equal(numbers_of(epoch(batches)), numbers_of(epoch(batches)))

    def test_places_in_a_batch_do_not_follow_the_list(self):
        """The augmentation layer turns the first images of a batch."""
        places = np.zeros(40)
        batches = make_batches(*numbered(40)[:2], 40, random_state=0)
        for _ in range(60):
            places[numbers_of(epoch(batches))] += np.arange(40)
        assert abs(np.corrcoef(places, np.arange(40))[0, 1]) < 0.5

    def test_a_batch_depends_on_seed_epoch_and_number_alone(self):
        images = np.random.default_rng(0).normal(size=(30, 4, 4, 1))
        labels = np.eye(2)[np.arange(30) % 2]
        batches, others = (make_batches(images, labels, 5, random_state=1) for _ in range(2))
        for _ in range(3):
            epoch(batches)
        others.epoch = 3
        for number in (4, 0, 4):
            assert np.array_equal(others[number][0], batches[number][0])
        others.epoch = 2
        assert not np.array_equal(others[0][0], batches[0][0])

    @pytest.mark.filterwarnings("ignore:Keras runs on jax")
    @pytest.mark.parametrize("backend", ["tensorflow", "jax"])
    def test_one_epoch_read_ahead(self, monkeypatch, backend):
        """In any order, twice, and though Keras says that an epoch ended before it began."""
        images = np.random.default_rng(0).normal(size=(30, 4, 4, 1))
        monkeypatch.setattr(load_keras().backend, "backend", lambda: backend)
        batches = make_batches(images, np.eye(2)[np.arange(30) % 2], 4, random_state=1)
        epoch(batches)
        expected = epoch(batches)
        chosen = batches.of_epoch(1)
        chosen.on_epoch_end()
        for number in [0, 0, *range(len(chosen)), 3, 7]:
            for found, wanted in zip(chosen[number], expected[number], strict=True):
                assert np.array_equal(found, wanted)

    def test_seed(self):
        images, labels, _ = numbered(30)
        orders = [
            numbers_of(epoch(make_batches(images, labels, 5, random_state=seed))).tolist()
            for seed in (1, 1, 2, None, None)
        ]
        assert orders[0] == orders[1]
        assert len({str(order) for order in orders}) == 4

    def test_orientation_is_asked_for(self):
        images = np.random.default_rng(0).normal(size=(12, 4, 4, 1)).astype(np.float32)
        labels = np.eye(2)[np.arange(12) % 2]
        known = {image.tobytes() for image in images}
        for augmented in (False, "none", True, "orientations"):
            batch, _ = make_batches(images, labels, 12, augmented, random_state=3)[0]
            kept = sum(image.tobytes() in known for image in batch)
            assert kept < 6 if augmented in (True, "orientations") else kept == 12

    def test_memory_mapped(self, tmp_path):
        images, labels, _ = numbered(10)
        np.save(tmp_path / "tensor.npy", images)
        mapped = np.load(tmp_path / "tensor.npy", mmap_mode="r")
        batches = make_batches(mapped, labels, 4, random_state=0)
        expected = make_batches(images, labels, 4, random_state=0)
        for a, b in zip(epoch(batches), epoch(expected), strict=True):
            assert np.array_equal(a[0], b[0])
            assert not isinstance(a[0], np.memmap)


class TestClassTargets:
    def test_one_hot(self):
        targets, weights = class_targets([True, False, True], 3, 2)
        assert targets.tolist() == [[0, 1], [1, 0], [0, 1]]
        assert weights is None

    def test_balanced(self):
        targets, weights = class_targets([0, 2, 2, 2, 0, 0, 0, 0], 8, 3, class_weight="balanced")
        assert (targets * weights[:, None]).sum(axis=0) == pytest.approx([4, 0, 4])

    def test_balanced_sums_of_weights(self):
        weight = [1.0, 1.0, 1.0, 0.25]
        targets, weights = class_targets([0, 0, 0, 1], 4, 2, weight, "balanced")
        sums = (targets * weights[:, None]).sum(axis=0)
        assert sums == pytest.approx([sum(weight) / 2] * 2)

    @pytest.mark.parametrize("weight", [np.nan, np.inf, -1.0])
    def test_weights_are_finite_and_not_negative(self, weight):
        with pytest.raises(ValueError, match="finite and not negative"):
            class_targets([0, 1], 2, 2, [1.0, weight])

    def test_class_weights_multiply_sample_weights(self):
        _, weights = class_targets([0, 1, 1], 3, 2, [1.0, 2.0, 3.0], {1: 10})
        assert weights.tolist() == [1, 20, 30]
        assert weights.dtype == np.float32

    @pytest.mark.parametrize("labels", [[0, 1], [0, 1, 2], [0, -1, 1], [[0], [1], [1]]])
    def test_labels_that_do_not_fit(self, labels):
        with pytest.raises(ValueError, match=r"labels (have shape|must be class numbers from 0)"):
            class_targets(labels, 3, 2)

    def test_no_labels(self):
        with pytest.raises(ValueError, match="at least one"):
            class_targets([], 0, 2)

    def test_weights_that_do_not_fit(self):
        with pytest.raises(ValueError, match="sample_weight has shape"):
            class_targets([0, 1], 2, 2, [1.0])

    @pytest.mark.parametrize("wrong", ["even", {2: 1.0}, [1.0, 2.0]])
    def test_class_weights_that_do_not_fit(self, wrong):
        with pytest.raises(ValueError, match='class_weight is "balanced" or weights of the'):
            class_targets([0, 1], 2, 2, class_weight=wrong)
