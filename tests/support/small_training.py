"""Small labelled pictures on which small networks are trained in a moment."""

from __future__ import annotations

import numpy as np

from nucleate.data import Samples, from_arrays
from nucleate.labels import Hierarchy

PARENTS = {"p": ("m", "a"), "q": ("m", "a"), "r": ("n", "b"), "s": ("o", "b"), "t": ("o", "b")}


def make_samples(n: int = 60, seed: int = 0) -> Samples:
    """8-bit pictures of five blobs, three levels of labels, two splits."""
    generator = np.random.default_rng(seed)
    leaves = [list(PARENTS)[row % 5] for row in range(n)]
    bumps = {leaf: generator.integers(0, 200, (8, 8)) for leaf in PARENTS}
    images = np.stack([bumps[leaf] + generator.integers(0, 55, (8, 8)) for leaf in leaves]).astype(np.uint8)
    hierarchy = Hierarchy.from_paths(
        [(top, middle, leaf) for leaf, (middle, top) in PARENTS.items()], levels=("top", "middle", "leaf")
    )
    splits = ["train" if row < 2 * n // 3 else "validation" for row in range(n)]
    return from_arrays(images, leaves, hierarchy=hierarchy, split=splits, name="blobs")
