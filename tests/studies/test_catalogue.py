"""Everything that is declared: ids, works, data, at both scales."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import get_args

import polars as pl
import pytest

from nucleate import studies
from nucleate.models import NETWORKS
from nucleate.pipeline.request._settings import settings
from nucleate.studies._catalogue import NUMBER
from nucleate.studies.declare._data_sets import DATA_SETS
from nucleate.studies.declare._jobs import Probed, Trained
from nucleate.studies.declare._recipes import recipe_of
from nucleate.studies.declare._sizes import SIZES
from nucleate.studies.declare._study import Scale, Study
from nucleate.studies.execute._costs import cost
from nucleate.studies.execute._run import works_of
from nucleate.studies.publish._reference import render_reference

ALL = [*studies.studies().values()]
MOST_TRAININGS = 40
"""At small scale, so that everything ends within an hour on two cores."""

IDS = (
    *(f"A-fig{number}" for number in range(1, 9)),
    "A-figC1", "A-figD1", "A-figD9", "A-figD10", "A-figE1", "A-figF1", "A-figF2", "A-figF3", "A-figG1",
    *(f"A-figH{number}" for number in range(1, 6)),
    "A-tabA1", "A-tabB1", "A-tabG1",
    "B-fig2a", "B-fig2b", "B-fig2c", "B-fig3", "B-fig4a", "B-fig4b", "B-fig4c",
    *(f"B-figA{number}" for number in range(1, 6)),
)  # fmt: skip


def test_every_figure_and_table_is_a_study() -> None:
    assert tuple(studies.studies()) == IDS


def test_ids_are_found_in_any_case_of_letters() -> None:
    assert studies.study("a-FIG1").id == "A-fig1"
    assert all(NUMBER.fullmatch(each.id) for each in ALL)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.id)
@pytest.mark.parametrize("scale", get_args(Scale))
def test_each_study_is_declared_at_both_scales_and_can_be_planned(each: Study, scale: Scale) -> None:
    assert each.paper
    assert each.title.endswith("?") or "tab" in each.id
    assert each.ours[scale]
    assert each.settings[scale]
    names = [setting.name for setting in each.settings[scale]]
    assert len(set(names)) == len(names)
    for setting in each.settings[scale]:
        for work in setting.works:
            assert work.data in DATA_SETS
            if isinstance(work, Trained):
                assert work.network in NETWORKS
                recipe_of(work)
            else:
                settings(**dict(work.options))
                if isinstance(work.network, Trained) and work.epoch is not None:
                    assert work.epoch in recipe_of(work.network).checkpoint_epochs()
        for work in setting.works:
            if isinstance(work, Probed) and isinstance(work.network, Trained):
                assert work.network in setting.works[: setting.works.index(work)]


def test_every_work_can_be_counted() -> None:
    for scale in get_args(Scale):
        for work in works_of(ALL, scale):
            assert cost(work, memory=64).network > 0, work


def test_small_scale_stays_small() -> None:
    trainings = [work for work in works_of(ALL, "small") if isinstance(work, Trained)]
    assert len(trainings) <= MOST_TRAININGS


def test_works_have_names_of_their_own() -> None:
    """A folder tells works apart by a digest; people, who delete and look, by the name."""
    for scale in get_args(Scale):
        trainings = [work for work in works_of(ALL, scale) if isinstance(work, Trained)]
        assert len({str(work) for work in trainings}) == len(trainings)


def test_the_size_of_every_data_set_is_known() -> None:
    assert set(SIZES) == set(DATA_SETS)


@pytest.mark.parametrize("name", ["digits", "modmnist-digits", "digits-34-0"])
def test_sizes_are_those_of_the_data(name: str) -> None:
    samples, size = DATA_SETS[name].load(Path()), SIZES[name]
    assert samples.split_sizes.get("train", 0) in (size.train, size.evaluation)
    assert size.evaluation in samples.split_sizes.values()
    assert samples.hierarchy is not None
    assert len(samples.hierarchy.leaves) == size.subclasses
    assert len(samples.hierarchy.classes(samples.levels[-2])) == size.superclasses


def test_the_list_tells_what_is_missing_and_done(tmp_path: Path) -> None:
    table = studies.list_studies(data=tmp_path, out=tmp_path)
    assert set(table["study"]) == set(studies.studies())
    assert not table["done"].any()
    small = table.filter(scale="small", setting="digits")
    assert small["missing"].list.len().min() == 0
    paper = table.filter(scale="paper").filter(pl.col("probes") > 0)
    assert paper["missing"].list.len().min() > 0


def test_the_document_is_written_from_the_declarations() -> None:
    document = Path(__file__).parents[2] / "docs" / "studies.md"
    command = "python -m nucleate.studies.publish._reference > docs/studies.md"
    assert document.read_text("utf-8") == render_reference(ALL), f"Write it anew: {command}"


def test_every_file_of_studies_is_in_the_catalogue() -> None:
    room = Path(importlib.import_module("nucleate.studies._catalogue").__file__ or "").parent
    files = room.glob("paper_[ab]/_*.py")
    declared = {f"{path.parent.name}.{path.stem}" for path in files if "\nSTUDIES = " in path.read_text("utf-8")}
    assert declared == set(importlib.import_module("nucleate.studies._catalogue").MODULES)
