"""Exact kNN against scikit-learn's brute force and against the plain product of all pairs.

    python benchmarks/knn.py          10,000 x 2,048
    python benchmarks/knn.py --full   every size, a quarter of an hour
    python benchmarks/knn.py --peer PYTHON ...   DADApy and faiss too, from environments that hold them

The plain product (2 n**2 d float32 operations in blocks of rows) is the floor of a search that does not use
symmetry. The three run in turn, several times; ratios are medians over the turns. Memory is the largest resident
size during the search, less that before it: the data is not counted, the result is. Further peers run in a process of
their own, once in each turn, imports and a first small search not counted.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors

from nucleate.neighbors import knn

K = 30
# n, d, turns, least speed-up over scikit-learn, largest share of the plain product
PEER = """
import sys, time
import numpy as np
X = np.load(sys.argv[1])
def timed(search):
    search(X[:1000])
    start = time.perf_counter()
    search(X)
    print(time.perf_counter() - start)
"""
PEERS = {
    "dadapy": """
from dadapy import Data
timed(lambda rows: Data(coordinates=rows, maxk=K).compute_distances())
""",
    "faiss": """
import faiss
def search(rows):
    index = faiss.IndexFlatL2(rows.shape[1])
    index.add(rows)
    index.search(rows, K + 1)
timed(search)
""",
}
DEFAULT = [(10_000, 2_048, 5, 3.6, 0.85)]
FULL = [*DEFAULT, (20_000, 2_048, 3, 4.3, 0.72), (50_000, 512, 3, 4.0, 0.85), (90_000, 256, 1, 3.5, 1.0)]


def activations(n: int, d: int) -> np.ndarray:
    """Non-negative rows around 100 class centres with a common offset, as layers of networks give them."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(100, d)).astype(np.float32)
    X = centres[rng.integers(0, 100, n)]
    X += rng.normal(size=(n, 64)).astype(np.float32) @ rng.normal(size=(64, d)).astype(np.float32) / 8
    X += rng.standard_normal(size=(n, d), dtype=np.float32) / 2
    return np.maximum(X, 0, out=X)


def search_all(X: np.ndarray) -> None:
    knn(X, K)


def scikit_learn(X: np.ndarray) -> None:
    NearestNeighbors(n_neighbors=K, algorithm="brute").fit(X).kneighbors()


def plain_product(X: np.ndarray) -> None:
    size = 2048
    tile = np.empty((size, size), np.float32)
    for i in range(0, len(X), size):
        for j in range(0, len(X), size):
            left, right = X[i : i + size], X[j : j + size]
            np.matmul(left, right.T, out=tile[: len(left), : len(right)])


def seconds(task: Callable[[np.ndarray], None], X: np.ndarray) -> float:
    start = time.perf_counter()
    task(X)
    return time.perf_counter() - start


def peer_seconds(name: str, python: str, rows: Path) -> float:
    command = [python, "-c", PEER + PEERS[name].replace("K", str(K)), str(rows)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def find_peers(pythons: list[str]) -> dict[str, str]:
    """Peer -> the first interpreter that can import it."""
    found = {}
    for name in PEERS:
        for python in [sys.executable, *pythons]:
            if subprocess.run([python, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0:
                found[name] = python
                break
    return found


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


@contextmanager
def peak_memory(peak: list[float]) -> Iterator[None]:
    """Append the largest resident size seen inside, less that at the start, in MB (Linux)."""
    gc.collect()
    stop, before = threading.Event(), resident_mb()
    largest = [before]

    def watch() -> None:
        while not stop.wait(0.01):
            largest[0] = max(largest[0], resident_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()
        peak.append(largest[0] - before)


def measure(n: int, d: int, turns: int, peers: dict[str, str]) -> dict[str, float]:
    X = activations(n, d)
    with tempfile.TemporaryDirectory() as folder:
        np.save(rows := Path(folder) / "rows.npy", X)
        return measure_rows(X, turns, {name: (python, rows) for name, python in peers.items()})


def measure_rows(X: np.ndarray, turns: int, peers: dict[str, tuple[str, Path]]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in ("ours", "sklearn", "product", *peers)}
    peak: list[float] = []
    for turn in range(turns):
        if turn == 0:
            with peak_memory(peak):
                times["ours"].append(seconds(search_all, X))
        else:
            times["ours"].append(seconds(search_all, X))
        times["sklearn"].append(seconds(scikit_learn, X))
        times["product"].append(seconds(plain_product, X))
        for name, (python, rows) in peers.items():
            times[name].append(peer_seconds(name, python, rows))
    rounds = list(zip(times["ours"], times["sklearn"], times["product"], strict=True))
    return {
        **{name: statistics.median(taken) for name, taken in times.items()},
        "speedup": statistics.median(sklearn / ours for ours, sklearn, _ in rounds),
        "share": statistics.median(ours / product for ours, _, product in rounds),
        "memory": peak[0],
    }


def main(argv: list[str] | None = None) -> int:
    """Print the table; the exit status says whether every limit held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--full", action="store_true", help="every size")
    parser.add_argument("--peer", nargs="*", default=[], metavar="PYTHON", help="interpreters that hold a peer")
    options = parser.parse_args(argv)
    sizes, peers = FULL if options.full else DEFAULT, find_peers(options.peer)
    search_all(activations(3000, 64))  # compile before anything is timed
    print(f"exact {K} nearest neighbours, float32 rows; seconds, medians")
    titles = f"{'ours':>8} {'sklearn':>8} {'product':>8} {'sklearn/ours':>20} {'ours/product':>20} {'MB':>6}" + "".join(
        f"{name:>9}" for name in peers
    )
    print(f"{'n':>7} {'d':>6} {titles}")
    held = True
    for n, d, turns, least, most in sizes:
        row = measure(n, d, turns, peers)
        held &= row["speedup"] >= least and row["share"] <= most
        speedup = f"{row['speedup']:.2f} (limit {least})"
        share = f"{row['share']:.2f} (limit {most})"
        print(
            f"{n:7} {d:6} {row['ours']:8.2f} {row['sklearn']:8.2f} {row['product']:8.2f} {speedup:>20} {share:>20} "
            f"{row['memory']:6.0f}" + "".join(f"{row[name]:9.2f}" for name in peers),
            flush=True,
        )
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
