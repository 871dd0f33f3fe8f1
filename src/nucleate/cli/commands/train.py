"""`nucleate train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from nucleate.cli._flags import (
    Checkpoint,
    Config,
    Data,
    Labels,
    Model,
    Out,
    Quiet,
    how,
    names,
    reporter_for,
    what,
    where,
)


def train(
    *,
    model: Model,
    data: Data,
    out: Out,
    recipe: Annotated[Path | None, Parameter(name=["--recipe", "-r"], group=what)] = None,
    level: Annotated[str | None, Parameter(group=what)] = None,
    hierarchy: Labels = None,
    shuffle: Annotated[int | None, Parameter(group=what)] = None,
    checkpoint: Checkpoint = None,
    path_column: Annotated[str | None, Parameter(group=what)] = None,
    levels: Annotated[str, Parameter(group=what)] = "",
    split_column: Annotated[str | None, Parameter(group=what)] = None,
    objective: Annotated[str | None, Parameter(group=how)] = None,
    epochs: Annotated[int | None, Parameter(group=how)] = None,
    batch_size: Annotated[int | None, Parameter(group=how)] = None,
    lr: Annotated[float | None, Parameter(group=how)] = None,
    image_size: Annotated[int | None, Parameter(group=how)] = None,
    checkpoint_every: Annotated[int | None, Parameter(group=how)] = None,
    seed: Annotated[int | None, Parameter(group=how)] = None,
    seed_init: Annotated[int | None, Parameter(group=how)] = None,
    seed_order: Annotated[int | None, Parameter(group=how)] = None,
    seed_augmentation: Annotated[int | None, Parameter(group=how)] = None,
    device: Annotated[str, Parameter(group=where)] = "auto",
    dtype: Annotated[Literal["float32", "bfloat16", "float16"] | None, Parameter(group=where)] = None,
    workers: Annotated[int | None, Parameter(group=where)] = None,
    memory: Annotated[float | None, Parameter(group=where)] = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Train a network on the labels of one level, and keep it as it is after every few epochs.

    Learns the split train; tells accuracies on it and on validation (else test). Interrupted, the same command goes on
    where it stopped, and ends with the same bits on a CPU with the same number of threads.

    Example: nucleate train --model resnet-small --data digits --out runs/digits

    Parameters
    ----------
    model
        One of our networks (resnet-small, vgg-small, vit-small, resnet50, vgg16-bn, vit-b-32 ...), timm:NAME or
        torchvision:NAME; it gets as many outputs as the level has classes.
    data
        What --data of probe takes, with images.
    out
        Folder of the training run: new, empty, or of the same recipe, network and samples.
    recipe
        TOML file that says how to train, see examples/recipes; flags win over it.
    level
        Label level that is learned; default the one above the lowest.
    hierarchy
        Labels, as for probe.
    shuffle
        Seed with which the lowest classes are dealt to superclasses at random.
    checkpoint
        File with the weights to begin with, instead of random ones.
    path_column
        Column of a table's image paths, or of hub data's images.
    levels
        Columns of labels separated by commas, broadest level first; of a folder, names for its levels.
    split_column
        Column of a table that tells each sample's split.
    objective
        softmax, label_smoothing, dropout, extra_final_layer_l2, logit_penalty, logit_normalization, cosine_softmax,
        sigmoid, squared_error, or byol (without labels).
    epochs
        Passes over the training split.
    batch_size
        Images per step.
    lr
        Peak learning rate.
    image_size
        Side of the network's input in pixels.
    checkpoint_every
        Epochs between checkpoints.
    seed
        Stands for the three seeds below.
    seed_init
        Seed of the initial weights.
    seed_order
        Seed of the order of images.
    seed_augmentation
        Seed of crops, flips and dropout.
    device
        auto, cpu, cuda or mps.
    dtype
        bfloat16 and float16 are mixed precision, on CUDA only.
    workers
        Threads that decode and augment images; default one per processor.
    memory
        Gigabytes for decoded images, which are decoded once if they fit; default half of what is free.
    config
        TOML file with the same options under [train]; flags win over it.
    quiet
        Say nothing but the result and errors.
    """
    from nucleate.cli.actions import Columns, load_samples, make_recipe, run_training

    options = {
        "objective": objective, "epochs": epochs, "batch_size": batch_size, "lr": lr, "image_size": image_size,
        "checkpoint_every": checkpoint_every, "dtype": dtype,
        "seed_init": seed_init, "seed_order": seed_order, "seed_augmentation": seed_augmentation,
    }  # fmt: skip
    wanted = make_recipe(recipe, seed=seed, options=options)  # before anything is loaded
    columns = Columns(path_column, None, names(levels), split_column)
    samples = load_samples(data, hierarchy, columns, shuffle=shuffle)
    run_training(
        model, samples, data=data, out=out, how=wanted, reporter=reporter_for(quiet),
        level=level, checkpoint=checkpoint, device=device, workers=workers, memory=memory,
    )  # fmt: skip
