"""What `nucleate probe --checkpoints` does: every checkpoint, with samples grouped as the training run grouped them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nucleate.data import Samples
from nucleate.errors import UsageError
from nucleate.pipeline import OverTraining, Reporter, probe_checkpoints
from nucleate.training import TrainingRun
from nucleate.training.objectives import relabelled


def probe_training(
    training: Path, samples: Samples, *, out: Path, keep_hierarchy: bool, reporter: Reporter, **options: Any
) -> OverTraining:
    """Probe every checkpoint of a training run.

    Parameters
    ----------
    keep_hierarchy : bool
        Whether the samples' own hierarchy was asked for; else, where the network was trained under another one of the
        same classes, such as a shuffled one, that one counts.
    """
    run = TrainingRun(training)
    tree = run.hierarchy
    if tree is not None and samples.hierarchy is not None and not keep_hierarchy and tree != samples.hierarchy:
        if set(tree.leaves) == set(samples.hierarchy.leaves):
            reporter.say(f"Classes are grouped as in the training run {training}; --hierarchy groups them otherwise")
            samples = relabelled(samples, tree)
        else:
            reporter.say(f"These classes are not those that {training} was trained on; their own hierarchy counts")
    return probe_checkpoints(run, samples, out=out, reporter=reporter, **options)


def refuse_two_networks(model: str | None, checkpoints: Path | None, *, weights: bool) -> None:
    """Refuse a probe of no network, or of two.

    Raises
    ------
    UsageError
        When not exactly one of --model and --checkpoints is given, or weights are named for checkpoints.
    """
    if model is None and checkpoints is None:
        raise UsageError("No network was given", "Name one with --model, or a training run with --checkpoints")
    if checkpoints is not None and (model is not None or weights):
        raise UsageError(
            f"--checkpoints {checkpoints} brings its networks and weights",
            "Leave --model, --checkpoint and --random-weights out",
        )
