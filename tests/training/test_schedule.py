import numpy as np
import pytest

from nucleate.training import recipe
from nucleate.training._schedule import learning_rate


def curve(steps_per_epoch=10, **options):
    how = recipe(**options)
    return np.array(
        [learning_rate(how, step, steps_per_epoch=steps_per_epoch) for step in range(how.epochs * steps_per_epoch)]
    )


def test_warm_up_and_cosine():
    values = curve(lr=2, epochs=10, warm_up=1)
    assert values[0] == pytest.approx(0.2)
    assert values[9] == values[10] == 2
    assert values[55] == pytest.approx(1)
    assert 0 < values[-1] < 0.01
    assert np.all(np.diff(values[:10]) > 0)
    assert np.all(np.diff(values[10:]) < 0)


def test_a_single_step():
    assert curve(steps_per_epoch=1, lr=3, epochs=1) == pytest.approx([3])


def test_divided_by_ten_after_an_epoch():
    values = curve(lr=0.1, epochs=120, schedule="step", milestones=(60,))
    assert set(values[:600]) == {0.1}
    assert values[600:] == pytest.approx(0.01)


def test_constant_after_half_an_epoch_of_warming_up():
    values = curve(lr=1, epochs=2, schedule="constant", warm_up=0.5)
    np.testing.assert_allclose(values, [0.2, 0.4, 0.6, 0.8, 1, *[1] * 15])


def test_linear_scaling_is_by_batches_of_256():
    assert curve(lr=0.1, batch_size=512, linear_scaling=True, epochs=1)[0] == pytest.approx(0.2)
    assert curve(lr=0.1, batch_size=512, epochs=1)[0] == pytest.approx(0.1)
