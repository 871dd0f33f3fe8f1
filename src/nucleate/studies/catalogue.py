"""All studies by id."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from nucleate.errors import UsageError
from nucleate.studies.study import Study
from nucleate.suggestions import did_you_mean

MODULES = (
    "a_within_a_network",
    "a_external_data",
    "a_squared_error",
    "a_objectives",
    "a_between_seeds",
    "a_clusters_of_seeds",
)
"""Where the studies are declared: a module for each section of a paper, with a tuple `STUDIES`."""


@cache
def studies() -> Mapping[str, Study]:
    """Id -> study, paper A first, figures before tables, in the order of the papers."""
    found = [
        study for name in MODULES for study in importlib.import_module(f"nucleate.studies.{name}").STUDIES
    ]  # fmt: skip
    return MappingProxyType({study.id: study for study in found})


def study(name: str) -> Study:
    """The study of that id, in any case of letters.

    Raises
    ------
    UsageError
        When there is none, with close ids.
    """
    known = {own.lower(): own for own in studies()}
    if name.lower() not in known:
        raise UsageError(f"There is no study {name!r}", did_you_mean(name, studies()))
    return studies()[known[name.lower()]]
