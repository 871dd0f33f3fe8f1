"""Ward in linear memory on inputs that are hard for it, beside our own form with the matrix, and against scipy's tree.

    python benchmarks/ward_hard.py [--skip-scipy]

8,000 samples of 1,024 columns each. Seconds are medians of three turns; the ratio is linear memory over matrix, and the
limit what it must not exceed. A long row is one cluster compared with all others in all columns, a short one in a few
coordinates only; there would be about two for each sample if lists never proved anything. The tree is scipy's when all
heights agree to a relative 1e-9 and cuts into 2, 10, 100 and 1,000 clusters are the same.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import linkage as scipy_linkage

from _measuring import mixture, seconds
from nucleate.clusters import Tree, ward
from nucleate.clusters.hierarchical.ward_linear_memory import _forest as linear_memory
from nucleate.clusters.hierarchical.ward_linear_memory._candidate_search import Candidates, Rows

ROWS, COLUMNS, TURNS, LIMIT = 8_000, 1_024, 3, 1.5
CUTS = (2, 10, 100, 1_000)
TITLE = (
    f"{'input':<44}{'matrix s':>10}{'linear s':>10}{'ratio':>8}{'limit':>7}{'long rows':>12}{'short rows':>12}  scipy's"
)
clusters_linkage = importlib.import_module("nucleate.clusters.hierarchical._linkage")


def noise() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((ROWS, COLUMNS), dtype=np.float32)


def rectified() -> np.ndarray:
    """Activations after a ReLU: classes, a common offset, noise in every column, nothing below zero."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, COLUMNS), dtype=np.float32)[rng.integers(0, 100, ROWS)]
    X += rng.standard_normal((ROWS, 64), dtype=np.float32) @ rng.standard_normal((64, COLUMNS), dtype=np.float32) / 8
    X += rng.standard_normal((ROWS, COLUMNS), dtype=np.float32) / 2
    return np.maximum(X, 0)


def duplicated() -> np.ndarray:
    """The mixture, a fifth of it copies of other samples."""
    X, rng = mixture(ROWS, COLUMNS), np.random.default_rng(1)
    order = rng.permutation(ROWS)
    X[order[: ROWS // 5]] = X[rng.choice(order[ROWS // 5 :], ROWS // 5)]
    return X


def patches() -> np.ndarray:
    """Patches of 32 x 32 grey pixels of the two photos that scikit-learn carries."""
    from sklearn.datasets import load_sample_images
    from sklearn.feature_extraction.image import extract_patches_2d

    pictures = [picture.mean(axis=2) / 255 for picture in load_sample_images().images]
    cut = [extract_patches_2d(picture, (32, 32), max_patches=ROWS // 2, random_state=0) for picture in pictures]
    return np.concatenate(cut).reshape(ROWS, COLUMNS).astype(np.float32)


INPUTS: dict[str, Callable[[], np.ndarray]] = {
    "mixture": lambda: mixture(ROWS, COLUMNS),
    "noise without structure": noise,
    "rectified features": rectified,
    "mixture, a fifth duplicates": duplicated,
    "image patches": patches,
}


@contextmanager
def matrix_up_to(samples: int) -> Iterator[None]:
    """Let `ward` use its matrix up to so many samples."""
    usual = clusters_linkage._MATRIX
    clusters_linkage._MATRIX = samples
    try:
        yield
    finally:
        clusters_linkage._MATRIX = usual


def with_matrix(X: np.ndarray) -> Tree:
    with matrix_up_to(len(X)):
        return ward(X)


def in_linear_memory(X: np.ndarray) -> Tree:
    with matrix_up_to(0):
        return ward(X)


def rows_per_sample(X: np.ndarray) -> tuple[float, float]:
    """Long and short rows that linear memory takes for each sample."""
    asked = {True: 0, False: 0}
    usual = linear_memory.nearest_by_products

    def counting(rows: Rows, sizes: np.ndarray, clusters: np.ndarray, live: np.ndarray) -> Candidates:
        asked[rows.columns == X.shape[1]] += len(clusters)
        return usual(rows, sizes, clusters, live)

    linear_memory.nearest_by_products = counting
    try:
        in_linear_memory(X)
    finally:
        linear_memory.nearest_by_products = usual
    return asked[True] / len(X), asked[False] / len(X)


def is_scipys(tree: Tree, X: np.ndarray) -> bool:
    """Whether heights and cuts are those of scipy."""
    expected = scipy_linkage(X.astype(np.float64), "ward")
    same = np.allclose(tree.linkage[:, 2], expected[:, 2], rtol=1e-9, atol=0)
    for count in CUTS:
        pairs = np.column_stack([tree.cut(count), fcluster(expected, count, "maxclust")])
        same &= len(np.unique(pairs, axis=0)) == count
    return bool(same)


def compare(name: str, X: np.ndarray, *, scipy: bool = True) -> bool:
    """One row of the table; whether the limit holds and the tree is scipy's."""
    pairs = [(seconds(lambda: with_matrix(X)), seconds(lambda: in_linear_memory(X))) for _ in range(TURNS)]
    matrix, linear = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(ours / dense for dense, ours in pairs)
    long, short = rows_per_sample(X)
    same = is_scipys(in_linear_memory(X), X) if scipy else None
    size = f"{name}, {len(X):,} x {X.shape[1]:,}"
    print(
        f"{size:<44}{matrix:>10.2f}{linear:>10.2f}{ratio:>8.2f}{LIMIT:>7.1f}{long:>12.3f}{short:>12.3f}"
        f"  { {True: 'yes', False: 'NO', None: '-'}[same] }", flush=True,
    )  # fmt: skip
    return ratio <= LIMIT and same is not False


def warm_up() -> None:
    """Compile everything before the clock starts."""
    for columns in (8, 256):
        for X in (mixture(3_000, columns), np.random.default_rng(0).standard_normal((3_000, columns), np.float32)):
            with_matrix(X), in_linear_memory(X)


def main() -> int:
    """Print the table; the exit status says whether every limit held."""
    parser = argparse.ArgumentParser(description="Ward in linear memory on inputs that are hard for it.")
    parser.add_argument(
        "--skip-scipy", action="store_true", help="times only: scipy takes half a minute for each input"
    )
    options, _ = parser.parse_known_args()
    warm_up()
    print(TITLE)
    held = [compare(name, samples(), scipy=not options.skip_scipy) for name, samples in INPUTS.items()]
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
