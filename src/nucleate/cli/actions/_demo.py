"""The demonstration: one small network, two hierarchies of the ten digits, one report that compares them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nucleate.data import Samples, digits
from nucleate.data.readers import natural_digits
from nucleate.errors import UsageError
from nucleate.labels import Hierarchy
from nucleate.models import Network, Preprocessing, as_network, load, read_description, save_checkpoint
from nucleate.pipeline import Reporter, Run, probe
from nucleate.pipeline.request import DEFAULT_MEASURES
from nucleate.reports import report
from nucleate.training import accuracy, train

PREPROCESSING = Preprocessing((8, 8), channels=1, mean=(0.5,), std=(0.5,))
K = 15  # a class has about 70 held-out digits, so that neighbourhoods can be pure


def run_demo(out: Path, *, epochs: int, seed: int, reporter: Reporter) -> Path:
    """Train and probe with a natural-looking and a shuffled hierarchy; return the report that compares them."""
    natural = natural_digits()
    hierarchies = {"natural": natural, "shuffled": anonymous(natural.shuffled(seed))}
    runs = [
        _run(name, hierarchy, out / name, epochs=epochs, seed=seed, reporter=reporter)
        for name, hierarchy in hierarchies.items()
    ]
    return report(runs, out=out / "report.html")


def anonymous(hierarchy: Hierarchy) -> Hierarchy:
    """The same tree with superclasses called "group 1", ...: dealt at random, they are no shapes any more."""
    names = {name: f"group {place}" for place, name in enumerate(hierarchy.classes("superclass"), start=1)}
    return Hierarchy.from_paths([(names[superclass], digit) for superclass, digit in hierarchy.paths])


def _run(name: str, hierarchy: Hierarchy, out: Path, *, epochs: int, seed: int, reporter: Reporter) -> Run:
    samples = digits(hierarchy=hierarchy)
    groups = (
        f"{group} ({', '.join(hierarchy.leaves_under(group, 'superclass'))})"
        for group in hierarchy.classes("superclass")
    )
    reporter.say(f"The {name} hierarchy: {'; '.join(groups)}")
    network = _trained(samples, out.with_suffix(".safetensors"), epochs=epochs, seed=seed, reporter=reporter)
    measures = (*DEFAULT_MEASURES, "linear_probe", "entropy", "cka")
    layers = ("input", "blocks")
    return probe(network, samples, out=out, reporter=reporter, layers=layers, measures=measures, k=K, seed=seed)


def _trained(samples: Samples, checkpoint: Path, *, epochs: int, seed: int, reporter: Reporter) -> Network:
    """The network that an earlier demonstration trained in the same way, or a new one."""
    recipe = {"epochs": epochs, "seed": seed, "samples": samples.fingerprint}
    if checkpoint.exists():
        earlier = read_description(checkpoint)["extra"]
        if earlier == recipe:
            reporter.say(f"  trained already: {checkpoint}")
            return load(checkpoint)
        told = ", ".join(f"{name} {value}" for name, value in earlier.items() if name != "samples")
        raise UsageError(
            f"{checkpoint.parent} holds a demonstration of another kind ({told})", "Choose another folder with --out"
        )
    classes = len(samples.hierarchy.classes("superclass")) if samples.hierarchy else 0
    network = load("resnet-small", pretrained=False, num_classes=classes, in_channels=1, seed=seed)
    network = as_network(network, preprocessing=PREPROCESSING)
    with reporter.steps("training (epochs)", epochs) as advance:
        train(
            network, *_inputs(samples, "train"), epochs=epochs, seed=seed, progress=lambda *_: advance(),
        )  # fmt: skip
    images, labels = _inputs(samples, "validation")
    reporter.say(f"  superclass accuracy on held-out digits: {accuracy(network, images, labels):.1%}")
    save_checkpoint(network, checkpoint, extra=recipe)
    return network


def _inputs(samples: Samples, split: str) -> tuple[np.ndarray, np.ndarray]:
    """The network's inputs and superclass codes of one split."""
    rows = samples.rows(split)
    pictures = [samples.source.read(int(row)) for row in rows]
    images = np.stack([PREPROCESSING(picture) for picture in pictures if not isinstance(picture, str)])
    return images, np.unique(samples.labels("superclass", rows), return_inverse=True)[1]
