"""Exact neighbours against float64 brute force, on friendly and on hostile data."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from threadpoolctl import threadpool_info

from nucleate.errors import ArrayError, UsageError
from nucleate.neighbors import KNNSearch, Neighbors, _search, knn
from nucleate.neighbors._cuda import candidates
from nucleate.neighbors._rows import Rows


def brute_force(X: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    X = np.asarray(X, np.float64)
    distances = np.array([np.sqrt(((X - x) ** 2).sum(axis=1)) for x in X])
    np.fill_diagonal(distances, np.inf)
    order = np.lexsort((np.broadcast_to(np.arange(len(X)), distances.shape), distances), axis=-1)[:, :k]
    return order, np.take_along_axis(distances, order, axis=1)


def normal(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def search(X: np.ndarray, k: int, *, block_rows: int, threads: int) -> Neighbors:
    return KNNSearch(X, k, block_rows=block_rows, threads=threads).result()


def assert_exact(X: np.ndarray, k: int) -> None:
    graph = knn(X, k)
    indices, distances = brute_force(X, k)
    np.testing.assert_array_equal(graph.indices, indices)
    np.testing.assert_allclose(graph.distances, distances, rtol=1e-12)


DATA = {
    "gaussian": normal(300, 20),
    "one column": normal(300, 1),
    "long rows": normal(60, 9000),
    "float32 offset of 10,000 sigma": (normal(300, 20) + 1e4).astype(np.float32),
    "float64 offset of 10,000 sigma": normal(300, 20) + 1e4,
    "float64 offset of 1e9 sigma": normal(300, 20) + 1e9,
    "half duplicated": np.concatenate([normal(150, 20), normal(150, 20)]),
    "each row 60 times": np.repeat(normal(5, 20), 60, axis=0),
    "all equal": np.full((120, 5), 0.1),
    "two values": np.random.default_rng(0).integers(0, 2, (300, 6)),
    "lattice": np.stack(np.meshgrid(np.arange(17), np.arange(17)), -1).reshape(-1, 2),
    "far clusters": normal(300, 20) + 1e7 * (np.arange(300) % 2)[:, None],
    "one outlier": np.concatenate([normal(200, 20), np.full((1, 20), 1e8)]),
    "float16": normal(300, 20).astype(np.float16),
    "integers": np.random.default_rng(0).integers(-9, 9, (300, 12)),
}


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("k", [1, 30, -1])
def test_equals_float64_brute_force(name: str, k: int) -> None:
    assert_exact(DATA[name], k if k > 0 else len(DATA[name]) - 1)


@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        st.tuples(st.integers(2, 40), st.integers(1, 6)),
        elements=st.integers(-3, 3).map(lambda value: value * 0.5),
    ),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_ties_go_to_the_smaller_index(X: np.ndarray, data: st.DataObject) -> None:
    assert_exact(X, data.draw(st.integers(1, len(X) - 1)))


@pytest.mark.parametrize("name", ["gaussian", "half duplicated", "each row 60 times", "far clusters", "lattice"])
def test_blocks_and_threads_give_the_same_bits(name: str) -> None:
    X = np.asarray(DATA[name], np.float64)
    whole = knn(X, 11)
    for block_rows, threads in ((300, 1), (64, 1), (64, 3), (37, 2), (7, 5)):
        cut = search(X, 11, block_rows=block_rows, threads=threads)
        assert cut.indices.tobytes() == whole.indices.tobytes()
        assert cut.distances.tobytes() == whole.distances.tobytes()


def test_permuting_rows_permutes_the_graph() -> None:
    X, order = normal(200, 8), np.random.default_rng(1).permutation(200)
    graph, moved = knn(X, 10), knn(X[order], 10)
    np.testing.assert_array_equal(order[moved.indices], graph.indices[order])
    assert moved.distances.tobytes() == graph.distances[order].tobytes()


def test_rotation_and_reflection_keep_neighbours() -> None:
    X = normal(200, 8)
    rotation = np.linalg.qr(normal(8, 8, seed=1))[0]
    graph, turned = knn(X, 10), knn(X @ rotation, 10)
    np.testing.assert_array_equal(turned.indices, graph.indices)
    np.testing.assert_allclose(turned.distances, graph.distances, rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30, 1e200])
def test_any_scale_of_float64_is_searched(scale: float) -> None:
    X = normal(100, 5)
    graph, scaled = knn(X, 7), knn(X * scale, 7)
    np.testing.assert_array_equal(scaled.indices, graph.indices)
    np.testing.assert_allclose(scaled.distances, graph.distances * scale, rtol=1e-12)


def test_numbers_below_the_normal_range_are_searched() -> None:
    X = normal(100, 5) * 1e-310
    graph, scaled = knn(X, 7), knn(np.ldexp(X, 1030), 7)  # which is exact
    np.testing.assert_array_equal(graph.indices, scaled.indices)
    np.testing.assert_array_equal(graph.distances, np.ldexp(scaled.distances, -1030))


def test_float64_differences_below_float32_resolution_are_seen() -> None:
    X = np.concatenate([normal(1, 6) + 1e-12 * normal(100, 6), 10 + normal(100, 6)])
    assert_exact(X, 5)


def test_rows_are_searched_again_only_where_no_bound_can_prove_them(monkeypatch: pytest.MonkeyPatch) -> None:
    repaired: list[int] = []
    search_again = _search.search_again

    def spy(rows: Rows, own: np.ndarray, squared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        repaired.extend(own.tolist())
        return search_again(rows, own, squared)

    monkeypatch.setattr(_search, "search_again", spy)
    knn(DATA["gaussian"], 10)
    knn(DATA["float64 offset of 10,000 sigma"], 10)
    assert repaired == []
    knn(DATA["far clusters"], 10)
    assert sorted(repaired) == list(range(300))


def test_cosine_equals_its_definition() -> None:
    X = normal(200, 10) * np.exp(normal(200, 1)) + 3
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    distances = 1 - unit @ unit.T
    np.fill_diagonal(distances, np.inf)
    order = distances.argsort(axis=1)[:, :9]
    graph = knn(X, 9, metric="cosine")
    assert graph.metric == "cosine"
    np.testing.assert_array_equal(graph.indices, order)
    np.testing.assert_allclose(graph.distances, np.take_along_axis(distances, order, axis=1), atol=1e-14)


def test_cosine_does_not_see_lengths_and_needs_directions() -> None:
    X = normal(100, 6)
    stretched = X * 2.0 ** np.random.default_rng(1).integers(-30, 30, (100, 1))
    assert knn(stretched, 5, metric="cosine").indices.tobytes() == knn(X, 5, metric="cosine").indices.tobytes()
    X[17] = 0
    with pytest.raises(ArrayError, match="row 17 of X has length 0"):
        knn(X, 5, metric="cosine")


def test_tensors_and_lists_are_accepted_and_left_alone() -> None:
    X = normal(50, 4)
    before = X.copy()
    for form in (torch.from_numpy(X), X.tolist(), np.asfortranarray(X)):
        np.testing.assert_array_equal(knn(form, 5).indices, knn(X, 5).indices)
    np.testing.assert_array_equal(X, before)
    half = torch.from_numpy(X).bfloat16()
    np.testing.assert_array_equal(knn(half, 5).indices, brute_force(half.double().numpy(), 5)[0])


class Store:
    """Rows that can only be read range by range, as from a file."""

    def __init__(self, X: np.ndarray) -> None:
        self._X, self.shape, self.dtype = X, X.shape, X.dtype
        self.longest = 0

    def __getitem__(self, rows: slice) -> np.ndarray:
        self.longest = max(self.longest, rows.stop - rows.start)
        return self._X[rows].copy()


@pytest.mark.parametrize("name", ["gaussian", "each row 60 times", "far clusters", "float16"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_streamed_rows_give_the_same_bits(name: str, metric: str) -> None:
    whole = knn(DATA[name], 11, metric=metric)  # type: ignore[arg-type]
    store = Store(DATA[name])
    streamed = KNNSearch(store, 11, metric=metric, block_rows=64).result()  # type: ignore[arg-type]
    assert store.longest == 64
    assert streamed.indices.tobytes() == whole.indices.tobytes()
    assert streamed.distances.tobytes() == whole.distances.tobytes()


def test_a_streamed_block_of_wrong_shape_or_content_is_named() -> None:
    store = Store(normal(100, 3))
    store.shape = (110, 3)
    with pytest.raises(ArrayError, match=r"rows 0\.\.109 of X came with shape \(100, 3\)"):
        knn(store, 3)
    store = Store(np.where(np.arange(100)[:, None] == 70, np.inf, normal(100, 3)))
    with pytest.raises(ArrayError, match=r"rows 64\.\.99 of X holds NaN or infinity .* row 6"):
        KNNSearch(store, 3, block_rows=64)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_a_resumed_search_ends_with_the_same_bits(steps: int) -> None:
    X = DATA["gaussian"]
    search = KNNSearch(X, 11, block_rows=20)
    assert search.tiles == 120
    for _, done in zip(range(steps), search.steps(), strict=False):
        assert done == search.done
    assert search.done == min(64 * steps, 120)
    resumed = KNNSearch(X, 11, block_rows=20)
    resumed.restore(search.state())
    assert resumed.done == search.done
    result, whole = resumed.result(), knn(X, 11)
    assert result.indices.tobytes() == whole.indices.tobytes()
    assert result.distances.tobytes() == whole.distances.tobytes()


def test_products_are_not_held_to_one_thread_afterwards() -> None:
    def blas_threads() -> list[int]:
        return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

    before = blas_threads()
    search = KNNSearch(DATA["gaussian"], 5, block_rows=20)
    for _ in search.steps():
        assert blas_threads() == before
    search.result()
    assert blas_threads() == before


def test_a_search_that_was_cut_off_inside_a_step_starts_afresh() -> None:
    class Failing(Store):
        reads = 0

        def __getitem__(self, rows: slice) -> np.ndarray:
            self.reads += 1
            if self.reads == 60:
                raise OSError("the disk has gone")
            return super().__getitem__(rows)

    search = KNNSearch(Failing(DATA["gaussian"]), 11, block_rows=30)
    with pytest.raises(OSError, match="the disk has gone"):
        search.result()
    assert search.done == 0
    assert search.result().indices.tobytes() == knn(DATA["gaussian"], 11).indices.tobytes()


@pytest.mark.parametrize("name", ["lattice of tenths", "each row 60 times", "two values"])
def test_order_is_by_distance_then_index_and_shorter_lists_are_beginnings(name: str) -> None:
    X = 0.1 * DATA["lattice"] if name == "lattice of tenths" else DATA[name]
    graph = knn(X, 20)
    order = np.lexsort((graph.indices, graph.distances), axis=-1)
    np.testing.assert_array_equal(order, np.tile(np.arange(20), (len(X), 1)))
    for k in (1, 7, 19):
        assert knn(X, k).indices.tobytes() == graph.first(k).indices.tobytes()


def test_a_state_of_another_search_is_refused() -> None:
    state = KNNSearch(normal(50, 4), 5).state()
    for other in (
        KNNSearch(normal(50, 4, seed=1), 5),
        KNNSearch(normal(50, 4), 6),
        KNNSearch(normal(50, 4), 5, block_rows=20),
        KNNSearch(normal(50, 4), 5, metric="cosine"),
    ):
        with pytest.raises(ArrayError, match="does not belong to KNNSearch"):
            other.restore(state)


@pytest.mark.parametrize("name", ["gaussian", "long rows", "far clusters", "each row 60 times"])
def test_device_candidates_lead_to_the_same_graph(name: str) -> None:
    X = torch.from_numpy(DATA[name])  # the same code runs on a CUDA device
    search = KNNSearch(X, 11)
    search.fill(*candidates(X, search.rows, search.width), done=search.tiles)
    result, whole = search.result(), knn(X, 11)
    assert result.indices.tobytes() == whole.indices.tobytes()
    assert result.distances.tobytes() == whole.distances.tobytes()


def test_what_cannot_be_searched_is_named() -> None:
    with pytest.raises(ArrayError, match=r"k=5 for 5 samples\. Ask for 1 to 4"):
        knn(normal(5, 2), 5)
    with pytest.raises(ArrayError, match="k=0"):
        knn(normal(5, 2), 0)
    with pytest.raises(ArrayError, match=r"shape \(1, 2\)"):
        knn(normal(1, 2), 1)
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(ArrayError, match="row 3"):
            knn(np.where(np.arange(10)[:, None] == 3, bad, normal(10, 2)), 2)
    with pytest.raises(UsageError, match="unknown metric 'dot'"):
        knn(normal(5, 2), 2, metric="dot")  # type: ignore[arg-type]
