"""Make dimensions.json: what DADApy and scikit-dimension say of the digits and of four layers behind them.

    python make_dimensions.py

Run it once in an environment that holds DADApy 0.3.4, once in one that holds scikit-dimension 0.5.0 (each with
scikit-learn): what is there adds its values to the file.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

FILE = Path(__file__).with_name("dimensions.json")
WIDTHS = (64, 32, 16, 10)
RANKS = (1, 2, 4, 8, 16, 32)


def weights() -> list[np.ndarray]:
    """Of three linear layers, (in, out) float64."""
    rng = np.random.default_rng(0)
    return [rng.normal(size=(wide, narrow)) / wide**0.5 for wide, narrow in itertools.pairwise(WIDTHS)]


def layers() -> dict[str, np.ndarray]:
    """The digits, and what a network of these weights makes of them, with ReLU between its layers."""
    found = {"input": load_digits().data / 16}
    for place, matrix in enumerate(weights()):
        before = np.array(list(found.values())[-1])
        found[f"linear{place}"] = (np.maximum(before, 0) if place else before) @ matrix
    return found


def dadapy_values(X: np.ndarray) -> dict[str, float]:
    """Two-NN by both fractions, and Gride at each rank."""
    from dadapy import Data

    data = Data(coordinates=X, maxk=100)
    data.compute_distances()
    values = {
        f"two-nn fraction={fraction}": float(data.compute_id_2NN(algorithm="base", mu_fraction=fraction)[0])
        for fraction in (0.9, 0.95)
    }
    dimensions = data.return_id_scaling_gride(range_max=2 * max(RANKS))[0]
    return values | {f"gride rank={rank}": float(value) for rank, value in zip(RANKS, dimensions, strict=True)}


def skdim_values(X: np.ndarray) -> dict[str, float]:
    """Two-NN from the smallest 90 % of the ratios."""
    import skdim

    return {"two-nn fraction=0.9": float(skdim.id.TwoNN(discard_fraction=0.1).fit(X).dimension_)}


def main() -> None:
    """Add the values of whatever package is there."""
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    for package, values in (("dadapy", dadapy_values), ("scikit-dimension", skdim_values)):
        try:
            known[package] = {name: values(X) for name, X in layers().items()}
        except ImportError:
            print(f"{package} is not here")
    FILE.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
