"""What a report says in words: what was probed, what was left out and why, and where clusters are best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from nucleate.clusters import ALGORITHMS
from nucleate.pipeline import Run
from nucleate.reports.content._curves import smallest_factor, title
from nucleate.reports.content._wording import count, listed

LEFT_OUT = {
    "clusters": "Clusters (purity, AMI, ARI) were not asked for.",
    "overlap": "Neighbourhood overlap was not asked for.",
    "label_overlap": "Label overlap was not asked for.",
    "landscape": "The density landscape (intrinsic dimension, density peaks, hubs) was not asked for.",
}
NEED_LABELS = ("clusters", "label_overlap")


@dataclass(frozen=True)
class Best:
    """The layer where clusters recover the subclasses best.

    Attributes
    ----------
    layer : str
    depth : float
    ami, ari, purity : dict
        Its rows of the profile at the smallest factor: value, low, high, chance, n, reason.
    within : int
        How many other layers have a mean AMI inside the interval of this one.
    input : float or None
        The AMI of the network's input, where it was probed: it does not compete.
    """

    layer: str
    depth: float
    ami: Mapping[str, Any]
    ari: Mapping[str, Any]
    purity: Mapping[str, Any]
    within: int
    input: float | None

    @property
    def beaten_by_input(self) -> bool:
        """Whether samples cluster at least as well before they enter the network."""
        return self.input is not None and self.input >= self.ami["value"]


def best(run: Run) -> Best | None:
    """The best layer's scores; None where nothing was clustered."""
    layer = run.best_layer()
    if layer is None:
        return None
    parameters = f"factor={smallest_factor(run)}"
    at_layer = pl.col("layer") == layer
    ami, ari, purity = (
        run.scores(name, parameters=parameters).filter(at_layer).row(0, named=True) for name in ("ami", "ari", "purity")
    )
    others = run.scores("ami", parameters=parameters).filter(~at_layer).drop_nulls("value")
    entered = others.filter(pl.col("layer") == "input")["value"].to_list()
    competing = others.filter(pl.col("layer") != "input")
    within = 0 if ami["low"] is None else competing.filter(pl.col("value") >= ami["low"]).height
    return Best(layer, ami["depth"], ami, ari, purity, within=within, input=entered[0] if entered else None)


def probed(run: Run) -> list[tuple[str, str]]:
    """What was probed and how: pairs of a heading and a text."""
    about, request = run.about, run.about["request"]
    environment = about["extraction"]["environment"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    network = about["network"]
    parameters = network.get("parameters")
    cut = about["samples"].get("cut")
    precision = "" if request.get("dtype", "float32") == "float32" else f", {request['dtype']}"
    pairs = [
        ("Network", network["name"] + (f", {count(parameters)} parameters" if parameters else "")),
        ("Weights", ". ".join(network.get("notes", []))),
        ("Preprocessing", network.get("preprocessing")),
        (
            "Samples",
            f"{about['samples']['name']}, {count(about['samples']['count'])} in all"
            + (f"; cut, for they are longer than the network reads: {count(cut)}" if cut else ""),
        ),
        ("Analysed", _analysed(run)),
        ("Labels", _levels(run)),
        ("Layers", f"{count(len(run.layer_names))}, pooling: {request['pool']}"),
        ("Neighbours", _neighbors(run)),
        ("Clusters", _clusters(run)),
        ("Density peaks", f"confidence z = {request['z']:g}" if "landscape" in request["measures"] else None),
        ("Device", f"{environment['device']}, {environment['machine']}, {_threads(environment['threads'])}{precision}"),
        ("Versions", versions),
        ("Seed", str(request["seed"])),
    ]
    return [(heading, text) for heading, text in pairs if text]


def left_out(run: Run) -> list[str]:
    """Why parts of the report are missing, one sentence each."""
    unlabelled = not run.levels
    asked = ["The samples are unlabelled: clusters, purity, AMI, ARI and label overlap are left out."] * unlabelled
    asked += [
        told
        for name, told in LEFT_OUT.items()
        if name not in run.about["request"]["measures"] and not (unlabelled and name in NEED_LABELS)
    ]
    if "overlap" in run.about["request"]["measures"]:
        asked += [
            f"The network’s {role} is not among the probed layers: overlap with the {role} is left out."
            for role in ("output", "input")
            if role not in run.layer_names
        ]
    return asked


def missing(run: Run) -> list[tuple[str, list[str], str]]:
    """Scores over all samples without a value: what is scored, at which layers, and why not."""
    without = run.profile.filter(pl.col("group").is_null() & pl.col("value").is_null())
    keys = ("measure", "level", "parameters", "reason")
    parts = without.partition_by(keys, as_dict=True, maintain_order=True)
    return [
        (", ".join(filter(None, (title(measure), level, parameters))), part["layer"].to_list(), reason or "")
        for (measure, level, parameters, reason), part in parts.items()
    ]


def reachable(run: Run) -> dict[str, float]:
    """Level -> the highest label overlap that the sizes of its classes allow, where that is below 1.

    A sample of a class of n has n - 1 neighbours of its own label at most, however many are counted.
    """
    k = run.about["request"]["k"]
    analysed = run.samples[run.rows.tolist()]
    highest = {
        level: float(analysed.select((pl.len().over(level) - 1).clip(0, k).mean()).item() / k) for level in run.levels
    }
    return {level: share for level, share in highest.items() if share < 1}


def run_names(roots: Sequence[Path]) -> list[str]:
    """The part of each path that tells it from the others.

    Examples
    --------
    >>> run_names([Path("/runs/natural/run"), Path("/runs/shuffled/run")])
    ['natural', 'shuffled']
    >>> run_names([Path("/runs/resnet50")])
    ['resnet50']
    """
    parts = [root.resolve().parts for root in roots]
    if len(parts) == 1:
        return [parts[0][-1]]
    shortest = min(map(len, parts))
    before = next((place for place in range(shortest) if len({path[place] for path in parts}) > 1), shortest)
    ends = [path[before:] for path in parts]
    shortest = min(map(len, ends))
    after = next((place for place in range(shortest) if len({path[-1 - place] for path in ends}) > 1), shortest)
    return ["/".join(path[: len(path) - after]) or "/".join(path) or "." for path in ends]


def differences(runs: Mapping[str, Run]) -> list[tuple[str, list[str]]]:
    """What the requests of several runs do not have in common: a heading and each run's value, in the runs' order."""
    told = [{heading: text for heading, text in probed(run) if heading != "Analysed"} for run in runs.values()]
    headings = list(dict.fromkeys(heading for pairs in told for heading in pairs))
    pairs = [(heading, [about.get(heading, "–") for about in told]) for heading in headings]
    weights = [run.about["network"]["fingerprint"][:12] for run in runs.values()]
    samples = [run.about["samples"]["fingerprint"][:12] for run in runs.values()]
    pairs += [("Network fingerprint", weights), ("Samples and labels fingerprint", samples)]
    return [(heading, values) for heading, values in pairs if len(set(values)) > 1]


def _analysed(run: Run) -> str:
    split = run.about["request"]["split"]
    where = "" if split == "all" else f" of split {split}"
    failed = run.failed.filter(pl.col("split") == split).height
    return f"{count(len(run.rows))} samples{where}" + (f"; {count(failed)} more could not be read" if failed else "")


def _levels(run: Run) -> str:
    if not run.levels:
        return "none"
    analysed = run.samples.filter(pl.col("row").is_in(run.rows.tolist()))
    return " > ".join(f"{level} ({count(analysed[level].n_unique())})" for level in run.levels)


def _neighbors(run: Run) -> str:
    request = run.about["request"]
    also = [str(k) for k in request.get("more_k", ()) if k != request["k"]]
    if request.get("class_fraction") is not None:
        also.append(f"{100 * request['class_fraction']:g} % of each class")
    return f"k = {request['k']}" + (f" (also {', '.join(also)})" if also else "") + f", Euclidean, {_exactness(run)}"


def _exactness(run: Run) -> str:
    """Whether neighbours are exact, and where they are not, of which recall."""
    found = run.scores("neighbor_recall").sort("value")
    if found.is_empty():
        return "exact"
    layer, recall, rows = found.select("layer", "value", "n").row(0)
    return (
        f"in {found.height} of {len(run.layer_names)} layers among candidates from a count-sketch, "
        f"recall at least {recall:.3f} on {rows} samples (lowest at {layer}); exact in the others"
    )


def _threads(number: int) -> str:
    return "1 thread" if number == 1 else f"{number} threads"


def _clusters(run: Run) -> str | None:
    request = run.about["request"]
    if request["recover"] is None or "clusters" not in request["measures"]:
        return None
    where = f"inside each {request['within']}" if request["within"] else "of all samples at once"
    rows = {"unit": "unit-length rows", "centred": "centred rows", "none": "rows as they are"}[request["normalization"]]
    others = [ALGORITHMS[name].title for name in request.get("algorithms", ["ward"]) if name != "ward"]
    beside = f"; also {', '.join(others)}" if others else ""
    factors = listed(sorted(request["factors"]))
    return f"Ward linkage of {rows} {where}, to recover {request['recover']}; overclustering factors {factors}{beside}"
