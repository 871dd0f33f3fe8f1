"""What the works of a setting came to, and the profiles that claims are tested on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from nucleate.activations import OUTPUT
from nucleate.errors import RunError
from nucleate.pipeline import Run
from nucleate.studies.claims import LayerProfile
from nucleate.studies.declare import Probed, Setting, Trained
from nucleate.training import TrainingRun


@dataclass(frozen=True)
class Evidence:
    """The finished works of one setting of a study.

    Attributes
    ----------
    setting : Setting
    runs : mapping of Probed to Run
    trainings : mapping of Trained to TrainingRun
    """

    setting: Setting
    runs: Mapping[Probed, Run]
    trainings: Mapping[Trained, TrainingRun]

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of the conditions, in order."""
        return tuple(condition.name for condition in self.setting.conditions)

    def probes(self, condition: str) -> tuple[Probed, ...]:
        """The probes of one condition."""
        return next(found.probes for found in self.setting.conditions if found.name == condition)

    def of(self, condition: str) -> tuple[Run, ...]:
        """The runs of one condition, one per repetition."""
        return tuple(self.runs[probe] for probe in self.probes(condition))

    def profile(
        self, condition: str, measure: str, *, level: str | None = None, parameters: str | None = None,
        repetitions: str = "seeds", column: Literal["value", "chance"] = "value",
    ) -> LayerProfile:  # fmt: skip
        """A measure at each layer, one row per repetition; layers where any of these has no value are left out.

        `level` may be `within` or `recover`, whatever these are called in the run. `column` may be `chance`: what
        shuffled labels come to.

        Raises
        ------
        RunError
            When no layer has a value.
        """
        tables = [scores(run, measure, level=level, parameters=parameters) for run in self.of(condition)]
        common = [layer for layer in tables[0]["layer"] if all(layer in table["layer"] for table in tables)]
        if not common:
            told = f" ({parameters})" if parameters else ""
            raise RunError(f"{condition} has no {measure}{told} at any layer of all its runs", "Look at the reasons")
        rows = [table.filter(pl.col("layer").is_in(common)) for table in tables]
        return LayerProfile(
            condition,
            tuple(common),
            rows[0]["depth"].to_numpy(),
            np.stack([table[column].to_numpy() for table in rows]),
            repetitions,
        )


def scores(run: Run, measure: str, *, level: str | None = None, parameters: str | None = None) -> pl.DataFrame:
    """The values of a measure over all samples, in layer order, without missing ones."""
    named = run.about["request"][level] if level in ("within", "recover") else level
    return run.scores(measure, level=named, parameters=parameters).drop_nulls("value").sort("depth")


def hidden_layers(runs: Sequence[Run]) -> list[str]:
    """Layers that all runs have, in the order of the first, without the output."""
    shared = (layer for layer in runs[0].layer_names if all(layer in run.layer_names for run in runs))
    return [layer for layer in shared if layer != OUTPUT]
