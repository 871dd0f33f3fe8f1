"""The 300 ImageNet classes of Doimo et al. 2020, each under its macro class: animals, artefacts, a few others."""

from __future__ import annotations

import tomllib
from importlib import resources

from nucleate.labels import Hierarchy

LEVELS = ("macro", "class")


def nucleation_classes(most: int | None = None) -> Hierarchy:
    """Macro classes with names, classes with WordNet ids.

    Parameters
    ----------
    most : int, optional
        How many classes to keep, evenly spaced; default all 300.

    References
    ----------
    D. Doimo, A. Glielmo, A. Ansuini, A. Laio, "Hierarchical nucleation in deep neural networks", NeurIPS 2020.

    Examples
    --------
    >>> nucleation_classes()
    Hierarchy(macro 14 > class 300)
    """
    text = resources.files("nucleate.studies.declare").joinpath("nucleation_classes.toml").read_text("utf-8")
    paths = [(macro, leaf) for macro, leaves in tomllib.loads(text).items() for leaf in leaves.split()]
    kept = len(paths) if most is None else most
    return Hierarchy(LEVELS, tuple(paths[place * len(paths) // kept] for place in range(kept)))
