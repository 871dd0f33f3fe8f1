"""The commands. Each turns its flags into one call of the library; rooms are imported when a command runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, CycloptsError, Group, Parameter
from cyclopts.config import Toml

from nucleate._version import __version__
from nucleate.errors import NucleateError, UsageError

what = Group.create_ordered("What")
how = Group.create_ordered("How")
where = Group.create_ordered("Where it runs")

LONGEST_RANGE = 1000

app = App(
    name="nucleate",
    help="Watch clusters form, layer by layer, inside a neural network.",
    version=__version__,
    help_format="markdown",
    suppress_keyboard_interrupt=False,
    help_epilogue="Start with: nucleate demo",
)

Model = Annotated[str, Parameter(name=["--model", "-m"], group=what)]
Checkpoint = Annotated[Path | None, Parameter(group=what)]
RandomWeights = Annotated[bool, Parameter(negative="", group=what)]
Data = Annotated[str, Parameter(name=["--data", "-d"], group=what)]
Labels = Annotated[str | None, Parameter(name="--hierarchy", group=what)]
Out = Annotated[Path, Parameter(name=["--out", "-o"], group=what)]
Quiet = Annotated[bool, Parameter(name=["--quiet", "-q"], negative="", group=where)]
Config = Annotated[Path | None, Parameter(name="--config", group=where)]


@app.command(sort_key=1)
def demo(
    *,
    out: Annotated[Path, Parameter(name=["--out", "-o"])] = Path("runs/demo"),
    epochs: int = 15,
    seed: int = 0,
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False,
) -> None:
    """Train and probe on built-in data in about a minute, and write a report.

    A small ResNet learns three superclasses of the ten handwritten digits, once with a natural-looking hierarchy and
    once with digits dealt to superclasses at random. Held-out digits show whether each network keeps the ten digits
    apart that it was never told about.

    Parameters
    ----------
    out
        Folder for the two runs and the report.
    epochs
        Passes over the 1,078 training digits.
    seed
        Seed of initialisation, order and shuffling.
    quiet
        Say nothing but the result and errors.
    """
    from nucleate.cli.demo import run_demo

    report = run_demo(out, epochs=epochs, seed=seed, reporter=_reporter(quiet))
    _tell_report(report)


@app.command(sort_key=2)
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
    layers: Annotated[str, Parameter(group=how)] = "blocks",
    pool: Annotated[Literal["mean", "max", "cls", "none"], Parameter(group=how)] = "mean",
    within: Annotated[str | None, Parameter(group=how)] = None,
    recover: Annotated[str | None, Parameter(group=how)] = None,
    split: Annotated[str | None, Parameter(group=how)] = None,
    measures: Annotated[str, Parameter(group=how)] = "clusters,overlap,label_overlap,landscape",
    k: Annotated[int, Parameter(name=["--k", "-k"], group=how)] = 30,
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
    layers
        Names and globs separated by commas, "blocks", "residual" (sums after attention and MLP; both with the output),
        "penultimate" (what enters the final classifier) or "all"; see: nucleate layers.
    pool
        How a layer's positions become one row; none flattens.
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
    from nucleate.cli.checkpoints import probe_training, refuse_two_networks
    from nucleate.cli.sources import Columns, load_network, load_samples
    from nucleate.cli.train import shuffle as shuffled
    from nucleate.report import report as write_report
    from nucleate.report import report_over_training

    refuse_two_networks(model, checkpoints, weights=checkpoint is not None or random_weights)
    columns = Columns(path_column, text_column, _list(levels), split_column)
    cuts = _numbers("--factors", factors)  # before anything is loaded
    counts, shares = _numbers("--more-k", more_k), _shares("--subsample", subsample)
    options: dict[str, Any] = {
        "layers": layers, "pool": pool, "within": within, "recover": recover, "split": split,
        "measures": _list(measures), "k": k, "more_k": counts, "class_fraction": class_fraction,
        "references": _list(references), "subsample": shares, "cka_samples": cka_samples, "factors": cuts, "z": z,
        "seed": seed, "algorithms": _list(algorithms), "normalization": normalization, "device": device,
        "dtype": dtype, "batch_size": batch_size, "workers": workers, "memory": memory, "disk": disk,
        "on_bad": on_bad, "max_bad": max_bad,
    }  # fmt: skip
    samples = shuffled(load_samples(data, hierarchy, columns), shuffle)
    if checkpoints is not None:
        over = probe_training(
            checkpoints,
            samples,
            out=out,
            keep_hierarchy=hierarchy is not None or shuffle is not None,
            reporter=_reporter(quiet),
            **options,
        )
        _tell_report(report_over_training(over)) if report else print(over.root / "profile.parquet")
        return
    network = load_network(str(model), checkpoint=checkpoint, random_weights=random_weights)
    run = pipeline.probe(network, samples, out=out, reporter=_reporter(quiet), **options)
    if report:
        _tell_report(write_report(run))
    else:
        print(run.folder.profile)


@app.command(sort_key=3)
def layers(
    *,
    model: Model,
    checkpoint: Checkpoint = None,
    input_shape: Annotated[str | None, Parameter(group=what)] = None,
    choose: Annotated[str, Parameter(group=how)] = "blocks",
    every: Annotated[bool, Parameter(name=["--all", "-a"], negative="", group=how)] = False,
) -> None:
    """List the layers of a network that can be probed, in the order in which they run.

    Parameters
    ----------
    model
        timm:NAME, torchvision:NAME, hf:NAME or hf:FOLDER, one of our networks, a nucleate checkpoint file, or
        package.module:factory.
    checkpoint
        File with the network's weights.
    input_shape
        Shape of one input, like 1x8x8, for networks that do not know it.
    choose
        Names and globs separated by commas: what --layers of probe would choose.
    every
        List everything that can be tapped, marking what --choose takes.
    """
    from nucleate.cli.layers import print_layers
    from nucleate.cli.sources import load_network

    # Shapes do not need trained weights.
    network = load_network(model, checkpoint=checkpoint, random_weights=True)
    shape = _numbers("--input-shape", input_shape.replace("x", ",")) if input_shape else None
    print_layers(network, shape, choose=_list(choose), every=every)


@app.command(sort_key=4)
def report(
    run: Path,
    /,
    *runs: Path,
    layers: str = "",
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
) -> None:
    """Write the HTML report of a run folder again, or one report that compares several runs.

    Example: nucleate report runs/resnet50 --layers layer2.0,layer4.2

    Parameters
    ----------
    run
        Run folder.
    runs
        More run folders, to be compared with the first.
    layers
        Layers whose clusters and hubs are shown with their samples, with commas between them; default the layer of
        highest AMI, and that of the strongest hubs.
    out
        Where the report goes; default report.html in the first run folder.
    """
    from nucleate.pipeline import Run
    from nucleate.report import report as write_report

    _tell_report(write_report([Run(path) for path in (run, *runs)], layers=_list(layers), out=out))


@app.command(sort_key=5)
def compare(
    run: Path,
    other: Path,
    /,
    *runs: Path,
    factor: Annotated[int | None, Parameter(name=["--factor", "-f"])] = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
) -> None:
    """Say how far runs agree in their clusters: adjusted Rand index inside superclasses, for every pair of layers.

    Prints corresponding layers; every pair of layers goes into the table of --out.

    Parameters
    ----------
    run, other
        Run folders of the same samples.
    runs
        More run folders.
    factor
        Overclustering factor; default the smallest in common.
    out
        CSV or Parquet file for the whole table.
    """
    from nucleate import pipeline
    from nucleate.cli.compare import tell_agreement

    tell_agreement(pipeline.compare([run, other, *runs], factor=factor), out)


@app.command(sort_key=5)
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
    from nucleate.cli.sources import Columns, load_samples
    from nucleate.cli.transfer import load_networks
    from nucleate.pipeline import transfer as cluster_all
    from nucleate.report import report_transfer

    cuts = _numbers("--factors", factors)
    samples = load_samples(data, hierarchy, Columns(path_column, None, _list(levels), split_column))
    networks = load_networks(models, random_weights=random_weights)
    found = cluster_all(
        networks, samples, out=out, recover=recover, layer=layer, reporter=_reporter(quiet), split=split, factors=cuts,
        normalization=normalization, seed=seed, device=device, batch_size=batch_size, workers=workers, memory=memory,
        disk=disk,
    )  # fmt: skip
    _tell_report(report_transfer(found))


@app.command(sort_key=6)
def export(
    run: Path,
    /,
    *,
    to: Literal["parquet", "npy", "safetensors", "atlas", "csv"],
    layer: Annotated[str | None, Parameter(name=["--layer", "-l"])] = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
) -> None:
    """Write one layer of a run, or its profile, in the format of other tools.

    Parameters
    ----------
    run
        Run folder.
    to
        parquet (samples, labels, clusters, overlaps, vectors), npy (the array alone), safetensors (with neighbours),
        atlas (for Embedding Atlas: plane, neighbours, images, labels, clusters), or csv (the profile of all layers).
    layer
        Which layer; not for csv.
    out
        The file; default in the run folder, under exports/.
    """
    from nucleate import pipeline

    print(pipeline.export(pipeline.Run(run), to=to, layer=layer, out=out).resolve())


@app.command(sort_key=7)
def verify(run: Path, /, *, quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False) -> None:
    """Hash every file of a run folder again and name what is damaged; exit 1 when something is.

    Parameters
    ----------
    run
        Run folder.
    quiet
        No progress.
    """
    from nucleate.cli.verify import verify_run

    verify_run(run, _reporter(quiet))


@app.command(sort_key=2)
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
    where it stopped, and ends with the same bits on a CPU.

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
    from nucleate.cli.sources import Columns, load_samples
    from nucleate.cli.train import make_recipe, run_training
    from nucleate.cli.train import shuffle as shuffled

    options = {
        "objective": objective, "epochs": epochs, "batch_size": batch_size, "lr": lr, "image_size": image_size,
        "checkpoint_every": checkpoint_every, "dtype": dtype,
        "seed_init": seed_init, "seed_order": seed_order, "seed_augmentation": seed_augmentation,
    }  # fmt: skip
    wanted = make_recipe(recipe, seed=seed, options=options)  # before anything is loaded
    samples = shuffled(load_samples(data, hierarchy, Columns(path_column, None, _list(levels), split_column)), shuffle)
    run_training(
        model, samples, data=data, out=out, how=wanted, reporter=_reporter(quiet),
        level=level, checkpoint=checkpoint, device=device, workers=workers, memory=memory,
    )  # fmt: skip


@app.command(sort_key=20)
def doctor() -> None:
    """Say what this machine can do, what is broken, and how to mend it; exit 1 when something needed is broken."""
    from nucleate.cli.doctor import examine

    examine()


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 the run failed, 2 the request cannot be meant, 130 interrupted."""
    tokens = sys.argv[1:] if arguments is None else arguments
    try:
        app.config = _configuration(tokens)
        app(tokens, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        _fail(f"{_one_line(str(error))} See: nucleate {_command(tokens)}--help", 2)
    except NucleateError as error:
        _fail(_as_flags(str(error)), error.exit_code)
    except KeyboardInterrupt:
        _fail("Interrupted. The same command goes on where it stopped.", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:  # of a disk that fails while it is read, say
        _fail(f"{_one_line(str(error))}. Check the disk and run the same command again.", 1)
    except MemoryError:
        _fail("Out of memory. Choose fewer layers with --layers, or a smaller --batch-size.", 1)


def _configuration(tokens: list[str]) -> tuple[Any, ...]:
    for place, token in enumerate(tokens):
        name, _, value = token.partition("=")
        if name == "--config":
            path = Path(value or (tokens[place + 1] if place + 1 < len(tokens) else ""))
            if not path.is_file():
                raise UsageError(f"The configuration file {path} does not exist", "Give a TOML file")
            _refuse_unknown_tables(path)
            return (Toml(path, must_exist=True),)
    return ()


def _refuse_unknown_tables(path: Path) -> None:
    import tomllib

    from nucleate.suggestions import did_you_mean

    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"The configuration file {path} cannot be read: {_one_line(str(error))}") from None
    known = [name for name in app if not name.startswith("-")]
    for name in tables:
        if name not in known:
            raise UsageError(f"{path} has a table [{name}] of no command", did_you_mean(name, known))


def _command(tokens: list[str]) -> str:
    known = {name for name in app if not name.startswith("-")}
    return f"{tokens[0]} " if tokens and tokens[0] in known else ""


def _as_flags(message: str) -> str:
    from inspect import signature

    from nucleate.cli.wording import as_flags

    return as_flags(message, signature(probe).parameters)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _fail(message: str, code: int) -> None:
    print(f"nucleate: {message}", file=sys.stderr)
    sys.exit(code)


def _reporter(quiet: bool) -> Any:
    from nucleate.pipeline import Reporter

    return Reporter(stream=None if quiet else sys.stderr)


def _tell_report(path: Path) -> None:
    print(f"Report: {path.resolve()}")


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _numbers(flag: str, text: str) -> tuple[int, ...]:
    numbers: list[int] = []
    try:
        for part in _list(text):
            first, dash, last = part.partition("-")
            span = range(int(first), int(last or first) + 1) if dash else [int(first)]
            if not 0 < len(span) <= LONGEST_RANGE:
                raise UsageError(f"{flag} {part} is not a range of 1 to {LONGEST_RANGE} numbers", "Write it like 1-10")
            numbers += span
    except ValueError as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{flag} {text!r} is not a list of numbers", "Write them with commas, like 1,2,5") from None
    return tuple(numbers)


def _shares(flag: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in _list(text))
    except ValueError:
        raise UsageError(f"{flag} {text!r} is not a list of numbers", "Write them with commas, like 0.25,0.5") from None
