"""How networks cluster data they were not trained on: penultimate layers, clustered as a whole (Nguyen & Kornblith)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from nucleate.data import Samples
from nucleate.errors import UsageError
from nucleate.labels import Hierarchy
from nucleate.models import Network
from nucleate.pipeline._probe import probe
from nucleate.pipeline.folder import refuse_single_run
from nucleate.pipeline.run import Run
from nucleate.pipeline.tasks import Reporter
from nucleate.storage import write_parquet

K = 30
_UNSAFE = re.compile(r"[^A-Za-z0-9.@_-]+")


@dataclass(frozen=True)
class Transfer:
    """How well several networks cluster one data set.

    Attributes
    ----------
    root : Path
        The folder: a run folder for each network, and `profile.parquet`.
    runs : dict
        Network -> its run, in the order in which they were asked for.
    """

    root: Path
    runs: Mapping[str, Run]

    @property
    def profile(self) -> pl.DataFrame:
        """The profiles of all runs, with the network in the first column."""
        parts = [run.profile.select(pl.lit(name).alias("network"), pl.all()) for name, run in self.runs.items()]
        return pl.concat(parts)


def transfer(
    networks: Mapping[str, Network],
    samples: Samples,
    *,
    out: str | Path,
    recover: str | None = None,
    layer: str = "penultimate",
    reporter: Reporter | None = None,
    **options: Any,
) -> Transfer:
    """Cluster one layer of several networks on one data set as a whole, and compare the clusters with its classes.

    Each layer's rows, divided by their norm, are cut into f * (number of classes) Ward clusters, for every
    overclustering factor f, and scored by purity (beside its permutation baseline), AMI and ARI. Each network gets a
    run folder of its own under `out`; killed at any moment, the same call goes on.

    Parameters
    ----------
    networks : mapping of str to Network
        Name -> network; the name calls its curve, and its folder.
    samples : Samples
        Labelled samples, usually of other classes than the networks were trained on.
    out : path
        Folder of the run folders.
    recover : str, optional
        The level whose classes are to be recovered; default the lowest.
    layer : str
        The layer, by its name or `penultimate`: what enters the final classifier, else the output.
    reporter : Reporter, optional
        Where progress is told; default standard error.
    **options
        Further attributes of `nucleate.pipeline.Settings`: split, pool, factors, algorithms, normalization, seed,
        device, dtype, batch_size, workers, memory, disk.

    Raises
    ------
    UsageError
        When there is no network, samples have no labels, two names would share a folder, or an option cannot be meant.
    RunFolderError
        When a folder holds another run.

    References
    ----------
    Nguyen & Kornblith, Probing clustering in neural network representations, 2023, Figures 3, 5 and 6.
    """
    root, reporter = Path(out), reporter or Reporter()
    folders = _folders(root, networks)
    whole = at_one_level(samples, recover)
    count = len(whole.rows(options.get("split") or whole.evaluation_split()))
    runs = {}
    for place, (name, network) in enumerate(networks.items(), 1):
        reporter.log = None
        reporter.say(f"{place} of {len(networks)}: {name}")
        runs[name] = probe(
            network, whole, out=folders[name], reporter=reporter, layers=(layer,), measures=("clusters",),
            k=max(1, min(K, count - 1)), **options,
        )  # fmt: skip
    found = Transfer(root, runs)
    write_parquet(root / "profile.parquet", found.profile)
    return found


def at_one_level(samples: Samples, level: str | None = None) -> Samples:
    """The same samples with the classes of one level alone, by default the lowest: they are then clustered as a whole.

    Raises
    ------
    UsageError
        When the samples have no labels.
    HierarchyError
        When there is no such level.

    Examples
    --------
    >>> from nucleate.data import digits
    >>> at_one_level(digits())
    Samples('digits': 1078 train, 719 validation; Hierarchy(subclass 10))
    """
    if samples.hierarchy is None:
        raise UsageError(f"{samples.name} has no labels, so clusters have nothing to recover", "Give labelled samples")
    chosen = samples.levels[-1 if level is None else samples.hierarchy.level(level)]
    table = samples.table.drop(name for name in samples.levels if name != chosen)
    flat = Hierarchy.from_table(table, levels=[chosen])
    return replace(samples, table=table, hierarchy=flat)


def _folders(root: Path, networks: Mapping[str, Network]) -> dict[str, Path]:
    """Network -> its run folder."""
    if not networks:
        raise UsageError("No network was given", "Name at least one")
    refuse_single_run(root)
    found = {name: root / (_UNSAFE.sub("-", name).strip("-.") or "network") for name in networks}
    taken: dict[Path, str] = {}
    for name, folder in found.items():
        if folder in taken:
            raise UsageError(f"{taken[folder]!r} and {name!r} would share the folder {folder}", "Name them differently")
        taken[folder] = name
    return found
