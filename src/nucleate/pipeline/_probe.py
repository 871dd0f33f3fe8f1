"""The whole job: network and samples -> run folder."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import torch

from nucleate._version import __version__
from nucleate.activations import first_input, fit_lengths
from nucleate.data import Samples
from nucleate.machine import choose_device
from nucleate.models import Network, Preprocessing, as_network
from nucleate.pipeline.analyses import FROM_ROWS, Layered, TrainingRows, analysis_tasks
from nucleate.pipeline.folder import RESULTS, Place, RunFolder, identity, refuse_other_identity
from nucleate.pipeline.plan import Plan, check_resources, make_plan, planned_room, told_needs
from nucleate.pipeline.request import Settings, resolve_batch_size, settings
from nucleate.pipeline.rows import (
    Extractor,
    TransientRows,
    Unit,
    analyse_in_passes,
    describe,
    entropy_tasks,
    measure_distances,
    readable_rows,
    reconcile,
    records_of,
    refuse_without_images,
    transient_rows,
    units,
    with_status,
)
from nucleate.pipeline.run import Run
from nucleate.pipeline.tasks import Reporter, Task
from nucleate.storage import (
    clean_temporary,
    encode_json,
    encode_parquet,
    find_damage,
    locked,
    mend_log,
    remove,
    vouch,
    write_bytes,
)

if TYPE_CHECKING:
    from torch import nn


def probe(
    network: Network | nn.Module,
    samples: Samples,
    *,
    out: str | Path,
    reporter: Reporter | None = None,
    **options: Any,
) -> Run:
    """Pass samples through a network once and measure, at every chosen layer, how they group.

    Writes a run folder of plain files. Killed at any moment, the same call goes on where it stopped; asked again with
    other measures, it computes only what is new.

    Parameters
    ----------
    network : Network or torch.nn.Module
        The network; see `nucleate.models.load` and `nucleate.models.as_network`.
    samples : Samples
        See `nucleate.data`.
    out : path
        The run folder: new, empty, or of the same network and samples.
    reporter : Reporter, optional
        Where progress is told; default standard error.
    **options
        `preset`, of `nucleate.pipeline.PRESETS`, and the attributes of `nucleate.pipeline.Settings`, which win over it:
        layers, pool, keep_activations, within, recover, split, measures, k, candidates, more_k, class_fraction,
        references, subsample, cka_samples, factors, device, dtype, batch_size, workers, seed, memory, disk.

    Returns
    -------
    Run
        The finished run.

    Raises
    ------
    UsageError
        For options that cannot be meant, before anything runs.
    RunFolderError
        When `out` holds another run or other files.
    RunError
        When a layer answers with NaN, or too few samples can be read.
    StorageError
        When the disk is full, read-only or failing.
    """
    request = settings(**options)
    reporter = reporter or Reporter()
    network, cut = fit_lengths(as_network(network), samples)
    folder = RunFolder(Path(out))
    device = choose_device(request.device, request.dtype)
    # Neither lock nor folder appears for a request that cannot be meant.
    found = folder.read_request()
    who = identity(network, samples)
    if network.reads_text:
        who["samples"]["cut"] = cut
    if found is not None:
        refuse_other_identity(folder, found, who, samples)
    shape = first_input(samples, network.preprocessing).shape
    request = resolve_batch_size(request, found, network, device, shape)
    plan = make_plan(network, samples, request, shape, free=planned_room(request, folder.root))
    if "entropy" in request.measures:
        refuse_without_images(network, samples, plan.rows)
    check_resources(plan, request, folder.root)
    with locked(folder.root):
        found = folder.read_request()  # again: another process may have begun a run in the meantime
        if found is not None:
            refuse_other_identity(folder, found, who, samples)
        reporter.log = folder.log
        _clean(folder, reporter)
        asked = describe(plan, request, who, device=device, libraries=network.libraries)
        extraction = reconcile(asked, (found or {}).get("extraction"), folder, samples, plan.blocks)
        kept = {layer.name for layer in plan.layers} <= set(extraction.settings["layers"])
        store = extraction.store(folder, samples)
        _announce(plan, request, samples, network, folder, reporter)
        if cut:
            reporter.say(f"  texts longer than {shape[-1]} tokens, whose ends are not read: {cut}")
        _write_request(folder, request, plan, who, extraction.__dict__)
        _write_layers(folder, plan, request)
        if not folder.samples.exists():
            _write_if_new(folder, folder.samples, encode_parquet(with_status(samples, store, [])))
        extractor = Extractor(
            store, network, samples, plan, request, folder, shape=shape, device=device, workers=_workers(request),
            reporter=reporter,
        )  # fmt: skip
        made: list[Unit] | list[TransientRows] = []
        if request.keep_activations:
            extractor.fill()
        elif not plan.stores_in_passes:
            made = list(units(folder, plan, request, asked).values())
            measure_distances(made, extractor)
        elif not kept:
            transient = transient_rows(folder, plan, asked, len(samples))
            made = list(transient.values())
            analyse_in_passes(transient, extractor, partial(_row_tasks, extractor))
        shutil.rmtree(folder.scratch, ignore_errors=True)  # also what a killed run of other settings left behind
        _analyse(extractor, made)
    return Run(folder.root)


def _clean(folder: RunFolder, reporter: Reporter) -> None:
    """Remove what a killed process left behind, and the records of damaged work, so that it is done anew."""
    for place in (folder.root, *(folder.root / name for name in RESULTS)):
        clean_temporary(place)
    mend_log(folder.log)
    known = folder.records()
    if not known:
        return
    with reporter.steps("checking what is there", len(known)) as advance:
        damaged = find_damage(known, advance=advance)
    for damage in damaged:
        reporter.say(f"  damaged, made anew: {damage}")
        remove(damage.record)


def _row_tasks(extractor: Extractor, rows: TransientRows) -> list[Task]:
    """The tasks that read the rows of one layer."""
    only = replace(extractor, plan=extractor.plan.only(rows.layer))
    return [task for task in _tasks(only, [rows], images=[]) if task.depends_on["analysis"] in FROM_ROWS]


def _tasks(
    extractor: Extractor, made: Sequence[Unit] | Sequence[TransientRows], *, images: Sequence[Task]
) -> list[Task]:
    plan, request, samples = extractor.plan, extractor.request, extractor.samples
    table = with_status(samples, extractor.store, plan.blocks)
    rows = readable_rows(table, plan.rows, plan.searched_k)
    labels = {level: samples.labels(level, rows) for level in samples.levels}
    transient = {one.layer.name: one for one in made if isinstance(one, TransientRows)}
    distances = [one for one in made if isinstance(one, Unit)]
    layered = {
        layer.name: Layered(
            transient.get(layer.name, extractor.store),
            Place(layer.name, depth, plan.split, request.pool),
            rows,
            labels,
            records_of(distances, layer.name) if distances else None,
        )
        for layer, depth in zip(plan.layers, plan.depths, strict=True)
    }
    training = _training(plan, samples, table)
    return analysis_tasks(extractor.folder, plan, request, layered=layered, training=training, images=images)


def _analyse(extractor: Extractor, made: Sequence[Unit] | Sequence[TransientRows]) -> None:
    folder, plan, request, reporter = extractor.folder, extractor.plan, extractor.request, extractor.reporter
    table = with_status(extractor.samples, extractor.store, plan.blocks)
    _write_if_new(folder, folder.samples, encode_parquet(table))
    rows = readable_rows(table, plan.rows, plan.searched_k)
    images: list[Task] = []
    preprocessing = extractor.network.preprocessing
    if "entropy" in request.measures and isinstance(preprocessing, Preprocessing):
        images = entropy_tasks(
            folder, extractor.store, extractor.samples, preprocessing, rows=rows, workers=extractor.workers
        )
    tasks = _tasks(extractor, made, images=images)
    waiting = []
    for task in tasks:
        if task.is_done:
            task.tidy()  # a process that died right after its work left it behind
        else:
            waiting.append(task)
    if waiting:
        with reporter.steps("neighbours and clusters", len(waiting)) as advance:
            for task in waiting:
                task.perform()
                advance()
    scores = [task.record.with_suffix(".scores.parquet") for task in tasks]
    profile = pl.concat([pl.read_parquet(path) for path in scores if path.exists()])
    order = {layer.name: place for place, layer in enumerate(plan.layers)}
    profile = profile.sort(pl.col("layer").replace_strict(order), maintain_order=True)
    _write_if_new(folder, folder.profile, encode_parquet(profile))
    tables = [folder.request, folder.samples, folder.layers, folder.profile]
    records = [extractor.store.record_path(block) for block in plan.blocks] + [task.record for task in tasks]
    records += [one.made.record for one in made]
    vouch(folder.manifest, tables + records, facts={"request": json.loads(folder.request.read_bytes())})
    failed = table.filter(pl.col("status") == "failed").height
    reporter.say(f"{len(rows)} samples, {len(plan.layers)} layers measured" + (f"; {failed} unreadable" * bool(failed)))


def _training(plan: Plan, samples: Samples, table: pl.DataFrame) -> TrainingRows | None:
    if plan.training_rows is None:
        return None
    rows = plan.training_rows[(table["status"] == "ok").to_numpy()[plan.training_rows]]
    return TrainingRows(rows, {level: samples.labels(level, rows) for level in samples.levels})


def _announce(
    plan: Plan, request: Settings, samples: Samples, network: Network, folder: RunFolder, reporter: Reporter
) -> None:
    split = "" if plan.split == "all" else f" of split {plan.split}"
    reporter.say(f"Probing {network.name} with {len(plan.rows)} samples{split} of {samples.name}")
    reporter.say(f"  {len(plan.layers)} layers, {sum(plan.widths):,} columns -> {folder.root}")
    for line in told_needs(plan, request):
        reporter.say(f"  {line}")
    for note in network.notes:
        reporter.say(f"  {note}")
    if plan.recover is None:
        reporter.say("  unlabelled samples: clusters and label overlap are left out")
    elif plan.within is None:
        reporter.say(f"  one level of labels: {plan.recover} is recovered among all samples at once")


def _write_request(
    folder: RunFolder, request: Settings, plan: Plan, who: dict[str, Any], extraction: dict[str, Any]
) -> None:
    resolved = request.model_dump(mode="json", exclude={"workers", "memory", "disk", "on_bad", "max_bad"})
    resolved |= {"split": plan.split, "within": plan.within, "recover": plan.recover}
    versions = {"nucleate": __version__, "python": platform.python_version(), "torch": torch.__version__,
                "numpy": np.__version__, "polars": pl.__version__}  # fmt: skip
    content = {**who, "request": resolved, "extraction": extraction, "versions": versions}
    _write_if_new(folder, folder.request, encode_json(content))


def _write_layers(folder: RunFolder, plan: Plan, request: Settings) -> None:
    table = pl.DataFrame(
        {
            "order": [layer.order for layer in plan.layers],
            "depth": plan.depths,
            "name": [layer.name for layer in plan.layers],
            "kind": [layer.kind for layer in plan.layers],
            "shape": ["x".join(map(str, layer.shape)) for layer in plan.layers],
            "width": [layer.width for layer in plan.layers],
            "pooling": ["none" if layer.name == "input" else request.pool for layer in plan.layers],
            "kept": plan.widths,
        }
    )
    _write_if_new(folder, folder.layers, encode_parquet(table))


def _write_if_new(folder: RunFolder, path: Path, data: bytes) -> None:
    """Write a file unless it says the same already: a second run leaves a finished folder as it is."""
    if not path.exists() or path.read_bytes() != data:
        remove(folder.manifest)  # it must not vouch for a mixture of old and new
        write_bytes(path, data)


def _workers(request: Settings) -> int:
    return min(8, os.cpu_count() or 1) if request.workers is None else request.workers
