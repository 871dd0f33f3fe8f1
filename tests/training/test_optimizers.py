import copy

import numpy as np
import pytest
import torch
from torch import nn

from nucleate.training import recipe
from nucleate.training._optimizers import MovingAverage, build_optimizer, parameter_groups


def test_decay_is_for_weights_alone():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    module[0].weight.requires_grad_(False)
    module.append(nn.Linear(2, 2))
    decayed, free = parameter_groups(module, 0.1)
    assert [parameter.ndim for parameter in decayed["params"]] == [2]
    assert [parameter.ndim for parameter in free["params"]] == [1, 1, 1, 1]
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.1, 0.0)


@pytest.mark.parametrize(("name", "shrinks"), [("sgd", 0.1 * 0.5), ("adamw", 0.1 * 0.5), ("adam", 0.1)])
def test_decay_of_a_weight_without_gradient(name, shrinks):
    # SGD: w - lr (wd w). AdamW: w (1 - lr wd). Adam: the decay is the gradient, whose size its step forgets.
    module = nn.Linear(1, 1)
    nn.init.ones_(module.weight)
    nn.init.ones_(module.bias)
    optimizer = build_optimizer(module, recipe(optimizer=name, lr=0.1, weight_decay=0.5))
    (0 * module(torch.ones(1, 1))).sum().backward()
    optimizer.step()
    assert module.weight.item() == pytest.approx(1 - shrinks, abs=1e-6)
    assert module.bias.item() == 1


def test_the_moving_average_is_debiased():
    weight = nn.Parameter(torch.zeros(3))
    average = MovingAverage([weight], 0.9)
    history = []
    for step in range(5):
        with torch.no_grad():
            weight.copy_(torch.tensor([step, 1.0, -step]))
        history.append(weight.detach().double().numpy().copy())
        average.update()
    shares = 0.1 * 0.9 ** np.arange(4, -1, -1)
    expected = (shares[:, None] * history).sum(0) / shares.sum()
    now = copy.deepcopy(weight.detach())
    with average.applied():
        np.testing.assert_allclose(weight.detach(), expected, rtol=1e-6)
    assert torch.equal(weight, now)


def test_an_average_of_equal_weights_is_these():
    weight = nn.Parameter(torch.full((2,), 3.0))
    average = MovingAverage([weight], 0.99)
    with average.applied():
        assert weight.tolist() == [3, 3]
    average.update()
    with average.applied():
        torch.testing.assert_close(weight.detach(), torch.full((2,), 3.0))
