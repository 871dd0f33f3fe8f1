"""The probes that several studies share."""

from __future__ import annotations

from nucleate.studies.study import Scale
from nucleate.studies.works import options

FACTORS = tuple(range(1, 11))

CLUSTERS: dict[Scale, tuple[tuple[str, object], ...]] = {
    # Small layers are flattened as the paper's are, and kept: the linear probe needs them.
    "small": options(pool="none", measures=("clusters", "linear_probe"), factors=FACTORS),
    "paper": options(preset="clusterability"),
}
"""Paper A's instrument: Ward clusters inside each superclass, of flattened layers."""

NUCLEATION: dict[str, object] = {"layers": ("input", "blocks", "penultimate"), "split": "train"}
"""Paper B's layers and images: what goes in, every block, the pooled layer, what comes out; images of the training."""

WHOLE: tuple[tuple[str, object], ...] = options(layers=("penultimate",), measures=("clusters",), factors=FACTORS)
"""Paper A's instrument for external data: Ward clusters of all samples at once, at the layer before the last."""
