"""Intrinsic dimension by two-NN, the neighbour search included, beside DADApy and scikit-dimension.

    python benchmarks/two_nn.py [--peer PYTHON ...]

Both peers do not install everywhere beside us: name the interpreters of environments that hold one of them, or leave
them out. Each job runs in a process of its own, in turn, several times; it reports its own seconds, imports and a first
small run not counted. Ratios are medians over the turns.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

N, D = 10_000, 2_048
TURNS = 3
LEAST = 3.5  # times as fast as DADApy

PREPARE = """
import sys, time
import numpy as np
n, d = int(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(0)
X = rng.standard_normal((n, 8)) @ rng.standard_normal((8, d)) + 0.1 * rng.standard_normal((n, d))
X = X.astype(np.float32)
def timed(estimate):
    estimate(X[:500])
    start = time.perf_counter()
    value = estimate(X)
    print(time.perf_counter() - start, value)
"""
JOBS = {
    "ours": """
from nucleate.measures import two_nn
from nucleate.neighbors import knn
timed(lambda rows: two_nn(knn(rows, 2)).value)
""",
    "dadapy": """
from dadapy import Data
def estimate(rows):
    data = Data(coordinates=rows, maxk=2)
    data.compute_distances()
    return data.compute_id_2NN()[0]
timed(estimate)
""",
    "scikit-dimension": """
import skdim
timed(lambda rows: skdim.id.TwoNN().fit(rows).dimension_)
""",
}


def run(job: str, python: str) -> tuple[float, float] | None:
    """Seconds and the dimension found; None where the package is missing."""
    command = [python, "-c", PREPARE + JOBS[job], str(N), str(D)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "ModuleNotFoundError" in done.stderr:
        return None
    if done.returncode:
        raise RuntimeError(done.stderr)
    seconds, value = done.stdout.split()[-2:]
    return float(seconds), float(value)


def find(job: str, pythons: list[str]) -> str | None:
    """The first interpreter that holds the package of a job."""
    package = {"dadapy": "dadapy", "scikit-dimension": "skdim"}.get(job, "nucleate")
    for python in pythons:
        if subprocess.run([python, "-c", f"import {package}"], capture_output=True, check=False).returncode == 0:
            return python
    return None


def main(argv: list[str] | None = None) -> int:
    """Print the table; the exit status says whether the limit held, as far as it could be told."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--peer", nargs="*", default=[], metavar="PYTHON", help="interpreters that hold a peer")
    parser.add_argument("--full", action="store_true", help="for run.py; there is one size")
    options = parser.parse_args(argv)
    known = {job: find(job, [sys.executable, *options.peer]) for job in JOBS}
    times: dict[str, list[float]] = {job: [] for job, python in known.items() if python}
    values: dict[str, float] = {}
    for _ in range(TURNS):
        for job in times:
            found = run(job, known[job] or sys.executable)
            if found is None:
                continue
            times[job].append(found[0])
            values[job] = found[1]
    print(f"two-NN of {N:,} x {D:,}, neighbours included; medians of {TURNS} turns")
    print(f"{'':>18} {'seconds':>8} {'dimension':>10} {'of ours':>18}")
    ratios = {}
    for job, taken in times.items():
        turns = zip(taken, times["ours"], strict=True)
        ratios[job] = statistics.median(theirs / ours for theirs, ours in turns)
        limit = f" (limit {LEAST})" if job == "dadapy" else ""
        print(f"{job:>18} {statistics.median(taken):8.2f} {values[job]:10.4f} {f'{ratios[job]:.2f}{limit}':>18}")
    for job in JOBS.keys() - times.keys():
        print(f"{job:>18}  not here: name its interpreter with --peer")
    return 0 if ratios.get("dadapy", LEAST) >= LEAST else 1


if __name__ == "__main__":
    raise SystemExit(main())
