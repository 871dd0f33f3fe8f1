"""The studies at a size that takes seconds: few samples, one epoch; and a study of the tests' own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import count
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl

from nucleate.data import Samples, digits
from nucleate.errors import RunError
from nucleate.studies import _catalogue as catalogue
from nucleate.studies._evidence import Evidence
from nucleate.studies.claims._verdicts import exceeds
from nucleate.studies.declare import _data_sets as data_sets
from nucleate.studies.declare import _recipes as recipes
from nucleate.studies.declare._data_sets import DATA_SETS, DataSet
from nucleate.studies.declare._jobs import Probed, Trained, options
from nucleate.studies.declare._study import Claim, Condition, Setting, Study
from nucleate.studies.execute import _workspace as workshop
from nucleate.studies.figures._pictures import Picture

TRAIN, VALIDATION = 240, 150

Replace = Callable[[Any, str, Any], None]


def make_tiny(replace: Replace) -> None:
    """Put few digits in the place of every data set that needs no files, and train for one epoch.

    `replace` is setattr, or monkeypatch.setattr.
    """
    small = {
        name: DataSet(name, "", "", _few_digits) if not found.marker else found for name, found in DATA_SETS.items()
    }
    replace(data_sets, "DATA_SETS", small)
    for module in (recipes, workshop):
        replace(module, "recipe_of", _one_epoch)


def _few_digits(_: object) -> Samples:
    found = digits()
    counts = {"train": TRAIN, "validation": VALIDATION}
    return found.take(np.concatenate([found.rows(split)[:count] for split, count in counts.items()]))


_whole_recipe = recipes.recipe_of


def _one_epoch(work: Trained) -> Any:
    return _whole_recipe(work).model_copy(update={"epochs": 1, "checkpoint_every": 1, "warm_up": 0.0})


QUICK = options(layers=("layer3.2", "output"), measures=("clusters",), factors=(1,))


def probes(seeds: int = 2, data: str = "digits", chosen: tuple[tuple[str, Any], ...] = QUICK) -> tuple[Probed, ...]:
    """Quick probes of small networks."""
    return tuple(Probed(Trained("resnet-small", data, seed=seed), data, options=chosen) for seed in range(seeds))


def make_study(
    id_: str,
    settings: Sequence[Setting],
    *,
    draw: Callable[[Evidence], Sequence[Picture]] | None = None,
    title: str = "",
) -> Study:
    """A study with one claim and one picture."""
    return Study(
        id=id_,
        title=title or f"Is {id_} sound?",
        section="1",
        paper="The authors looked.",
        ours={"small": "We look, too.", "paper": "As they did."},
        settings={"small": tuple(settings), "paper": ()},
        claims=(Claim("AMI is above zero.", lambda evidence: exceeds(_ami(evidence), 0, what="AMI")),),
        draw=draw or _draw,
    )


def setting(name: str = "digits", *, seeds: int = 2, data: str = "digits", **chosen: Any) -> Setting:
    """A setting of quick probes."""
    asked = options(**{**dict(QUICK), **chosen})
    return Setting(name, (Condition("ResNet", probes(seeds, data, asked)),))


def _ami(evidence: Evidence) -> np.ndarray:
    return evidence.profile("ResNet", "ami", parameters="factor=1").values[:, -1]


def _draw(evidence: Evidence) -> Sequence[Picture]:
    table = pl.DataFrame({"seed": range(len(_ami(evidence))), "AMI": _ami(evidence)})
    return [Picture("AMI at the output.", '<svg viewBox="0 0 4 4"><path d="M0 0L4 4"/></svg>', table)]


def refuse(evidence: Evidence) -> Sequence[Picture]:
    """A picture that cannot be drawn."""
    raise RunError("nothing to draw", "Draw nothing")


_declarations = count()


def declare(replace: Replace, *studies: Study) -> None:
    """Put studies in the place of the catalogue's."""
    name = f"of_the_tests_{next(_declarations)}"  # another each time: what was declared is remembered
    module = ModuleType(f"nucleate.studies.{name}")
    module.STUDIES = studies  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    replace(catalogue, "MODULES", (name,))
