"""The probes that several studies share."""

from __future__ import annotations

from nucleate.studies.declare._jobs import options
from nucleate.studies.declare._study import Scale

FACTORS = tuple(range(1, 11))

CLUSTERS: dict[Scale, tuple[tuple[str, object], ...]] = {
    "small": options(pool="none", measures=("clusters",), factors=FACTORS),
    "paper": options(preset="clusterability"),
}
"""Paper A's instrument: Ward clusters inside each superclass, of flattened layers."""

LINEAR_PROBE: dict[Scale, tuple[tuple[str, object], ...]] = {
    "small": options(pool="none", measures=("linear_probe",)),
    "paper": options(pool="mean", measures=("linear_probe",)),
}
"""Logistic regressions from layers to subclasses; of pooled layers where the flattened ones of all images of a training
would fill no disk."""

NUCLEATION: dict[str, object] = {
    "layers": ("input", "blocks", "penultimate"),
    "split": "train",
    "pool": "none",
    "measures": ("overlap", "label_overlap", "landscape", "entropy"),
    "subsample": (0.125, 0.25, 0.5),
}
"""Paper B's instrument: what goes in, every block, the pooled layer and what comes out, flattened, for images of the
training; all pairs of layers are compared anyway."""

NUCLEATION_PAPER: dict[str, object] = {
    "preset": "nucleation",
    "split": "train",
    "measures": ("overlap", "label_overlap", "landscape", "entropy"),
    "subsample": (0.125, 0.25, 0.5),
}
"""The same as published."""

WHOLE: tuple[tuple[str, object], ...] = options(layers=("penultimate",), measures=("clusters",), factors=FACTORS)
"""Paper A's instrument for external data: Ward clusters of all samples at once, at the layer before the last."""

PHOTO_CLUSTERS: tuple[tuple[str, object], ...] = options(measures=("clusters",), factors=FACTORS)
"""The same for photos at small scale, of pooled layers: flattened ones would be large."""

BEFORE_LAST_RAW: tuple[tuple[str, object], ...] = options(
    layers=("penultimate",),
    measures=("clusters",),
    algorithms=("ward", "average", "complete", "single", "kmeans"),
    normalization="none",
    factors=(1,),
)
"""Several clusterings of the layer before the last as it is, not brought to unit norm."""
