"""What `nucleate train` does with its flags, and how it tells what came out."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from nucleate.data import Samples
from nucleate.pipeline import Reporter
from nucleate.training import Epoch, Recipe, TrainingRun, fit, read_recipe, recipe

SEEDS = ("seed_init", "seed_order", "seed_augmentation")


def make_recipe(path: Path | None, *, seed: int | None, options: dict[str, Any]) -> Recipe:
    """The recipe of a file under the options that were given; `seed` stands for the seeds that were not."""
    given = {name: value for name, value in options.items() if value is not None}
    if seed is not None:
        given = {**dict.fromkeys(SEEDS, seed), **given}
    return recipe(**given) if path is None else read_recipe(path, **given)


def run_training(
    model: str, samples: Samples, *, data: str, out: Path, how: Recipe, reporter: Reporter, **where: Any
) -> None:
    """Train, with a bar on a terminal, and tell the accuracies and the next step."""
    with ExitStack() as open_until_done:
        bar = Bar(model, samples, reporter, open_until_done)
        run = fit(model, samples, out=out, recipe=how, progress=bar, notice=reporter.say, **where)
    for line in told(run):
        reporter.say(line)
    if bar.done == 0:
        reporter.say(f"{run.root} was finished already")
    print(f"Checkpoints: {run.root.resolve() / 'checkpoints'}")
    named = [shlex.quote(str(part)) for part in (run.root, data, f"{run.root}-over-time")]
    reporter.say("Next: nucleate probe --checkpoints {} --data {} --out {}".format(*named))


@dataclass
class Bar:
    """A bar that appears with the first epoch: a finished run shows none."""

    model: str
    samples: Samples
    reporter: Reporter
    open_until_done: ExitStack
    done: int = 0
    advance: Any = None

    def __call__(self, went: Epoch, epochs: int) -> None:
        """One epoch is done."""
        if self.advance is None:
            self.reporter.say(f"Training {self.model} on {self.samples}")
            if went.number > 1:
                self.reporter.say(f"  going on after epoch {went.number - 1}")
            self.advance = self.open_until_done.enter_context(self.reporter.steps("training (epochs)", epochs))
        while self.done < went.number:
            self.advance()
            self.done += 1


def told(run: TrainingRun) -> list[str]:
    """The accuracies after the last epoch, one line per split."""
    last = run.curves.filter((pl.col("epoch") == run.recipe.epochs) & (pl.col("split") != "batches"))
    leaf = run.hierarchy.levels[-1] if run.hierarchy else "class"
    lines = []
    for (split,), rows in last.group_by("split", maintain_order=True):
        parts = [
            f"{row['level']} {row['accuracy']:.1%}"
            if row["group"] is None
            else f"worst {leaf} {row['accuracy']:.1%} ({row['group']})"
            for row in rows.iter_rows(named=True)
        ]
        lines.append(f"  accuracy on {split}: {', '.join(parts)}")
    return lines
