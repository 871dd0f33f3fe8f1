"""All studies by id."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from nucleate.errors import UsageError
from nucleate.studies.declare import Study
from nucleate.suggestions import did_you_mean

MODULES = (
    "paper_a._within_a_network",
    "paper_a._galleries",
    "paper_a._over_training",
    "paper_a._shuffled_superclasses",
    "paper_a._architectures",
    "paper_a._tables",
    "paper_a._external_data",
    "paper_a._squared_error",
    "paper_a._objectives",
    "paper_a._between_seeds",
    "paper_a._clusters_of_seeds",
    "paper_b._neighborhoods",
    "paper_b._input_structure",
    "paper_b._density_peaks",
    "paper_b._break_up",
    "paper_b._robustness",
    "paper_b._comparisons",
)
"""Where the studies are declared: a module for each section of a paper, with a tuple `STUDIES`."""


NUMBER = re.compile(r"(?P<paper>[AB])-(?P<kind>fig|tab)(?P<appendix>[A-H]?)(?P<number>\d+)(?P<panel>[a-z]?)")
"""How ids are made: a paper, a figure or table, its number there."""


def studies() -> Mapping[str, Study]:
    """Id -> study: paper A first, figures before tables, in the order of the papers."""
    return _declared(MODULES)


@cache
def _declared(modules: tuple[str, ...]) -> Mapping[str, Study]:
    found = [study for name in modules for study in importlib.import_module(f"nucleate.studies.{name}").STUDIES]
    return MappingProxyType({study.id: study for study in sorted(found, key=_place)})


def _place(study: Study) -> tuple[str, str, str, int, str]:
    told = NUMBER.fullmatch(study.id)
    if told is None:
        return "", "", "", 0, study.id
    return told["paper"], told["kind"], told["appendix"], int(told["number"]), told["panel"]


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
