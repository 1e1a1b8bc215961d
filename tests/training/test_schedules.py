"""Optimizers by name, and their learning rates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrocnn.exceptions import UnknownNameError
from astrocnn.networks import build_cn, load_keras
from astrocnn.training import Plateau
from astrocnn.training._schedules import epochs_since_best, make_optimizer

LOSSES = st.lists(st.floats(0, 10), min_size=1, max_size=40)


class TestOptimizers:
    def test_cosine_warms_up_and_falls(self):
        optimizer, plateau = make_optimizer("adam", "cosine", 1e-3, 60)  # 3 steps to warm up
        rates = [float(optimizer._learning_rate(step)) for step in (0, 3, 30, 60)]
        assert rates[0] == pytest.approx(5e-5, rel=1e-3)
        assert rates[1] == pytest.approx(1e-3, rel=1e-3)
        assert 1e-4 < rates[2] < 9e-4
        assert rates[3] == pytest.approx(0, abs=1e-6)
        assert plateau is None

    def test_names(self):
        found = [make_optimizer(name, "constant", 0.01, 9)[0].get_config()
                 for name in ("adam", "sgd", "adadelta")]  # fmt: skip
        assert all(config["learning_rate"] == pytest.approx(0.01) for config in found)
        assert (found[1]["momentum"], found[1]["nesterov"]) == (0.9, True)
        assert found[2]["rho"] == 0.95
        assert found[0]["clipnorm"] == 1.0

    def test_one_of_keras_is_copied(self):
        given = load_keras().optimizers.RMSprop(0.02, rho=0.8)
        for _ in range(2):  # a used one would refuse a second network
            found, plateau = make_optimizer(given, "cosine", 1e-3, 9)
            found.build(build_cn((16, 16, 1)).trainable_variables)
            assert found is not given
            assert found.get_config()["rho"] == 0.8
            assert float(found.learning_rate) == pytest.approx(0.02)
        assert plateau is None

    def test_unknown(self):
        with pytest.raises(UnknownNameError, match="did you mean 'adam'"):
            make_optimizer("adem", "cosine", 1e-3, 9)
        with pytest.raises(UnknownNameError, match="unknown schedule 'linear'"):
            make_optimizer("adam", "linear", 1e-3, 9)


class TestPlateau:
    def test_falls_where_the_loss_does_not(self):
        plateau = Plateau(patience=2, factor=0.5)
        assert plateau.rate([], 0.8) == 0.8
        assert plateau.rate([5, 4, 3, 2, 1], 0.8) == 0.8
        assert plateau.rate([5, 6, 6], 0.8) == 0.4
        assert plateau.rate([5, 6, 6, 6, 6], 0.8) == 0.2
        assert plateau.rate([5, 6, 4, 6, 6], 0.8) == 0.4

    def test_as_keras_does(self):
        """Keras' own callback is the reference."""
        keras = load_keras()
        losses = [5, 4, 4.5, 4.2, 4.1, 3, 3.1, 3.2, 3.3, 3.4, 3.5, 2, 2.5, 2.5]
        rates = []
        callback = keras.callbacks.ReduceLROnPlateau("loss", 0.5, patience=2, min_delta=0)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.8), "mse")
        callback.set_model(model)
        callback.on_train_begin()
        for epoch, loss in enumerate(losses):
            callback.on_epoch_end(epoch, {"loss": loss})
            rates.append(float(model.optimizer.learning_rate))
        plateau = Plateau(2, 0.5)
        found = [plateau.rate(losses[: i + 1], 0.8) for i in range(len(losses))]
        assert found == pytest.approx(rates)

    @given(LOSSES, st.floats(0, 2))
    def test_never_rises_and_never_below_the_lowest(self, losses, lowest):
        plateau = Plateau(1, 0.5, lowest)
        rates = [plateau.rate(losses[:i], 1.0) for i in range(len(losses) + 1)]
        assert rates == sorted(rates, reverse=True)
        assert rates[-1] >= min(lowest, 1.0)


@given(LOSSES)
def test_epochs_since_best(losses):
    waited = epochs_since_best(losses)
    assert losses[len(losses) - 1 - waited] == min(losses)
    assert min(losses[: len(losses) - 1 - waited], default=11) > min(losses)
