"""Where works are done: each in a folder named after what it is, found there again by every study that needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nucleate.data import Samples
from nucleate.errors import DataError, RunFolderError
from nucleate.models import Network, Preprocessing, as_network, load
from nucleate.pipeline import Reporter, Run, at_one_level, probe
from nucleate.storage import digest
from nucleate.studies.declare import Arrangement, Probed, Published, Setting, Trained, Work, find, recipe_of
from nucleate.training import Epoch, TrainingRun, fit, relabelled

UNSAFE = re.compile(r"[^\w.-]+")
SHUFFLE_SEED = 2
"""That of the published shuffle of entity-13."""


@dataclass
class Workshop:
    """Does works, or finds them done.

    Parameters
    ----------
    root : Path
        Holds `trainings/` and `probes/`.
    data : Path or None
        The folder of data sets.
    reporter : Reporter
    machine : mapping
        Options of `fit` and `probe` that do not change what comes out: device, workers, memory.
    tells_probes : bool
        Whether probes, too, tell their progress: they are many, and most take seconds.
    """

    root: Path
    data: Path | None
    reporter: Reporter = field(default_factory=Reporter)
    machine: dict[str, Any] = field(default_factory=dict)
    tells_probes: bool = False
    _samples: dict[tuple[str, str], Samples] = field(default_factory=dict, repr=False)

    def samples(self, name: str, arrangement: Arrangement = "natural") -> Samples:
        """A data set, subclasses in their own superclasses or dealt at random.

        Raises
        ------
        DataError
            When it is not there, saying where and how it should be.
        """
        key = (name, arrangement)
        if key not in self._samples:
            if arrangement == "shuffled":
                natural = self.samples(name)
                if natural.hierarchy is None:
                    raise DataError(f"{name} has no labels to shuffle")
                self._samples[key] = relabelled(natural, natural.hierarchy.shuffled(SHUFFLE_SEED))
            else:
                found = find(name)
                found.refuse_missing(self.data)
                self._samples[key] = found.load(self.data or Path())
        return self._samples[key]

    def folder(self, work: Work) -> Path:
        """Where a work lies: named for people, told apart by the digest of everything it depends on."""
        room, name = self._place(work)
        return room / f"{name}-{digest(self._identity(work))[:10]}"

    def _place(self, work: Work) -> tuple[Path, str]:
        """The folder that works of a kind share, and what people call this one there."""
        return self.root / ("trainings" if isinstance(work, Trained) else "probes"), UNSAFE.sub("-", str(work))

    def _identity(self, work: Work | Published) -> Any:
        if isinstance(work, Published):
            return [work.spec, work.checkpoint] if work.checkpoint else work.spec
        samples = self.samples(work.data, work.arrangement).fingerprint
        if isinstance(work, Trained):
            return [work.network, samples, work.learns, recipe_of(work).model_dump(mode="json")]
        own = [] if work.side is None else [work.side]
        options = [list(pair) for pair in work.options]
        return [self._identity(work.network), samples, work.epoch, work.whole, options, *own]

    def is_begun(self, work: Work) -> bool:
        """Whether a work of that name lies here, told without looking at its data."""
        room, name = self._place(work)
        known = re.compile(re.escape(name) + r"-[0-9a-f]{10}")
        return room.is_dir() and any(known.fullmatch(path.name) for path in room.iterdir())

    def refuse_missing(self, setting: Setting) -> None:
        """Raise the error that says which data or published weights of a setting are missing where.

        Raises
        ------
        DataError
            When the folder of data does not hold them.
        """
        for name in setting.data:
            find(name).refuse_missing(self.data)
        for condition in setting.conditions:
            for each in condition.probes:
                if isinstance(each.network, Published):
                    self._weights(each.network)

    def is_done(self, work: Work) -> bool:
        """Whether a work is finished."""
        folder = self.folder(work)
        if isinstance(work, Trained):
            return (folder / "train.json").exists() and TrainingRun(folder).is_finished
        try:
            return bool(Run(folder))
        except RunFolderError:
            return False

    def train(self, work: Trained) -> TrainingRun:
        """The trained network; begun, gone on with, or found finished."""
        folder, recipe = self.folder(work), recipe_of(work)
        if self.is_done(work):
            return TrainingRun(folder)
        samples = self.samples(work.data, work.arrangement)
        level = samples.levels[-1] if work.learns == "subclass" and samples.levels else None
        with self.reporter.steps(f"training {work}", recipe.epochs) as advance:
            done = 0

            def progress(went: Epoch, _: int) -> None:
                nonlocal done
                while done < went.number:
                    advance()
                    done += 1

            return fit(
                work.network, samples, out=folder, recipe=recipe, level=level, progress=progress,
                notice=self.reporter.say, **self.machine,
            )  # fmt: skip

    def network(self, work: Trained | Published, epoch: int | None = None) -> Network:
        """A network with its weights.

        Raises
        ------
        RunFolderError
            When the training has not kept that epoch.
        DataError
            When the file with a published network's weights is not there.
        """
        if isinstance(work, Published):
            return load(work.spec, checkpoint=self._weights(work))
        kept = dict(self.train(work).checkpoints)
        chosen = max(kept) if epoch is None else epoch
        if chosen not in kept:
            raise RunFolderError(f"{work} has not kept epoch {chosen}", f"It has {', '.join(map(str, kept))}")
        return as_network(load(kept[chosen]), name=str(work))

    def _weights(self, work: Published) -> Path | None:
        if not work.checkpoint:
            return None
        path = self.data / work.checkpoint if self.data else None
        if path is None or not path.is_file():
            where = f"{path} does not exist" if path else "No folder of data was given"
            raise DataError(
                f"{where}: the published weights {work.checkpoint} are needed",
                f"Lay out a file of weights of {work.spec}, and name the folder with --data",
            )
        return path

    def probe(self, work: Probed) -> Run:
        """The run of a probe; begun, gone on with, or found finished."""
        if self.is_done(work):
            return Run(self.folder(work))
        samples = self.samples(work.data, work.arrangement)
        network = self.network(work.network, work.epoch)
        if work.side is not None and isinstance(network.preprocessing, Preprocessing):
            seen = replace(network.preprocessing, size=(work.side, work.side))
            network = replace(network, preprocessing=seen, input_shape=None)
        own = Reporter(stream=self.reporter.stream if self.tells_probes else None)
        return probe(
            network, at_one_level(samples) if work.whole else samples, out=self.folder(work), reporter=own,
            **dict(work.options), **self.machine,
        )  # fmt: skip
