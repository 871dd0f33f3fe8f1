"""Protocols of published work as settings, each of which may still be asked for otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args

from nucleate.errors import UsageError
from nucleate.suggestions import did_you_mean

PresetName = Literal["clusterability", "nucleation"]

PRESETS: Mapping[PresetName, Mapping[str, Any]] = MappingProxyType(
    {
        # Nguyen & Kornblith, Probing clustering in neural network representations, 2023.
        "clusterability": MappingProxyType(
            {
                "layers": "blocks",
                "pool": "none",
                "keep_activations": False,
                "measures": ("clusters",),
                "algorithms": ("ward",),
                "normalization": "unit",
                "factors": tuple(range(1, 11)),
            }
        ),
        # Doimo, Glielmo, Ansuini & Laio, Hierarchical nucleation in deep neural networks, 2020.
        "nucleation": MappingProxyType(
            {
                "layers": "landmarks",
                "pool": "none",
                "keep_activations": False,
                "measures": ("overlap", "label_overlap", "landscape"),
                "k": 30,
                "candidates": "exact",
            }
        ),
    }
)
"""Name -> the settings of a protocol.

`clusterability`: purity and AMI of Ward clusters inside each superclass, at overclustering factors 1 to 10, of every
block's flattened output, rows of unit norm. For a vision transformer the authors take `layers="residual"`.

`nucleation`: overlap of neighbourhoods with the output, the input, the next layer and the labels, intrinsic dimension,
density peaks, all from 30 exact neighbours in the flattened rows as they are, of input, blocks, pooling and fully
connected layers, and output. The authors take images of the training set (`split="train"`).
"""


def with_preset(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of which `preset` is replaced by its settings, where no option says otherwise.

    Raises
    ------
    UsageError
        When there is no such preset.

    Examples
    --------
    >>> with_preset({"preset": "clusterability", "pool": "mean"})["pool"]
    'mean'
    """
    chosen = dict(options)
    name = chosen.pop("preset", None)
    if name is None:
        return chosen
    if name not in PRESETS:
        raise UsageError(f"There is no preset {name!r}", did_you_mean(str(name), get_args(PresetName)))
    return {**PRESETS[name], **chosen}
