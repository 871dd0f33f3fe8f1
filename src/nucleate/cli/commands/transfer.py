"""`nucleate transfer`."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from nucleate.cli._flags import (
    Config,
    Data,
    Labels,
    Out,
    Quiet,
    RandomWeights,
    how,
    names,
    numbers,
    reporter_for,
    tell_report,
    what,
    where,
)


def transfer(
    *,
    models: Annotated[list[str], Parameter(name=["--model", "-m"], group=what, negative="")],
    data: Data,
    out: Out,
    random_weights: RandomWeights = False,
    hierarchy: Labels = None,
    path_column: Annotated[str | None, Parameter(group=what)] = None,
    levels: Annotated[str, Parameter(group=what)] = "",
    split_column: Annotated[str | None, Parameter(group=what)] = None,
    layer: Annotated[str, Parameter(group=how)] = "penultimate",
    recover: Annotated[str | None, Parameter(group=how)] = None,
    split: Annotated[str | None, Parameter(group=how)] = None,
    factors: Annotated[str, Parameter(group=how)] = "1-10",
    normalization: Annotated[Literal["unit", "none", "centred"], Parameter(group=how)] = "unit",
    seed: Annotated[int, Parameter(group=how)] = 0,
    device: Annotated[str, Parameter(group=where)] = "auto",
    batch_size: Annotated[int | Literal["auto"], Parameter(group=where)] = 32,
    workers: Annotated[int | None, Parameter(group=where)] = None,
    memory: Annotated[float | None, Parameter(group=where)] = None,
    disk: Annotated[float | None, Parameter(group=where)] = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Cluster the penultimate layers of several networks on data they were not trained on, and compare.

    Writes a run folder for each network, a table of all, and a report. Interrupted, the same command goes on.

    Example: nucleate transfer --model natural=runs/a --model timm:resnet50.a1_in1k --data flowers/ --out runs/flowers

    Parameters
    ----------
    models
        A network as for probe, or the folder of a training run, whose last checkpoint is taken. NAME=MODEL names it in
        the report. Give --model once for each.
    data
        Labelled samples, as for probe.
    out
        Folder of the run folders.
    random_weights
        Do not load trained weights.
    hierarchy
        Labels of flat folders, as for probe.
    path_column
        Column of a table's image paths, or of hub data's images.
    levels
        Columns of labels separated by commas, broadest level first; of a folder, names for its levels.
    split_column
        Column of a table that tells each sample's split.
    layer
        The layer by name; penultimate is what enters the final classifier, or the output where there is none.
    recover
        Label level that clusters should recover; default the lowest.
    split
        Split that is clustered; default validation, else test, else the only one.
    factors
        Overclustering factors, clusters per class: a range like 1-10, or numbers separated by commas.
    normalization
        What is done to rows before they are clustered: unit norm, nothing, or centred.
    seed
        Seed of the permutations behind chance levels.
    device
        auto, cpu, cuda or mps.
    batch_size
        Rows per forward pass; auto takes what fits into memory.
    workers
        Threads that decode images; default one per processor.
    memory
        Gigabytes of memory that may be used; default what is free.
    disk
        Gigabytes of disk that may be used for each network; default what is free.
    config
        TOML file with the same options under [transfer]; flags win over it.
    quiet
        Say nothing but the result and errors.
    """
    from nucleate.cli.actions import Columns, load_networks, load_samples
    from nucleate.pipeline import transfer as cluster_all
    from nucleate.reports import report_transfer

    cuts = numbers("--factors", factors)
    samples = load_samples(data, hierarchy, Columns(path_column, None, names(levels), split_column))
    networks = load_networks(models, random_weights=random_weights)
    found = cluster_all(
        networks, samples, out=out, recover=recover, layer=layer, reporter=reporter_for(quiet), split=split,
        factors=cuts, normalization=normalization, seed=seed, device=device, batch_size=batch_size, workers=workers,
        memory=memory, disk=disk,
    )  # fmt: skip
    tell_report(report_transfer(found))
