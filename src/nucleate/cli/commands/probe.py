"""`nucleate probe`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from nucleate.cli._flags import (
    Checkpoint,
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
    shares,
    tell_report,
    what,
    where,
)


def probe(
    *,
    model: Annotated[str | None, Parameter(name=["--model", "-m"], group=what)] = None,
    checkpoints: Annotated[Path | None, Parameter(group=what)] = None,
    data: Data,
    out: Out,
    checkpoint: Checkpoint = None,
    random_weights: RandomWeights = False,
    hierarchy: Labels = None,
    shuffle: Annotated[int | None, Parameter(group=what)] = None,
    path_column: Annotated[str | None, Parameter(group=what)] = None,
    text_column: Annotated[str | None, Parameter(group=what)] = None,
    levels: Annotated[str, Parameter(group=what)] = "",
    split_column: Annotated[str | None, Parameter(group=what)] = None,
    preset: Annotated[Literal["clusterability", "nucleation"] | None, Parameter(group=how)] = None,
    layers: Annotated[str, Parameter(group=how)] = "blocks",
    pool: Annotated[Literal["mean", "max", "cls", "none"], Parameter(group=how)] = "mean",
    keep_activations: Annotated[bool, Parameter(group=how)] = True,
    within: Annotated[str | None, Parameter(group=how)] = None,
    recover: Annotated[str | None, Parameter(group=how)] = None,
    split: Annotated[str | None, Parameter(group=how)] = None,
    measures: Annotated[str, Parameter(group=how)] = "clusters,overlap,label_overlap,landscape",
    k: Annotated[int, Parameter(name=["--k", "-k"], group=how)] = 30,
    candidates: Annotated[Literal["exact", "sketch"], Parameter(group=how)] = "exact",
    more_k: Annotated[str, Parameter(group=how)] = "",
    class_fraction: Annotated[float | None, Parameter(group=how)] = None,
    references: Annotated[str, Parameter(group=how)] = "",
    subsample: Annotated[str, Parameter(group=how)] = "",
    cka_samples: Annotated[int, Parameter(group=how)] = 5000,
    factors: Annotated[str, Parameter(group=how)] = "1-10",
    algorithms: Annotated[str, Parameter(group=how)] = "ward",
    normalization: Annotated[Literal["unit", "none", "centred"], Parameter(group=how)] = "unit",
    z: Annotated[float, Parameter(name=["--z", "-z"], group=how)] = 1.65,
    seed: Annotated[int, Parameter(group=how)] = 0,
    device: Annotated[str, Parameter(group=where)] = "auto",
    dtype: Annotated[Literal["float32", "bfloat16", "float16"], Parameter(group=where)] = "float32",
    batch_size: Annotated[int | Literal["auto"], Parameter(group=where)] = 32,
    workers: Annotated[int | None, Parameter(group=where)] = None,
    memory: Annotated[float | None, Parameter(group=where)] = None,
    disk: Annotated[float | None, Parameter(group=where)] = None,
    on_bad: Annotated[Literal["skip", "stop"], Parameter(group=where)] = "skip",
    max_bad: Annotated[int | None, Parameter(group=where)] = None,
    report: Annotated[bool, Parameter(group=where)] = True,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Pass images or texts through a network and measure, layer by layer, how they group.

    Writes a run folder of plain files and a report. Interrupted, the same command goes on where it stopped.

    Example: nucleate probe --model timm:resnet50.a1_in1k --data photos/ --out runs/resnet50

    Parameters
    ----------
    model
        timm:NAME, torchvision:NAME, hf:NAME or hf:FOLDER (transformers), one of our networks (resnet-small, resnet18
        ...), a nucleate checkpoint file, or package.module:factory for your own code.
    checkpoints
        Folder of a training run, instead of --model: every checkpoint is probed, into a run folder of its own under
        --out, and the report shows each layer over the epochs.
    data
        Folder of images, nested folders being label levels; FILE.csv or FILE.parquet with a column of image paths or
        texts; hf:NAME?subset=NAME&split=NAME, a data set of the Hugging Face hub, or hf:FOLDER, one on this disk (of
        Parquet files, or saved by datasets); "digits", the built-in samples; idx:FOLDER
        (MNIST, Fashion-MNIST; ?first=1000 takes the beginning of each split); cifar10:ARCHIVE or cifar100:ARCHIVE;
        modmnist:DATA?canvas=224, digits of any other data moved about a canvas.
    out
        Run folder: new, empty, or of the same network and samples.
    checkpoint
        File with the network's weights (safetensors or a torch state dict), also of others' training scripts: wrappers
        and prefixes are found, heads of self-supervised training are left out, and that is said.
    random_weights
        Do not load trained weights.
    hierarchy
        Labels of flat folders: a BREEDS data set (living17, nonliving26, entity13, entity13-4, entity30), or a CSV or
        Parquet table with one column per level, the last being folder names.
    shuffle
        Seed with which the lowest classes are dealt to superclasses at random, as in nucleate train.
    path_column
        Column of a table's image paths, or of hub data's images.
    text_column
        Column of texts, for a network that reads texts.
    levels
        Columns of labels separated by commas, broadest level first; of a folder, names for its levels.
    split_column
        Column of a table that tells each sample's split.
    preset
        A published protocol; other flags win over it. clusterability (Nguyen & Kornblith 2023): Ward clusters alone, of
        every block's flattened output, of unit norm, at factors 1 to 10, without keeping activations; of a vision
        transformer the authors take --layers residual. nucleation (Doimo et al. 2020): 30 exact neighbours, overlaps
        and density peaks, in flattened rows of input, blocks, pooling and fully connected layers, and output, without
        keeping activations; the authors take the training set, --split train.
    layers
        Names and globs separated by commas, "blocks", "residual" (sums after attention and MLP; both with the output),
        "landmarks" (blocks, pooling and fully connected layers outside of them, input and output), "penultimate" (what
        enters the final classifier) or "all"; see: nucleate layers.
    pool
        How a layer's positions become one row; none flattens.
    keep_activations
        Store activations. Without, rows are there until their layer has been analysed, on --disk, a few layers at a
        time; for clusters alone each superclass is held in --memory instead, until the distances inside it are known.
        Samples go through the network as often as that demands.
    within
        Label level inside whose classes is clustered (superclass); default the one above --recover.
    recover
        Label level that clusters should recover (subclass); default the lowest.
    split
        Split that is measured; default validation, else test, else the only one.
    measures
        What to measure, separated by commas: clusters, overlap, label_overlap, landscape (intrinsic dimension, hubs,
        density peaks), linear_probe (fits on the split train), entropy (image entropy of neighbourhoods and hubs), cka
        (linear and Gaussian, with the output), mutual_knn (by cosine), scale_profile (intrinsic dimension of ever
        sparser samples).
    k
        Number of neighbours.
    candidates
        sketch: look for neighbours in wide layers of many samples among candidates from a count-sketch; these are
        measured exactly, and the recall is measured and told.
    more_k
        Further numbers of neighbours for overlaps, from the same search, separated by commas.
    class_fraction
        Also measure label overlap with this share of each class' size as its number of neighbours (published: 0.1).
    references
        Layers that every layer is compared with, too, separated by commas: names, globs or "all".
    subsample
        Shares of the samples, like 0.25,0.5, for which overlaps are measured, too, at the same ratio of classes to
        samples per class.
    cka_samples
        At most so many samples for CKA.
    factors
        Overclustering factors, clusters per subclass: a range like 1-10, or numbers separated by commas.
    algorithms
        Clusterings to score, separated by commas: ward (always), average, complete, single, kmeans.
    normalization
        What is done to rows before they are clustered: unit norm, nothing, or centred.
    z
        Confidence at which a density peak counts.
    seed
        Seed of the permutations behind chance levels.
    device
        auto, cpu, cuda or mps.
    dtype
        Precision of the forward pass; bfloat16 and float16 are mixed precision, on CUDA only.
    batch_size
        Rows per forward pass; auto takes what fits into memory.
    workers
        Threads that decode images; default one per processor.
    memory
        Gigabytes of memory that may be used; default what is free.
    disk
        Gigabytes of disk that may be used; default what is free.
    on_bad
        Samples that cannot be read: keep their rows, marked, and go on; or stop at the first.
    max_bad
        Stop when more samples than this cannot be read.
    report
        Write the report too.
    config
        TOML file with the same options under [probe]; flags win over it.
    quiet
        Say nothing but the result and errors.
    """
    from nucleate import pipeline
    from nucleate.cli.actions import Columns, load_network, load_samples, probe_training, refuse_two_networks
    from nucleate.reports import report as write_report
    from nucleate.reports import report_over_training

    refuse_two_networks(model, checkpoints, weights=checkpoint is not None or random_weights)
    columns = Columns(path_column, text_column, names(levels), split_column)
    cuts = numbers("--factors", factors)  # before anything is loaded
    counts, parts = numbers("--more-k", more_k), shares("--subsample", subsample)
    options: dict[str, Any] = {
        "layers": layers, "pool": pool, "keep_activations": keep_activations, "within": within, "recover": recover,
        "split": split, "measures": names(measures), "k": k, "candidates": candidates, "more_k": counts,
        "class_fraction": class_fraction, "references": names(references), "subsample": parts,
        "cka_samples": cka_samples, "factors": cuts, "z": z, "seed": seed, "algorithms": names(algorithms),
        "normalization": normalization, "device": device, "dtype": dtype, "batch_size": batch_size,
        "workers": workers, "memory": memory, "disk": disk, "on_bad": on_bad, "max_bad": max_bad,
    }  # fmt: skip
    samples = load_samples(data, hierarchy, columns, shuffle=shuffle)
    if checkpoints is not None:
        over = probe_training(
            checkpoints,
            samples,
            out=out,
            keep_hierarchy=hierarchy is not None or shuffle is not None,
            reporter=reporter_for(quiet),
            **options,
        )
        tell_report(report_over_training(over)) if report else print(over.root / "profile.parquet")
        return
    network = load_network(str(model), checkpoint=checkpoint, random_weights=random_weights)
    run = pipeline.probe(network, samples, out=out, reporter=reporter_for(quiet), **options)
    if report:
        tell_report(write_report(run))
    else:
        print(run.folder.profile)
