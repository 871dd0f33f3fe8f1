"""The BREEDS class tables: superclasses of ImageNet and the subclasses hidden inside them.

Superclasses are nodes of a WordNet tree whose structure was corrected by hand; leaves are ImageNet classes, named by
their WordNet ids. S. Santurkar, D. Tsipras, A. Madry, "BREEDS: Benchmarks for Subpopulation Shift", ICLR 2021.
"""

from __future__ import annotations

import tomllib
from importlib import resources

from nucleate.labels._checks import Paths, unknown_name

NAMES = ("living17", "nonliving26", "entity13", "entity13-4", "entity30")


def breeds_paths(name: str) -> Paths:
    """Pairs (superclass, subclass) of a BREEDS data set, in the published order.

    Raises
    ------
    HierarchyError
        When `name` is none of `NAMES`.
    """
    if name not in NAMES:
        raise unknown_name("BREEDS data set", name, NAMES)
    table, _, kept = name.partition("-")
    text = resources.files("nucleate.labels").joinpath("breeds.toml").read_text("utf-8")
    return tuple(
        (superclass, leaf)
        for superclass, leaves in tomllib.loads(text)[table].items()
        for leaf in leaves.split()[: int(kept) if kept else None]
    )
