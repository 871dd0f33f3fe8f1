"""The folder of a training run: what was asked, the network over time, the curves, and what the next start needs.

train.json                                the recipe as resolved, what the network and the samples are, versions
checkpoints/epoch-000005.safetensors      the network after 5 epochs, with its commit record beside it (.json)
curves.parquet                            epoch, split, level, group, loss, accuracy, lr
state/                                    optimizer and averages, for going on; gone when the run is finished
manifest.json                             the commit record of train.json and curves.parquet; there when finished
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from nucleate.errors import RunFolderError, StorageError
from nucleate.labels import Hierarchy
from nucleate.storage import TEMPORARY_SUFFIX, Damage, committed, digest, find_damage, read_commit
from nucleate.training._recipe import Recipe

IDENTITY = ("recipe", "network", "samples", "targets")
"""The parts of train.json on which every bit of the result depends; the rest is told for people."""

CURVES: dict[str, type[pl.DataType]] = {
    "epoch": pl.Int64,
    "split": pl.String,
    "level": pl.String,
    "group": pl.String,
    "loss": pl.Float64,
    "accuracy": pl.Float64,
    "lr": pl.Float64,
}


@dataclass(frozen=True)
class TrainingRun:
    """A folder that `fit` has made or is making.

    Parameters
    ----------
    root : path
        The folder.

    Raises
    ------
    RunFolderError
        When an attribute is asked for that is not there.
    """

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root))

    def __repr__(self) -> str:
        if not (self.root / "train.json").exists():
            return f"TrainingRun({str(self.root)!r}, not begun)"
        name, saved = self.about["network"]["name"], len(self.checkpoints)
        return (
            f"TrainingRun({str(self.root)!r}, {name}, {saved} checkpoints{'' if self.is_finished else ', unfinished'})"
        )

    @cached_property
    def about(self) -> dict[str, Any]:
        """The content of train.json: `recipe`, `network`, `samples`, `targets`, `versions`."""
        try:
            content = json.loads((self.root / "train.json").read_bytes())
            if set(IDENTITY) <= set(content):
                return dict(content)
        except FileNotFoundError:
            raise RunFolderError(f"{self.root} is not a training run", "Make one: nucleate train") from None
        except (OSError, ValueError, TypeError):
            pass
        raise RunFolderError(f"{self.root / 'train.json'} is damaged", "Delete the folder and train again")

    @cached_property
    def recipe(self) -> Recipe:
        """How the network was trained."""
        return Recipe(**self.about["recipe"])

    @property
    def hierarchy(self) -> Hierarchy | None:
        """The tree of labels the network was trained with, shuffled or not; None for unlabelled samples."""
        told = self.about["targets"]["hierarchy"]
        return Hierarchy(tuple(told["levels"]), tuple(map(tuple, told["paths"]))) if told else None

    @property
    def level(self) -> str | None:
        """The level whose classes the network was told; None when it was told none."""
        return self.about["targets"]["level"]

    @property
    def fingerprint(self) -> str:
        """sha256 of what every bit of the result depends on."""
        return fingerprint(self.about)

    @property
    def checkpoints(self) -> list[tuple[int, Path]]:
        """The epochs that are saved, ascending, with the files `models.load` reads; epoch 0 is before training."""
        every = ((epoch, self.checkpoint(epoch)) for epoch in self.recipe.checkpoint_epochs())
        return [(epoch, path) for epoch, path in every if committed(path.with_suffix(".json"), self.fingerprint)]

    def checkpoint(self, epoch: int) -> Path:
        """Where the network is kept as it is after some epochs."""
        return self.root / "checkpoints" / f"epoch-{epoch:06d}.safetensors"

    def damage(self, until: int) -> list[Damage]:
        """What is wrong with the checkpoints up to an epoch; every byte is hashed."""
        epochs = [epoch for epoch in self.recipe.checkpoint_epochs() if epoch <= until]
        return find_damage([self.checkpoint(epoch).with_suffix(".json") for epoch in epochs])

    def records(self) -> list[Path]:
        """The commit record of everything in the folder."""
        manifest = self.root / "manifest.json"
        kept = (path for name in ("checkpoints", "state") for path in (self.root / name).glob("*.json"))
        return [*([manifest] if manifest.exists() else []), *sorted(kept)]

    @property
    def curves(self) -> pl.DataFrame:
        """Loss and accuracy over time.

        Columns: `epoch`; `split`, that of the samples, in evaluation mode, or `batches`, what the network saw while
        it learned; `level`, that of the accuracy; `group`, the subclass that is recognised worst, or null for all
        samples; `loss`; `accuracy`; `lr`, the last learning rate of the epoch.
        """
        try:
            return pl.read_parquet(self.root / "curves.parquet")
        except (OSError, pl.exceptions.PolarsError) as error:
            raise RunFolderError(f"{self.root} has no curves that can be read", "Run the same command again") from error

    @property
    def unreadable(self) -> dict[int, str]:
        """Rows of samples that could not be read and were left out, with the reason; known when the run is finished."""
        manifest = read_commit(self.root / "manifest.json")
        return {int(row): reason for row, reason in (manifest.facts["unreadable"] if manifest else {}).items()}

    @property
    def is_finished(self) -> bool:
        """Whether every checkpoint and the curves are there, by their sizes; `nucleate verify` hashes them."""
        manifest = read_commit(self.root / "manifest.json")
        return (
            manifest is not None
            and committed(self.root / "manifest.json", manifest.fingerprint) is not None
            and [epoch for epoch, _ in self.checkpoints] == self.recipe.checkpoint_epochs()
        )


def fingerprint(about: dict[str, Any]) -> str:
    """sha256 of the identity in the content of train.json."""
    return digest({name: about[name] for name in IDENTITY})


def refuse_other_run(root: Path, asked: dict[str, Any]) -> None:
    """Refuse a folder that holds another training run, or other things.

    Raises
    ------
    RunFolderError
        Naming each difference.
    """
    if not (root / "train.json").exists():
        ours = {".lock", "checkpoints", "state", "curves.parquet", "manifest.json"}
        foreign = sorted(path.name for path in root.iterdir()) if root.is_dir() else []
        foreign = [name for name in foreign if name not in ours and not name.endswith(TEMPORARY_SUFFIX)]
        if foreign:
            raise RunFolderError(
                f"{root} is not empty and not a training run (it holds {foreign[0]!r})",
                "Choose a new or empty output folder with --out",
            )
        return
    found = TrainingRun(root).about
    if fingerprint(found) != fingerprint(asked):
        differences = [text for name in IDENTITY for text in _differences(found[name], asked[name])]
        if not differences:  # digests differ wherever anything does, so they are told when nothing else is
            names = [name for name in IDENTITY if found[name] != asked[name]]
            differences = [{"network": "other initial weights", "samples": "other samples"}.get(n, n) for n in names]
        raise RunFolderError(
            f"{root} holds another training run: {'; '.join(differences)}", "Choose another output folder with --out"
        )


def refuse_other_surroundings(root: Path, asked: dict[str, Any]) -> None:
    """Refuse to go on with a training where the rest would have other bits than its beginning.

    Raises
    ------
    RunFolderError
        Naming each difference of device, libraries and, on a CPU, threads.
    """
    found = {"device": asked["device"], **TrainingRun(root).about}
    names = ["device", *(["threads"] if found["device"] == asked["device"] == "cpu" else [])]
    there, here = (
        {
            **{name: about[name] for name in names},
            **{name: value for name, value in about["versions"].items() if name not in ("nucleate", "python")},
        }
        for about in (found, asked)
    )
    if there != here:
        raise RunFolderError(
            f"{root} holds a training that was begun elsewhere and is not finished: "
            f"{'; '.join(_differences(there, here))}",
            "Go on as it was begun (OMP_NUM_THREADS sets the threads), or delete the folder to train from the start",
        )


def refuse_damage(run: TrainingRun) -> None:
    """Refuse to call a training finished of which a checkpoint was lost while it ran.

    Raises
    ------
    StorageError
        Naming the first damaged file.
    """
    damage = run.damage(run.recipe.epochs)
    if damage:
        raise StorageError(
            f"{damage[0]}, found when the training was done", "Run the same command again: what is damaged is made anew"
        )


def _differences(found: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    names = [name for name in {**asked, **found} if found.get(name) != asked.get(name) and name != "fingerprint"]
    return [
        "the hierarchy differs" if name == "hierarchy" else f"{name} is {asked.get(name)}, there {found.get(name)}"
        for name in names
    ]
