import numpy as np
import polars as pl
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from nucleate.errors import ArrayError, UsageError
from nucleate.measures import linear_probe, wilson_interval


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:600], y[:600], X[600:], y[600:]


def sklearn_probe(X_train, y_train, X_eval, y_eval, strength):
    """Accuracy and objective per sample of scikit-learn's fit."""
    with threadpool_limits(1):  # so small a problem only waits for further threads
        model = LogisticRegression(C=1 / strength, tol=1e-6, max_iter=5000).fit(X_train, y_train)
    column = {label: index for index, label in enumerate(model.classes_)}
    log_probability = model.predict_log_proba(X_train)[np.arange(len(y_train)), [column[label] for label in y_train]]
    loss = -log_probability.mean() + strength / 2 * (model.coef_**2).sum() / len(y_train)
    return model.score(X_eval, y_eval), loss


def wide(n=120, n_eval=300, d=700, n_classes=5, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n + n_eval)
    X = rng.standard_normal((n + n_eval, d)) * 2 + rng.standard_normal((n_classes, d))[y] * 0.4 + 3
    return X[:n], y[:n], X[n:], y[n:]


@pytest.mark.parametrize("strength", [1e4, 1e3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_equals_sklearn_at_the_same_strength(digits, strength, dtype):
    X_train, y_train, X_eval, y_eval = digits
    probe = linear_probe(X_train.astype(dtype), y_train, X_eval.astype(dtype), y_eval, strengths=[strength])
    accuracy, loss = sklearn_probe(*digits, strength)
    assert probe.converged
    assert abs(probe.accuracy - accuracy) < 0.005
    assert probe.loss == pytest.approx(loss, abs=1e-5)
    assert probe.strength == strength
    assert not probe.held_out


def test_equals_sklearn_where_columns_outnumber_rows():
    samples = wide()
    probe = linear_probe(*samples, strengths=[50.0])
    accuracy, loss = sklearn_probe(*samples, 50.0)
    assert abs(probe.accuracy - accuracy) < 0.005
    assert probe.loss == pytest.approx(loss, abs=1e-5)


def test_result_tells_how_it_came_about(digits):
    probe = linear_probe(*digits)
    X_eval, y_eval = digits[2:]
    assert probe.accuracy == (probe.predictions == y_eval).mean() > 0.9
    assert probe.interval == wilson_interval(round(probe.accuracy * len(X_eval)), len(X_eval))
    assert probe.strength == max(probe.held_out, key=probe.held_out.get)
    most_frequent = np.bincount(digits[1]).argmax()
    assert probe.chance == (y_eval == most_frequent).mean()
    assert probe.unseen == ()
    assert repr(probe).startswith(f"LinearProbe(accuracy={probe.accuracy:.4f} [")
    with pytest.raises(TypeError):
        probe.held_out[1.0] = 0.0


def test_same_seed_same_result(digits):
    first, again, other = (linear_probe(*digits, strengths=[10.0, 1000.0], seed=seed) for seed in (0, 0, 1))
    assert first.held_out == again.held_out
    assert first.loss == again.loss
    np.testing.assert_array_equal(first.predictions, again.predictions)
    assert first.held_out != other.held_out


@pytest.mark.parametrize("make", [wide, lambda: wide(n=400, d=30)])
def test_rotations_offsets_and_scales_change_nothing(make):
    X_train, y_train, X_eval, y_eval = make()
    expected = linear_probe(X_train, y_train, X_eval, y_eval, strengths=[50.0])
    d = X_train.shape[1]
    axes = np.linalg.qr(np.random.default_rng(1).standard_normal((d, d)))[0]
    moved = linear_probe(X_train @ axes + 1e4, y_train, X_eval @ axes + 1e4, y_eval, strengths=[50.0])
    scaled = linear_probe(X_train * 7, y_train, X_eval * 7, y_eval, strengths=[50.0 * 49])
    for probe in (moved, scaled):
        assert probe.loss == pytest.approx(expected.loss, abs=1e-6)
        assert (probe.predictions == expected.predictions).mean() > 0.99


def test_every_kind_of_input_and_none_is_changed(digits):
    X_train, y_train, X_eval, y_eval = (part[:200].copy() for part in digits)
    for part in (X_train, y_train, X_eval, y_eval):
        part.flags.writeable = False
    expected = linear_probe(X_train, y_train, X_eval, y_eval, strengths=[1e3])
    names = np.array([f"digit {label}" for label in range(10)])
    named = linear_probe(
        torch.tensor(X_train), pl.Series(names[y_train]), X_eval.tolist(), list(names[y_eval]), strengths=[1e3]
    )
    assert named.accuracy == expected.accuracy
    np.testing.assert_array_equal(named.predictions, names[expected.predictions])


def test_one_class():
    probe = linear_probe([[0.0], [1.0], [2.0]], ["a", "a", "a"], [[5.0], [6.0]], ["a", "b"])
    assert (probe.accuracy, probe.chance, probe.unseen) == (0.5, 0.5, ("b",))
    assert probe.predictions.tolist() == ["a", "a"]
    assert probe.loss == 0.0
    assert probe.converged


def test_classes_missing_from_training_count_as_errors(digits):
    X_train, y_train, X_eval, y_eval = digits
    known = y_train < 8
    probe = linear_probe(X_train[known], y_train[known], X_eval, y_eval, strengths=[1e3])
    assert probe.unseen == (8, 9)
    assert set(probe.predictions) <= set(range(8))
    assert probe.accuracy <= (y_eval < 8).mean()


@pytest.mark.parametrize("d", [2, 50])
def test_constant_columns_predict_the_most_frequent_class(d):
    X = np.full((6, d), 0.1)
    probe = linear_probe(X, [0, 1, 1, 1, 0, 1], X[:3], [0, 0, 1])
    assert probe.predictions.tolist() == [1, 1, 1]
    assert probe.accuracy == probe.chance == 1 / 3
    assert probe.loss == pytest.approx(-np.log(2 / 3) * 2 / 3 - np.log(1 / 3) / 3, abs=1e-6)


def test_constant_columns_beside_others_change_nothing(digits):
    X_train, y_train, X_eval, y_eval = digits
    expected = linear_probe(*digits, strengths=[100.0])
    padded = [np.hstack([X, np.full((len(X), 3), 1e3)]) for X in (X_train, X_eval)]
    probe = linear_probe(padded[0], y_train, padded[1], y_eval, strengths=[100.0])
    assert probe.loss == pytest.approx(expected.loss, abs=1e-6)


def test_classes_of_one_sample_are_never_held_out():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((12, 3))
    probe = linear_probe(X, [*"aaaaabbbbb", "c", "d"], X, [*"aaaaabbbbb", "c", "d"])
    assert len(probe.held_out) > 1
    with pytest.raises(ArrayError, match="no class with two samples"):
        linear_probe(X[:3], ["a", "b", "c"], X[:3], ["a", "b", "c"])
    assert linear_probe(X[:3], ["a", "b", "c"], X[:3], ["a", "b", "c"], strengths=[1e-3]).accuracy == 1.0


X, Y = np.zeros((4, 2)), [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((X, Y[:3], X, Y), {}, ArrayError, "y_train holds 3 entries for 4 samples"),
        ((X, Y, X, Y[:3]), {}, ArrayError, "y_eval holds 3 entries for 4 samples"),
        ((X, Y, X[:, :1], Y), {}, ArrayError, "X_train has 2 columns, X_eval 1"),
        ((X * np.nan, Y, X, Y), {}, ArrayError, "X_train holds NaN or infinity in 4 of 4 rows"),
        ((X, Y, X[:0], []), {}, ArrayError, "X_eval has shape"),
        ((X, Y, X, [0, 0, None, 1]), {}, ArrayError, "y_eval is missing in row 2"),
        ((X, Y, X, ["0", "0", "1", "1"]), {}, ArrayError, "y_train holds int64 labels, y_eval <U1"),
        ((X, Y, X, Y), {"strengths": []}, UsageError, "strengths are"),
        ((X, Y, X, Y), {"strengths": [1.0, 0.0]}, UsageError, "strengths are"),
        ((X, Y, X, Y), {"strengths": [float("nan")]}, UsageError, "strengths are"),
        ((X, Y, X, Y), {"device": "tpu"}, UsageError, "Unknown device 'tpu'. Choose from: cpu"),
    ],
)
def test_bad_input(arguments, options, error, message):
    with pytest.raises(error, match=message):
        linear_probe(*arguments, **options)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("make", [wide, lambda: wide(n=400, d=30)])
def test_cuda_agrees_with_the_cpu(make):
    samples = make()
    expected, probe = (linear_probe(*samples, strengths=[50.0], device=device) for device in ("cpu", "cuda"))
    assert probe.loss == pytest.approx(expected.loss, abs=1e-6)
    assert (probe.predictions == expected.predictions).mean() > 0.99
