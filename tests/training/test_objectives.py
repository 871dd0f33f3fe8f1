import inspect
import math

import numpy as np
import pytest
import torch

from nucleate.errors import ArrayError, UsageError
from nucleate.training.objectives._objectives import OBJECTIVES, objective, squared_error

N, K, D = 6, 4, 3
W = torch.randn(K, D, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def logits():
    generator = torch.Generator().manual_seed(0)
    return 3 * torch.randn(N, K, dtype=torch.float64, generator=generator), torch.tensor([0, 1, 2, 3, 0, 2])


def extra(name: str) -> dict[str, torch.Tensor]:
    return {"weight": W} if OBJECTIVES[name].final_layer == "weight" else {}


def logsumexp(z) -> float:
    return math.log(sum(math.exp(v) for v in z))


def plain(z, t):
    return -z[t] + logsumexp(z)


# One sample at a time, in Python, straight from the published formulas.
CLOSED_FORMS = {
    "softmax": plain,
    "label_smoothing": lambda z, t: (
        sum(-((0.9 if k == t else 0) + 0.1 / K) * (z[k] - logsumexp(z)) for k in range(K)) / 0.9
    ),
    "dropout": plain,
    "extra_final_layer_l2": lambda z, t: plain(z, t) + 4e-4 * float(np.linalg.norm(W) ** 2),
    "logit_penalty": lambda z, t: plain(z, t) + 3e-4 * sum(v * v for v in z),
    "logit_normalization": lambda z, t: plain([v / (0.04 * math.hypot(*z)) for v in z], t),
    "cosine_softmax": lambda z, t: plain([v / 0.05 for v in z], t),
    "sigmoid": lambda z, t: sum(
        -math.log(1 / (1 + math.exp((-1 if k == t else 1) * (z[k] - math.log(K))))) for k in range(K)
    ),
    "squared_error": lambda z, t: 0.1 * sum(9 * (z[k] - 60) ** 2 if k == t else z[k] ** 2 for k in range(K)),
}


def test_there_are_nine():
    assert set(OBJECTIVES) == set(CLOSED_FORMS)
    assert len(OBJECTIVES) == 9


@pytest.mark.parametrize("name", OBJECTIVES)
def test_equals_its_closed_form(logits, name):
    z, t = logits
    value = OBJECTIVES[name].loss(z, t, **OBJECTIVES[name].parameters, **extra(name))
    expected = np.mean([CLOSED_FORMS[name](row.tolist(), int(target)) for row, target in zip(z, t, strict=True)])
    assert float(value) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradients_equal_differences_of_the_closed_form(logits, name):
    z, t = logits
    z = z.clone().requires_grad_()
    OBJECTIVES[name].loss(z, t, **OBJECTIVES[name].parameters, **extra(name)).backward()
    for row, k in ((0, 0), (0, 1), (3, 3), (5, 0)):
        step = 1e-6
        values = []
        for sign in (1, -1):
            moved = z[row].tolist()
            moved[k] += sign * step
            values.append(CLOSED_FORMS[name](moved, int(t[row])))
        difference = (values[0] - values[1]) / (2 * step) / N
        assert float(z.grad[row, k]) == pytest.approx(difference, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_published_parameters_are_the_defaults(name):
    defaults = {
        key: parameter.default
        for key, parameter in inspect.signature(OBJECTIVES[name].loss).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    assert defaults == dict(OBJECTIVES[name].parameters)


def test_the_extra_penalty_reaches_the_weight():
    weight = W.clone().requires_grad_()
    OBJECTIVES["extra_final_layer_l2"].loss(torch.zeros(2, K), torch.tensor([0, 1]), weight=weight).backward()
    torch.testing.assert_close(weight.grad, 8e-4 * W)


def test_logit_normalization_does_not_see_the_length_of_logits(logits):
    z, t = logits
    loss = OBJECTIVES["logit_normalization"].loss
    assert float(loss(z, t)) == pytest.approx(float(loss(100 * z, t)))
    assert float(loss(torch.zeros(2, 4), torch.tensor([0, 1]))) == pytest.approx(math.log(4))


def test_squared_error_scale_is_a_parameter(logits):
    z, t = logits
    assert float(squared_error(z, t, scale=10)) == pytest.approx(100 * float(squared_error(z, t)))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_shapes_that_would_broadcast_are_refused(name):
    for z, t in ((torch.zeros(4, 4), torch.zeros(1, dtype=torch.long)), (torch.zeros(4), torch.zeros(4).long())):
        with pytest.raises(ArrayError, match="one class per row"):
            OBJECTIVES[name].loss(z, t, **extra(name))


def test_unknown_objectives_are_named():
    assert objective("softmax").name == "softmax"
    with pytest.raises(UsageError, match="Did you mean 'squared_error'"):
        objective("squared_eror")
    with pytest.raises(TypeError):
        OBJECTIVES["softmax"].parameters["a"] = 1
