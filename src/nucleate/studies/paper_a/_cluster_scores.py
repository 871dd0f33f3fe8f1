"""Paper A's instrument as profiles: how well clusters inside superclasses recover subclasses, at each hidden layer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nucleate.activations import OUTPUT
from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import LayerProfile
from nucleate.studies.declare import CLUSTERS, Arrangement, Probed, Scale, options, trained

FACTOR = "factor=1"
"""As many clusters as there are subclasses."""

CONVOLUTION, DENSE = "features.", "classifier."
"""How the layers of a VGG begin."""

FC6 = "dense 1"
"""The first dense layer, fc6 in VGG-16."""


def clusters_of(scale: Scale, architecture: str, data: str, arrangement: Arrangement = "natural") -> tuple[Probed, ...]:
    """Clusters inside superclasses at each layer of a network, from every seed; of a ViT after attention and MLP."""
    chosen = CLUSTERS[scale]
    if architecture == "ViT":
        chosen = options(**{**dict(chosen), "layers": ("residual",)})
    return tuple(Probed(one, data, arrangement, chosen) for one in trained(scale, architecture, data, arrangement))


def ami(evidence: Evidence, condition: str) -> LayerProfile:
    """AMI with the subclasses, mean over superclasses, at each hidden layer; a row for each seed."""
    return hidden(evidence.profile(condition, "ami", parameters=FACTOR))


def purity(evidence: Evidence, condition: str) -> LayerProfile:
    """Purity of the same clusters."""
    return hidden(evidence.profile(condition, "purity", parameters=FACTOR))


def purity_by_chance(evidence: Evidence, condition: str) -> LayerProfile:
    """Purity that the same clusters have of shuffled subclasses: it is well above 0."""
    return hidden(evidence.profile(condition, "purity", parameters=FACTOR, column="chance"))


def hidden(profile: LayerProfile) -> LayerProfile:
    """A profile without the network's output, the layers of a VGG called and placed by their number.

    Whatever is between them, normalisation or not, convolutions and dense layers of the same number are then compared.

    Examples
    --------
    >>> layers = ("features.0", "features.3", "classifier.0", "output")
    >>> found = hidden(LayerProfile("VGG", layers, np.array([0.1, 0.3, 0.8, 1]), np.array([[0.1, 0.2, 0.3, 0.4]])))
    >>> found.layers, found.depths
    (('conv 1', 'conv 2', 'dense 1'), array([0.25, 0.5 , 0.75]))
    """
    kept = [place for place, layer in enumerate(profile.layers) if layer != OUTPUT]
    names = tuple(profile.layers[place] for place in kept)
    inside = replace(profile, layers=names, depths=profile.depths[kept], values=profile.values[:, kept])
    if not all(name.startswith((CONVOLUTION, DENSE)) for name in names):
        return inside
    depths = np.arange(1, len(names) + 1) / (len(names) + 1)
    return replace(inside, layers=_numbered(names), depths=depths)


def _numbered(names: tuple[str, ...]) -> tuple[str, ...]:
    convolutions = sum(name.startswith(CONVOLUTION) for name in names)
    dense = len(names) - convolutions
    return tuple([f"conv {one + 1}" for one in range(convolutions)] + [f"dense {one + 1}" for one in range(dense)])
