"""Count-sketches: linear, unbiased, the same on every machine; candidates measured exactly, with a measured recall."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.errors import ArrayError
from nucleate.neighbors import Neighbors, count_sketch, knn, rerank
from nucleate.neighbors import _pairs as pairs

MASK = 2**64 - 1


def random_rows(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def hashed(place: int, columns: int, seed: int) -> tuple[int, int]:
    """Bucket and sign of a column, in whole numbers of any size."""
    x = ((place + 1) * 0x9E3779B97F4A7C15 + seed * 0xD1342543DE82EF95) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    x ^= x >> 31
    return (x >> 1) % columns, 1 if x & 1 else -1


@pytest.mark.parametrize(("columns", "seed"), [(1, 0), (7, 3), (64, 2**40)])
def test_equals_a_product_with_the_matrix_of_signs(columns: int, seed: int) -> None:
    rows = random_rows(5, 300)
    matrix = np.zeros((300, columns))
    for place in range(300):
        bucket, sign = hashed(place, columns, seed)
        matrix[place, bucket] = sign
    np.testing.assert_allclose(count_sketch(rows, columns, seed=seed), rows @ matrix, rtol=1e-6, atol=1e-5)


@given(st.integers(0, 2**63), st.integers(2, 6), st.integers(1, 400))
def test_is_linear(seed: int, n: int, d: int) -> None:
    rows = np.random.default_rng(seed % 1000).integers(-50, 50, (n, d)).astype(np.float64)  # sums without rounding
    sketch = count_sketch(rows, 16, seed=seed)
    mixed = count_sketch(np.stack([rows[0] - 3 * rows[1], rows[0]]), 16, seed=seed)
    np.testing.assert_array_equal(mixed[0], sketch[0] - 3 * sketch[1])


def test_inner_products_are_right_on_average() -> None:
    rows = random_rows(2, 200)
    true, lengths = rows @ rows.T, (rows**2).sum(axis=1)
    found = np.stack([(s := count_sketch(rows, 32, seed=seed).astype(np.float64)) @ s.T for seed in range(800)])
    bound = np.sqrt(2 * np.outer(lengths, lengths) / 32)  # of one sketch
    assert (np.abs(found.mean(axis=0) - true) < 4 * bound / np.sqrt(800)).all()
    assert (found.std(axis=0) < 1.2 * bound).all()


def test_depends_on_seed_and_places_of_columns_alone() -> None:
    rows = random_rows(3, 5000).astype(np.float32)
    sketch = count_sketch(rows, 128, seed=5)
    assert count_sketch(rows.copy(), 128, seed=5).tobytes() == sketch.tobytes()
    assert (count_sketch(rows, 128, seed=6) != sketch).any()
    assert (count_sketch(rows[:, ::-1], 128, seed=5) != sketch).any()  # columns have their places
    behind = np.concatenate([rows, np.zeros((3, 77), np.float32)], axis=1)  # and keep them
    np.testing.assert_array_equal(count_sketch(behind, 128, seed=5), sketch)


def test_a_common_offset_does_no_harm() -> None:
    rows = random_rows(120, 3000)
    near = knn(count_sketch(rows, 512), 20)
    far = knn(count_sketch(rows + 1000, 512), 20)
    assert (near.indices == far.indices).mean() > 0.99


def test_candidates_are_measured_as_a_search_measures_them() -> None:
    rows = random_rows(150, 3000) + 100
    exact = knn(rows, 10)
    found = rerank(rows, knn(rows, 149), 10, checked=30)
    assert found.indices.tobytes() == exact.indices.tobytes()
    assert found.distances.tobytes() == exact.distances.tobytes()
    assert found.recall is not None
    assert (found.recall.value, found.recall.error, found.recall.rows) == (1.0, 0.0, 30)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_recall_is_that_of_a_full_search(metric: str) -> None:
    rows = random_rows(150, 2500)
    found = rerank(rows, knn(count_sketch(rows, 256), 20), 10, metric=metric, checked=1000)  # type: ignore[arg-type]
    exact = knn(rows, 10, metric=metric)  # type: ignore[arg-type]
    shares = [len({*a.tolist()} & {*b.tolist()}) / 10 for a, b in zip(found.indices, exact.indices, strict=True)]
    assert found.recall is not None
    assert found.recall.value == pytest.approx(np.mean(shares))
    assert found.recall.value < 1
    assert f"recall {found.recall.value:.4f} on 150 rows at k=10" in repr(found.first(3))


class Streamed:
    """Rows that can be read by parts, and never whole."""

    def __init__(self, rows: np.ndarray) -> None:
        self.rows, self.shape, self.dtype = rows, rows.shape, rows.dtype

    def __getitem__(self, rows: slice) -> np.ndarray:
        return self.rows[rows]

    def part(self, rows: slice, columns: slice) -> np.ndarray:
        return self.rows[rows, columns]


def test_streamed_rows_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = random_rows(130, 2500).astype(np.float32)
    rows[40:80] = rows[:40]  # duplicates
    candidates = knn(count_sketch(rows, 256), 40)
    whole = rerank(rows, candidates, 8, checked=40)
    monkeypatch.setattr(pairs, "_MOST_ENTRIES", 1)
    monkeypatch.setattr(pairs, "_MOST_PRODUCTS", 1000)
    streamed = rerank(Streamed(rows), candidates, 8, checked=40)
    assert streamed.indices.tobytes() == whole.indices.tobytes()
    assert streamed.distances.tobytes() == whole.distances.tobytes()
    assert streamed.recall == whole.recall


@pytest.mark.parametrize("dtype", ["f2", ">f4"])
def test_streamed_rows_of_any_precision(dtype: str) -> None:
    rows = random_rows(130, 1500).astype(dtype)
    found = rerank(Streamed(rows), knn(rows, 20), 5)
    assert found.distances.tobytes() == knn(rows, 5).distances.tobytes()


def test_graphs_of_other_rows_are_refused() -> None:
    rows = random_rows(20, 5)
    with pytest.raises(ArrayError, match="at least k"):
        rerank(rows, knn(rows, 4), 5)
    with pytest.raises(ArrayError, match="candidates of 19 rows"):
        rerank(rows, knn(rows[:19], 6), 5)
    with pytest.raises(ArrayError, match="row 0 of the neighbour graph holds a negative index"):
        rerank(rows, Neighbors(np.full((20, 6), -1, np.int32), np.zeros((20, 6))), 5)
    with pytest.raises(ArrayError, match="columns=0"):
        count_sketch(rows, 0)
    assert isinstance(rerank(rows, knn(rows, 6).indices, 5), Neighbors)


def test_a_sketch_beyond_float32_is_refused() -> None:
    rows = random_rows(4, 50)
    rows[2] *= 1e150
    with pytest.raises(ArrayError, match="sketch of row 2 of X is beyond float32"):
        count_sketch(rows, 8)
