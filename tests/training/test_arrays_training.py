import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from nucleate.errors import ArrayError, RunError, UsageError
from nucleate.models import as_network, load
from nucleate.training import accuracy, train

SHAPE_OF_DIGIT = np.array([0, 1, 2, 2, 1, 2, 0, 1, 0, 0])  # loops, strokes, curves


def linear(classes: int = 3) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(4, classes))


@pytest.fixture
def points():
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 3
    centres = np.array([[3, 0, 0, 0], [0, 3, 0, 0], [0, 0, 3, 0]])
    return (centres[labels] + generator.normal(size=(60, 4))).astype(np.float32).reshape(60, 1, 2, 2), labels


@pytest.mark.integration
def test_learns_the_shapes_of_digits():
    digits = load_digits()
    images = (digits.images[:, None] / 8 - 1).astype(np.float32)
    labels = SHAPE_OF_DIGIT[digits.target]
    order = np.random.default_rng(0).permutation(len(labels))
    fit, held_out = order[:1081], order[1081:]
    network = load("resnet-small", pretrained=False, num_classes=3)
    result = train(network, images[fit], labels[fit])
    assert accuracy(network, images[held_out], labels[held_out]) > 0.95
    assert result.accuracy == accuracy(network, images[fit], labels[fit]) > 0.98
    assert result.losses[-1] < 0.1 < result.losses[0]


def test_equal_seeds_give_equal_weights(points):
    def weights(seed: int, dropout: bool = True) -> bytes:
        module = nn.Sequential(*linear(), nn.Dropout(0.1 if dropout else 0))
        train(as_network(module), *points, epochs=2, batch_size=16, seed=seed)
        return module[1].weight.detach().numpy().tobytes()

    state = torch.random.get_rng_state()
    assert weights(0) == weights(0)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert weights(0) != weights(1)
    assert weights(0) != weights(0, dropout=False)


def test_one_step_is_sgd_by_hand(points):
    images, labels = points
    network = as_network(linear())
    weight, bias = (parameter.detach().double().numpy().copy() for parameter in network.module.parameters())
    train(network, images, labels, epochs=1, batch_size=60, lr=0.5, weight_decay=0.1)
    x = images.reshape(60, 4).astype(np.float64)
    logits = x @ weight.T + bias
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    slope = (probabilities - np.eye(3)[labels]) / 60
    np.testing.assert_allclose(
        network.module[1].weight.detach(), weight - 0.5 * (slope.T @ x + 0.1 * weight), atol=1e-6
    )
    np.testing.assert_allclose(network.module[1].bias.detach(), bias - 0.5 * slope.sum(0), atol=1e-6)


def test_every_image_is_seen_once_in_every_epoch(points):
    images, labels = points
    seen: list[float] = []

    class Watch(nn.Module):
        def forward(self, x):
            if self.training:
                seen.extend(x[:, 0].tolist())
            return x

    network = as_network(nn.Sequential(nn.Flatten(), Watch(), nn.Linear(4, 3)))
    train(network, images, labels, epochs=2, batch_size=7)
    first, second = seen[:60], seen[60:]
    assert sorted(first) == sorted(second) == sorted(images[:, 0, 0, 0].tolist())
    assert first != second


def test_the_last_batch_is_not_a_single_image(points):
    sizes = []
    module = linear()
    module.register_forward_hook(lambda module, args, output: sizes.append(len(output)) if module.training else None)
    train(as_network(module), points[0][:33], points[1][:33], epochs=1, batch_size=16)
    assert sizes == [11, 11, 11]


def test_progress_and_result(points):
    calls = []
    result = train(as_network(linear()), *points, epochs=3, progress=lambda *call: calls.append(call))
    assert calls == [(1, 3, result.losses[0]), (2, 3, result.losses[1]), (3, 3, result.losses[2])]
    assert repr(result).startswith("TrainingResult(3 epochs, loss ")


def test_modes_and_inputs_are_left_alone(points):
    images, labels = (values.copy() for values in points)
    network = as_network(linear().eval())
    network.module[1].train()
    train(network, *points, epochs=1)
    assert not network.module.training
    assert network.module[1].training
    np.testing.assert_array_equal(images, points[0])
    np.testing.assert_array_equal(labels, points[1])


def test_accuracy_counts(points):
    images, labels = points
    network = as_network(linear())
    logits = (
        images.reshape(60, 4) @ network.module[1].weight.detach().numpy().T + network.module[1].bias.detach().numpy()
    )
    assert accuracy(network, images, labels) == pytest.approx((logits.argmax(1) == labels).mean())


def test_a_diverging_loss_says_where(points):
    images, labels = points
    with pytest.raises(RunError, match=r"The loss became (nan|inf) in epoch \d+, step \d+.*Lower lr"):
        train(as_network(linear()), images * 1e6, labels, epochs=50, lr=1e30)
    bad = images.copy()
    bad[0] = np.nan
    with pytest.raises(RunError, match="epoch 1, step 1"):
        train(as_network(linear()), bad, labels, batch_size=60)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x, y[:-1]), r"labels have shape \(59,\).*60 images"),
        (lambda x, y: (x, y * 0 + 1), "one class 1"),
        (lambda x, y: (x, y - 1), "labels hold -1"),
        (lambda x, y: (x, y + 1), r"labels reach 3.*outputs of shape \(3,\).*num_classes=4"),
        (lambda x, y: (x, y.astype(float)), "float64"),
        (lambda x, y: ((x * 10).astype(np.uint8), y), "uint8"),
        (lambda x, y: (x[:0], y[:0]), r"\(0, 1, 2, 2\)"),
    ],
)
def test_images_and_labels_must_fit(points, change, message):
    with pytest.raises(ArrayError, match=message):
        train(as_network(linear()), *change(*points))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"lr": 0}, "lr=0"),
        ({"lr": math.nan}, "lr=nan"),
    ],
)
def test_impossible_numbers_are_named(points, options, message):
    with pytest.raises(UsageError, match=message):
        train(as_network(linear()), *points, **options)


def test_batch_norm_needs_two(points):
    network = as_network(nn.Sequential(*linear(), nn.BatchNorm1d(3)))
    with pytest.raises(UsageError, match=r"two images in each.*Raise batch_size"):
        train(network, *points, batch_size=1)
    train(as_network(linear()), points[0][:6], points[1][:6], batch_size=1, epochs=1)
